import type { PipelineShape } from '../../../src/console-api/shapes.ts'
import { Badge, clock, count, Facts, Link, Links, rate, Table } from '../parts.tsx'

const tones = {
  running: 'good',
  waiting: 'quiet',
  retrying: 'bad',
  finished: 'quiet',
  paused: 'quiet',
  failed: 'bad',
} as const

export function Pipelines({ pipelines }: { pipelines: readonly PipelineShape[] }) {
  return (
    <Table
      name="Pipelines"
      items={pipelines}
      keyOf={(p) => `${p.kind}/${p.name}`}
      empty="No pipelines yet. Declare one by INSERT INTO in a .sql file."
      columns={[
        {
          head: 'Pipeline',
          cell: (p) =>
            p.kind === 'query' ? <Link to={`/pipelines/${encodeURIComponent(p.name)}`}>{p.name}</Link> : p.name,
        },
        { head: 'State', cell: (p) => <State pipeline={p} /> },
        { head: 'Owner', cell: (p) => p.owner ?? '–' },
        { head: 'Reads', cell: (p) => <Links to="/topics/" names={p.inputs} /> },
        { head: 'Rows in/s', cell: (p) => rate(p.rowsInPerSecond), number: true },
        { head: 'Rows out/s', cell: (p) => rate(p.rowsOutPerSecond), number: true },
        { head: 'Lag', cell: (p) => count(p.lagRecords), number: true },
        { head: 'Watermark', cell: (p) => clock(p.watermarkMs) },
        { head: 'Epoch', cell: (p) => count(p.epoch), number: true },
      ]}
    />
  )
}

function State({ pipeline }: { pipeline: PipelineShape }) {
  return <Badge tone={tones[pipeline.state]}>{pipeline.state}</Badge>
}

export function Pipeline({ pipeline }: { pipeline: PipelineShape | undefined }) {
  if (!pipeline) return <p className="empty">There is no such pipeline.</p>
  return (
    <>
      {pipeline.error ? (
        <p className="failure" role="alert">
          {pipeline.error}
        </p>
      ) : null}
      <Facts
        facts={[
          ['State', <State key="state" pipeline={pipeline} />],
          ['Owner', pipeline.owner],
          ['Reads', <Links key="reads" to="/topics/" names={pipeline.inputs} />],
          ['Writes', <Links key="writes" to="/topics/" names={[pipeline.output]} />],
          ['Rows read', `${count(pipeline.rowsIn)} · ${rate(pipeline.rowsInPerSecond)}/s`],
          ['Records written', `${count(pipeline.rowsOut)} · ${rate(pipeline.rowsOutPerSecond)}/s`],
          ['Not yet read', count(pipeline.lagRecords)],
          ['Watermark', clock(pipeline.watermarkMs)],
          ['Epochs committed', count(pipeline.epoch)],
        ]}
      />
      <p className="hint">The plan that runs. Read it from the bottom up; exchanges divide rows by key.</p>
      {/* A region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0} role="region" aria-label={`Plan of ${pipeline.name}`}>
        {pipeline.plan}
      </pre>
    </>
  )
}
