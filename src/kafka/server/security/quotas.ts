// Quotas: how fast clients may write, read, use the node, change topics and connect; kept in the security store, beside those of the
// folder, which nothing changes while the node runs. Invariant: a client that is above one is answered first and told for how long
// it will not be read (KIP-219); nothing is refused for being too fast but what strict versions of admin requests ask for, and
// connections. References: KIP-13, KIP-124, KIP-219, KIP-546, KIP-599, KIP-612.
import { assert } from '../../../base/index.ts'
import type { Clock } from '../../../base/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeClientQuotasRequest } from '../../wire/index.ts'
import type { Client } from '../handler.ts'
import { boundFor, entityKey, entityOf, matchesFilter, quotaKeys } from './quota-entities.ts'
import type { BoundFor, QuotaEntity, QuotaKey } from './quota-entities.ts'
import { burstOf, Rate, TokenBucket, windowMs } from './rate.ts'
import type { SecurityStore, StoreProblem } from './store.ts'

export type QuotaValues = Readonly<Partial<Record<QuotaKey, number>>>

/** Of the folder; values are checked there. */
export interface FixedQuota {
  readonly entity: QuotaEntity
  readonly values: QuotaValues
}

export interface QuotaChange {
  readonly entity: QuotaEntity
  /** null takes a quota away. */
  readonly values: ReadonlyMap<QuotaKey, number | null>
}

/** What serving one request took. */
export interface RequestUse {
  readonly requestBytes: number
  readonly responseBytes: number
  /** On the main thread. */
  readonly busyMs: number
}

interface Resolved {
  readonly generation: number
  readonly user: string
  readonly clientId: string
  readonly bounds: Readonly<Partial<Record<QuotaKey, BoundFor>>>
}

/** Of one request. */
export interface Mutations {
  /** For how long its client is to be held back, after what was taken so far. */
  readonly throttleTimeMs: number
  /** Why so many partitions are too many now; undefined: they are counted. */
  take(partitions: number): StoreProblem | undefined
}

/** A longer one does not fit the protocol's field. */
const throttleMsMax = 2 ** 31 - 1

export class Quotas {
  readonly #store: SecurityStore
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #limits: { readonly quotaEntitiesMax: number; readonly quotaRatesMax: number }
  readonly #fixed: ReadonlyMap<string, QuotaValues>
  /** By kind, then by entityKey. */
  readonly #bounds = new Map<QuotaKey, Map<string, number>>(quotaKeys.map((key) => [key, new Map()]))
  #generation = 0
  /** Some quota of users or clients is there. */
  #isActive = false
  readonly #resolved = new WeakMap<Client, Resolved>()
  readonly #rates: Meters<Rate>
  readonly #mutations: Meters<TokenBucket>

