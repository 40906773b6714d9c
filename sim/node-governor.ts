// Who governs the node while others use it: settings of topics, quotas of clients, and the rights of a guest who comes to a port
// of his own. What was acknowledged holds for every request after it, also over crashes; while something is being changed, both hold.
import { encodeRecordBatch } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import { NodeActor, plainFetch, type NodeActorOptions } from './node-actors.ts'
import { check, ledgerTopic, plainTopic } from './node-checker.ts'

/** A setting as the clients may rely on it. */
export class Settled<T> {
  /** undefined: it is being changed. */
  value: T | undefined
  #changes = 0

  constructor(value: T) {
    this.value = value
  }

  begin(): void {
    this.value = undefined
    this.#changes++
  }

  /** @returns a question for later: the value if it has been the same from now until then */
  watch(): () => T | undefined {
    const { value } = this
    const changes = this.#changes
    return () => (changes === this.#changes ? value : undefined)
  }
}

export interface Format {
  /** Code of the codec. */
  readonly compression: number
  readonly logAppendTime: boolean
}

/** Everything that is governed, as far as it was acknowledged. */
export class Governed {
  readonly format = new Settled<Format>({ compression: 0, logAppendTime: false })
  readonly mayRead = new Settled(true)
  readonly mayWrite = new Settled(true)
  /** Clients for which a quota was ever asked. */
  readonly quotaAsked = new Set<string>()
  readonly counts = {
    'settings changed': 0,
    'rights changed': 0,
    'quotas changed': 0,
    'denied to the guest': 0,
    'taken from the guest': 0,
    'throttled answers': 0,
    'formats seen': 0,
  }
}

export interface GovernedOptions extends NodeActorOptions {
  readonly governed: Governed
}

export const guestPort = 9093
export const guest = 'User:guest'
const codecs = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const topicResource = 2
const literal = 3
const operations = { read: 3, write: 4 } as const
const deny = 2

export class GovernorActor extends NodeActor {
  readonly #governed: Governed
  /** Of clients that may be held back. */
  readonly #clientIds: readonly string[]
  #left: number
  /** What is still to be undone at the end. */
  readonly #held = new Set<string>()
  readonly #denied = new Set<'read' | 'write'>()

  constructor(name: string, options: GovernedOptions & { readonly clientIds: readonly string[] }) {
    super(name, options)
    this.#governed = options.governed
    this.#clientIds = options.clientIds
    this.#left = 6 + options.random.below(6)
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    // It is made by somebody else.
    while (!this.options.checker.made.has(plainTopic.name)) await this.sleep(5)
    for (; this.#left > 0; this.#left--) {
      const kind = random.below(5)
      if (kind === 0) await this.#setFormat()
      else if (kind === 1) await this.#setRetention()
      else if (kind < 4) await this.#setRight(random.pick(['read', 'write']))
      else await this.#setQuota(random.pick(this.#clientIds), random.pick(['producer', 'consumer']))
      await this.sleep(5 + random.below(30))
    }
    for (const held of this.#held) {
      const [clientId, kind] = held.split(' ') as [string, 'producer']
      await this.#setQuota(clientId, kind, true)
    }
    return true
  }

  async #alter(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const configs = Object.entries(values).map(([key, value]) => ({ name: key, configOperation: 0, value }))
    const resources = [{ resourceType: topicResource, resourceName: name, configs }]
    const { responses } = await this.insist(
      () => this.client.call(apis.incrementalAlterConfigs, 1, { resources, validateOnly: false }),
      (answer) => answer.responses[0]!.errorCode,
    )
    check(responses[0]!.errorCode === 0, `settings of ${name}: ${kafkaErrorName(responses[0]!.errorCode)}`)
    this.#governed.counts['settings changed']++
  }

