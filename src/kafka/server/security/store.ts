// What administrators set through the protocol: users' salted passwords, ACLs, quotas, settings of groups. The truth is a compacted topic that no
// door shows to anybody (model's sealedTopic), made with the first change; this is a view of it, read once at the start.
// Invariant: a change is in the view, and told to its listener, only after the log has it. Changes are made one after another.
import { decodeText, encodeText } from '../../../base/index.ts'
import type { Clock } from '../../../base/index.ts'
import { decodeRecords, encodeRecordBatch, recordKey, recordValue, sealedTopic } from '../../../model/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'

export interface SecurityStoreOptions {
  readonly log: Pick<ServerLog, 'append' | 'createTopic'>
  readonly reader: Pick<ServerReader, 'topic' | 'startOffset' | 'highWatermark' | 'readUncommitted'>
  readonly clock: Clock
  /** Bytes read at once at the start. */
  readonly readBytes: number
}

/** Which of these an entry is; keys in the topic begin with it. */
export type SecuritySection = 'scram' | 'acl' | 'quota' | 'group'

export interface SecurityChange {
  readonly section: SecuritySection
  readonly key: string
  /** JSON; null takes the entry away. */
  readonly value: string | null
}

export interface StoreProblem {
  readonly error: number
  readonly message: string
}

const sections: readonly SecuritySection[] = ['scram', 'acl', 'quota', 'group']

export class SecurityStore {
  readonly #options: SecurityStoreOptions
  readonly #entries = new Map<SecuritySection, Map<string, string>>(sections.map((name) => [name, new Map()]))
  readonly #listeners = new Map<SecuritySection, () => void>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: SecurityStoreOptions) {
    this.#options = options
  }

  /** Reads what is there. Nothing is, in a node where nobody has set anything. */
  load(): void {
    const { reader, readBytes } = this.#options
    if (!reader.topic(sealedTopic)) return
    const end = reader.highWatermark(sealedTopic, 0)
    for (let offset = reader.startOffset(sealedTopic, 0); offset < end;) {
      const bytes = reader.readUncommitted(sealedTopic, 0, offset, readBytes, { end })
      if (bytes.length === 0) break
      for (let at = 0; at < bytes.length;) {
        const records = decodeRecords(bytes, at)
        for (let i = 0; i < records.count; i++) this.#take(recordKey(records, i), recordValue(records, i))
        at += records.header.size
        offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
      }
    }
    for (const listener of this.#listeners.values()) listener()
  }

  /** Keys without the section, and JSON. */
  entries(section: SecuritySection): ReadonlyMap<string, string> {
    return this.#entries.get(section)!
  }

  /** Called at each change of the section; one listener each. */
  onChange(section: SecuritySection, listener: () => void): void {
    this.#listeners.set(section, listener)
  }

  /**
   * Makes changes together: all or none. `decide` is called when those before are done, so what it sees is what it changes.
   * @returns what `decide` gave besides the changes, or why the log did not take them
   */
  change<T>(
    decide: () => { changes: readonly SecurityChange[]; result: T },
  ): Promise<{ ok: true; result: T } | ({ ok: false } & StoreProblem)> {
    const done = this.#last.then(async () => {
      const { changes, result } = decide()
      if (changes.length === 0) return { ok: true, result } as const
      const problem = await this.#append(changes)
      if (problem) return { ok: false, ...problem } as const
      for (const { section, key, value } of changes) this.#set(section, key, value)
      for (const section of new Set(changes.map((one) => one.section))) this.#listeners.get(section)?.()
      return { ok: true, result } as const
    })
    this.#last = done.catch(() => {})
    return done
  }

  /** Makes the topic when it is missing. */
  async ensureTopic(): Promise<StoreProblem | undefined> {
    const { log, reader } = this.#options
    if (reader.topic(sealedTopic)) return undefined
    const configs = { 'cleanup.policy': 'compact' }
    const made = await log.createTopic({ name: sealedTopic, partitionCount: 1, configs, internal: true })
    return made.ok || made.error === kafkaErrors.topicAlreadyExists ? undefined : made
  }

  async #append(changes: readonly SecurityChange[]): Promise<StoreProblem | undefined> {
    const { log, clock } = this.#options
    const problem = await this.ensureTopic()
    if (problem) return problem
    const timestampMs = clock.nowMs()
    const records = changes.map(({ section, key, value }) => ({
      key: encodeText(`${section}/${key}`),
      value: value === null ? null : encodeText(value),
      timestampMs,
    }))
    const outcome = await log.append(sealedTopic, 0, encodeRecordBatch(records))
    return outcome.ok ? undefined : outcome
  }

  #take(key: Uint8Array | null, value: Uint8Array | null): void {
    if (!key) return
    const text = decodeText(key)
    const section = sections.find((name) => text.startsWith(`${name}/`))
    // A newer Millrace may keep more here; it is left as it is.
    if (section) this.#set(section, text.slice(section.length + 1), value && decodeText(value))
  }

  #set(section: SecuritySection, key: string, value: string | null): void {
    const entries = this.#entries.get(section)!
    if (value === null) entries.delete(key)
    else entries.set(key, value)
  }
}
