import { useMemo } from 'react'
import type { Asset, Catalog, CatalogColumn } from '../../../src/catalog/catalog.ts'
import { useFetched } from '../api.ts'
import { Badge, Link, Loaded, Table, useQuery } from '../parts.tsx'

interface Line {
  readonly asset: Asset
  readonly column: CatalogColumn
}

/** Each column of each asset with where it comes from: the lineage as a list, filtered by words, which stand in the address. */
export function Lineage() {
  const catalog = useFetched<Catalog>('/api/catalog', null)
  const [filter, setFilter] = useQuery('filter')
  return (
    <>
      <label className="filter">
        Filter{' '}
        <input
          type="search"
          value={filter}
          onChange={(e) => setFilter(e.target.value)}
          placeholder="table, column, owner or class"
        />
      </label>
      <Loaded fetched={catalog}>{(found) => <Lines catalog={found} filter={filter} />}</Loaded>
    </>
  )
}

function Lines({ catalog, filter }: { catalog: Catalog; filter: string }) {
  const lines = useMemo(
    () => catalog.assets.flatMap((asset) => asset.columns.map((column): Line => ({ asset, column }))),
    [catalog],
  )
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const textOf = ({ asset, column }: Line): string =>
    `${asset.name} ${column.name} ${asset.owner} ${column.classification ?? ''} ${column.sources.map((s) => `${s.table}.${s.column}`).join(' ')}`.toLowerCase()
  const shown = lines.filter((line) => words.every((w) => textOf(line).includes(w)))
  const isFirst = new Set(shown.filter((line, i) => shown[i - 1]?.asset !== line.asset))
  return (
    <Table
      name="Lineage"
      items={shown}
      keyOf={({ asset, column }) => `${asset.name}.${column.name}`}
      empty="Nothing matches."
      columns={[
        {
          head: 'Asset',
          cell: (line) =>
            isFirst.has(line) ? (
              <Link to={`/topics/${encodeURIComponent(line.asset.name)}`}>{line.asset.name}</Link>
            ) : (
              <span className="unseen">{line.asset.name}</span>
            ),
        },
        {
          head: 'Column',
          cell: ({ column }) => (
            <>
              {column.name} {column.key ? <Badge tone="quiet">key</Badge> : null}
            </>
          ),
        },
        { head: 'Type', cell: ({ column }) => <code>{column.type}</code> },
        {
          head: 'Class',
          cell: ({ column }) => (column.classification ? <Badge tone="warn">{column.classification}</Badge> : ''),
        },
        { head: 'Comes from', cell: (line) => <Sources {...line} /> },
        { head: 'By', cell: ({ column }) => column.transformation ?? '' },
        { head: 'Owner', cell: ({ asset }) => asset.owner },
      ]}
    />
  )
}

function Sources({ asset, column }: Line) {
  if (column.sources.length > 0) {
    return column.sources.map((s, i) => (
      <span key={`${s.table}.${s.column}`}>
        {i > 0 ? ', ' : ''}
        <Link to={`/lineage?filter=${encodeURIComponent(`${s.table} ${s.column}`)}`}>
          {s.table}.{s.column}
        </Link>
      </span>
    ))
  }
  // A column like COUNT(*) comes from rows, not from a column.
  if (asset.writers.length > 0) return <span className="header">{`rows read by ${asset.writers.join(', ')}`}</span>
  return <span className="header">{asset.origin ?? 'services'}</span>
}
