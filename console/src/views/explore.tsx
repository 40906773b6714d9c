import { useState } from 'react'
import type { ExploreShape } from '../../../src/console-api/shapes.ts'
import { fetchJson, type Fetched } from '../api.ts'
import { count, Loaded, Table } from '../parts.tsx'

const first = 'SELECT status, COUNT(*) AS checkouts, SUM(amount) AS amount\nFROM checkouts_enriched\nGROUP BY status'

export function Explore() {
  const [sql, setSql] = useState(first)
  const [answer, setAnswer] = useState<Fetched<ExploreShape> | null>(null)
  const run = (): void => {
    setAnswer({ state: 'loading' })
    fetchJson<ExploreShape>('/api/explore', { sql }).then(
      (value) => setAnswer({ state: 'ready', value }),
      (error: Error) => setAnswer({ state: 'failed', reason: error.message }),
    )
  }
  return (
    <>
      <label className="filter block">
        One SELECT over topics and lake tables
        <textarea
          rows={5}
          spellCheck={false}
          value={sql}
          onChange={(e) => setSql(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && (e.metaKey || e.ctrlKey)) run()
          }}
        />
      </label>
      <button type="button" onClick={run}>
        Run (Ctrl+Enter)
      </button>
      {answer ? (
        <Loaded fetched={answer}>
          {(found) => (
            <>
              <p className="hint">
                {found.rows.length} rows{found.truncated ? ' (cut)' : ''}; read {count(found.readRows)} rows in{' '}
                {Math.round(found.elapsedMs)} ms
              </p>
              <Table
                items={found.rows.map((row, i) => ({ row, i }))}
                keyOf={({ i }) => String(i)}
                empty="No rows."
                columns={found.columns.map((c, i) => ({
                  head: c.name,
                  cell: ({ row }: { row: readonly unknown[] }) =>
                    row[i] === null ? 'NULL' : typeof row[i] === 'object' ? JSON.stringify(row[i]) : String(row[i]),
                }))}
              />
            </>
          )}
        </Loaded>
      ) : null}
    </>
  )
}
