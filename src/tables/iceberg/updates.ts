// Requirements and updates of a commit, applied to table metadata: pure, old metadata in, new out, or a refusal. The words of
// refusals are those that clients and Iceberg's compatibility kit look for.
// Reference: Iceberg REST OpenAPI, TableRequirement and TableUpdate; Iceberg spec, "Table Metadata".
import { formatJson, isObject, type Json, type JsonObject } from './json.ts'
import {
  noPartitionId,
  noSnapshot,
  snapshotById,
  type PartitionField,
  type PartitionSpec,
  type Snapshot,
  type SnapshotRef,
  type SortOrder,
  type TableMetadata,
} from './metadata.ts'
import { Refusal } from './refusal.ts'
import { highestId, type IcebergSchema } from './types.ts'

export type Update = JsonObject & { readonly action: string }
export type Requirement = JsonObject & { readonly type: string }

/** Checks one requirement. @param metadata undefined when the table does not exist. @throws Refusal 409 */
export function checkRequirement(metadata: TableMetadata | undefined, requirement: Requirement): void {
  const lost = (message: string): Refusal => new Refusal('conflict', `Requirement failed: ${message}`)
  if (requirement.type === 'assert-create') {
    if (metadata) throw lost('table already exists')
    return
  }
  if (!metadata) throw lost('table does not exist')
  const compare = (what: string, expected: Json | undefined, found: number): void => {
    if (expected !== found) throw lost(`${what}: expected id ${String(expected)} != ${found}`)
  }
  switch (requirement.type) {
    case 'assert-table-uuid':
      if (String(requirement.uuid).toLowerCase() !== metadata['table-uuid'].toLowerCase())
        throw lost(`UUID does not match: expected ${metadata['table-uuid']} != ${String(requirement.uuid)}`)
      return
    case 'assert-ref-snapshot-id':
      return checkRef(metadata, requirement, lost)
    case 'assert-last-assigned-field-id':
      return compare(
        'last assigned field id changed',
        requirement['last-assigned-field-id'],
        metadata['last-column-id'],
      )
    case 'assert-current-schema-id':
      return compare('current schema changed', requirement['current-schema-id'], metadata['current-schema-id'])
    case 'assert-last-assigned-partition-id':
      return compare(
        'last assigned partition id changed',
        requirement['last-assigned-partition-id'],
        metadata['last-partition-id'],
      )
    case 'assert-default-spec-id':
      return compare('default partition spec changed', requirement['default-spec-id'], metadata['default-spec-id'])
    case 'assert-default-sort-order-id':
      return compare(
        'default sort order changed',
        requirement['default-sort-order-id'],
        metadata['default-sort-order-id'],
      )
    default:
      throw new Refusal('bad-request', `Unknown requirement: ${requirement.type}`)
  }
}

function checkRef(metadata: TableMetadata, requirement: Requirement, lost: (message: string) => Refusal): void {
  const name = String(requirement.ref)
  const expected = requirement['snapshot-id'] ?? null
  const ref = metadata.refs[name]
  if (!ref) {
    if (expected !== null) throw lost(`branch or tag ${name} is missing, expected ${String(expected)}`)
    return
  }
  if (expected === null) throw lost(`${ref.type} ${name} was created concurrently`)
  if (BigInt(expected as bigint) !== ref['snapshot-id']) {
    throw lost(`${ref.type} ${name} has changed: expected id ${String(expected)} != ${ref['snapshot-id']}`)
  }
}

/** What updates start from when a table is created. */
export function emptyMetadata(): TableMetadata {
  return {
    'format-version': 2,
    'table-uuid': '',
    location: '',
    'last-sequence-number': 0,
    'last-updated-ms': 0,
    'last-column-id': 0,
    schemas: [],
    'current-schema-id': -1,
    'partition-specs': [],
    'default-spec-id': -1,
    'last-partition-id': noPartitionId,
    'sort-orders': [],
    'default-sort-order-id': -1,
    properties: {},
    'current-snapshot-id': noSnapshot,
    snapshots: [],
    refs: {},
    'snapshot-log': [],
    'metadata-log': [],
    statistics: [],
    'partition-statistics': [],
  }
}

type Draft = { -readonly [Key in keyof TableMetadata]: TableMetadata[Key] }
interface Context {
  readonly draft: Draft
  readonly nowMs: number
  readonly addedSnapshots: Set<bigint>
  /** What -1 refers to. */
  lastSchema: number
  lastSpec: number
  lastOrder: number
}

