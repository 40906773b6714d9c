// Classic groups under churn: members join, leave, die, come back under their instance, assign late; writes fail; the node dies and
// comes back. Laws: at every stable generation each partition is assigned to exactly one member; only a member of the present
// generation may commit, so that an accepted commit never goes back; once it is quiet the group is stable with all who are alive.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultLimits, defaultSettings } from '../limits.ts'
import { createMemoryLog } from '../memory-log.ts'
import { createSteppedClock } from '../stepped-clock.ts'
import { GroupCoordinator } from './coordinator.ts'
import { OffsetStore } from './offsets.ts'

const partitionCount = 5

interface Actor {
  memberId: string
  readonly instanceId: string | null
  readonly version: number
  readonly generations: Map<number, readonly number[]>
  generation: number
  state: 'out' | 'joining' | 'syncing' | 'in' | 'dead'
  assigned: readonly number[]
  position: Map<number, number>
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
const encode = (partitions: readonly number[]): Uint8Array => Uint8Array.from(partitions)

class World {
  readonly clock = createSteppedClock()
  readonly memory = createMemoryLog()
  readonly actors: Actor[] = []
  readonly committed = new Map<number, number>()
  readonly removed: string[] = []
  readonly holders = new Map<string, string>()
  readonly pick: (below: number) => number
  failing = false
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
        if (life !== this.#life) return new Promise<never>(() => {})
        if (this.failing) return { ok: false as const, error: 56, message: 'full' }
        return this.memory.log.append(topic, partition, batches)
      },
    }
    const offsets = new OffsetStore({ log, reader, clock, partitionCount: 1, readBytes: 1 << 20 })
    return new GroupCoordinator({
      clock,
      random: {
        uint32: () => this.pick(2 ** 31),
        fraction: () => 0,
        bytes: (size) => Uint8Array.from({ length: size }, () => this.pick(256)),
      },
      limits: { ...defaultLimits, groupMembersMax: 8 },
      settings: defaultSettings,
      offsets,
      log,
      reader,
      sessionTimeoutMs: () => defaultSettings.consumerSessionTimeoutMs,
      onMemberRemoved: ({ memberId }) => this.removed.push(memberId),
    })
  }

  /** The node dies: whoever waited for an answer meets a closed connection and asks anew. */
  restart(): void {
    this.coordinator.close()
    this.coordinator = this.#make()
    for (const actor of this.actors) if (actor.state === 'joining' || actor.state === 'syncing') actor.state = 'out'
  }

  add(instanceId: string | null): void {
    const version = this.pick(2) === 0 ? 3 : 9
    const [generations, position] = [new Map<number, readonly number[]>(), new Map<number, number>()]
    this.actors.push({
      memberId: '',
      instanceId,
      version,
      generations,
      generation: -1,
      state: 'out',
      assigned: [],
      position,
    })
  }

  #lose(actor: Actor): void {
    actor.assigned = []
    actor.position.clear()
    actor.state = 'out'
  }

  async join(actor: Actor): Promise<void> {
    const life = this.#life
    actor.state = 'joining'
    await this.coordinator.load('g')
    const answer = await this.coordinator.join('g', {
      memberId: actor.memberId,
      instanceId: actor.instanceId,
      clientId: 'c',
      clientHost: '/h',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encode([1]) }],
      requiresKnownId: actor.version >= 4,
      maySkipAssignment: actor.version >= 9,
    })
    if (life !== this.#life || actor.state !== 'joining') return
    this.#lose(actor)
    if (answer.error === 79) {
      actor.memberId = answer.memberId
      return
    }
    if (answer.error === 25) actor.memberId = ''
    if (answer.error === 82) actor.state = 'dead'
    if (answer.error !== 0) {
      assert.ok([25, 82, 15, 81].includes(answer.error), `join: ${answer.error}`)
      return
    }
    actor.memberId = answer.memberId
    if (actor.instanceId !== null) this.holders.set(actor.instanceId, actor.memberId)
    actor.generation = answer.generation
    actor.state = 'syncing'
    const leads = answer.leader === answer.memberId && !answer.skipAssignment
    // A leader may die before it assigns.
    if (leads && this.pick(12) === 0) {
      actor.state = 'dead'
      return
    }
    const shares = new Map(answer.members.map(({ memberId }) => [memberId, [] as number[]]))
    const ids = [...shares.keys()]
    for (let i = 0; i < partitionCount && ids.length > 0; i++) shares.get(ids[i % ids.length]!)!.push(i)
    const assignments = leads ? [...shares].map(([memberId, own]) => ({ memberId, assignment: encode(own) })) : []
    await this.sync(actor, assignments)
  }

  async sync(actor: Actor, assignments: { memberId: string; assignment: Uint8Array }[]): Promise<void> {
    const { memberId, instanceId, generation } = actor
    const life = this.#life
    await this.coordinator.load('g')
    const names = { protocolType: null, protocolName: null }
    const answer = await this.coordinator.sync('g', { memberId, instanceId, generation, ...names, assignments })
    if (life !== this.#life || actor.state !== 'syncing' || actor.generation !== generation) return
    if (answer.error !== 0) {
      assert.ok([22, 25, 27, 82, 15].includes(answer.error), `sync: ${answer.error}`)
      this.#lose(actor)
      if (answer.error === 25) actor.memberId = ''
      if (answer.error === 82) actor.state = 'dead'
      return
    }
    actor.state = 'in'
    actor.assigned = [...answer.assignment]
    actor.generations.set(generation, actor.assigned)
    for (const partition of actor.assigned) actor.position.set(partition, this.committed.get(partition) ?? 0)
    this.check(generation)
  }

  /** What was handed out in one generation. */
  check(generation: number): void {
    const owners = new Map<number, string>()
    for (const { state, generations, generation: own, memberId, instanceId } of this.actors) {
      if (state !== 'in' || own !== generation) continue
      // Replaced by another of its instance, and it does not know: its commits are refused.
      if (instanceId !== null && this.holders.get(instanceId) !== memberId) continue
      for (const partition of generations.get(generation) ?? []) {
        const owner = owners.get(partition)
        assert.equal(owner, undefined, `${partition} in ${generation}: ${owner} and ${memberId} (${instanceId})`)
        owners.set(partition, memberId)
      }
    }
  }

  async heartbeat(actor: Actor): Promise<void> {
    await this.coordinator.load('g')
    if (actor.state !== 'in') return
    const { memberId, instanceId, generation } = actor
    const error = this.coordinator.heartbeat('g', { memberId, instanceId, generation })
    if (error === 0) return
    assert.ok([22, 25, 27, 82].includes(error), `heartbeat: ${error}`)
    this.#lose(actor)
    if (error === 25) actor.memberId = ''
    if (error === 82) actor.state = 'dead'
  }

  async commit(actor: Actor): Promise<void> {
    await this.coordinator.load('g')
    if (actor.state !== 'in') return
    const { memberId, instanceId, generation } = actor
    if (this.coordinator.mayCommit('g', { memberId, instanceId, generation }) !== 0) return
    for (const partition of actor.assigned) {
      const position = actor.position.get(partition)! + 1
      actor.position.set(partition, position)
      assert.ok(position >= (this.committed.get(partition) ?? 0), `${memberId} takes ${partition} back to ${position}`)
      this.committed.set(partition, position)
    }
  }

  async leave(actor: Actor): Promise<void> {
    actor.state = 'dead'
    await this.coordinator.load('g')
    await this.coordinator.leave('g', actor.memberId, actor.instanceId)
  }
}

