import { useMemo, useState } from 'react'
import type { Asset, Catalog, CatalogColumn } from '../../../src/catalog/catalog.ts'
import { useFetched } from '../api.ts'
import { Badge, Link, Loaded, Table } from '../parts.tsx'

interface Line {
  readonly asset: Asset
  readonly column: CatalogColumn
}

/** Each column of each asset with where it comes from: the lineage as a list, filtered by words. */
export function Lineage() {
  const catalog = useFetched<Catalog>('/api/catalog', 30_000)
  const [filter, setFilter] = useState('')
  return (
    <>
      <label className="filter">
        Filter{' '}
        <input value={filter} onChange={(e) => setFilter(e.target.value)} placeholder="table, column, owner or class" />
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
  return (
    <Table
      items={lines.filter((line) => words.every((w) => textOf(line).includes(w)))}
      keyOf={({ asset, column }) => `${asset.name}.${column.name}`}
      empty="Nothing matches."
      columns={[
        {
          head: 'Asset',
          cell: ({ asset }) => <Link to={`/topics/${encodeURIComponent(asset.name)}`}>{asset.name}</Link>,
        },
        { head: 'Column', cell: ({ column }) => (column.key ? `${column.name} (key)` : column.name) },
        { head: 'Type', cell: ({ column }) => <code>{column.type}</code> },
        {
          head: 'Class',
          cell: ({ column }) => (column.classification ? <Badge tone="bad">{column.classification}</Badge> : ''),
        },
        {
          head: 'Comes from',
          cell: ({ asset, column }) =>
            column.sources.length > 0
              ? column.sources.map((s) => `${s.table}.${s.column}`).join(', ')
              : (asset.origin ?? 'services'),
        },
        { head: 'By', cell: ({ column }) => column.transformation ?? '' },
        { head: 'Owner', cell: ({ asset }) => asset.owner },
      ]}
    />
  )
}