/**
 * Applies updates in order. @param base emptyMetadata() for a new table
 * @returns the same object when nothing changed
 * @throws Refusal 400 for an unknown or impossible update
 */
export function applyUpdates(base: TableMetadata, updates: readonly Update[], nowMs: number): TableMetadata {
  const context: Context = {
    draft: { ...base },
    nowMs,
    addedSnapshots: new Set(),
    lastSchema: -1,
    lastSpec: -1,
    lastOrder: -1,
  }
  for (const update of updates) {
    const apply = appliers[update.action]
    if (!apply) throw new Refusal('bad-request', `Cannot parse update: unknown action ${update.action}`)
    apply(context, update)
  }
  const { draft } = context
  if (updates.length > 0 && formatJson(draft) !== formatJson(base)) {
    const added = [...context.addedSnapshots].map((id) => snapshotById(draft, id)?.['timestamp-ms'] ?? 0)
    draft['last-updated-ms'] = Math.max(nowMs, ...added)
    return draft
  }
  return base
}

const appliers: Readonly<Record<string, (context: Context, update: Update) => void>> = {
  'assign-uuid': ({ draft }, u) => {
    const uuid = text(u, 'uuid')
    if (draft['table-uuid'] !== '' && draft['table-uuid'] !== uuid) throw bad('Cannot reassign uuid')
    draft['table-uuid'] = uuid
  },
  'upgrade-format-version': ({ draft }, u) => {
    const version = number(u, 'format-version')
    if (version !== 1 && version !== 2)
      throw bad(`Unsupported format version: v${version} (this catalog keeps v1 and v2)`)
    if (version < draft['format-version'] && draft.schemas.length > 0)
      throw bad(`Cannot downgrade v${draft['format-version']} table to v${version}`)
    draft['format-version'] = version
  },
  'add-schema': addSchema,
  'set-current-schema': (context, u) => {
    const id = chosen(number(u, 'schema-id'), context.lastSchema, 'schema')
    if (!context.draft.schemas.some((s) => s['schema-id'] === id))
      throw bad(`Cannot set current schema to unknown schema: ${id}`)
    context.draft['current-schema-id'] = id
  },
  'add-spec': addSpec,
  'set-default-spec': (context, u) => {
    const id = chosen(number(u, 'spec-id'), context.lastSpec, 'spec')
    if (!context.draft['partition-specs'].some((s) => s['spec-id'] === id))
      throw bad(`Cannot set default partition spec to unknown spec: ${id}`)
    context.draft['default-spec-id'] = id
  },
  'add-sort-order': addSortOrder,
  'set-default-sort-order': (context, u) => {
    const id = chosen(number(u, 'sort-order-id'), context.lastOrder, 'sort order')
    if (!context.draft['sort-orders'].some((s) => s['order-id'] === id))
      throw bad(`Cannot set default sort order to unknown sort order: ${id}`)
    context.draft['default-sort-order-id'] = id
  },
  'add-snapshot': addSnapshot,
  'set-snapshot-ref': setSnapshotRef,
  'remove-snapshots': ({ draft }, u) =>
    removeSnapshots(
      draft,
      list(u, 'snapshot-ids').map((id) => BigInt(id as bigint)),
    ),
  'remove-snapshot-ref': ({ draft }, u) => {
    const name = text(u, 'ref-name')
    // The log of snapshots stays: a replaced table can still be travelled back in.
    if (name === 'main') draft['current-snapshot-id'] = noSnapshot
    draft.refs = Object.fromEntries(Object.entries(draft.refs).filter(([key]) => key !== name))
  },
  'set-location': ({ draft }, u) => {
    draft.location = text(u, 'location').replace(/\/+$/, '')
  },
  'set-properties': ({ draft }, u) => {
    // Older clients send "updated".
    const added = u.updates ?? u.updated
    if (!isObject(added)) throw bad('set-properties needs updates')
    draft.properties = { ...draft.properties, ...(added as Record<string, string>) }
  },
  'remove-properties': ({ draft }, u) => {
    const removed = new Set(list(u, u.removals ? 'removals' : 'removed'))
    draft.properties = Object.fromEntries(Object.entries(draft.properties).filter(([key]) => !removed.has(key)))
  },
  'set-statistics': ({ draft }, u) => {
    draft.statistics = replaced(draft.statistics, u.statistics)
  },
  'remove-statistics': ({ draft }, u) => {
    draft.statistics = draft.statistics.filter((s) => s['snapshot-id'] !== u['snapshot-id'])
  },
  'set-partition-statistics': ({ draft }, u) => {
    draft['partition-statistics'] = replaced(draft['partition-statistics'], u['partition-statistics'])
  },
  'remove-partition-statistics': ({ draft }, u) => {
    draft['partition-statistics'] = draft['partition-statistics'].filter((s) => s['snapshot-id'] !== u['snapshot-id'])
  },
  'remove-partition-specs': ({ draft }, u) => {
    const ids = new Set(list(u, 'spec-ids'))
    if (ids.has(draft['default-spec-id'])) throw bad('Cannot remove the default partition spec')
    draft['partition-specs'] = draft['partition-specs'].filter((s) => !ids.has(s['spec-id']))
  },
  'remove-schemas': ({ draft }, u) => {
    const ids = new Set(list(u, 'schema-ids'))
    if (ids.has(draft['current-schema-id'])) throw bad('Cannot remove the current schema')
    draft.schemas = draft.schemas.filter((s) => !ids.has(s['schema-id']))
  },
}

