import type { MessageShape, TopicShape } from '../../../src/console-api/shapes.ts'
import { useFetched } from '../api.ts'
import { Badge, clock, count, Link, Loaded, rate, seconds, Table } from '../parts.tsx'

export function Topics({ topics }: { topics: readonly TopicShape[] }) {
  return (
    <Table
      items={topics.filter((t) => t.role !== 'internal')}
      keyOf={(t) => t.name}
      empty="No topics yet. Declare one by CREATE TABLE in a .sql file."
      columns={[
        { head: 'Topic', cell: (t) => <Link to={`/topics/${encodeURIComponent(t.name)}`}>{t.name}</Link> },
        {
          head: 'Role',
          cell: (t) => <Badge tone={t.role === 'quarantine' && t.records !== '0' ? 'bad' : 'quiet'}>{t.role}</Badge>,
        },
        { head: 'Owner', cell: (t) => t.owner ?? '–' },
        { head: 'Partitions', cell: (t) => t.partitions, number: true },
        { head: 'Records', cell: (t) => count(t.records), number: true },
        { head: 'Records/s', cell: (t) => rate(t.recordsPerSecond), number: true },
        {
          head: 'Newest',
          cell: (t) => (t.freshnessSeconds === null ? '–' : `${seconds(t.freshnessSeconds)} ago`),
          number: true,
        },
        { head: 'Format', cell: (t) => t.format ?? '–' },
      ]}
    />
  )
}

export function Topic({ name }: { name: string }) {
  const messages = useFetched<readonly MessageShape[]>(`/api/topics/${encodeURIComponent(name)}/messages?limit=50`)
  return (
    <>
      <p className="hint">The newest 50 messages, newest first.</p>
      <Loaded fetched={messages}>
        {(found) => (
          <Table
            items={found}
            keyOf={(m) => `${m.partition}:${m.offset}`}
            empty="No messages yet."
            columns={[
              { head: 'Written', cell: (m) => clock(m.timestampMs) },
              { head: 'At', cell: (m) => `${m.partition}:${m.offset}` },
              { head: 'Kind', cell: (m) => m.kind ?? '' },
              { head: 'Key', cell: (m) => <code>{m.key === null ? '' : JSON.stringify(m.key)}</code> },
              {
                head: 'Value',
                cell: (m) => (
                  <>
                    {m.undecodable ? <Badge tone="bad">{m.undecodable}</Badge> : <code>{JSON.stringify(m.value)}</code>}
                    {Object.entries(m.headers).map(([key, value]) => (
                      <div key={key} className="header">
                        {key}: {value}
                      </div>
                    ))}
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </>
  )
}
