// Topics, and one topic's newest messages: a column per field, as a table reads, not as bytes lie.
import { useState } from 'react'
import type { Asset, Catalog } from '../../../src/catalog/catalog.ts'
import type { MessageShape, TopicShape } from '../../../src/console-api/shapes.ts'
import { useFetched } from '../api.ts'
import { Badge, clock, count, Facts, Link, Links, Loaded, rate, seconds, Table, type ColumnOf } from '../parts.tsx'

const messagesShown = 50

export function Topics({ topics }: { topics: readonly TopicShape[] }) {
  return (
    <Table
      name="Topics"
      items={topics.filter((t) => t.role !== 'internal')}
      keyOf={(t) => t.name}
      empty="No topics yet. Declare one by CREATE TABLE in a .sql file."
      columns={[
        { head: 'Topic', cell: (t) => <Link to={`/topics/${encodeURIComponent(t.name)}`}>{t.name}</Link> },
        { head: 'Role', cell: (t) => <Role topic={t} /> },
        { head: 'Owner', cell: (t) => t.owner ?? '–' },
        { head: 'Partitions', cell: (t) => t.partitions, number: true },
        { head: 'Offsets', cell: (t) => count(t.offsets), number: true },
        { head: 'Offsets/s', cell: (t) => rate(t.recordsPerSecond), number: true },
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

function Role({ topic }: { topic: TopicShape }) {
  return <Badge tone={topic.role === 'quarantine' && topic.offsets !== '0' ? 'bad' : 'quiet'}>{topic.role}</Badge>
}

export function Topic({ name, topic }: { name: string; topic: TopicShape | undefined }) {
  const [paused, setPaused] = useState(false)
  const path = `/api/topics/${encodeURIComponent(name)}/messages?limit=${messagesShown}`
  const messages = useFetched<readonly MessageShape[]>(path, paused ? null : 2000)
  const catalog = useFetched<Catalog>('/api/catalog', null)
  const asset = catalog.state === 'ready' ? catalog.value.assets.find((a) => a.name === name) : undefined
  return (
    <>
      {topic ? <TopicFacts topic={topic} asset={asset} /> : null}
      <p className="hint">
        The newest {messagesShown} messages, newest first; times are UTC.{' '}
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Go on' : 'Hold still'}
        </button>
      </p>
      <Loaded fetched={messages}>
        {(found) => (
          <Table
            name={`Messages of ${name}`}
            items={found}
            keyOf={(m) => `${m.partition}:${m.offset}`}
            empty="No messages yet."
            columns={messageColumns(found)}
          />
        )}
      </Loaded>
    </>
  )
}

function TopicFacts({ topic, asset }: { topic: TopicShape; asset: Asset | undefined }) {
  return (
    <Facts
      facts={[
        ['Role', <Role key="role" topic={topic} />],
        ['Owner', asset?.contact ? `${topic.owner} (${asset.contact})` : topic.owner],
        ['Offsets', `${count(topic.offsets)} · ${rate(topic.recordsPerSecond)}/s`],
        ['Partitions', topic.partitions],
        ['Format', topic.format],
        ['Kept', topic.cleanupPolicy.includes('compact') ? 'newest of each key' : null],
        ['Captured from', asset?.origin],
        [
          'Written by',
          asset && asset.writers.length > 0 ? <Links key="writers" to="/pipelines/" names={asset.writers} /> : null,
        ],
        [
          'Read by',
          asset && asset.readers.length > 0 ? <Links key="readers" to="/pipelines/" names={asset.readers} /> : null,
        ],
        [
          'Rules',
          asset && asset.rules.length > 0 ? (
            <Link key="rules" to="/checks">
              {asset.rules.join(', ')}
            </Link>
          ) : null,
        ],
        [
          'Columns',
          asset ? (
            <Link key="lineage" to={`/lineage?filter=${encodeURIComponent(topic.name)}`}>
              lineage
            </Link>
          ) : null,
        ],
      ]}
    />
  )
}

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function messageColumns(messages: readonly MessageShape[]): ColumnOf<MessageShape>[] {
  const fields = [...new Set(messages.flatMap((m) => (isRow(m.value) ? Object.keys(m.value) : [])))]
  const has = (test: (m: MessageShape) => boolean): boolean => messages.some(test)
  // A key that is one of the fields already stands there.
  const hasOwnKey = has((m) => m.key !== null && !(isRow(m.value) && Object.values(m.value).includes(m.key)))
  const columns: ColumnOf<MessageShape>[] = [
    { head: 'Written', cell: (m) => clock(m.timestampMs) },
    { head: 'At', cell: (m) => `${m.partition}:${m.offset}`, number: true },
  ]
  if (has((m) => m.kind !== null && m.kind !== '+I')) columns.push({ head: 'Kind', cell: (m) => <code>{m.kind}</code> })
  if (has((m) => Object.keys(m.headers).length > 0))
    columns.push({ head: 'Headers', cell: (m) => <Headers message={m} /> })
  if (hasOwnKey) columns.push({ head: 'Key', cell: (m) => <Cell value={m.key} /> })
  for (const field of fields)
    columns.push({ head: field, cell: (m) => (isRow(m.value) ? <Cell value={m.value[field]} /> : null) })
  if (has((m) => !isRow(m.value) && !isExplained(m)))
    columns.push({
      head: 'Value',
      cell: (m) => {
        if (isRow(m.value) || isExplained(m)) return null
        return m.undecodable ? <Badge tone="bad">{m.undecodable}</Badge> : <Cell value={m.value} />
      },
    })
  return columns
}

/** It is in quarantine because it cannot be decoded, and its headers say why. */
const isExplained = (m: MessageShape): boolean => m.undecodable !== null && 'millrace.reason' in m.headers

/** Why a record is in quarantine and where it was; other headers as they are. */
function Headers({ message }: { message: MessageShape }) {
  const { headers } = message
  const rule = headers['millrace.rule']
  const others = Object.entries(headers).filter(([name]) => rule === undefined || !name.startsWith('millrace.'))
  return (
    <>
      {rule === undefined ? null : (
        <>
          <Badge tone="bad">{rule}</Badge>{' '}
          <span className="header">
            {`${headers['millrace.topic']} ${headers['millrace.partition']}:${headers['millrace.offset']}`}
          </span>
          {message.undecodable ? <div className="header">{headers['millrace.reason']}</div> : null}
        </>
      )}
      {others.map(([name, value]) => (
        <div key={name} className="header">{`${name}: ${value}`}</div>
      ))}
    </>
  )
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="header">null</span>
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? <span className="long">{text}</span> : text
}
