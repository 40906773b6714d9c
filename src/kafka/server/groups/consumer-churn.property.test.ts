// Consumer groups of the new protocol under churn: members join, leave, pause, die, answer late and lose answers; topics come,
// grow and go; writes fail; the node dies and comes back. Law: at no moment do two members that the server counts as members own
// one partition, an accepted commit never goes back, what a restart reads is what was acknowledged, and once it is quiet each
// partition has exactly one owner.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMemoryLog } from '../memory-log.ts'
import { defaultLimits, defaultSettings } from '../limits.ts'
import { createSteppedClock } from '../stepped-clock.ts'
import type { ConsumerAnswer } from './consumer-group.ts'
import { GroupCoordinator } from './coordinator.ts'
import { OffsetStore } from './offsets.ts'

interface Actor {
  memberId: string
  readonly instanceId: string | null
  epoch: number
  /** topic id and partition */
  owned: Set<string>
  assignment: Set<string> | undefined
  topics: readonly string[]
  pattern: string
  /** Must say everything in its next heartbeat. */
  full: boolean
  isDead: boolean
  /** The server has put it out, and it does not know. */
  isZombie: boolean
  position: Map<string, number>
}

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

class World {
  readonly clock = createSteppedClock()
  readonly memory = createMemoryLog()
  readonly actors: Actor[] = []
  readonly committed = new Map<string, number>()
  readonly pick: (below: number) => number
  failing = false
  #next = 1
  #life = 0
  coordinator: GroupCoordinator

  constructor(seed: number) {
    this.pick = generator(seed)
    this.coordinator = this.#make()
  }

  #make(): GroupCoordinator {
    const { clock } = this
    const { reader } = this.memory
    const life = ++this.#life
    const log = {
      ...this.memory.log,
      append: async (topic: string, partition: number, batches: Uint8Array) => {
        await turn()
        // A node that has died writes no more, and nobody hears of it.
        if (life !== this.#life) return new Promise<never>(() => {})
        if (this.failing) return { ok: false as const, error: 56, message: 'full' }
        return this.memory.log.append(topic, partition, batches)
      },
    }
    const offsets = new OffsetStore({ log, reader, clock, partitionCount: 1, readBytes: 1 << 20 })
    let bytes = 7
    return new GroupCoordinator({
      clock,
      random: { uint32: () => 1, fraction: () => 0, bytes: (size) => new Uint8Array(size).fill(bytes++) },
      limits: { ...defaultLimits, groupMembersMax: 12 },
      settings: defaultSettings,
      offsets,
      log,
      reader,
      sessionTimeoutMs: () => defaultSettings.consumerSessionTimeoutMs,
      onMemberRemoved: ({ memberId }) => {
        for (const actor of this.actors) if (actor.memberId === memberId) actor.isZombie = true
      },
    })
  }

  /** The node dies: what was not durable is gone. */
  restart(): void {
    this.coordinator.close()
    this.coordinator = this.#make()
  }

  join(instanceId: string | null): void {
    const names = this.memory.reader.topics().map(({ name }) => name)
    const topics = names.filter((name) => !name.startsWith('__') && this.pick(3) > 0)
    const pattern = this.pick(4) === 0 ? ['t.*', 't[02468]', 'x+'][this.pick(3)]! : ''
    this.actors.push({
      memberId: `m${this.#next++}`,
      instanceId,
      epoch: 0,
      owned: new Set(),
      assignment: undefined,
      topics,
      pattern,
      full: true,
      isDead: false,
      isZombie: false,
      position: new Map(),
    })
  }

