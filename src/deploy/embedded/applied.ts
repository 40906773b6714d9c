// What this environment last applied: one record per resource in the compacted topic __millrace, key `<environment>/<kind>/<name>`.
// Carrying a change out and recording it are two writes; the change comes first, so that after a crash it is found again
// and carried out again, which every change here allows.
import { decodeText, encodeText, MillraceError } from '../../base/index.ts'
import { readProto } from '../../format/index.ts'
import {
  decodeRecords,
  decompressRecords,
  encodeRecordBatch,
  recordKey,
  recordValue,
  type RegisteredSchema,
  type TopicReader,
} from '../../model/index.ts'
import { schemaIdsFromLog } from '../../registry/index.ts'
import { diffProject, resourceTexts, type Change, type Desired, type SchemaRules } from '../../project/index.ts'
import { whyUnreadable } from './service-schemas.ts'

export const appliedTopic = '__millrace'
const readBytesMax = 1 << 20

/** The part of a log that applying needs. */
export interface ApplyLog {
  append(
    topic: string,
    partition: number,
    batches: Uint8Array,
  ): Promise<{ ok: true } | { ok: false; error: number; message: string }>
  createTopic(topic: {
    name: string
    partitionCount: number
    configs?: Readonly<Record<string, string>>
    internal?: boolean
  }): Promise<{ ok: true } | { ok: false; error: number; message: string }>
  deleteTopic(name: string): Promise<{ ok: true } | { ok: false; error: number; message: string }>
  alterTopic(
    name: string,
    configs: Readonly<Record<string, string>>,
  ): Promise<{ ok: true } | { ok: false; error: number; message: string }>
  addPartitions(name: string, count: number): Promise<{ ok: true } | { ok: false; error: number; message: string }>
}

const topicExists = 36

/** Reads `__millrace` whole. Empty when it is not there yet. Throws MR-DEPLOY-034 when it is damaged: half of it is not what was applied. */
export function readApplied(reader: TopicReader, environment: string): Map<string, string> {
  try {
    return readWhole(reader, environment)
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'MR-LOG-001')) throw error
    throw new MillraceError('MR-DEPLOY-034', { details: { reason: error.message }, cause: error })
  }
}

function readWhole(reader: TopicReader, environment: string): Map<string, string> {
  const applied = new Map<string, string>()
  if (reader.partitionCount(appliedTopic) === undefined) return applied
  const end = reader.endOffset(appliedTopic, 0)
  const prefix = `${environment}/`
  for (let offset = reader.startOffset(appliedTopic, 0); offset < end;) {
    const bytes = reader.read(appliedTopic, 0, offset, readBytesMax)
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      for (let i = 0; i < records.count; i++) {
        const key = decodeText(recordKey(records, i)!)
        const value = recordValue(records, i)
        if (!key.startsWith(prefix)) continue
        if (value === null) applied.delete(key.slice(prefix.length))
        else applied.set(key.slice(prefix.length), decodeText(value))
      }
      at += records.header.size
      offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
    }
    if (bytes.length === 0) break
  }
  return applied
}

/** What stands against carrying a plan out without an approval: the refused changes that are not accepted by name. */
export function unapproved(changes: readonly Change[], accept: readonly string[]): Change[] {
  return changes.filter(
    (c) => c.final || (c.refused && !accept.includes(`${c.kind}/${c.name}`) && !accept.includes(c.name)),
  )
}

/**
 * Carries the changes out and records them. `registerSchema` may refuse (an incompatible schema): then nothing after it is done.
 * Throws MR-DEPLOY-001 when changes need an approval, -007 when no approval helps, -002 when the log refuses one.
 */
export async function applyChanges(options: {
  desired: Desired
  reader: TopicReader
  log: ApplyLog
  registerSchema: (
    subject: string,
    type: 'AVRO' | 'JSON' | 'PROTOBUF',
    text: string,
    rules?: SchemaRules,
  ) => Promise<void>
  /** Whether the registry holds any version of a subject. */
  isRegistered: (subject: string) => boolean
  nowMs: number
  accept: readonly string[]
}): Promise<Change[]> {
  const { desired, reader, log } = options
  const environment = desired.environment.name
  const applied = readApplied(reader, environment)
  const changes = diffProject(desired, applied)
  await restoreSchemas(options, applied, changes)
  if (changes.length === 0) return changes
  const refused = unapproved(changes, options.accept)
  if (refused.length > 0) {
    const final = refused.filter((c) => c.final)
    const told = final.length > 0 ? final : refused
    throw new MillraceError(final.length > 0 ? 'MR-DEPLOY-007' : 'MR-DEPLOY-001', {
      details: {
        count: told.length,
        changes: told.map((c) => `${c.kind}/${c.name}: ${c.risks.join('; ')}`).join(' | '),
        names: told.map((c) => `${c.kind}/${c.name}`).join(','),
      },
    })
  }
  const must = async (
    what: string,
    outcome: Promise<{ ok: true } | { ok: false; error: number; message: string }>,
    allowed: readonly number[] = [],
  ): Promise<void> => {
    const result = await outcome
    if (!result.ok && !allowed.includes(result.error))
      throw new MillraceError('MR-DEPLOY-002', { details: { what, reason: result.message } })
  }
  if (reader.partitionCount(appliedTopic) === undefined) {
    await must(
      'create topic __millrace',
      log.createTopic({
        name: appliedTopic,
        partitionCount: 1,
        configs: { 'cleanup.policy': 'compact' },
        internal: true,
      }),
      [topicExists],
    )
  }
  // A schema may be refused, so schemas come first, one after another; topics are independent and share the log's next sync.
  for (const change of changes) if (change.kind === 'schema') await carryOut(change, options, must)
  await Promise.all(changes.map((change) => (change.kind === 'schema' ? undefined : carryOut(change, options, must))))
  const texts = resourceTexts(desired)
  const records = changes.map((change) => {
    const key = `${change.kind}/${change.name}`
    const text = texts.get(key)
    return {
      key: encodeText(`${environment}/${key}`),
      value: text === undefined ? null : encodeText(text),
      timestampMs: options.nowMs,
    }
  })
  await must('record what was applied', log.append(appliedTopic, 0, encodeRecordBatch(records)))
  return changes
}

