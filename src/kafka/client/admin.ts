// Real clusters as deploy/kafka needs them: topics with their partitions and settings, listed, described, made, changed.
// A thin layer on @platformatic/kafka (loaded when first needed), so that nobody else knows which library it is.
// Invariant: what is described as a setting was set on the topic; cluster defaults are left out, as they belong to the cluster.
import { MillraceError } from '../../base/index.ts'
import type { Admin, Broker, ConnectionOptions } from '@platformatic/kafka'

export interface KafkaClusterOptions {
  /** host:port, several separated by commas. */
  readonly bootstrap: string
  readonly clientId?: string
  /** For one request. */
  readonly timeoutMs?: number
  /** TLS with the system's authorities, or with those given (PEM). */
  readonly tls?: boolean | { readonly ca: string }
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly username: string
    readonly password: string
  }
}

export interface ClusterTopic {
  readonly name: string
  /** UUID as text. */
  readonly id: string
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Only what was set for this topic. */
  readonly configs: Readonly<Record<string, string>>
}

export interface NewClusterTopic {
  readonly name: string
  /** Absent: the cluster's default. */
  readonly partitionCount?: number
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** All reject with MR-KAFKA-001 when the cluster does not answer, MR-KAFKA-002 when it says no. */
export interface KafkaAdmin {
  /** Cluster id and brokers, by node id. */
  describeCluster(): Promise<{ id: string; brokers: { nodeId: number; host: string; port: number }[] }>
  /** Names of all topics that are not internal, sorted. */
  listTopics(): Promise<string[]>
  /** Those of the named topics that exist, in that order. Two requests whatever their number. */
  describeTopics(names: readonly string[]): Promise<ClusterTopic[]>
  /** 'exists' when there is one of that name already, which is left as it is. */
  createTopic(topic: NewClusterTopic): Promise<'created' | 'exists'>
  /** @param count partitions afterwards */
  addPartitions(name: string, count: number): Promise<void>
  /** Sets each setting, or takes it away where the value is null. */
  alterTopic(name: string, changes: Readonly<Record<string, string | null>>): Promise<void>
  deleteTopic(name: string): Promise<'deleted' | 'missing'>
  close(): Promise<void>
}

const topicResource = 2
const topicSource = 1
const unknownTopic = 3
const topicExists = 36
const defaultTimeoutMs = 15_000

/** Opens an administrator of a cluster. Connects when first asked something. */
export async function openKafkaAdmin(options: KafkaClusterOptions): Promise<KafkaAdmin> {
  const { Admin } = await import('@platformatic/kafka')
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const admin = new Admin({
    clientId: options.clientId ?? 'millrace',
    bootstrapBrokers: options.bootstrap.split(',').map((address) => address.trim()),
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    retries: 2,
    retryDelay: 200,
    metadataMaxAge: 0,
    autocreateTopics: false,
    ...securityOf(options),
  })
  return makeAdmin(admin, options.bootstrap)
}

function securityOf(options: KafkaClusterOptions): Pick<ConnectionOptions, 'tls' | 'sasl'> {
  const { tls, sasl } = options
  return {
    ...(tls ? { tls: tls === true ? {} : { ca: tls.ca } } : {}),
    ...(sasl ? { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password } } : {}),
  }
}

function makeAdmin(admin: Admin, bootstrap: string): KafkaAdmin {
  const ask = async <T>(action: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (cause) {
      throw asOurs(cause, bootstrap, action)
    }
  }
  const askUnless = async <T extends string, U extends string>(
    action: string,
    code: number,
    otherwise: U,
    run: () => Promise<T>,
  ): Promise<T | U> => {
    try {
      return await run()
    } catch (cause) {
      if (hasKafkaCode(cause, code)) return otherwise
      throw asOurs(cause, bootstrap, action)
    }
  }
  return {
    describeCluster: () =>
      ask('describe itself', async () => {
        const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true })
        const list = [...brokers].map(([nodeId, { host, port }]: [number, Broker]) => ({ nodeId, host, port }))
        return { id, brokers: list }
      }),
    listTopics: () => ask('list its topics', async () => (await admin.listTopics()).toSorted()),
    describeTopics: (names) => ask('describe topics', () => describeTopics(admin, names)),
    createTopic: ({ name, partitionCount = -1, replicationFactor = -1, configs = {} }) =>
      askUnless(`create the topic ${name}`, topicExists, 'exists', async () => {
        const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
        await admin.createTopics({
          topics: [name],
          partitions: partitionCount,
          replicas: replicationFactor,
          configs: entries,
        })
        return 'created' as const
      }),
    addPartitions: (name, count) =>
      ask(`give ${name} ${count} partitions`, () =>
        admin.createPartitions({ topics: [{ name, count, assignments: null }] }),
      ),
    alterTopic: (name, changes) =>
      ask(`change the settings of ${name}`, () =>
        admin.incrementalAlterConfigs({
          resources: [
            {
              resourceType: topicResource,
              resourceName: name,
              configs: Object.entries(changes).map(([key, value]) =>
                value === null ? { name: key, configOperation: 1 } : { name: key, configOperation: 0, value },
              ),
            },
          ],
        }),
      ),
    deleteTopic: (name) =>
      askUnless(`delete the topic ${name}`, unknownTopic, 'missing', async () => {
        await admin.deleteTopics({ topics: [name] })
        return 'deleted' as const
      }),
    close: () => ask('close', () => admin.close()),
  }
}

async function describeTopics(admin: Admin, names: readonly string[]): Promise<ClusterTopic[]> {
  const present = new Set(await admin.listTopics({ includeInternals: true }))
  const wanted = names.filter((name) => present.has(name))
  if (wanted.length === 0) return []
  const metadata = await admin.metadata({ topics: wanted, forceUpdate: true })
  const described = await admin.describeConfigs({
    resources: wanted.map((resourceName) => ({ resourceType: topicResource, resourceName, configurationKeys: null })),
  })
  const configs = new Map(described.map((one) => [one.resourceName, one.configs]))
  return wanted.map((name) => {
    const { id, partitions, partitionsCount } = metadata.topics.get(name)!
    const set = (configs.get(name) ?? []).filter(({ configSource }) => configSource === topicSource)
    return {
      name,
      id,
      partitionCount: partitionsCount,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
      configs: Object.fromEntries(set.map((config) => [config.name, config.value ?? ''])),
    }
  })
}

interface LibraryError {
  readonly code?: string
  readonly apiCode?: number
  readonly message?: string
  readonly serverErrorMessage?: string | null
  readonly errors?: readonly LibraryError[]
  readonly cause?: LibraryError
}

/** The errors inside, since the library wraps the broker's in several layers. */
function unwrap(error: unknown): LibraryError[] {
  const one = error as LibraryError
  return [one, ...(one.errors ?? []).flatMap(unwrap), ...(one.cause ? unwrap(one.cause) : [])]
}

const hasKafkaCode = (error: unknown, code: number): boolean => unwrap(error).some(({ apiCode }) => apiCode === code)

function asOurs(error: unknown, bootstrap: string, action: string): MillraceError {
  const inner = unwrap(error)
  const answered = inner.find(({ apiCode }) => apiCode !== undefined)
  const found = answered ?? inner.at(-1)!
  const reason = (found.serverErrorMessage ?? found.message ?? String(error)).replace(/\.$/, '')
  return answered
    ? new MillraceError('MR-KAFKA-002', { details: { bootstrap, action, reason }, cause: error })
    : new MillraceError('MR-KAFKA-001', { details: { bootstrap, reason }, cause: error })
}