function bad(message: string): Refusal {
  return new Refusal('bad-request', message)
}
function text(u: Update, key: string): string {
  const value = u[key]
  if (typeof value !== 'string') throw bad(`${u.action} needs a text ${key}`)
  return value
}
function number(u: JsonObject, key: string): number {
  const value = u[key]
  if (typeof value !== 'number') throw bad(`a number ${key} is missing`)
  return value
}
function list(u: Update, key: string): readonly Json[] {
  const value = u[key]
  if (!Array.isArray(value)) throw bad(`${u.action} needs a list ${key}`)
  return value as readonly Json[]
}
function chosen(id: number, last: number, what: string): number {
  if (id !== -1) return id
  if (last < 0) throw bad(`Cannot set last added ${what}: no ${what} has been added`)
  return last
}
function replaced(all: readonly JsonObject[], one: Json | undefined): JsonObject[] {
  if (!isObject(one)) throw bad('statistics are missing')
  return [...all.filter((s) => s['snapshot-id'] !== one['snapshot-id']), one]
}

/** The same but for one key, which names it. */
function same(a: object, b: object, key: string): boolean {
  const bare = (value: object): string =>
    formatJson(Object.fromEntries(Object.entries({ ...value, [key]: 0 }).toSorted(([x], [y]) => (x < y ? -1 : 1))))
  return bare(a) === bare(b)
}

function addSchema(context: Context, u: Update): void {
  const { draft } = context
  if (!isObject(u.schema) || !Array.isArray(u.schema.fields)) throw bad('add-schema needs a schema')
  const { 'identifier-field-ids': identifiers, ...rest } = u.schema as unknown as IcebergSchema
  const schema = {
    ...rest,
    type: 'struct',
    ...(identifiers?.length ? { 'identifier-field-ids': identifiers } : {}),
  } as IcebergSchema
  const known = draft.schemas.find((s) => same(s, schema, 'schema-id'))
  const id = known ? known['schema-id'] : draft.schemas.reduce((max, s) => Math.max(max, s['schema-id'] + 1), 0)
  if (!known) draft.schemas = [...draft.schemas, { ...schema, 'schema-id': id }]
  draft['last-column-id'] = Math.max(draft['last-column-id'], highestId(schema))
  context.lastSchema = id
}

function addSpec(context: Context, u: Update): void {
  const { draft } = context
  if (!isObject(u.spec) || !Array.isArray(u.spec.fields)) throw bad('add-spec needs a spec')
  let last = draft['last-partition-id']
  const fields = (u.spec.fields as unknown as readonly PartitionField[]).map((f) => ({
    ...f,
    'field-id': f['field-id'] ?? ++last,
  }))
  const spec: PartitionSpec = { 'spec-id': 0, fields }
  const known = draft['partition-specs'].find((s) => same(s, spec, 'spec-id'))
  const id = known ? known['spec-id'] : draft['partition-specs'].reduce((max, s) => Math.max(max, s['spec-id'] + 1), 0)
  if (!known) draft['partition-specs'] = [...draft['partition-specs'], { ...spec, 'spec-id': id }]
  draft['last-partition-id'] = fields.reduce((max, f) => Math.max(max, f['field-id']), last)
  context.lastSpec = id
}