  constructor(options: {
    store: SecurityStore
    clock: Pick<Clock, 'monotonicMs'>
    limits: { readonly quotaEntitiesMax: number; readonly quotaRatesMax: number }
    fixed: readonly FixedQuota[]
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#limits = options.limits
    this.#fixed = new Map(options.fixed.map(({ entity, values }) => [entityKey(entity), values]))
    this.#rates = new Meters(() => new Rate(), options.limits.quotaRatesMax)
    this.#mutations = new Meters(() => new TokenBucket(), options.limits.quotaRatesMax)
    this.#store.onChange('quota', () => this.#takeIn())
    this.#takeIn()
  }

  /** Nothing needs to be measured while this is false. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** Counts what was served. @returns for how long the client is to be held back, ms */
  charge(client: Client, apiKey: number, { requestBytes, responseBytes, busyMs }: RequestUse): number {
    if (!this.#isActive) return 0
    const { bounds } = this.#of(client)
    const bytes =
      apiKey === apis.produce.key
        ? this.#count('producer_byte_rate', bounds, requestBytes)
        : apiKey === apis.fetch.key
          ? this.#count('consumer_byte_rate', bounds, responseBytes)
          : 0
    // Percent of one thread: 100 is all of it.
    const busy = Math.min(windowMs, this.#count('request_percentage', bounds, busyMs / 10))
    return Math.min(throttleMsMax, Math.max(bytes, busy))
  }

  /** Most that a fetch may answer; 0 while its client is above its quota, Infinity without one. */
  fetchBytesMax(client: Client): number {
    if (!this.#isActive) return Infinity
    const found = this.#of(client).bounds.consumer_byte_rate
    if (!found) return Infinity
    const nowMs = this.#clock.monotonicMs()
    const rate = this.#rates.of(`consumer_byte_rate${found.shared}`, nowMs)
    return rate.throttleMs(found.bound, nowMs) > 0 ? 0 : burstOf(found.bound)
  }

  /** For one request that makes, changes or deletes partitions. @param isStrict it is refused, by parts, while its client owes */
  mutations(client: Client, isStrict: boolean): Mutations {
    const found = this.#isActive ? this.#of(client).bounds.controller_mutation_rate : undefined
    if (!found) return { throttleTimeMs: 0, take: () => undefined }
    const nowMs = this.#clock.monotonicMs()
    const { bound, shared } = found
    const bucket = this.#mutations.of(shared, nowMs)
    return {
      get throttleTimeMs() {
        return Math.min(throttleMsMax, bucket.throttleMs(bound, nowMs))
      },
      take(partitions) {
        if (isStrict && bucket.throttleMs(bound, nowMs) > 0) {
          const message = 'The throttling quota has been exceeded.'
          return { error: kafkaErrors.throttlingQuotaExceeded, message }
        }
        bucket.take(partitions, bound, nowMs)
        return undefined
      },
    }
  }

  /** Whether an address may open another connection now; counts it when it may. */
  mayConnect(host: string): boolean {
    const quotas = this.#bounds.get('connection_creation_rate')!
    if (quotas.size === 0) return true
    const bound = quotas.get(entityKey({ ip: host })) ?? quotas.get(entityKey({ ip: null }))
    if (bound === undefined) return true
    const nowMs = this.#clock.monotonicMs()
    const rate = this.#rates.of(`ip${host}`, nowMs)
    if (rate.throttleMs(bound, nowMs) > 0) return false
    rate.add(1, nowMs)
    return true
  }

  matching({ components, strict }: DescribeClientQuotasRequest): FixedQuota[] {
    return [...this.#all()]
      .map(([key, values]) => ({ entity: entityOf(key), values }))
      .filter(({ entity }) => matchesFilter(entity, components, strict))
  }

  /** Why it cannot be changed through the protocol; undefined when it can. */
  changeProblem({ entity, values }: QuotaChange): StoreProblem | undefined {
    const fixed = this.#fixed.get(entityKey(entity)) ?? {}
    const declared = [...values.keys()].find((key) => fixed[key] !== undefined)
    if (declared === undefined) return undefined
    const message = `${declared} of this entity is declared in the project folder: change it there`
    return { error: kafkaErrors.invalidRequest, message }
  }

  /** Stores what changeProblem found nothing against; entities that are left without a value are gone. */
  async change(changes: readonly QuotaChange[]): Promise<StoreProblem | undefined> {
    const outcome = await this.#store.change(() => {
      const entries = this.#store.entries('quota')
      const next = new Map<string, Record<string, number>>()
      for (const { entity, values } of changes) {
        const key = entityKey(entity)
        const now = next.get(key) ?? decodeValues(entries.get(key))
        for (const [name, value] of values) {
          if (value === null) delete now[name]
          else now[name] = value
        }
        next.set(key, now)
      }
      const added = [...next].filter(([key, values]) => !entries.has(key) && !isEmpty(values)).length
      if (entries.size + added > this.#limits.quotaEntitiesMax) return { changes: [], result: false }
      const kept = [...next].filter(([key, values]) => entries.has(key) || !isEmpty(values))
      return {
        changes: kept.map(([key, values]) => ({
          section: 'quota' as const,
          key,
          value: isEmpty(values) ? null : JSON.stringify(values),
        })),
        result: true,
      }
    })
    if (!outcome.ok) return outcome
    const message = `there are quotas of ${this.#limits.quotaEntitiesMax} entities, the most that are kept`
    return outcome.result ? undefined : { error: kafkaErrors.policyViolation, message }
  }

  /** Those of the folder win. */
  *#all(): Generator<[string, QuotaValues]> {
    const entries = this.#store.entries('quota')
    for (const [key, values] of this.#fixed) yield [key, { ...decodeValues(entries.get(key)), ...values }]
    for (const [key, text] of entries) if (!this.#fixed.has(key)) yield [key, decodeValues(text)]
  }

  #takeIn(): void {
    for (const bounds of this.#bounds.values()) bounds.clear()
    for (const [key, values] of this.#all()) {
      for (const [name, value] of Object.entries(values)) this.#bounds.get(name as QuotaKey)?.set(key, value)
    }
    this.#generation++
    this.#isActive = [...this.#bounds].some(([name, bounds]) => name !== 'connection_creation_rate' && bounds.size > 0)
  }

  #of(client: Client): Resolved {
    const { clientId, principal } = client
    const user = userOf(principal.name)
    const known = this.#resolved.get(client)
    if (known?.generation === this.#generation && known.user === user && known.clientId === clientId) return known
    const bounds: Partial<Record<QuotaKey, BoundFor>> = {}
    for (const [name, quotas] of this.#bounds) {
      const found = quotas.size === 0 ? undefined : boundFor(quotas, user, clientId)
      if (found) bounds[name] = found
    }
    const resolved = { generation: this.#generation, user, clientId, bounds }
    this.#resolved.set(client, resolved)
    return resolved
  }

  #count(kind: QuotaKey, bounds: Resolved['bounds'], amount: number): number {
    const found = bounds[kind]
    if (!found) return 0
    const nowMs = this.#clock.monotonicMs()
    const rate = this.#rates.of(kind + found.shared, nowMs)
    rate.add(amount, nowMs)
    return rate.throttleMs(found.bound, nowMs)
  }
}

/** As Kafka's tools name them: without the type, and its own name for those who have none. */
function userOf(principal: string): string {
  const name = principal.slice(principal.indexOf(':') + 1)
  return principal === 'User:anonymous' ? 'ANONYMOUS' : name
}

const isEmpty = (values: object): boolean => Object.keys(values).length === 0

function decodeValues(text: string | undefined): Record<string, number> {
  return text === undefined ? {} : (JSON.parse(text) as Record<string, number>)
}

/** Measures by who shares them, at most so many: what is idle goes first, then whoever is new shares one with others. */
class Meters<T extends { isIdle(nowMs: number): boolean }> {
  readonly #make: () => T
  readonly #max: number
  readonly #byName = new Map<string, T>()
  #sweptAtMs = Number.NEGATIVE_INFINITY

  constructor(make: () => T, max: number) {
    assert(max > 0, 'somebody can be measured')
    this.#make = make
    this.#max = max
  }

  of(name: string, nowMs: number): T {
    let found = this.#byName.get(name)
    if (found) return found
    if (this.#byName.size >= this.#max && nowMs - this.#sweptAtMs >= windowMs) {
      this.#sweptAtMs = nowMs
      for (const [key, one] of this.#byName) if (one.isIdle(nowMs)) this.#byName.delete(key)
    }
    // The name that nobody has.
    const key = this.#byName.size >= this.#max ? '' : name
    found = this.#byName.get(key) ?? this.#make()
    this.#byName.set(key, found)
    return found
  }
}
