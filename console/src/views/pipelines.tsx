import type { PipelineShape } from '../../../src/console-api/shapes.ts'
import { Badge, clock, count, Link, rate, Table } from '../parts.tsx'

const tones = { running: 'good', waiting: 'quiet', retrying: 'bad', finished: 'quiet', paused: 'quiet', failed: 'bad' } as const

export function Pipelines({ pipelines }: { pipelines: readonly PipelineShape[] }) {
  return (
    <Table
      items={pipelines}
      keyOf={(p) => `${p.kind}/${p.name}`}
      empty="No pipelines yet. Declare one by INSERT INTO in a .sql file."
      columns={[
        {
          head: 'Pipeline',
          cell: (p) =>
            p.kind === 'query' ? (
              <Link to={`/pipelines/${encodeURIComponent(p.name)}`}>{p.name}</Link>
            ) : (
              `${p.name} (quarantine)`
            ),
        },
        { head: 'State', cell: (p) => <Badge tone={tones[p.state]}>{p.state}</Badge> },
        { head: 'Owner', cell: (p) => p.owner ?? '–' },
        { head: 'Reads', cell: (p) => p.inputs.join(', ') },
        { head: 'Rows in/s', cell: (p) => rate(p.rowsInPerSecond), number: true },
        { head: 'Rows out/s', cell: (p) => rate(p.rowsOutPerSecond), number: true },
        { head: 'Lag', cell: (p) => count(p.lagRecords), number: true },
        { head: 'Watermark', cell: (p) => clock(p.watermarkMs) },
        { head: 'Epoch', cell: (p) => p.epoch, number: true },
      ]}
    />
  )
}

export function Pipeline({ pipeline }: { pipeline: PipelineShape | undefined }) {
  if (!pipeline) return <p className="empty">No such pipeline.</p>
  return (
    <>
      {pipeline.error ? (
        <p className="failure" role="alert">
          {pipeline.error}
        </p>
      ) : null}
      <p className="hint">
        {count(pipeline.rowsIn)} rows read, {count(pipeline.rowsOut)} records written to {pipeline.output}. What runs:
      </p>
      <pre>{pipeline.plan}</pre>
    </>
  )
}