async function step(world: World): Promise<void> {
  const { pick, actors, clock } = world
  const alive = actors.filter(({ state }) => state !== 'dead')
  const actor = alive[pick(Math.max(1, alive.length))]
  const what = pick(20)
  if (what < 2 && alive.length < 6) world.add(pick(3) === 0 ? `i${pick(3)}` : null)
  else if (what === 2) clock.advance(4000)
  else if (what === 3 && pick(2) === 0) world.restart()
  else if (what === 4) world.failing = pick(4) === 0
  else if (!actor) return
  else if (what === 5 && pick(2) === 0 && actor.memberId !== '') await world.leave(actor)
  else if (what === 6 && pick(3) === 0) actor.state = 'dead'
  else if (what < 11) {
    if (actor.state === 'out') void world.join(actor)
  } else if (what < 13) await world.commit(actor)
  else await world.heartbeat(actor)
  for (let i = pick(3); i > 0; i--) await turn()
}

async function settle(world: World): Promise<void> {
  world.failing = false
  await world.coordinator.load('g')
  // Two with one instance would fence each other for ever.
  const seen = new Set<string>()
  for (const actor of world.actors.toReversed()) {
    if (actor.state === 'dead' || actor.instanceId === null) continue
    if (seen.has(actor.instanceId)) actor.state = 'dead'
    seen.add(actor.instanceId)
  }
  for (let round = 0; round < 60; round++) {
    world.clock.advance(3000)
    for (const actor of world.actors) {
      if (actor.state === 'dead') continue
      if (actor.state === 'out') void world.join(actor)
      await world.heartbeat(actor)
    }
    for (let i = 0; i < 6; i++) await turn()
  }
  const alive = world.actors.filter(({ state }) => state !== 'dead')
  await world.coordinator.load('g')
  const { state, members } = await world.coordinator.describe('g')
  if (alive.length === 0) return assert.ok(state === 'Empty' || state === 'Dead', state)
  assert.deepEqual([state, members.length], ['Stable', alive.length])
  assert.deepEqual(
    alive.map((actor) => actor.state),
    alive.map(() => 'in'),
  )
  const all = alive.flatMap(({ assigned }) => assigned).toSorted()
  assert.deepEqual(all, [0, 1, 2, 3, 4])
}

test('classic groups survive churn, failing writes and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const world = new World(seed)
      for (let i = 0; i < 150; i++) await step(world)
      await settle(world)
      // A restart is no rebalance.
      const generations = world.actors.map(({ generation }) => generation)
      world.restart()
      for (const actor of world.actors) if (actor.state === 'in') await world.heartbeat(actor)
      assert.deepEqual(
        world.actors.map(({ generation, state }) => [generation, state]),
        world.actors.map(({ state }, i) => [generations[i], state === 'dead' ? 'dead' : 'in']),
      )
      world.coordinator.close()
      assert.equal(world.clock.waiting, 0)
    }),
    { numRuns: 60 },
  )
})
