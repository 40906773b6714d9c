// Other readers read what is written here, on a real folder: DuckDB the Parquet files, icebird the whole table.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { icebergRead } from 'icebird'
import { openNodeDisk } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import { types, type Schema } from '../model/index.ts'
import { Catalog } from './catalog.ts'
import { openSqliteStore } from './catalog-store.ts'
import { listTables, tableFiles } from './table-files.ts'
import type { TableSpec } from './table-spec.ts'
import { createTablesBody } from './tables-body.ts'
import { MemoryTopics, noSchemas, seededRandom, SteppedClock } from './testing.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string() },
    { name: 'small', type: types.decimal(9, 2) },
    { name: 'amount', type: types.decimal(12, 2) },
    { name: 'wide', type: types.decimal(38, 2) },
    { name: 'ratio', type: types.double() },
    { name: 'flag', type: types.boolean() },
    { name: 'day', type: types.date() },
    { name: 'at', type: types.timestamp(3) },
    { name: 'tags', type: types.array(types.string()) },
  ],
}
const topic: TopicFormat = {
  topic: 't',
  schema,
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: 'json',
  primaryKey: null,
}
const spec: TableSpec = { namespace: 'shop', name: 't', schema, mode: 'append', primaryKey: null, topic }

const records = [
  '{"id":9007199254740993,"name":"näme","small":-9999999.99,"amount":1234567890.12,"wide":123456789012345678901234567890123456.78,"ratio":0.1,"flag":true,"day":"1969-12-31","at":"2024-02-29 12:00:00.123","tags":["a",null]}',
  '{"id":-1,"name":null,"small":null,"amount":null,"wide":null,"ratio":null,"flag":null,"day":null,"at":null,"tags":null}',
  '{"id":3,"name":"","small":0,"amount":-0.05,"wide":-1.5,"ratio":-2.5,"flag":false,"day":"2024-02-29","at":"1970-01-01 00:00:00","tags":[]}',
]

function writeTable(folder: string, uri: string): Catalog {
  const topics = new MemoryTopics()
  topics.create('t', 1)
  const clock = new SteppedClock()
  const store = openSqliteStore(join(folder, 'catalog.sqlite'))
  const catalog = new Catalog({ lake: { disk: openNodeDisk(folder), uri }, store, clock, random: seededRandom(1) })
  const body = createTablesBody({
    specs: [spec],
    catalog,
    reader: topics,
    schemaIds: noSchemas,
    clock,
    random: seededRandom(2),
  })
  for (const part of [records.slice(0, 2), records.slice(2)]) {
    topics.append(
      't',
      0,
      part.map((text) => ({ key: null, value: new TextEncoder().encode(text) })),
    )
    body.command({ kind: 'finish', ends: {} })
    while (body.step()) continue
  }
  assert.deepEqual(body.status()[0]!.problem, undefined)
  return catalog
}

/** icebird fetches over HTTP only, by ranges. */
async function serveFolder(folder: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const path = join(folder, request.url!)
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    const size = statSync(path).size
    const bytes =
      from === undefined ? readFileSync(path) : readFileSync(path).subarray(Number(from), to ? Number(to) + 1 : size)
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': bytes.length, 'accept-ranges': 'bytes' })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close().closeAllConnections(),
  }
}

test('DuckDB and icebird read every row and value of a table in a folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tables-'))
  const server = await serveFolder(folder)
  const catalog = writeTable(folder, server.url)
  try {
    const { files, range, snapshotId } = tableFiles(catalog, spec)
    assert.equal(files.length, 2)
    assert.deepEqual(range!.partitions, [{ partition: 0, from: 2, to: 3, rows: 1, dead: 0 }])
    const paths = files.map((f) => `'${join(folder, f.path)}'`).join(', ')
    const db = await DuckDBInstance.create(':memory:')
    const connection = await db.connect()
    const result = await connection.runAndReadAll(
      `SELECT id::VARCHAR, name, small::VARCHAR, amount::VARCHAR, wide::VARCHAR, ratio, flag, day::VARCHAR, "at"::VARCHAR, tags::VARCHAR FROM read_parquet([${paths}]) ORDER BY id DESC`,
    )
    assert.deepEqual(result.getRows(), [
      [
        '9007199254740993',
        'näme',
        '-9999999.99',
        '1234567890.12',
        '123456789012345678901234567890123456.78',
        0.1,
        true,
        '1969-12-31',
        '2024-02-29 12:00:00.123',
        '[a, NULL]',
      ],
      ['3', '', '0.00', '-0.05', '-1.50', -2.5, false, '2024-02-29', '1970-01-01 00:00:00', '[]'],
      ['-1', null, null, null, null, null, null, null, null, null],
    ])
    // Statistics are used: a filter outside of them reads nothing and is right.
    const none = await connection.runAndReadAll(
      `SELECT count(*) FROM read_parquet([${paths}]) WHERE id > 9007199254740993`,
    )
    assert.deepEqual(none.getRows(), [[0n]])
    connection.closeSync()

    const metadataFileName = catalog.find(spec)!.metadata.split('/').at(-1)!
    const read = (await icebergRead({ tableUrl: `${server.url}/shop/t`, metadataFileName })) as Record<
      string,
      unknown
    >[]
    assert.deepEqual(read.map((r) => [r.id, r.name]).toSorted(), [
      [-1n, null],
      [3n, ''],
      [9007199254740993n, 'näme'],
    ])
    assert.equal(listTables(catalog)[0]!.rowCount, '3')
    assert.ok(snapshotId! > 0n)
  } finally {
    server.close()
    catalog.close()
    rmSync(folder, { recursive: true })
  }
})
