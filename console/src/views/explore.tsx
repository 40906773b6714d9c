import { useState } from 'react'
import type { ExploreShape } from '../../../src/console-api/shapes.ts'
import { fetchJson, type Fetched } from '../api.ts'
import { count, Loaded, Table, useQuery } from '../parts.tsx'

const first = 'SELECT status, COUNT(*) AS checkouts, SUM(amount) AS amount\nFROM checkouts_enriched\nGROUP BY status'
const numeric = /^(U?(BIG|SMALL|TINY|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT|REAL)$/i

export function Explore() {
  const [asked] = useQuery('sql')
  const [sql, setSql] = useState(asked || first)
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
        One SELECT over topics and lake tables, in DuckDB’s dialect
        <textarea
          rows={Math.max(5, sql.split('\n').length + 1)}
          spellCheck={false}
          value={sql}
          onChange={(e) => setSql(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && (e.metaKey || e.ctrlKey)) run()
          }}
        />
      </label>
      <button type="button" className="main" disabled={answer?.state === 'loading'} onClick={run}>
        Run <kbd>Ctrl Enter</kbd>
      </button>
      {answer ? <Loaded fetched={answer}>{(found) => <Answer found={found} />}</Loaded> : null}
    </>
  )
}

function Answer({ found }: { found: ExploreShape }) {
  return (
    <>
      <p className="hint" role="status">
        {count(found.rows.length)} {found.rows.length === 1 ? 'row' : 'rows'}
        {found.truncated ? ' (cut)' : ''}; read {count(found.readRows)} rows in {Math.round(found.elapsedMs)} ms
      </p>
      <Table
        name="Result"
        fit
        items={found.rows.map((row, i) => ({ row, i }))}
        keyOf={({ i }) => String(i)}
        empty="No rows."
        columns={found.columns.map((c, i) => ({
          head: c.name,
          number: numeric.test(c.type),
          cell: ({ row }: { row: readonly unknown[] }) =>
            row[i] === null ? (
              <span className="header">null</span>
            ) : typeof row[i] === 'object' ? (
              JSON.stringify(row[i])
            ) : (
              String(row[i])
            ),
        }))}
      />
    </>
  )
}