  async heartbeat(actor: Actor, isLost = false): Promise<void> {
    // What it is about to take counts as owned: the protocol has no other word for it, and the server takes silence about a
    // partition as having given it up.
    const held = new Set([...actor.owned, ...(actor.assignment ?? [])])
    const owned = [...held].map((place) => place.split('/') as [string, string])
    const ids = [...new Set(owned.map(([id]) => id))]
    const saysAll = actor.full
    await this.coordinator.load('g')
    const answer = await this.coordinator.consumerHeartbeat(
      'g',
      {
        memberId: actor.memberId,
        memberEpoch: actor.epoch,
        instanceId: actor.instanceId,
        rackId: null,
        rebalanceTimeoutMs: saysAll ? 60_000 : -1,
        topics: saysAll ? actor.topics : null,
        pattern: saysAll ? actor.pattern : null,
        assignor: null,
        owned: ids.map((topicId) => ({
          topicId,
          partitions: owned.filter(([id]) => id === topicId).map(([, partition]) => Number(partition)),
        })),
        clientId: 'c',
        clientHost: '/h',
      },
      () => true,
    )
    if (isLost) {
      actor.full = true
      return
    }
    this.#take(actor, answer)
  }

  #take(actor: Actor, answer: ConsumerAnswer): void {
    if (!answer.ok) {
      // Written nowhere: asked again.
      if ([15, 81].includes(answer.error)) {
        actor.full = true
        return
      }
      // Another holds its instance: clients take that as final.
      if (answer.error === 111) {
        actor.isDead = true
        return
      }
      assert.ok([25, 110, 82, 69].includes(answer.error), `${answer.error} ${answer.message}`)
      actor.owned.clear()
      actor.position.clear()
      actor.assignment = undefined
      actor.epoch = 0
      actor.full = true
      actor.isZombie = false
      if (answer.error === 82) actor.isDead = true
      return
    }
    actor.full = false
    actor.epoch = answer.memberEpoch
    actor.isZombie = false
    if (answer.assignment) {
      actor.assignment = new Set()
      for (const [id, partitions] of answer.assignment) {
        for (const partition of partitions.keys()) actor.assignment.add(`${id}/${partition}`)
      }
    }
  }

  /** The client does what it was told: gives up first, then takes. */
  apply(actor: Actor): void {
    if (!actor.assignment) return
    for (const place of actor.owned) {
      if (actor.assignment.has(place)) continue
      actor.owned.delete(place)
      actor.position.delete(place)
    }
    for (const place of actor.assignment) {
      if (actor.owned.has(place)) continue
      actor.owned.add(place)
      actor.position.set(place, this.committed.get(place) ?? 0)
    }
    actor.assignment = undefined
    this.check()
  }

  commit(actor: Actor): void {
    for (const place of actor.owned) {
      const [id, partition] = place.split('/') as [string, string]
      const topic = this.memory.reader.topicById(id)
      if (!topic) continue
      const position = actor.position.get(place)! + 1
      actor.position.set(place, position)
      const identity = { memberId: actor.memberId, instanceId: actor.instanceId, generation: actor.epoch }
      const partitions = [{ topic: topic.name, partition: Number(partition) }]
      if (this.coordinator.mayCommit('g', identity, { version: 9, partitions }) !== 0) continue
      assert.ok(position >= (this.committed.get(place) ?? 0), `${actor.memberId} takes ${place} back to ${position}`)
      this.committed.set(place, position)
    }
  }

  check(): void {
    const owners = new Map<string, string>()
    for (const actor of this.actors) {
      if (actor.isDead || actor.isZombie) continue
      for (const place of actor.owned) {
        assert.equal(owners.get(place), undefined, `${place} belongs to ${owners.get(place)} and ${actor.memberId}`)
        owners.set(place, actor.memberId)
      }
    }
  }

  async leave(actor: Actor): Promise<void> {
    const pauses = actor.instanceId !== null && this.pick(2) === 0
    actor.isDead = true
    await this.coordinator.load('g')
    await this.coordinator.consumerHeartbeat(
      'g',
      {
        memberId: actor.memberId,
        memberEpoch: pauses ? -2 : -1,
        instanceId: actor.instanceId,
        rackId: null,
        rebalanceTimeoutMs: -1,
        topics: null,
        pattern: null,
        assignor: null,
        owned: null,
        clientId: 'c',
        clientHost: '/h',
      },
      () => true,
    )
  }
}

