// The same consumer in a group of KIP-848: the node assigns, the member owns, gives up what it is asked to and says so, and
// goes on under its epoch after its connection was cut.
import { apis, kafkaErrors } from '../src/kafka/wire/index.ts'
import { check } from './node-checker.ts'
import { allPlaces, MemberActor, type MemberOptions, type Place, type Session } from './node-member.ts'

const topics = [...new Set(allPlaces.map(({ topic }) => topic))]

export class ModernMemberActor extends MemberActor {
  #memberId: string
  #epoch = 0
  #owned: readonly Place[] = []
  /** It goes on where it was when its connection was cut. */
  #session: Session | undefined
  #topicIds = new Map<string, string>()

  constructor(name: string, options: MemberOptions) {
    super(name, options)
    this.#memberId = `${name}-${options.random.uint32()}`
  }

  protected override async join(): Promise<Session | undefined> {
    const request = { topics: topics.map((name) => ({ name })), allowAutoTopicCreation: false }
    const answer = await this.client.call(apis.metadata, 12, request)
    if (answer.topics.some(({ errorCode }) => errorCode !== 0)) return undefined
    this.#topicIds = new Map(answer.topics.map(({ topicId, name }) => [topicId, name!]))
    if (this.#session && this.options.random.chance(0.3)) await this.leave()
    this.#session ??= { memberId: this.#memberId, generationId: 0, positions: new Map() }
    const session = this.#session
    return (await this.beat(session)) ? session : undefined
  }

  /** It comes as a new one. */
  #forget(): void {
    this.#epoch = 0
    this.#owned = []
    this.#session = undefined
  }

  protected override async beat(session: Session): Promise<boolean> {
    const owned = topics.map((name) => ({
      topicId: [...this.#topicIds].find(([, one]) => one === name)![0],
      partitions: this.#owned.filter(({ topic }) => topic === name).map(({ partition }) => partition),
    }))
    const answer = await this.client.call(apis.consumerGroupHeartbeat, 1, {
      groupId: this.group,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId: this.instanceId,
      rebalanceTimeoutMs: 3000,
      subscribedTopicNames: topics,
      topicPartitions: this.#epoch === 0 ? [] : owned.filter(({ partitions }) => partitions.length > 0),
    })
    const { errorCode, memberEpoch, assignment } = answer
    const { fencedMemberEpoch, unknownMemberId, fencedInstanceId } = kafkaErrors
    if (errorCode === fencedMemberEpoch || errorCode === unknownMemberId || errorCode === fencedInstanceId)
      this.#forget()
    if (errorCode !== 0) return false
    check(memberEpoch >= this.#epoch, `${this.name} has epoch ${memberEpoch} after ${this.#epoch}`)
    this.#epoch = memberEpoch
    session.generationId = memberEpoch
    return !assignment || this.#take(session, assignment.topicPartitions)
  }

  /** Commits what it gives up before it says that it has, and begins what is new where the group is. */
  async #take(
    session: Session,
    assigned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[],
  ): Promise<boolean> {
    const names = assigned.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => `${this.#topicIds.get(topicId)}-${partition}`),
    )
    const target = allPlaces.filter(({ topic, partition }) => names.includes(`${topic}-${partition}`))
    const isGoing = this.#owned.some((place) => !target.includes(place))
    if (isGoing && !(await this.commit(session))) return false
    for (const place of session.positions.keys()) if (!target.includes(place)) session.positions.delete(place)
    this.#owned = this.#owned.filter((place) => target.includes(place))
    const added = target.filter((place) => !this.#owned.includes(place))
    const positions = await this.positions(added)
    if (!positions) return false
    for (const [place, position] of positions) session.positions.set(place, position)
    this.#owned = target
    return true
  }

  protected override async leave(): Promise<void> {
    const { group: groupId, instanceId } = this
    // A static one says that it will be back, and is another member then.
    const request = { groupId, memberId: this.#memberId, memberEpoch: instanceId === null ? -1 : -2, instanceId }
    await this.client.call(apis.consumerGroupHeartbeat, 1, request)
    this.#forget()
    if (instanceId !== null) this.#memberId = `${this.name}-${this.options.random.uint32()}`
  }
}
