// PyIceberg reads an append and an upsert table that the tables worker keeps from a real log, through the served catalog: the
// same rows, exact decimals and timestamps; and writes a table of its own there.
// needs: pyiceberg
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { encodeText, openNodeDisk, startHttpServer, startWorker } from '../../src/base/index.ts'
import type { TopicFormat } from '../../src/format/index.ts'
import { openLogClient, startLogWorker, openLogReader } from '../../src/log/index.ts'
import { encodeRecordBatch, makeAuthorize, types, type RecordInput, type Schema } from '../../src/model/index.ts'
import { catalogRoutes, openCatalog, tableFiles, type TablesReport, type TableSpec } from '../../src/tables/index.ts'
import { pyiceberg } from '../../peers/index.ts'
import { randomFrom, seed, temporaryFolder } from '../harness.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string() },
    { name: 'small', type: types.decimal(9, 2) },
    { name: 'amount', type: types.decimal(12, 2, false) },
    { name: 'wide', type: types.decimal(38, 2) },
    { name: 'day', type: types.date() },
    { name: 'at', type: types.timestamp(3) },
    { name: 'tags', type: types.array(types.string()) },
  ],
}
const format = (topic: string, primaryKey: readonly number[] | null): TopicFormat => ({
  topic,
  schema,
  keyColumns: primaryKey,
  keyFormat: 'raw',
  valueFormat: 'json',
  primaryKey,
})
const specs: TableSpec[] = [
  { namespace: 'shop', name: 'events', schema, mode: 'append', primaryKey: null, topic: format('events', null) },
  { namespace: 'shop', name: 'balances', schema, mode: 'upsert', primaryKey: [0], topic: format('balances', [0]) },
]

/** Values as PyIceberg's str() gives them, and the same as a JSON record. */
type Row = Record<'id' | 'name' | 'small' | 'amount' | 'wide' | 'day' | 'at' | 'tags', string | null>

function rowOf(id: bigint, random: () => number): Row {
  const decimal = (digits: number): string => {
    const unscaled = BigInt(random()) ** 4n % 10n ** BigInt(digits)
    const sign = random() % 2 === 0 && unscaled > 0n ? '-' : ''
    return `${sign}${unscaled / 100n}.${String(unscaled % 100n).padStart(2, '0')}`
  }
  const two = (n: number): string => String(n).padStart(2, '0')
  const none = (text: string): string | null => (random() % 5 === 0 ? null : text)
  const day = `19${two(60 + (random() % 40))}-${two(1 + (random() % 12))}-${two(1 + (random() % 28))}`
  return {
    id: String(id),
    name: none(`näme ${random() % 50}`),
    small: none(decimal(9)),
    amount: decimal(12),
    wide: none(decimal(38)),
    day: none(day),
    at: none(`${day} ${two(random() % 24)}:00:${two(random() % 60)}.${String(1 + (random() % 999)).padStart(3, '0')}`),
    tags: none(random() % 3 === 0 ? '[]' : "['a', 'b']"),
  }
}
const jsonOf = (row: Row): string => {
  const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text))
  const tags = row.tags?.replaceAll("'", '"') ?? 'null'
  return `{"id":${row.id},"name":${quoted(row.name)},"small":${row.small},"amount":${row.amount},"wide":${row.wide},"day":${quoted(row.day)},"at":${quoted(row.at)},"tags":${tags}}`
}
/** Python shows microseconds. */
const shown = (row: Row): Row => ({ ...row, at: row.at === null ? null : `${row.at}000` })

function keyOf(id: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, id)
  return bytes
}

interface Read {
  format: number
  schema: string[]
  summary: Record<string, string>
  few: number
  rows: Row[]
}

