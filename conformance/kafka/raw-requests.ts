// Raw requests to a broker, any version of any, and their answers in a form that can be compared between two brokers: without
// sentences, ids, addresses, sizes and times.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeNet } from '../../src/base/index.ts'
import { TestClient } from '../../src/kafka/server/test-client.ts'
import { apis } from '../../src/kafka/wire/index.ts'

export interface Api<Request> {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  readonly flexibleFrom: number
  encodeRequest(writer: never, version: number, request: Request): void
  decodeResponse(reader: never, version: number): unknown
}

export interface Step {
  readonly what: string
  readonly api: Api<unknown>
  readonly versions: readonly number[]
  readonly request: unknown
}

export function ask<Request>(
  what: string,
  api: Api<Request>,
  versions: number | readonly number[],
  request: Request,
): Step {
  return { what, api: api as Api<unknown>, versions: typeof versions === 'number' ? [versions] : versions, request }
}

/** By what was asked, and the version. */
export type Answers = Record<string, unknown>

/** Left out of what is compared: a broker's own words, names, sizes and times. */
const own = new Set([
  'errorMessage',
  'batchIndexErrorMessage',
  'currentLeader',
  'abortedTransactions',
  'logStartOffset',
  'logAppendTimeMs',
  'topicId',
  'clusterId',
  'port',
  'host',
  'brokers',
  'node',
  'nodeEndpoints',
  'throttleTimeMs',
  'topicConfigErrorCode',
  'leaderEpoch',
  'apiKeys',
  'endpoints',
])

/** An answer without those, numbers of 64 bits as text, answers about several things in one order. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) {
    const all = value.map(plain)
    return typeof all[0] === 'object' ? all.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : all
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (own.has(key) ? [] : [[key, plain(one)]])))
}

const answerMsMax = 10_000

export class RawRequests {
  readonly answers: Answers = {}
  readonly #port: number
  #client: TestClient

  private constructor(port: number, client: TestClient) {
    this.#port = port
    this.#client = client
  }

  /** @param bootstrap host:port */
  static async connect(bootstrap: string): Promise<RawRequests> {
    const port = Number(bootstrap.split(':')[1])
    return new RawRequests(port, await TestClient.connect(nodeNet, port))
  }

  get client(): TestClient {
    return this.#client
  }

  /** Asks in each of the versions; a connection that the broker closes is an answer, too. */
  async run({ what, api, versions, request }: Step): Promise<void> {
    for (const version of versions) {
      const name = `${what}, version ${version}`
      const answer = await Promise.race([
        this.#client.call(api as never, version, request),
        this.#client.closed.then(() => 'closed'),
        sleep(answerMsMax, 'no answer', { ref: false }),
      ])
      this.note(name, plain(answer))
      if (typeof answer === 'string') this.#client = await TestClient.connect(nodeNet, this.#port)
    }
  }

  note(name: string, answer: unknown): void {
    assert.ok(!(name in this.answers), name)
    this.answers[name] = answer
  }

  /** Coordinators have their topics to make at first. */
  async untilCoordinated(coordinatorKeys: readonly string[]): Promise<void> {
    for (const keyType of [0, 1]) {
      for (let left = 300; ; left--) {
        const { coordinators } = await this.#client.call(apis.findCoordinator, 4, { keyType, coordinatorKeys })
        if (coordinators.every(({ errorCode }) => errorCode === 0)) break
        assert.ok(left > 0, `coordinators, type ${keyType}`)
        await sleep(50)
      }
    }
  }

  close(): void {
    this.#client.destroy()
  }
}
