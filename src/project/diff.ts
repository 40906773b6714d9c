// The difference between what a folder wants and what an environment last applied. Pure: `plan` prints it, `apply` carries it out.
// What was applied is kept as one text per resource (in the compacted topic __millrace); equal text means nothing to do.
import { describeType } from '../model/index.ts'
import { readLock, type PlanNode } from '../sql/index.ts'
import { findLoops, type Loop } from './loops.ts'
import type { Desired } from './resolve.ts'

/** 'columns': of a topic whose records name no registered schema, so that nobody else would notice. */
export type ResourceKind = 'topic' | 'schema' | 'columns' | 'pipeline' | 'quarantine' | 'table'

/** `kind/name` → canonical JSON text. */
export type Applied = ReadonlyMap<string, string>

export interface Change {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: ResourceKind
  readonly name: string
  /** One line per thing that changes, for a person. */
  readonly details: readonly string[]
  /** Why this must not be done silently; empty when it is safe. */
  readonly risks: readonly string[]
  /** True when nothing but an explicit approval lets it through; false: risks are warnings. */
  readonly refused: boolean
  /** True when no approval helps, since it cannot be carried out yet. */
  readonly final?: boolean
}

/** Every desired resource as its canonical text. */
export function resourceTexts(desired: Desired): Map<string, string> {
  const texts = new Map<string, string>()
  for (const t of desired.topics)
    texts.set(`topic/${t.name}`, stable({ partitionCount: t.partitionCount, configs: t.configs, owner: t.owner }))
  for (const s of desired.schemas)
    texts.set(`schema/${s.subject}`, stable({ type: s.type, text: s.text, rules: s.rules }))
  for (const t of desired.topics) {
    const text = columnsText(t, desired)
    if (text !== undefined) texts.set(`columns/${t.name}`, text)
  }
  for (const p of desired.pipelines) texts.set(`pipeline/${p.name}`, p.lock)
  for (const q of desired.quarantines)
    texts.set(
      `quarantine/${q.name}`,
      stable({
        rules: q.rules.map((r) => ({ name: r.name, text: r.text, severity: r.severity })),
        to: q.quarantineTopic,
      }),
    )
  for (const l of desired.lakeTables)
    texts.set(
      `table/${l.name}`,
      stable({ namespace: l.namespace, mode: l.mode, columns: l.table.schema.fields.map((f) => f.name) }),
    )
  return texts
}

/** Changes in the order in which they can be carried out. */
export function diffProject(desired: Desired, applied: Applied): Change[] {
  const wanted = resourceTexts(desired)
  const changes: Change[] = []
  const endless = findLoops(desired.pipelines.map(({ plan }) => plan)).filter(({ isEndless }) => isEndless)
  for (const [key, text] of wanted) {
    const before = applied.get(key)
    if (before === text) continue
    const [kind, name] = splitKey(key)
    if (before === undefined) {
      const risks = kind === 'pipeline' ? loopRisks(name, endless) : []
      const refused = risks.length > 0
      changes.push({ action: 'create', kind, name, details: describeNew(kind, text), risks, refused })
    } else changes.push(describeUpdate(kind, name, before, text))
  }
  for (const key of applied.keys()) {
    if (wanted.has(key)) continue
    const [kind, name] = splitKey(key)
    const data = kind === 'topic' || kind === 'table'
    changes.push({
      action: 'delete',
      kind,
      name,
      details: [],
      risks: data ? [`${kind} ${name} and all its data would be gone`] : [],
      refused: data,
    })
  }
  const order: readonly ResourceKind[] = ['schema', 'topic', 'columns', 'quarantine', 'pipeline', 'table']
  return changes.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
}

const loopRisks = (pipeline: string, endless: readonly Loop[]): string[] =>
  endless
    .filter(({ pipelines }) => pipelines.some(({ name }) => name === pipeline))
    .map(({ path }) => `it reads what it writes (${path}), and nothing on the way holds a record back: an endless loop`)

function splitKey(key: string): [ResourceKind, string] {
  const at = key.indexOf('/')
  return [key.slice(0, at) as ResourceKind, key.slice(at + 1)]
}

function describeNew(kind: ResourceKind, text: string): string[] {
  if (kind !== 'topic') return []
  const { partitionCount, configs } = JSON.parse(text) as TopicText
  return [
    `${partitionCount} ${partitionCount === 1 ? 'partition' : 'partitions'}, ${Object.entries(configs)
      .map(([k, v]) => `${k}=${v}`)
      .join(', ')}`,
  ]
}

interface TopicText {
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  readonly owner: string
}

function describeUpdate(kind: ResourceKind, name: string, before: string, after: string): Change {
  const change = {
    action: 'update',
    kind,
    name,
    details: [] as string[],
    risks: [] as string[],
    refused: false,
  } as const
  if (kind === 'topic') return describeTopic(name, JSON.parse(before) as TopicText, JSON.parse(after) as TopicText)
  if (kind === 'pipeline') return describePipeline(name, before, after)
  if (kind === 'columns')
    return describeColumns(name, JSON.parse(before) as ColumnsText, JSON.parse(after) as ColumnsText)
  if (kind === 'schema' && encryptionTextOf(before) !== encryptionTextOf(after)) {
    const isLess = encryptionTextOf(after) === undefined
    return {
      ...change,
      details: [isLess ? 'nothing is encrypted any more' : 'what is encrypted changes, for records from now on'],
      risks: isLess ? ['columns that were encrypted are written in clear from now on'] : [],
      refused: isLess,
    }
  }
  if (kind === 'table') {
    return {
      ...change,
      details: ['mode or columns change'],
      risks: [`the table's mode or columns change; it must be made anew from the topic`],
      refused: true,
    }
  }
  return {
    ...change,
    details: [
      kind === 'schema'
        ? 'a new version is registered if the registry finds it compatible'
        : 'rules change for records from now on',
    ],
  }
}