test('PyIceberg reads what the worker keeps, and keeps a table of its own in the served catalog', async () => {
  const folder = temporaryFolder()
  const lakeFolder = join(folder, 'lake')
  const failures: unknown[] = []
  const log = await startLogWorker({
    folder: join(folder, 'data'),
    durability: 'os',
    clients: ['test'],
    onFailure: (e) => void failures.push(e),
  })
  const client = openLogClient(log.clientPort('test'))
  const poll = setInterval(() => client.poll(), 1)
  try {
    await client.createTopic({ name: 'events', partitionCount: 2, configs: {} })
    await client.createTopic({ name: 'balances', partitionCount: 1, configs: {} })
    const description = { log: log.share, lake: lakeFolder, specs, options: { commitMs: 100, commitBytes: 64_000 } }
    const finished = new Map<string, boolean>()
    const onReport = (message: unknown): void => {
      const report = message as TablesReport
      if (report.kind === 'finished') finished.set(report.name, report.ok)
    }
    const worker = startWorker(new URL('../../src/deploy/embedded/workers/tables.worker.ts', import.meta.url), {
      name: 'tables',
      description,
      onReport,
      onFailure: (e) => void failures.push(e),
    })
    await worker.ready

    const random = randomFrom(seed)
    const events: Row[] = []
    const balances = new Map<bigint, Row>()
    for (let round = 0; round < 10; round++) {
      const plain: RecordInput[] = []
      const keyed: RecordInput[] = []
      for (let i = 0; i < 300; i++) {
        const event = rowOf(BigInt(round * 300 + i), random)
        events.push(event)
        plain.push({ key: null, value: encodeText(jsonOf(event)), timestampMs: i })
        const id = BigInt(random() % 400)
        const balance = random() % 6 === 0 ? null : rowOf(id, random)
        if (balance) balances.set(id, balance)
        else balances.delete(id)
        keyed.push({ key: keyOf(id), value: balance && encodeText(jsonOf(balance)), timestampMs: i })
      }
      assert.equal(
        (await client.append('events', round % 2, encodeRecordBatch(plain, { compression: 'zstd' }))).ok,
        true,
      )
      assert.equal((await client.append('balances', 0, encodeRecordBatch(keyed))).ok, true)
    }
    const reader = openLogReader(log.share, openNodeDisk(join(folder, 'data')))
    const ends = {
      events: [0, 1].map((p) => reader.endOffset('events', p)),
      balances: [reader.endOffset('balances', 0)],
    }
    worker.send({ kind: 'finish', ends })
    while (finished.size < 2 && failures.length === 0) await new Promise((next) => setTimeout(next, 10))
    assert.deepEqual([failures, [...finished.values()]], [[], [true, true]])
    await worker.stop()

    const catalog = openCatalog(lakeFolder)
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      what: 'catalog',
      option: '--catalog-port',
      routes: catalogRoutes(catalog, makeAuthorize([])),
    })
    try {
      const uri = `http://127.0.0.1:${server.port}`
      const read = async (table: string): Promise<Read> =>
        JSON.parse(await pyiceberg(join(import.meta.dirname, 'read.py'), [uri, table])) as Read
      const append = await read('shop.events')
      assert.equal(append.format, 2)
      assert.deepEqual(append.schema, [
        'long',
        'string',
        'decimal(9, 2)',
        'decimal(12, 2)',
        'decimal(38, 2)',
        'date',
        'timestamp',
        'list<string>',
      ])
      assert.equal(append.summary['total-records'], String(events.length))
      assert.equal(append.few, 10)
      assert.deepEqual(append.rows, events.map(shown))
      const upsert = await read('shop.balances')
      assert.equal(upsert.summary['total-records'], String(balances.size))
      const ordered = [...balances.keys()].toSorted((a, b) => Number(a - b))
      assert.deepEqual(
        upsert.rows,
        ordered.map((id) => shown(balances.get(id)!)),
      )
      await checkForeignTable(uri, catalog, lakeFolder)
    } finally {
      await server.close()
      catalog.close()
    }
  } finally {
    clearInterval(poll)
    await log.stop()
  }
})

async function checkForeignTable(
  uri: string,
  catalog: ReturnType<typeof openCatalog>,
  lakeFolder: string,
): Promise<void> {
  const theirs = JSON.parse(await pyiceberg(join(import.meta.dirname, 'write.py'), [uri, 'shop.events'])) as Record<
    string,
    unknown
  >
  const rows = [
    { id: '1', amount: '1.10', at: '2024-02-29 12:00:00.123456', note: null },
    { id: '1', amount: '1.10', at: '2024-02-29 12:00:00.123456', note: null },
    { id: '9007199254740993', amount: '99999999999999.99', at: null, note: null },
  ]
  assert.deepEqual({ ...theirs, refused: '' }, { namespaces: ['shop', 'theirs'], tables: ['kept'], rows, refused: '' })
  assert.match(String(theirs.refused), /fed by Millrace from topic events/)
  const { files, topic } = tableFiles(catalog, { namespace: 'theirs', name: 'kept' })
  assert.equal(topic, null)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const paths = files.map((f) => `'${join(lakeFolder, f.path)}'`).join(', ')
  const result = await connection.runAndReadAll(
    `SELECT id::VARCHAR, amount::VARCHAR FROM read_parquet([${paths}]) ORDER BY id`,
  )
  assert.deepEqual(
    result.getRows(),
    rows.map((r) => [r.id, r.amount]),
  )
  connection.closeSync()
}