/** What was applied may have gone since: whoever deleted `_schemas` has its subjects back at the next start. */
async function restoreSchemas(
  { desired, registerSchema, isRegistered }: Parameters<typeof applyChanges>[0],
  applied: ReadonlyMap<string, string>,
  changes: readonly Change[],
): Promise<void> {
  const changed = new Set(changes.flatMap(({ kind, name }) => (kind === 'schema' ? [name] : [])))
  for (const { subject, type, text, rules } of desired.schemas)
    if (applied.has(`schema/${subject}`) && !changed.has(subject) && !isRegistered(subject))
      await registerSchema(subject, type, text, rules)
}

type Must = (
  what: string,
  outcome: Promise<{ ok: true } | { ok: false; error: number; message: string }>,
  allowed?: readonly number[],
) => Promise<void>

/** Of a topic that services write, a schema that is there already is used when the table can read it. */
async function registerOrUse(
  schema: Desired['schemas'][number],
  options: Parameters<typeof applyChanges>[0] & {
    readonly rules: SchemaRules | undefined
    readonly action: Change['action']
  },
): Promise<void> {
  const { subject, type, text } = schema
  const { registerSchema, isRegistered, rules, action, reader, desired } = options
  const register = (): Promise<void> => registerSchema(subject, type, text, rules)
  const topic = desired.topics.find((one) => one.name === schema.topic)
  const isForeign = topic?.role === 'service' && topic.format !== null && rules === undefined && isRegistered(subject)
  if (type === 'PROTOBUF') checkNumbers(subject, text, schemaIdsFromLog(reader).latest(subject))
  if (!isForeign) return register()
  const reason = whyUnreadable(topic.format, schemaIdsFromLog(reader))
  if (action === 'create') {
    if (reason === undefined) return
    throw new MillraceError('MR-DEPLOY-030', { details: { subject, topic: topic.name, reason } })
  }
  try {
    await register()
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MR-REGISTRY-001' || reason !== undefined) throw error
  }
}

/**
 * A derived message numbers its fields by the columns' places. A column in the middle would give its number to another name,
 * which Protobuf's compatibility lets through, and readers with generated classes would take one for the other.
 */
function checkNumbers(subject: string, text: string, latest: RegisteredSchema | undefined): void {
  if (latest?.type !== 'PROTOBUF') return
  const [before, after] = [latest.text, text].map((source) => readProto(source).messages[0])
  // A message of another name is a producer's own, whose numbers are its own.
  if (before?.name !== after?.name) return
  const names = new Map(before!.fields.map(({ name, number }) => [number, name]))
  const columns = after!.fields
  for (const { name, number } of columns) {
    const held = names.get(number)
    if (held === undefined || held === name) continue
    const details = { subject, number, before: held, name }
    // A renamed column is another matter: its old name is gone.
    if (columns.some((one) => one.name === held)) throw new MillraceError('MR-DEPLOY-031', { details })
  }
}

async function carryOut(change: Change, options: Parameters<typeof applyChanges>[0], must: Must): Promise<void> {
  const { desired, log, reader } = options
  const { action, kind, name } = change
  if (kind === 'schema' && action !== 'delete') {
    const schema = desired.schemas.find((s) => s.subject === name)!
    // A version without rules takes over those before it; only what the folder itself had encrypted, and no longer has, is taken away.
    const rules =
      schema.rules ?? (change.refused ? { metadata: { tags: {} }, ruleSet: { domainRules: [] } } : undefined)
    await registerOrUse(schema, { ...options, rules, action })
  }
  if (kind !== 'topic') return
  if (action === 'delete') return must(`delete topic ${name}`, log.deleteTopic(name), [3])
  const topic = desired.topics.find((t) => t.name === name)!
  if (reader.partitionCount(name) === undefined) {
    await must(
      `create topic ${name}`,
      log.createTopic({ name, partitionCount: topic.partitionCount, configs: topic.configs }),
      [topicExists],
    )
    return
  }
  if ((reader.partitionCount(name) ?? 0) < topic.partitionCount)
    await must(`add partitions to ${name}`, log.addPartitions(name, topic.partitionCount))
  await must(`alter topic ${name}`, log.alterTopic(name, topic.configs))
}
