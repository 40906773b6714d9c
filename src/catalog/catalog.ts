// The catalog: compiled from the folder, so it cannot be stale. Assets with owner, columns, who writes and reads them, column lineage
// through the SQL, and classifications that flow with it until somebody declassifies. Pure.
import { describeType, type LogicalType } from '../model/index.ts'
import type { ColumnLineage, PipelinePlan, TableDefinition } from '../sql/index.ts'

export interface CatalogInput {
  readonly tables: readonly TableDefinition[]
  readonly pipelines: readonly PipelinePlan[]
  /** Per sink table (several INSERTs are joined). */
  readonly lineage: ReadonlyMap<string, readonly ColumnLineage[]>
  readonly ownerOf: (table: string) => string
  readonly contactOf: (owner: string) => string | null
  /** Table → the database table it is captured from: 'shop: shop.users'. */
  readonly capturedFrom: ReadonlyMap<string, string>
  /** table → column → classification, as declared in contracts. */
  readonly classifications: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly rules: readonly {
    readonly table: string
    readonly name: string
    readonly text: string
    readonly severity: string
  }[]
  readonly slos: readonly { readonly asset: string; readonly name: string }[]
}

export interface ColumnRef {
  readonly table: string
  readonly column: string
}

export interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly comment: string | null
  readonly key: boolean
  /** Declared or inherited through lineage; null when none. */
  readonly classification: string | null
  /** The columns it was declared on, when inherited. */
  readonly classifiedBy: readonly ColumnRef[]
  readonly sources: readonly ColumnRef[]
  readonly transformation: ColumnLineage['transformation'] | null
}

export interface Asset {
  readonly name: string
  readonly kind: 'topic'
  readonly role: 'captured' | 'written' | 'service'
  readonly origin: string | null
  readonly owner: string
  readonly contact: string | null
  readonly comment: string | null
  readonly lake: string | null
  readonly columns: readonly CatalogColumn[]
  /** Pipelines. */
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  readonly rules: readonly string[]
  readonly slos: readonly string[]
  readonly place: { readonly file: string; readonly line: number }
}

export interface Catalog {
  readonly assets: readonly Asset[]
}

/** The strictest first; an unknown word counts as the strictest, since nobody said it was harmless. */
const strictness = ['restricted', 'confidential', 'personal', 'internal', 'public']
const rank = (classification: string): number => strictness.indexOf(classification)

export function compileCatalog(input: CatalogInput): Catalog {
  const lineageOf = (table: string, column: string): ColumnLineage | undefined =>
    input.lineage.get(table)?.find((l) => l.column === column)
  const assets = input.tables.map((table): Asset => {
    const writers = input.pipelines.filter((p) => p.sink.table === table.name).map((p) => p.name)
    const origin = input.capturedFrom.get(table.name) ?? null
    const owner = input.ownerOf(table.name)
    return {
      name: table.name,
      kind: 'topic',
      role: origin ? 'captured' : writers.length > 0 ? 'written' : 'service',
      origin,
      owner,
      contact: input.contactOf(owner),
      comment: table.comment,
      lake: table.options['millrace.lake'] ?? null,
      columns: table.schema.fields.map((field) =>
        compileColumn(input, table, field, lineageOf(table.name, field.name)),
      ),
      writers,
      readers: input.pipelines.filter((p) => p.inputs.includes(table.name)).map((p) => p.name),
      rules: input.rules.filter((r) => r.table === table.name).map((r) => `${r.name}: ${r.text} (${r.severity})`),
      slos: input.slos.filter((s) => s.asset === table.name).map((s) => s.name),
      place: { file: table.source.file, line: table.source.line },
    }
  })
  return { assets: assets.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function compileColumn(
  input: CatalogInput,
  table: TableDefinition,
  field: { name: string; type: LogicalType; comment?: string },
  lineage: ColumnLineage | undefined,
): CatalogColumn {
  const origins = classifiedOrigins(input, { table: table.name, column: field.name }, new Set())
  const own = input.classifications.get(table.name)?.[field.name]
  const all = origins.map((o) => input.classifications.get(o.table)![o.column]!)
  return {
    name: field.name,
    type: describeType(field.type),
    comment: field.comment ?? null,
    key: table.primaryKey?.includes(field.name) ?? false,
    classification: own ?? all.sort((a, b) => rank(a) - rank(b))[0] ?? null,
    classifiedBy: own ? [] : origins,
    sources: lineage?.sources ?? [],
    transformation: lineage?.transformation ?? null,
  }
}

/** The classified columns from which this one is derived, itself included; cycles end. */
function classifiedOrigins(input: CatalogInput, at: ColumnRef, seen: Set<string>): ColumnRef[] {
  const key = `${at.table}.${at.column}`
  if (seen.has(key)) return []
  seen.add(key)
  const own = input.classifications.get(at.table)?.[at.column] ? [at] : []
  const lineage = input.lineage.get(at.table)?.find((l) => l.column === at.column)
  return [...own, ...(lineage?.sources ?? []).flatMap((source) => classifiedOrigins(input, source, seen))]
}

/** Everything upstream of a column, nearest first; without the column itself. */
export function upstreamOf(catalog: Catalog, at: ColumnRef): ColumnRef[] {
  return walk(at, (ref) => columnOf(catalog, ref)?.sources ?? [])
}

/** Everything downstream of a column: what a change to it reaches. */
export function downstreamOf(catalog: Catalog, at: ColumnRef): ColumnRef[] {
  return walk(at, (ref) =>
    catalog.assets.flatMap((asset) =>
      asset.columns
        .filter((c) => c.sources.some((s) => s.table === ref.table && s.column === ref.column))
        .map((c) => ({ table: asset.name, column: c.name })),
    ),
  )
}

function columnOf(catalog: Catalog, ref: ColumnRef): CatalogColumn | undefined {
  return catalog.assets.find((a) => a.name === ref.table)?.columns.find((c) => c.name === ref.column)
}

function walk(from: ColumnRef, next: (ref: ColumnRef) => readonly ColumnRef[]): ColumnRef[] {
  const found: ColumnRef[] = []
  const seen = new Set([`${from.table}.${from.column}`])
  const queue = [...next(from)]
  for (let at = queue.shift(); at; at = queue.shift()) {
    const key = `${at.table}.${at.column}`
    if (seen.has(key)) continue
    seen.add(key)
    found.push(at)
    queue.push(...next(at))
  }
  return found
}

/** Assets whose name, owner, column or comment holds the words, best first: name, then column, then the rest. */
export function searchCatalog(catalog: Catalog, text: string): Asset[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const score = (asset: Asset): number => {
    let total = 0
    for (const word of words) {
      const points =
        asset.name.toLowerCase() === word
          ? 8
          : asset.name.toLowerCase().includes(word)
            ? 4
            : asset.columns.some((c) => c.name.toLowerCase().includes(word))
              ? 2
              : `${asset.owner} ${asset.comment ?? ''} ${asset.origin ?? ''}`.toLowerCase().includes(word)
                ? 1
                : 0
      if (points === 0) return 0
      total += points
    }
    return total
  }
  return catalog.assets
    .map((asset) => ({ asset, points: score(asset) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || (a.asset.name < b.asset.name ? -1 : 1))
    .map(({ asset }) => asset)
}