async function topicStep(world: World): Promise<void> {
  const { log, reader } = world.memory
  const name = `t${world.pick(6)}`
  const topic = reader.topic(name)
  if (!topic) await log.createTopic({ name, partitionCount: 1 + world.pick(4) })
  else if (world.pick(3) === 0) await log.deleteTopic(name)
  else await log.addPartitions(name, topic.partitionCount + 1)
}

async function step(world: World): Promise<void> {
  const { pick, actors, clock } = world
  const alive = actors.filter((actor) => !actor.isDead)
  const actor = alive[pick(Math.max(1, alive.length))]
  const what = pick(24)
  if (what < 3 && alive.length < 7) world.join(pick(3) === 0 ? `i${pick(3)}` : null)
  else if (what === 3) await topicStep(world)
  else if (what === 4) clock.advance(20_000)
  else if (what === 5) world.restart()
  else if (what === 6) world.failing = pick(3) === 0
  else if (!actor) return
  else if (what === 7) await world.leave(actor)
  // It dies without a word: its session ends some time.
  else if (what === 8 && pick(3) === 0) actor.isDead = true
  else if (what === 9) {
    const names = world.memory.reader.topics().map(({ name }) => name)
    actor.topics = names.filter((name) => !name.startsWith('__') && pick(2) === 0)
    actor.full = true
  } else if (what === 10) await world.heartbeat(actor, true)
  else if (what < 13) world.commit(actor)
  else if (what < 16) world.apply(actor)
  else if (what < 18) await Promise.all(alive.map((one) => world.heartbeat(one)))
  else await world.heartbeat(actor)
  world.check()
}

async function settle(world: World): Promise<void> {
  world.failing = false
  await world.coordinator.load('g')
  for (let round = 0; round < 40; round++) {
    world.clock.advance(5000)
    // Expiries write without anybody waiting.
    for (let i = 0; i < 4; i++) await turn()
    for (const actor of world.actors) {
      if (actor.isDead) continue
      await world.heartbeat(actor)
      world.apply(actor)
    }
  }
  const group = world.coordinator.consumerGroup('g')
  const alive = world.actors.filter((actor) => !actor.isDead)
  if (alive.length === 0) return assert.ok(!group || group.state === 'Empty')
  assert.equal(group!.state, 'Stable')
  assert.deepEqual([...group!.members.keys()].toSorted(), alive.map(({ memberId }) => memberId).toSorted())
  const owned = alive.flatMap((actor) => [...actor.owned]).toSorted()
  const wanted = world.memory.reader.topics().flatMap(({ name, id, partitionCount }) => {
    const isWanted = alive.some(({ topics, pattern }) => {
      return topics.includes(name) || (pattern !== '' && new RegExp(`^(?:${pattern})$`).test(name))
    })
    return isWanted ? Array.from({ length: partitionCount }, (_, partition) => `${id}/${partition}`) : []
  })
  assert.deepEqual(owned, wanted.toSorted())
}

const visible = (world: World): unknown => {
  const group = world.coordinator.consumerGroup('g')
  if (!group) return undefined
  const byKey = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    group.epoch,
    group.targetEpoch,
    group.state,
    byKey(group.members).map(([id, { assigned, revoking, ...rest }]) => [id, rest, byKey(assigned), byKey(revoking)]),
    byKey(group.targets).map(([id, target]) => [id, byKey(target)]),
    [...group.patterns].toSorted(),
  ]
}

test('consumer groups survive churn, failing writes and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const world = new World(seed)
      await world.memory.log.createTopic({ name: 't0', partitionCount: 4 })
      for (let i = 0; i < 150; i++) await step(world)
      await settle(world)
      // Nobody is under way: a restart must find exactly this, and the members go on with their epochs.
      const before = visible(world)
      world.restart()
      await world.coordinator.load('g')
      assert.deepEqual(visible(world), before)
      const epochs = world.actors.map(({ epoch }) => epoch)
      for (const actor of world.actors) if (!actor.isDead) await world.heartbeat(actor)
      assert.deepEqual(
        world.actors.map(({ epoch }) => epoch),
        epochs,
      )
      world.coordinator.close()
      assert.equal(world.clock.waiting, 0)
    }),
    { numRuns: 60 },
  )
})
