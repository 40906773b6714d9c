// The consumer groups of the new protocol (KIP-848) of this node: gives each its time, its topics and its place in the log.
//
// Invariants: an answer goes out when all that the group was then is durable; a group has one write under way, and what changes
// meanwhile goes with the next one; after a failed write the group is read from the log again, so memory is never ahead of it for
// long. If the process dies between write and answer, the member repeats with its previous epoch and is answered the same.
import type { Clock } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { KafkaServerLimits } from '../limits.ts'
import type { ServerReader } from '../log-face.ts'
import { ConsumerGroup, memberEpochs } from './consumer-group.ts'
import type { ConsumerAnswer, ConsumerHeartbeat, ConsumerMember, Resolved, TopicsView } from './consumer-group.ts'
import type { GroupLog } from './group-log.ts'
import type { GroupRecord, StoredGroup } from './group-records.ts'
import { TopicPatterns } from './topic-patterns.ts'

export interface ConsumerGroupsOptions {
  readonly clock: Clock
  readonly reader: ServerReader
  readonly limits: KafkaServerLimits
  readonly log: GroupLog
  /** Of a group's members of the new protocol, as it is now. */
  sessionTimeoutMs(group: string): number
  /** A member of the new protocol went, and only classic ones are left. */
  onOnlyClassic(group: string): Promise<void>
  onMemberRemoved(event: { group: string; memberId: string; clientId: string; reason: string }): void
}

interface MemberTimer {
  seenMs: number
  cancelSession: () => void
  /** What the member is told to give up; a deadline runs for it. */
  revoking: ConsumerMember['revoking'] | undefined
  cancelRevocation: () => void
  /** A classic member was told to join again. */
  cancelRejoin: () => void
}

interface Entry {
  readonly group: ConsumerGroup
  readonly timers: Map<string, MemberTimer>
  writing: Promise<number> | undefined
  next: Promise<number> | undefined
  /** Read anew, deleted or closed: nothing of it counts any more. */
  isGone: boolean
  /** Since when nobody is in it; undefined while somebody is. */
  emptyMs: number | undefined
}

const nothing = (): void => {}

export class ConsumerGroups {
  readonly #options: ConsumerGroupsOptions
  readonly #entries = new Map<string, Entry>()
  /** Groups of which memory was ahead of the log, until they are read anew; and readings under way. */
  readonly #stale = new Set<string>()
  readonly #reloading = new Map<string, Promise<void>>()
  readonly #patterns: TopicPatterns