  async #setFormat(): Promise<void> {
    const { random } = this.options
    const { format } = this.#governed
    const codec = random.pick([...codecs, 'producer'] as const)
    const logAppendTime = random.chance(0.5)
    format.begin()
    await this.#alter(plainTopic.name, {
      'compression.type': codec,
      'message.timestamp.type': logAppendTime ? 'LogAppendTime' : 'CreateTime',
    })
    format.value = { compression: codec === 'producer' ? 0 : codecs.indexOf(codec), logAppendTime }
  }

  /** From then on it may begin anywhere. */
  async #setRetention(): Promise<void> {
    const { random, checker } = this.options
    for (let i = 0; i < plainTopic.partitionCount; i++) checker.noteTrim(plainTopic.name, i, Infinity, false)
    await this.#alter(plainTopic.name, { 'retention.bytes': random.pick(['-1', '4000', '9000']) })
  }

  async #setRight(what: 'read' | 'write'): Promise<void> {
    const { mayRead, mayWrite, counts } = this.#governed
    const right = what === 'read' ? mayRead : mayWrite
    const resourceName = what === 'read' ? plainTopic.name : ledgerTopic.name
    const operation = operations[what]
    // After a cut nobody knows what it is: it is asked for as it should be, which changes nothing where it is so.
    const isDenied = right.value === undefined ? this.#denied.has(what) : !this.#denied.has(what)
    if (isDenied) this.#denied.add(what)
    else this.#denied.delete(what)
    right.begin()
    const acl = { resourceType: topicResource, resourceName, principal: guest, host: '*', operation }
    const ask = isDenied
      ? async () => {
          const creations = [{ ...acl, resourcePatternType: literal, permissionType: deny }]
          return (await this.client.call(apis.createAcls, 3, { creations })).results[0]!
        }
      : async () => {
          const filter = { resourceTypeFilter: topicResource, resourceNameFilter: resourceName, operation }
          const whose = { principalFilter: guest, hostFilter: '*', patternTypeFilter: literal, permissionType: deny }
          return (await this.client.call(apis.deleteAcls, 3, { filters: [{ ...filter, ...whose }] })).filterResults[0]!
        }
    const { errorCode } = await this.insist(ask, (answer) => answer.errorCode)
    check(errorCode === 0, `the right to ${what}: ${kafkaErrorName(errorCode)}`)
    right.value = !isDenied
    counts['rights changed']++
  }

  async #setQuota(clientId: string, kind: 'producer' | 'consumer', remove = false): Promise<void> {
    const { random } = this.options
    this.#governed.quotaAsked.add(clientId)
    this.#held.add(`${clientId} ${kind}`)
    const key = `${kind}_byte_rate`
    const value = random.pick([50, 150, 1000])
    const entries = [{ entity: [{ entityType: 'client-id', entityName: clientId }], ops: [{ key, value, remove }] }]
    const answer = await this.insist(
      () => this.client.call(apis.alterClientQuotas, 1, { entries, validateOnly: false }),
      (one) => one.entries[0]!.errorCode,
    )
    const { errorCode } = answer.entries[0]!
    check(errorCode === 0, `a quota of ${clientId}: ${kafkaErrorName(errorCode)}`)
    this.#governed.counts['quotas changed']++
    if (remove) this.#held.delete(`${clientId} ${kind}`)
  }
}

const { topicAuthorizationFailed, kafkaStorageError, unknownTopicOrPartition } = kafkaErrors

abstract class GuestActor extends NodeActor {
  protected readonly governed: Governed
  protected readonly isOver: () => boolean

  constructor(name: string, options: GovernedOptions & { readonly isOver: () => boolean }) {
    super(name, options, guestPort)
    this.governed = options.governed
    this.isOver = options.isOver
  }

  protected async work(): Promise<boolean> {
    while (!this.options.checker.made.has(ledgerTopic.name)) await this.sleep(5)
    while (!this.isOver()) {
      await this.visit()
      await this.sleep(2 + this.options.random.below(8))
    }
    return true
  }

  protected abstract visit(): Promise<void>

  /** @param may undefined when it was changed meanwhile. @returns whether it was taken */
  protected judge(errorCode: number, may: boolean | undefined, passing: readonly number[]): boolean {
    const { counts } = this.governed
    const isDenied = errorCode === topicAuthorizationFailed
    check(!isDenied || may !== true, `${this.name} is denied what is allowed`)
    check(may !== false || isDenied, `${this.name} is denied nothing: ${kafkaErrorName(errorCode)}`)
    check(isDenied || errorCode === 0 || passing.includes(errorCode), `${this.name}: ${kafkaErrorName(errorCode)}`)
    if (isDenied) counts['denied to the guest']++
    if (errorCode === 0) counts['taken from the guest']++
    return errorCode === 0
  }
}

/** Writes one record after another; nothing that was denied is ever there. */
export class GuestWriter extends GuestActor {
  #number = 0

  protected override async visit(): Promise<void> {
    const { random, checker, nowMs } = this.options
    const value = `guest#${this.#number++}`
    const partition = random.below(ledgerTopic.partitionCount)
    const records = encodeRecordBatch([{ key: null, value: new TextEncoder().encode(value), timestampMs: nowMs() }])
    const may = this.governed.mayWrite.watch()
    const { responses } = await this.client.call(apis.produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: ledgerTopic.name, partitionData: [{ index: partition, records }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    const isTaken = this.judge(errorCode, may(), [kafkaStorageError])
    if (isTaken) checker.noteAcknowledged(ledgerTopic.name, partition, Number(baseOffset), [value])
    else if (errorCode === topicAuthorizationFailed) checker.noteForbidden(value)
  }
}

/** Asks for records from the beginning of what there is, as often as it may. */
export class GuestReader extends GuestActor {
  protected override async visit(): Promise<void> {
    const partition = this.options.random.below(plainTopic.partitionCount)
    const may = this.governed.mayRead.watch()
    const { responses } = await this.client.call(apis.fetch, 12, {
      ...plainFetch,
      topics: [{ topic: plainTopic.name, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
    })
    const { errorCode, records } = responses[0]!.partitions[0]!
    const isTaken = this.judge(errorCode, may(), [kafkaErrors.offsetOutOfRange, unknownTopicOrPartition])
    check(isTaken || (records?.length ?? 0) === 0, `${this.name} is given records with ${kafkaErrorName(errorCode)}`)
  }
}