function addSortOrder(context: Context, u: Update): void {
  const { draft } = context
  const order = u['sort-order']
  if (!isObject(order) || !Array.isArray(order.fields)) throw bad('add-sort-order needs a sort-order')
  const wanted = { 'order-id': 0, fields: order.fields } as unknown as SortOrder
  const known = draft['sort-orders'].find((s) => same(s, wanted, 'order-id'))
  // 0 is kept for "unsorted".
  const next = draft['sort-orders'].reduce((max, s) => Math.max(max, s['order-id'] + 1), 1)
  const id = known ? known['order-id'] : wanted.fields.length === 0 ? 0 : next
  if (!known) draft['sort-orders'] = [...draft['sort-orders'], { ...wanted, 'order-id': id }]
  context.lastOrder = id
}

const clockSkewMs = 60_000

function addSnapshot(context: Context, u: Update): void {
  const { draft } = context
  const snapshot = u.snapshot as unknown as Snapshot | undefined
  if (!isObject(snapshot) || typeof snapshot['snapshot-id'] !== 'bigint') throw bad('add-snapshot needs a snapshot')
  if (snapshotById(draft, snapshot['snapshot-id']))
    throw bad(`Snapshot already exists for id: ${snapshot['snapshot-id']}`)
  const sequence = snapshot['sequence-number'] ?? 0
  if (
    draft['format-version'] > 1 &&
    snapshot['parent-snapshot-id'] !== undefined &&
    sequence <= draft['last-sequence-number']
  ) {
    throw bad(
      `Cannot add snapshot with sequence number ${sequence} older than last sequence number ${draft['last-sequence-number']}`,
    )
  }
  const newest = draft['snapshot-log'].at(-1)?.['timestamp-ms'] ?? 0
  if (number(snapshot as unknown as JsonObject, 'timestamp-ms') < newest - clockSkewMs) {
    throw bad(`Invalid snapshot timestamp ${snapshot['timestamp-ms']}: before last snapshot timestamp ${newest}`)
  }
  draft.snapshots = [...draft.snapshots, snapshot]
  draft['last-sequence-number'] = Math.max(draft['last-sequence-number'], sequence)
  context.addedSnapshots.add(snapshot['snapshot-id'])
}

function setSnapshotRef(context: Context, u: Update): void {
  const { draft } = context
  const name = text(u, 'ref-name')
  const { action: _action, 'ref-name': _name, ...rest } = u
  const ref = { ...rest, type: String(u.type ?? 'branch').toLowerCase() } as unknown as SnapshotRef
  const snapshot = typeof ref['snapshot-id'] === 'bigint' ? snapshotById(draft, ref['snapshot-id']) : undefined
  if (!snapshot) throw bad(`Cannot set ${name} to unknown snapshot: ${String(u['snapshot-id'])}`)
  if (name === 'main') {
    if (ref.type !== 'branch') throw bad('main must be a branch')
    if (draft['current-snapshot-id'] !== snapshot['snapshot-id']) {
      const at = context.addedSnapshots.has(snapshot['snapshot-id']) ? snapshot['timestamp-ms'] : context.nowMs
      draft['snapshot-log'] = [...draft['snapshot-log'], { 'timestamp-ms': at, 'snapshot-id': snapshot['snapshot-id'] }]
    }
    draft['current-snapshot-id'] = snapshot['snapshot-id']
  }
  draft.refs = { ...draft.refs, [name]: ref }
}

/** Refs to removed snapshots go too; history before a gap is dropped, since it can no longer be travelled. */
function removeSnapshots(draft: Draft, ids: readonly bigint[]): void {
  const gone = new Set(ids)
  draft.snapshots = draft.snapshots.filter((s) => !gone.has(s['snapshot-id']))
  draft.refs = Object.fromEntries(Object.entries(draft.refs).filter(([, ref]) => !gone.has(ref['snapshot-id'])))
  if (gone.has(draft['current-snapshot-id'])) draft['current-snapshot-id'] = noSnapshot
  const lastGap = draft['snapshot-log'].findLastIndex((entry) => gone.has(entry['snapshot-id']))
  draft['snapshot-log'] = draft['snapshot-log'].slice(lastGap + 1)
  draft.statistics = draft.statistics.filter((s) => !gone.has(s['snapshot-id'] as bigint))
  draft['partition-statistics'] = draft['partition-statistics'].filter((s) => !gone.has(s['snapshot-id'] as bigint))
}
