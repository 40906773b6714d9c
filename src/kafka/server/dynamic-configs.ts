// Settings that administrators change while the node runs (Kafka's dynamic configs): what topics inherit, of all brokers and of this
// one, and the timing of groups of the new protocol. The former lie in the sealed topic's configs, where the log sees them
// too, the latter in its records. Invariant: a change holds only after the log has it, and survives a restart.
import { defaultsOf, defaultsPrefix, inheritedConfigs, sealedTopic, type DefaultsLayer } from '../../model/index.ts'
import { idleOf, idlePrefix, idleSettings } from './idle-settings.ts'
import type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
import type { ServerLog, ServerReader, TopicInfo } from './log-face.ts'
import type { SecurityStore } from './security/store.ts'

export type Configs = Readonly<Record<string, string>>

export interface ConfigProblem {
  readonly error: number
  readonly message: string
}

/** From the settings now to those after, or why not. */
export type ConfigChange = (now: Configs) => { readonly next: Record<string, string> } | ConfigProblem

export interface DynamicConfigsOptions {
  readonly log: Pick<ServerLog, 'alterTopic'>
  readonly reader: Pick<ServerReader, 'topic'>
  readonly store: SecurityStore
  readonly settings: KafkaServerSettings
  readonly limits: KafkaServerLimits
}

const nothing: Configs = {}

export class DynamicConfigs {
  readonly #options: DynamicConfigsOptions
  readonly #groups = new Map<string, Configs>()
  /** The sealed topic's configs that the rest was made from. */
  #sealed: Configs | undefined
  #layers: Readonly<Record<DefaultsLayer, Configs>> = { cluster: nothing, broker: nothing }
  #idle: Readonly<Record<DefaultsLayer, Configs>> = { cluster: nothing, broker: nothing }
  /** undefined: topics inherit nothing. */
  #inherited: Configs | undefined
  #topics = new WeakMap<TopicInfo, TopicInfo>()
  #last: Promise<unknown> = Promise.resolve()

  /** @param options.store is loaded */
  constructor(options: DynamicConfigsOptions) {
    this.#options = options
    options.store.onChange('group', () => this.#readGroups())
    this.#readGroups()
  }

  #readGroups(): void {
    this.#groups.clear()
    for (const [id, value] of this.#options.store.entries('group')) this.#groups.set(id, JSON.parse(value) as Configs)
  }

  #refresh(): void {
    const sealed = this.#options.reader.topic(sealedTopic)?.configs
    if (sealed === this.#sealed) return
    this.#sealed = sealed
    this.#layers = { cluster: defaultsOf(sealed, 'cluster'), broker: defaultsOf(sealed, 'broker') }
    this.#idle = { cluster: idleOf(sealed, 'cluster'), broker: idleOf(sealed, 'broker') }
    const inherited = inheritedConfigs(sealed)
    this.#inherited = Object.keys(inherited).length > 0 ? inherited : undefined
    this.#topics = new WeakMap()
  }

  /** What is set for all brokers, or for this one, by topics' names. */
  layer(layer: DefaultsLayer): Configs {
    this.#refresh()
    return this.#layers[layer]
  }

  /** What is set in a layer of what has no effect here (idle-settings.ts). */
  idle(layer: DefaultsLayer): Configs {
    this.#refresh()
    return this.#idle[layer]
  }

  /** The topic with what it inherits; itself where that is nothing. For each request: two look-ups. */
  inherit(topic: TopicInfo): TopicInfo {
    this.#refresh()
    if (this.#inherited === undefined || topic.internal) return topic
    let whole = this.#topics.get(topic)
    if (!whole) {
      whole = { ...topic, configs: { ...this.#inherited, ...topic.configs } }
      this.#topics.set(topic, whole)
    }
    return whole
  }

  /** Replaces a layer, with what is idle in it; changes are made one after another. @returns why it was not done */
  changeLayer(
    layer: DefaultsLayer,
    change: ConfigChange,
    options: { validateOnly: boolean },
  ): Promise<ConfigProblem | undefined> {
    const done = this.#last.then(async (): Promise<ConfigProblem | undefined> => {
      const changed = change({ ...this.layer(layer), ...this.idle(layer) })
      if (!('next' in changed)) return changed
      if (options.validateOnly) return undefined
      const { store, reader, log } = this.#options
      const problem = await store.ensureTopic()
      if (problem) return problem
      const prefixOf = (name: string): string => (idleSettings.has(name) ? idlePrefix(layer) : defaultsPrefix(layer))
      const isOther = (name: string): boolean =>
        !name.startsWith(defaultsPrefix(layer)) && !name.startsWith(idlePrefix(layer))
      const others = Object.entries(reader.topic(sealedTopic)!.configs).filter(([name]) => isOther(name))
      const own = Object.entries(changed.next).map(([name, value]) => [prefixOf(name) + name, value] as const)
      const outcome = await log.alterTopic(sealedTopic, Object.fromEntries([...others, ...own]))
      return outcome.ok ? undefined : outcome
    })
    this.#last = done.catch(() => {})
    return done
  }

  /** What is set for a group. */
  group(id: string): Configs {
    return this.#groups.get(id) ?? nothing
  }
  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  /** Replaces a group's settings. @returns why it was not done */
  async changeGroup(
    id: string,
    change: ConfigChange,
    options: { validateOnly: boolean; onFull: ConfigProblem },
  ): Promise<ConfigProblem | undefined> {
    const { store, limits } = this.#options
    const outcome = await store.change<ConfigProblem | undefined>(() => {
      const changed = change(this.group(id))
      if (!('next' in changed)) return { changes: [], result: changed }
      const isFull = !this.#groups.has(id) && this.#groups.size >= limits.groupConfigsMax
      if (isFull) return { changes: [], result: options.onFull }
      const value = Object.keys(changed.next).length > 0 ? JSON.stringify(changed.next) : null
      const isSame = value === null && !this.#groups.has(id)
      if (options.validateOnly || isSame) return { changes: [], result: undefined }
      return { changes: [{ section: 'group', key: id, value }], result: undefined }
    })
    return outcome.ok ? outcome.result : outcome
  }

  /** After which a silent member of the new protocol is put out of the group. */
  sessionTimeoutMs(group: string): number {
    return Number(this.group(group)['consumer.session.timeout.ms'] ?? this.#options.settings.consumerSessionTimeoutMs)
  }

  heartbeatIntervalMs(group: string): number {
    const { consumerHeartbeatIntervalMs } = this.#options.settings
    return Number(this.group(group)['consumer.heartbeat.interval.ms'] ?? consumerHeartbeatIntervalMs)
  }
}
