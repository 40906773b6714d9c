import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../base/index.ts'
import { apis, encodeRequestFrame } from '../wire/index.ts'
import type { HeartbeatResponseInput } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import { ClientConnection } from './connection.ts'
import { defineHandler } from './handler.ts'
import { defaultLimits } from './limits.ts'
import { createMemoryLog } from './memory-log.ts'
import { createSteppedClock } from './stepped-clock.ts'

/** A connection whose requests (heartbeats) are answered when the test says so. */
function setUp(options: { overlaps?: boolean; pendingBytes?: number } = {}) {
  const answers: ((response: HeartbeatResponseInput) => void)[] = []
  const written: number[] = []
  const taken: (() => void)[] = []
  const released: HeartbeatResponseInput[] = []
  const state = { paused: false, full: false, closed: 0, faults: [] as unknown[] }
  const connection: Connection = {
    remote: 'peer:1',
    localHost: '127.0.0.1',
    localPort: 9092,
    write(bytes, done) {
      if (done) taken.push(done)
      written.push(new DataView(bytes.buffer, bytes.byteOffset).getInt32(4))
      return !state.full
    },
    pause: () => void (state.paused = true),
    resume: () => void (state.paused = false),
    end() {},
    destroy: () => connection.onClose(),
    onData() {},
    onDrain() {},
    onClose() {},
  }
  const clock = createSteppedClock()
  const { log } = createMemoryLog()
  const busyLog = { ...log, pendingBytes: options.pendingBytes ?? 0 }
  const broker = {
    log: busyLog,
    clock,
    meter: { add() {}, set() {} },
    security: { quotas: { isActive: false } },
    limits: { ...defaultLimits, requestsInFlightMax: 4 },
  } as unknown as Broker
  const handler = defineHandler(
    apis.heartbeat,
    (_broker, _client, request) => {
      if (request.memberId === 'fault') throw new Error('a fault')
      return new Promise<HeartbeatResponseInput>((resolve) => answers.push(resolve))
    },
    { overlaps: options.overlaps ?? false, release: (response) => released.push(response) },
  )
  const created = new ClientConnection({
    broker,
    handlers: new Map([[handler.api.key, handler]]),
    connection,
    onClose: () => state.closed++,
    onFault: (fault) => state.faults.push(fault),
  })
  const send = (correlationId: number, memberId = 'm'): void => {
    const request = { groupId: 'g', generationId: 1, memberId }
    const header = { version: 0, correlationId, clientId: null }
    const parts = encodeRequestFrame(apis.heartbeat, header, (w) => apis.heartbeat.encodeRequest(w, 0, request))
    connection.onData(new Uint8Array(Buffer.concat(parts)))
  }
  const settle = (): Promise<void> => new Promise((turn) => setImmediate(turn))
  return { created, answers, written, taken, released, state, connection, clock, busyLog, send, settle }
}

test('requests that do not overlap begin one after another', async () => {
  const { answers, written, send, settle } = setUp()
  for (const id of [1, 2, 3]) send(id)
  assert.equal(answers.length, 1)
  answers[0]!({ errorCode: 0 })
  await settle()
  assert.deepEqual([answers.length, written], [2, [1]])
})

test('those that overlap begin at once, and answers wait for those before them', async () => {
  const { answers, written, send, settle } = setUp({ overlaps: true })
  for (const id of [1, 2, 3]) send(id)
  assert.equal(answers.length, 3)
  answers[2]!({ errorCode: 0 })
  await settle()
  assert.deepEqual(written, [])
  answers[0]!({ errorCode: 0 })
  answers[1]!({ errorCode: 0 })
  await settle()
  assert.deepEqual(written, [1, 2, 3])
})

test('the socket is not read while the most requests are held, and read again after', async () => {
  const { answers, state, send, settle } = setUp()
  for (const id of [1, 2, 3, 4]) send(id)
  assert.equal(state.paused, true)
  answers[0]!({ errorCode: 0 })
  await settle()
  assert.equal(state.paused, false)
})

test('nothing is begun for a peer that does not read its answers, until it does', async () => {
  const { answers, state, connection, written, send, settle } = setUp()
  state.full = true
  for (const id of [1, 2]) send(id)
  answers[0]!({ errorCode: 0 })
  await settle()
  assert.deepEqual([answers.length, written], [1, [1]])
  state.full = false
  connection.onDrain()
  assert.equal(answers.length, 2)
})

test('appends wait while the log is behind', () => {
  const { answers, clock, busyLog, send } = setUp({ overlaps: true, pendingBytes: 1 << 30 })
  send(1)
  clock.advance(100)
  assert.equal(answers.length, 0)
  busyLog.pendingBytes = 0
  clock.advance(5)
  assert.equal(answers.length, 1)
})

test('a fault in a handler closes that connection and is reported', () => {
  const { state, send } = setUp()
  send(1, 'fault')
  assert.deepEqual([state.closed, String(state.faults[0])], [1, 'Error: a fault'])
})

test('an answer that comes after the connection is gone is dropped', async () => {
  const { answers, written, connection, clock, send, settle } = setUp()
  send(1)
  connection.onClose()
  answers[0]!({ errorCode: 0 })
  await settle()
  assert.deepEqual([written, clock.waiting], [[], 0])
})

test('what an answer holds is released once the socket has its bytes, and when it will never be sent', async () => {
  const { answers, taken, released, connection, send, settle } = setUp({ overlaps: true })
  const responses = [1, 2, 3].map((throttleTimeMs) => ({ throttleTimeMs, errorCode: 0 }))
  for (const id of [1, 2, 3]) send(id)
  answers[0]!(responses[0]!)
  await settle()
  assert.deepEqual(released, [])
  taken[0]!()
  assert.deepEqual(released, [responses[0]])
  // The third is ready, but waits for the second; then the connection goes.
  answers[2]!(responses[2]!)
  await settle()
  connection.destroy()
  assert.deepEqual(released, [responses[0], responses[2]])
  answers[1]!(responses[1]!)
  await settle()
  assert.deepEqual(released, [responses[0], responses[2], responses[1]])
})