function encryptionTextOf(schema: string): string | undefined {
  const { rules } = JSON.parse(schema) as { rules?: unknown }
  return rules === undefined ? undefined : stable(rules)
}

function describeTopic(name: string, before: TopicText, after: TopicText): Change {
  const details: string[] = []
  const risks: string[] = []
  let refused = false
  const final = after.partitionCount < before.partitionCount
  if (before.partitionCount !== after.partitionCount) {
    details.push(`partitions ${before.partitionCount} → ${after.partitionCount}`)
    if (final) {
      risks.push('partitions cannot be taken away: make a new topic')
      refused = true
    } else {
      risks.push('keys move to other partitions: the order of a key across the change is not kept')
      refused = true
    }
  }
  for (const key of new Set([...Object.keys(before.configs), ...Object.keys(after.configs)])) {
    if (before.configs[key] !== after.configs[key])
      details.push(`${key}: ${before.configs[key] ?? '(default)'} → ${after.configs[key] ?? '(default)'}`)
  }
  if (before.owner !== after.owner) details.push(`owner ${before.owner} → ${after.owner}`)
  return { action: 'update', kind: 'topic', name, details, risks, refused, ...(final && { final }) }
}

interface ColumnsText {
  readonly format: string
  /** null: records have no key. */
  readonly key: readonly string[] | null
  /** Types without NOT NULL. */
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
}

function columnsText({ name, format }: Desired['topics'][number], { schemas }: Desired): string | undefined {
  if (!format || schemas.some(({ topic }) => topic === name)) return undefined
  const { fields } = format.schema
  return stable({
    format: format.valueFormat,
    key: format.keyColumns?.map((i) => fields[i]!.name) ?? null,
    columns: fields.map(({ name: column, type }) => ({
      name: column,
      type: describeType(type, { ignoreNullable: true }),
      nullable: type.nullable,
    })),
  } satisfies ColumnsText)
}

/** Records carry no schema here: those that are there, and those that services go on sending, must fit the new columns. */
function describeColumns(name: string, before: ColumnsText, after: ColumnsText): Change {
  const details: string[] = []
  const risks: string[] = []
  const old = new Map(before.columns.map((column) => [column.name, column]))
  const now = new Map(after.columns.map((column) => [column.name, column]))
  const unread =
    'records of the old shape, those in the topic and those that are still sent, cannot be read and go to quarantine'
  if (before.format !== after.format) risks.push(`format ${before.format} → ${after.format}: ${unread}`)
  for (const { name: column, type, nullable } of after.columns) {
    const was = old.get(column)
    if (!was) {
      details.push(`column ${column} ${type} added`)
      if (!nullable) risks.push(`column ${column} is NOT NULL and missing in what was written before: ${unread}`)
    } else if (was.type !== type)
      risks.push(`column ${column} ${was.type} → ${type}: what does not fit goes to quarantine`)
    else if (was.nullable && !nullable)
      risks.push(`column ${column} becomes NOT NULL: records without it go to quarantine`)
    else if (!was.nullable && nullable) details.push(`column ${column} may be NULL`)
  }
  for (const { name: column } of before.columns)
    if (!now.has(column)) details.push(`column ${column} is no longer read`)
  const places = (of: ColumnsText): string => of.columns.map((column) => column.name).join(', ')
  if (after.format === 'csv' && places(before) !== places(after))
    risks.push(`fields of CSV are told by their place, (${places(before)}) → (${places(after)}): ${unread}`)
  if (stable(before.key) !== stable(after.key))
    risks.push('other key columns: records of one key move to other partitions, and older ones are not replaced')
  if (details.length === 0 && risks.length === 0) details.push('columns in another order')
  return { action: 'update', kind: 'columns', name, details, risks, refused: risks.length > 0 }
}

/** State and positions belong to one plan: another plan over them would be silently wrong, so it is not carried out. */
function describePipeline(name: string, before: string, after: string): Change {
  const update = { action: 'update', kind: 'pipeline', name } as const
  const [old, now] = [readLock(before).root, readLock(after).root]
  if (old.id === now.id) return { ...update, details: ['the same plan, written anew'], risks: [], refused: false }
  const [oldSlots, slots] = [slotsOf(old), slotsOf(now)]
  const kept = [...slots].filter((s) => oldSlots.has(s)).length
  return {
    ...update,
    details: [
      `plan ${old.id} → ${now.id}`,
      `state: ${kept} kept, ${slots.size - kept} new, ${oldSlots.size - kept} dropped`,
    ],
    risks: [
      'a running pipeline cannot change its plan yet: write the new statement into a table of another name, or start with an empty data folder',
    ],
    refused: true,
    final: true,
  }
}

function slotsOf(node: PlanNode): Set<string> {
  const slots = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'slot' && typeof inner === 'string') slots.add(inner)
      else if (key === 'slots' && Array.isArray(inner)) for (const slot of inner) slots.add(String(slot))
      else visit(inner)
    }
  }
  visit(node)
  return slots
}

/** JSON with sorted keys, so that equal content is equal text. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}