  constructor(options: ConsumerGroupsOptions) {
    this.#options = options
    const { clock, limits } = options
    this.#patterns = new TopicPatterns({
      clock,
      lengthMax: limits.patternLengthMax,
      programMax: limits.patternProgramMax,
      keptMax: limits.patternsKeptMax,
      sliceSteps: limits.patternSliceSteps,
    })
  }

  get(id: string): ConsumerGroup | undefined {
    return this.#entries.get(id)?.group
  }

  get size(): number {
    return this.#entries.size
  }

  all(): ConsumerGroup[] {
    return [...this.#entries.values()].map(({ group }) => group)
  }

  /** Resolves when a group that is read anew is there again; undefined when none is. Rejects when it cannot be read now. */
  reloading(id: string): Promise<void> | undefined {
    return this.#stale.has(id) ? this.#reread(id) : undefined
  }

  /** Takes in a group as the log has it. Its members have their whole session from now on. */
  restore(id: string, stored: StoredGroup): void {
    const entry = this.#makeEntry(ConsumerGroup.restore(id, this.#options.limits.groupMembersMax, stored))
    if (entry.group.members.size === 0) entry.emptyMs = stored.writtenMs
    for (const memberId of entry.group.members.keys()) this.#tend(entry, memberId)
  }

  /** Takes in a group that was a classic one; its record goes with the same write. @returns 0 or the log's error */
  adopt(id: string, stored: StoredGroup, tombstone: GroupRecord): Promise<number> {
    this.restore(id, stored)
    const entry = this.#entries.get(id)!
    entry.group.touchAll()
    return this.#write(entry, [tombstone])
  }

  /** The group goes on as a classic one. @returns 0 or the log's error, after which the log is read anew */
  async handOver(id: string, classic: GroupRecord): Promise<number> {
    const entry = this.#entries.get(id)!
    const records = [...entry.group.tombstones(), classic]
    this.#forget(entry)
    const error = await this.#options.log.write(id, records)
    if (error !== 0) this.#reload(id)
    return error
  }

  #makeEntry(group: ConsumerGroup): Entry {
    const entry: Entry = {
      group,
      timers: new Map(),
      writing: undefined,
      next: undefined,
      isGone: false,
      emptyMs: undefined,
    }
    this.#entries.set(group.id, entry)
    return entry
  }

  #view(): TopicsView & { readonly names: readonly string[] } {
    const { reader } = this.#options
    const topics = reader.topics()
    return {
      version: topics,
      topic: (name) => reader.topic(name),
      get names() {
        return topics.map(({ name }) => name)
      },
    }
  }

  /**
   * Takes a heartbeat; the group must be loaded. Resolves when its outcome is durable.
   * @param mayDescribe whether the client may see a topic: others never match its pattern
   */
  async heartbeat(
    id: string,
    request: ConsumerHeartbeat,
    mayDescribe: (topic: string) => boolean,
  ): Promise<ConsumerAnswer> {
    const { memberEpoch, pattern } = request
    const leaves = memberEpoch === memberEpochs.leaving || memberEpoch === memberEpochs.pausing
    if (!leaves && pattern !== null && pattern !== '' && !this.#patterns.isValid(pattern)) {
      return {
        ok: false,
        error: kafkaErrors.invalidRegularExpression,
        message: 'the pattern is not one of RE2’s syntax',
      }
    }
    const resolved = leaves ? new Map() : await this.#resolve(id, pattern, mayDescribe)
    // A write may have failed meanwhile: what is in the log must not be taken for a group that is not there.
    for (let reading = this.reloading(id); reading; reading = this.reloading(id)) await reading
    let entry = this.#entries.get(id)
    if (!entry) {
      if (memberEpoch !== memberEpochs.joining) {
        return { ok: false, error: kafkaErrors.groupIdNotFound, message: `there is no consumer group '${id}'` }
      }
      entry = this.#makeEntry(new ConsumerGroup(id, this.#options.limits.groupMembersMax))
    }
    const answer = leaves
      ? entry.group.leave(request, this.#view())
      : entry.group.heartbeat(request, this.#view(), resolved)
    if (!answer.ok) return answer
    if (entry.group.members.has(answer.memberId)) this.#tend(entry, answer.memberId, !leaves)
    this.#forgetTimers(entry)
    const error = await this.#flush(entry)
    if (error === 0 && leaves) await this.#tellIfOnlyClassic(entry)
    if (error === 0) return answer
    return { ok: false, error: kafkaErrors.coordinatorNotAvailable, message: 'the group could not be written' }
  }

  async #resolve(id: string, pattern: string | null, mayDescribe: (topic: string) => boolean): Promise<Resolved> {
    const resolved = new Map<string, readonly string[]>()
    const view = this.#view()
    const group = this.#entries.get(id)?.group
    const wanted = new Set(!group || group.isBehind(view) || pattern !== null ? group?.patterns : [])
    if (pattern !== null && pattern !== '') wanted.add(pattern)
    for (const text of wanted) resolved.set(text, (await this.#patterns.resolve(text, view)).filter(mayDescribe))
    return resolved
  }

  /** Takes members out by their id or instance (an administrator's LeaveGroup). @returns 0 or a Kafka error */
  async remove(id: string, memberId: string, instanceId: string | null): Promise<number> {
    const entry = this.#entries.get(id)
    const found = instanceId !== null ? entry?.group.holderOf(instanceId) : memberId
    if (!entry || found === undefined || !entry.group.members.has(found)) return kafkaErrors.unknownMemberId
    // Whoever names both means the one that holds the instance.
    if (memberId !== '' && memberId !== found) return kafkaErrors.fencedInstanceId
    entry.group.remove(found, this.#view())
    this.#forgetTimers(entry)
    const error = await this.#flush(entry)
    if (error === 0) await this.#tellIfOnlyClassic(entry)
    return error
  }

  /** Takes an empty group's records away. @returns 0 or the log's error */
  async delete(id: string): Promise<number> {
    const entry = this.#entries.get(id)
    if (!entry) return 0
    const written = entry.writing ? await entry.writing : 0
    if (written !== 0 || this.#entries.get(id) !== entry) return kafkaErrors.coordinatorNotAvailable
    if (entry.group.members.size > 0) return kafkaErrors.nonEmptyGroup
    this.#forget(entry)
    const error = await this.#options.log.write(id, entry.group.tombstones())
    if (error !== 0) this.#reload(id)
    return error
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#forget(entry)
  }

  // ---- writing

  /** Resolves when all that changed so far is durable. @returns 0 or the log's error */
  #flush(entry: Entry): Promise<number> {
    if (!entry.writing) return this.#write(entry)
    return (entry.next ??= entry.writing.then((error) => (error === 0 ? this.#write(entry) : error)))
  }

  #write(entry: Entry, before: readonly GroupRecord[] = []): Promise<number> {
    entry.next = undefined
    const records = [...before, ...entry.group.takeRecords()]
    if (records.length === 0 || entry.isGone)
      return Promise.resolve(entry.isGone ? kafkaErrors.coordinatorNotAvailable : 0)
    const writing = this.#options.log.write(entry.group.id, records).then((error) => {
      entry.writing = undefined
      if (error !== 0 && !entry.isGone) {
        this.#forget(entry)
        this.#reload(entry.group.id)
      }
      return error
    })
    entry.writing = writing
    return writing
  }

  #forget(entry: Entry): void {
    entry.isGone = true
    for (const timer of entry.timers.values()) cancel(timer)
    entry.timers.clear()
    if (this.#entries.get(entry.group.id) === entry) this.#entries.delete(entry.group.id)
  }

  /** Memory was ahead of the log: what the log has counts. */
  #reload(id: string): void {
    this.#stale.add(id)
    // Whoever waits for it is told; without a waiter there is nobody to tell.
    this.#reread(id).catch(nothing)
  }

  /** Until it has been read there is no such group, and none may begin under its name. */
  #reread(id: string): Promise<void> {
    const underWay = this.#reloading.get(id)
    if (underWay) return underWay
    const { log } = this.#options
    const reading = log
      .scan(log.partitionOf(id))
      .then((groups) => {
        const stored = groups.get(id)
        if (stored?.isConsumer && !this.#entries.has(id)) this.restore(id, stored)
        this.#stale.delete(id)
      })
      .finally(() => this.#reloading.delete(id))
    this.#reloading.set(id, reading)
    return reading
  }

  // ---- time

  /** The member was heard of, and may have been told to give partitions up. */
  #tend(entry: Entry, memberId: string, isHeard = true): void {
    const { clock } = this.#options
    const member = entry.group.members.get(memberId)!
    let timer = entry.timers.get(memberId)
    if (!timer) {
      timer = {
        seenMs: clock.monotonicMs(),
        cancelSession: nothing,
        revoking: undefined,
        cancelRevocation: nothing,
        cancelRejoin: nothing,
      }
      entry.timers.set(memberId, timer)
      this.#armSession(entry, memberId, timer, this.#sessionMs(entry, memberId))
    } else if (isHeard) timer.seenMs = clock.monotonicMs()
    if (isHeard) {
      timer.cancelRejoin()
      timer.cancelRejoin = nothing
    }
    const revoking = member.state === 'unrevoked' ? member.revoking : undefined
    if (timer.revoking === revoking) return
    timer.cancelRevocation()
    timer.cancelRevocation = nothing
    timer.revoking = revoking
    if (!revoking) return
    const limitMs = Math.min(Math.max(member.rebalanceTimeoutMs, 0), this.#options.limits.rebalanceTimeoutMsMax)
    timer.cancelRevocation = clock.after(limitMs, () => {
      if (entry.group.members.get(memberId)?.revoking !== revoking) return
      let count = 0
      for (const partitions of revoking.values()) count += partitions.size
      this.#expire(entry, memberId, `did not give up ${count} partitions within ${limitMs} ms (rebalance timeout)`)
    })
  }

  /** One timer a member, set anew only when it fires: a heartbeat only notes the time. */
  #armSession(entry: Entry, memberId: string, timer: MemberTimer, waitMs: number): void {
    const { clock, limits } = this.#options
    // The session may be made shorter meanwhile.
    const lookMs = Math.min(waitMs, limits.consumerSessionTimeoutMsMin)
    timer.cancelSession = clock.after(lookMs, () => {
      const sessionMs = this.#sessionMs(entry, memberId)
      const leftMs = timer.seenMs + sessionMs - clock.monotonicMs()
      if (leftMs > 0) return this.#armSession(entry, memberId, timer, leftMs)
      const reason = `sent no heartbeat for ${sessionMs} ms (session timeout)`
      this.#expire(entry, memberId, reason)
    })
  }

  #sessionMs(entry: Entry, memberId: string): number {
    return (
      entry.group.members.get(memberId)?.classic?.sessionTimeoutMs ?? this.#options.sessionTimeoutMs(entry.group.id)
    )
  }

  /** A classic member was heard of. */
  touch(id: string, memberId: string): void {
    const timer = this.#entries.get(id)?.timers.get(memberId)
    if (timer) timer.seenMs = this.#options.clock.monotonicMs()
  }

  /** A classic member was told to join again: it has its rebalance timeout for it. */
  awaitRejoin(id: string, memberId: string): void {
    const entry = this.#entries.get(id)
    const timer = entry?.timers.get(memberId)
    if (!entry || !timer || timer.cancelRejoin !== nothing) return
    const { rebalanceTimeoutMs } = entry.group.members.get(memberId)!
    const limitMs = Math.min(Math.max(rebalanceTimeoutMs, 0), this.#options.limits.rebalanceTimeoutMsMax)
    timer.cancelRejoin = this.#options.clock.after(limitMs, () =>
      this.#expire(entry, memberId, `did not rejoin within ${limitMs} ms (rebalance timeout)`),
    )
  }

  #expire(entry: Entry, memberId: string, reason: string): void {
    const member = entry.group.members.get(memberId)
    if (!member || entry.isGone) return
    this.#options.onMemberRemoved({ group: entry.group.id, memberId, clientId: member.clientId, reason })
    entry.group.remove(memberId, this.#view())
    this.#forgetTimers(entry)
    // When it cannot be written the group is read anew, with this member in it and its session ahead.
    void this.#flush(entry).then((error) => (error === 0 ? this.#tellIfOnlyClassic(entry) : undefined))
  }

  async #tellIfOnlyClassic({ group, isGone }: Entry): Promise<void> {
    const members = [...group.members.values()]
    if (!isGone && members.length > 0 && members.every(({ classic }) => classic))
      await this.#options.onOnlyClassic(group.id)
  }

  /** Since when nobody is in the group, by the wall clock; undefined while somebody is, or when there is no such group. */
  emptyMs(id: string): number | undefined {
    return this.#entries.get(id)?.emptyMs
  }

  #forgetTimers(entry: Entry): void {
    if (entry.group.members.size > 0) entry.emptyMs = undefined
    else entry.emptyMs ??= this.#options.clock.nowMs()
    if (entry.timers.size <= entry.group.members.size) return
    for (const [memberId, timer] of entry.timers) {
      if (entry.group.members.has(memberId)) continue
      cancel(timer)
      entry.timers.delete(memberId)
    }
  }
}

function cancel(timer: MemberTimer): void {
  timer.cancelSession()
  timer.cancelRevocation()
  timer.cancelRejoin()
}
