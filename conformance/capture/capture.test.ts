// needs: mysql
// Capture against a real MySQL 9: snapshot beside writers, the log, restarts, every type, DDL, crashes of the server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createConnection, type Connection } from 'mysql2/promise'
import { startMysql, type Mysql } from '../../peers/index.ts'
import { GtidSet, type CaptureBody, type CaptureSpec } from '../../src/capture/index.ts'
import { describeType, ticksPerSecond, types, type Schema, type Value } from '../../src/model/index.ts'
import { randomFrom, seed } from '../harness.ts'
import { avroTable, startBody, stepUntil, TopicCommit } from './kit.ts'
import { oddRows, oddSchema, oddTable } from './odd-values.ts'

let mysql: Mysql
let client: Connection
before(async () => {
  mysql = await startMysql()
  client = await connect()
})
after(async () => {
  client?.destroy()
  await mysql?.stop()
})

const connect = (): Promise<Connection> =>
  createConnection({
    uri: mysql.url,
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    timezone: 'Z',
  })
const sql = async (text: string): Promise<Record<string, string>[]> =>
  (await client.query(text))[0] as Record<string, string>[]

async function executed(): Promise<GtidSet> {
  return GtidSet.parse((await sql('SELECT @@GLOBAL.gtid_executed AS g'))[0]!['g']!)
}

/** Steps until all that the server has executed by now is committed. */
async function catchUp(body: CaptureBody): Promise<void> {
  const target = await executed()
  await stepUntil(
    body,
    () =>
      body.status().tables.every((t) => t.phase !== 'snapshot') &&
      GtidSet.parse(body.status().position).contains(target),
    'catching up',
  )
}

const specOf = (
  source: string,
  tables: CaptureSpec['tables'],
  heartbeat: CaptureSpec['heartbeat'] = null,
): CaptureSpec => ({ source, url: mysql.url, tables, heartbeat })

const accounts: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'owner', type: types.string(false) },
    { name: 'cents', type: types.decimal(20, 0, false) },
  ],
}

/** One random change of accounts, valid or without effect. */
function change(random: () => number, table: string): string {
  const [id, other, cents] = [1 + (random() % 3000), 1 + (random() % 3000), random()]
  switch (random() % 6) {
    case 0:
      return `DELETE FROM ${table} WHERE id = ${id}`
    case 1:
      return `INSERT IGNORE INTO ${table} VALUES (${id}, 'new ${cents}', ${cents})`
    case 2:
      return `UPDATE IGNORE ${table} SET id = ${other} WHERE id = ${id}`
    default:
      return `UPDATE ${table} SET cents = ${cents}, owner = 'o${cents % 100}' WHERE id BETWEEN ${id} AND ${id + 3}`
  }
}

async function sameAsSelect(commit: TopicCommit, topic: string, table: string): Promise<void> {
  const rows = await sql(`SELECT id, owner, cents FROM ${table} ORDER BY id`)
  const found = [...commit.table(topic).values()].toSorted((a, b) => Number((a[0] as bigint) - (b[0] as bigint)))
  assert.deepEqual(
    found.map((row) => row.map(String)),
    rows.map((row) => [String(row['id']), row['owner'], String(row['cents'])]),
  )
}

test('a snapshot in chunks beside random writers, then the log, with restarts: every change fits and the end is SELECT', async () => {
  const random = randomFrom(seed)
  await sql(
    'CREATE DATABASE bank; CREATE TABLE bank.accounts (id BIGINT PRIMARY KEY, owner VARCHAR(40) NOT NULL, cents BIGINT UNSIGNED NOT NULL)',
  )
  await sql(
    'SET SESSION cte_max_recursion_depth = 5000; INSERT INTO bank.accounts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i, CONCAT("first ", i), i * 7 FROM n',
  )
  const spec = specOf('bank', [avroTable('bank.accounts', accounts)])
  const commit = new TopicCommit(spec.tables)
  const writer = await connect()
  const state = { writing: true }
  const writes = (async () => {
    while (state.writing)
      await writer.query(
        `START TRANSACTION; ${Array.from({ length: 1 + (random() % 4) }, () => change(random, 'bank.accounts')).join('; ')}; COMMIT`,
      )
  })()
  let body = startBody(spec, commit, { chunkRowsMax: 100, commitRowsMax: 50 })
  for (let restart = 0; restart < 6; restart++) {
    const groups = commit.groups + 5
    await stepUntil(body, () => commit.groups >= groups, 'some commits')
    body.close()
    // What was submitted is committed; the outcome died with the body.
    commit.outcome()
    body = startBody(spec, commit, { chunkRowsMax: 100, commitRowsMax: 50 })
  }
  await stepUntil(body, () => body.status().tables[0]!.phase === 'stream', 'the end of the snapshot')
  state.writing = false
  await writes
  writer.destroy()
  await catchUp(body)
  await sameAsSelect(commit, 'accounts', 'bank.accounts')
  assert.ok(commit.groups > 30)
  body.close()
})

test('a table with a text key is read whole, beside a writer whose keys move', async () => {
  const random = randomFrom(seed + 1)
  await sql(
    'CREATE TABLE bank.names (id VARCHAR(20) PRIMARY KEY, owner VARCHAR(40) NOT NULL, cents BIGINT UNSIGNED NOT NULL)',
  )
  await sql('INSERT INTO bank.names SELECT CONCAT("Name", id), owner, cents FROM bank.accounts')
  const schema: Schema = { fields: [{ name: 'id', type: types.string(false) }, ...accounts.fields.slice(1)] }
  const spec = specOf('names', [avroTable('bank.names', schema)])
  const commit = new TopicCommit(spec.tables)
  const writer = await connect()
  const state = { writing: true }
  const writes = (async () => {
    while (state.writing) {
      const id = 1 + (random() % 2000)
      // The same key to the collation, another one to a topic.
      await writer.query(
        `UPDATE bank.names SET id = IF(BINARY id = 'Name${id}', 'NAME${id}', 'Name${id}') WHERE id = 'name${id}'`,
      )
    }
  })()
  const body = startBody(spec, commit)
  await stepUntil(body, () => body.status().tables[0]!.phase === 'stream', 'the snapshot')
  state.writing = false
  await writes
  writer.destroy()
  await catchUp(body)
  const rows = await sql('SELECT id, owner, cents FROM bank.names')
  assert.deepEqual([...commit.table('names').keys()].toSorted(), rows.map((row) => row['id']!).toSorted())
  body.close()
})

/** The value as SELECT's text would be compared. */
function plain(type: Schema['fields'][number]['type'], value: Value): unknown {
  if (value === null) return null
  if (value instanceof Uint8Array) return value.toHex()
  if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ')
    return (value as bigint) * (1_000_000n / BigInt(ticksPerSecond(type.precision)))
  return value
}

const epoch = (name: string): string => `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${name})`

/** What SELECT says, asked for in forms whose text is exact. */
async function selected(table: string): Promise<Map<string, unknown[]>> {
  const columns = oddSchema.fields.map(({ name, type }) => {
    switch (type.kind) {
      case 'TIMESTAMP':
        return epoch(name)
      case 'TIMESTAMP_LTZ':
        return `CAST(UNIX_TIMESTAMP(${name}) * 1000000 AS SIGNED)`
      case 'DATE':
        return `DATEDIFF(${name}, '1970-01-01')`
      case 'TIME':
        return `CAST(TIME_TO_SEC(${name}) * 1000 + MICROSECOND(${name}) DIV 1000 AS SIGNED)`
      case 'FLOAT':
      case 'DOUBLE':
        return `CAST(${name} AS DOUBLE)`
      case 'DECIMAL':
        return `CAST(${name} * ${10n ** BigInt(type.scale)} AS DECIMAL(65, 0))`
      case 'VARBINARY':
        return name === 'bt64' ? `LPAD(HEX(${name}), 16, '0')` : `HEX(${name})`
      case 'VARCHAR':
        return `CONVERT(CAST(${name} AS CHAR) USING utf8mb4)`
      default:
        return `CAST(${name} AS SIGNED)`
    }
  })
  const rows = await sql(
    `SET sql_mode = ''; SET time_zone = '+00:00'; SELECT ${columns.map((c, i) => `${c} AS c${i}`).join(', ')} FROM ${table}`,
  )
  return new Map(
    (rows as unknown as Record<string, string | number | null>[][])[2]!.map((row) => {
      const values = oddSchema.fields.map(({ type }, i) => {
        const value = row[`c${i}`] ?? null
        if (value === null) return null
        switch (type.kind) {
          case 'BIGINT':
          case 'DECIMAL':
          case 'TIMESTAMP':
          case 'TIMESTAMP_LTZ':
            return BigInt(value)
          case 'BOOLEAN':
            return Number(value) === 1
          case 'VARBINARY':
            return String(value).toLowerCase()
          case 'VARCHAR':
            return String(value)
          case 'FLOAT':
            return Math.fround(Number(value))
          default:
            return Number(value)
        }
      })
      return [String(values[0]), values]
    }),
  )
}

test('every type reads the same from a snapshot, from the log and by SELECT', async () => {
  await sql(
    `SET sql_mode = ''; CREATE DATABASE lab; USE lab; ${oddTable}; CREATE TABLE later LIKE odd; ${oddRows.join(';')}`,
  )
  const spec = specOf('lab', [avroTable('lab.odd', oddSchema), avroTable('lab.later', oddSchema)])
  const commit = new TopicCommit(spec.tables)
  const body = startBody(spec, commit)
  await stepUntil(body, () => body.status().tables.every((t) => t.phase === 'stream'), 'the snapshot')
  await sql(
    "USE lab; SET sql_mode = ''; INSERT INTO later SELECT * FROM odd; SET binlog_transaction_compression = ON; UPDATE later SET ti = ti WHERE id = 1; INSERT INTO later (id, v1) VALUES (50, 'packed'); INSERT INTO odd (id, v1) VALUES (50, 'packed'); SET binlog_transaction_compression = OFF",
  )
  await catchUp(body)
  const expected = await selected('lab.odd')
  assert.equal(expected.size, oddRows.length + 4)
  for (const topic of ['odd', 'later']) {
    const found = commit.table(topic)
    for (const [id, row] of expected) {
      oddSchema.fields.forEach(({ name, type }, i) => {
        assert.deepEqual(plain(type, found.get(id)![i]!), row[i], `${topic}, row ${id}, ${name} ${describeType(type)}`)
      })
    }
    assert.equal(found.size, expected.size)
  }
  body.close()
})

test('doubles inside JSON have the same text from the log as from SELECT', async () => {
  const random = randomFrom(seed + 2)
  const numbers = Array.from({ length: 400 }, (_, i) => (random() / 2 ** 32 - 0.5) * 10 ** ((i % 60) - 30))
  await sql('CREATE TABLE lab.numbers (id INT PRIMARY KEY, j JSON)')
  const schema: Schema = {
    fields: [
      { name: 'id', type: types.int(false) },
      { name: 'j', type: types.string() },
    ],
  }
  const spec = specOf('numbers', [avroTable('lab.numbers', schema)])
  const commit = new TopicCommit(spec.tables)
  const body = startBody(spec, commit)
  await stepUntil(body, () => body.status().tables[0]!.phase === 'stream', 'the snapshot')
  await sql(
    `INSERT INTO lab.numbers VALUES ${numbers.map((n, i) => `(${i}, '[${n.toExponential()}, ${Math.round(n).toExponential()}]')`).join(', ')}`,
  )
  await catchUp(body)
  const rows = await sql('SELECT id, CAST(j AS CHAR) AS j FROM lab.numbers')
  const found = commit.table('numbers')
  assert.deepEqual(
    rows.map((row) => [String(row['id']), found.get(String(row['id']))![1]]),
    rows.map((row) => [String(row['id']), row['j']]),
  )
  body.close()
})

test('what changes rows without row events stops its table with a word; the others go on', async () => {
  const cases: [string, string, RegExp][] = [
    ['ALTER TABLE stop.t0 ADD COLUMN extra INT DEFAULT 3', 'MR-CAPTURE-020', /ALTER TABLE changed it/],
    ['TRUNCATE TABLE stop.t1', 'MR-CAPTURE-020', /TRUNCATE changed it/],
    [
      "SET binlog_format = 'STATEMENT'; UPDATE stop.t2 SET owner = 'x'; SET binlog_format = 'ROW'",
      'MR-CAPTURE-020',
      /UPDATE changed it/,
    ],
    [
      "XA START 'a'; UPDATE stop.t3 SET owner = 'x'; XA END 'a'; XA PREPARE 'a'; XA COMMIT 'a'",
      'MR-CAPTURE-024',
      /two-phase/,
    ],
    [
      'CREATE TABLE stop.shadow LIKE stop.t4; RENAME TABLE stop.t4 TO stop.old, stop.shadow TO stop.t4',
      'MR-CAPTURE-020',
      /RENAME TABLE changed it/,
    ],
    [
      "SET SESSION binlog_row_image = 'MINIMAL'; UPDATE stop.t5 SET owner = 'x'; SET SESSION binlog_row_image = 'FULL'",
      'MR-CAPTURE-021',
      /partial rows/,
    ],
    ['DROP TABLE stop.t6', 'MR-CAPTURE-020', /DROP TABLE changed it/],
  ]
  await sql('CREATE DATABASE stop')
  const names = [...cases.map((_, i) => `t${i}`), 'living']
  for (const name of names)
    await sql(
      `CREATE TABLE stop.${name} (id BIGINT PRIMARY KEY, owner VARCHAR(40) NOT NULL, cents BIGINT UNSIGNED NOT NULL); INSERT INTO stop.${name} VALUES (1, 'a', 1)`,
    )
  const spec = specOf(
    'stop',
    names.map((name) => avroTable(`stop.${name}`, accounts)),
  )
  const commit = new TopicCommit(spec.tables)
  let body = startBody(spec, commit)
  await stepUntil(body, () => body.status().tables.every((t) => t.phase === 'stream'), 'the snapshot')
  for (const [statement] of cases)
    await sql(`${statement}; INSERT INTO stop.living SELECT MAX(id) + 1, 'b', 2 FROM stop.living`)
  await catchUp(body)
  // Another topic captures a table anew; the stopped one's topic stays as it is.
  body.close()
  const anew = {
    ...spec,
    tables: spec.tables.map((t) => (t.source === 'stop.t1' ? avroTable('stop.t1', accounts, 't1_v2') : t)),
  }
  const again = new TopicCommit(anew.tables)
  again.submit({
    owner: 'capture/stop',
    epoch: 1,
    appends: [],
    groupOffsets: [],
    position: commit.last()!.position,
    stateFiles: [],
  })
  again.outcome()
  await sql("INSERT INTO stop.t1 VALUES (9, 'again', 9)")
  body = startBody(anew, again)
  await catchUp(body)
  const states = new Map(body.status().tables.map((t) => [t.source, t]))
  cases.forEach(([statement, code, word], i) => {
    const state = states.get(`stop.t${i}`)!
    if (i === 1) return assert.equal(state.phase, 'stream', statement)
    assert.deepEqual([state.phase, state.problem?.code], ['stopped', code], statement)
    assert.match(state.problem!.message, word)
  })
  assert.deepEqual([...again.table('t1_v2').keys()], ['9'])
  await sameAsSelect(commit, 'living', 'stop.living')
  body.close()
})

test('foreign-key cascades are in the log and are captured', async () => {
  await sql(
    'CREATE DATABASE fk; CREATE TABLE fk.parents (id BIGINT PRIMARY KEY); CREATE TABLE fk.children (id BIGINT PRIMARY KEY, owner VARCHAR(40) NOT NULL, cents BIGINT UNSIGNED NOT NULL, parent BIGINT, FOREIGN KEY (parent) REFERENCES fk.parents (id) ON DELETE CASCADE)',
  )
  await sql(
    "INSERT INTO fk.parents VALUES (1), (2); INSERT INTO fk.children VALUES (10, 'a', 1, 1), (11, 'b', 2, 1), (12, 'c', 3, 2)",
  )
  const spec = specOf('fk', [avroTable('fk.children', accounts)])
  const commit = new TopicCommit(spec.tables)
  const body = startBody(spec, commit)
  await stepUntil(body, () => body.status().tables[0]!.phase === 'stream', 'the snapshot')
  await sql('DELETE FROM fk.parents WHERE id = 1')
  await catchUp(body)
  await sameAsSelect(commit, 'children', 'fk.children')
  assert.equal(commit.table('children').size, 1)
  body.close()
})

test('heartbeats rise, never pass what is captured, and wait for a transaction that is open', async () => {
  await sql(
    'CREATE DATABASE beat; CREATE TABLE beat.users (user_id BIGINT PRIMARY KEY, country VARCHAR(2) NOT NULL, updated_at DATETIME(3) NOT NULL)',
  )
  const schema: Schema = {
    fields: [
      { name: 'user_id', type: types.bigint(false) },
      { name: 'country', type: types.string(false) },
      { name: 'updated_at', type: types.timestamp(3, false) },
    ],
  }
  const heartbeat = { everyMs: 250, tables: [{ source: 'beat.users', timeColumn: 'updated_at', row: { user_id: 0 } }] }
  const spec = specOf('beat', [avroTable('beat.users', schema)], heartbeat)
  const commit = new TopicCommit(spec.tables)
  const body = startBody(spec, commit, { heartbeatDelayMs: 300 })
  const beats = (): bigint[] =>
    (commit.changes.get('users') ?? [])
      .filter((c) => c.row[0] === 0n && c.kind !== changeKindBefore)
      .map((c) => c.row[2] as bigint)
  await stepUntil(body, () => beats().length >= 3, 'three heartbeats')
  // A row is stamped now and committed later: until then no heartbeat may pass it.
  const writer = await connect()
  await writer.query("SET time_zone = '+00:00'; START TRANSACTION; INSERT INTO beat.users VALUES (7, 'DE', NOW(3))")
  for (let i = 0; i < 400; i++) {
    body.step()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await writer.query('COMMIT')
  writer.destroy()
  await catchUp(body)
  const list = commit.changes.get('users')!
  const at = list.findIndex((c) => c.row[0] === 7n)
  const stamp = list[at]!.row[2] as bigint
  for (const beat of list.slice(0, at).filter((c) => c.row[0] === 0n))
    assert.ok((beat.row[2] as bigint) < stamp, 'no heartbeat passed the row')
  const before = beats().length
  await stepUntil(body, () => beats().length > before && beats().at(-1)! > stamp, 'heartbeats after it')
  const all = beats()
  assert.deepEqual(
    all,
    all.toSorted((a, b) => Number(a - b)),
  )
  commit.table('users')
  body.close()
})
const changeKindBefore = 1

test('a purged log is refused, nothing is skipped', async () => {
  const spec = specOf('purge', [avroTable('bank.accounts', accounts)])
  const commit = new TopicCommit(spec.tables)
  let body = startBody(spec, commit)
  await catchUp(body)
  body.close()
  await sql(
    'UPDATE bank.accounts SET cents = cents + 1 LIMIT 5; FLUSH BINARY LOGS; UPDATE bank.accounts SET cents = cents + 1 LIMIT 5; FLUSH BINARY LOGS',
  )
  const [status] = await sql('SHOW BINARY LOG STATUS')
  await sql(`PURGE BINARY LOGS TO '${status!['File']}'`)
  body = startBody(spec, commit)
  await stepUntil(body, () => body.status().problem !== undefined, 'a word')
  assert.equal(body.status().problem!.code, 'MR-CAPTURE-007')
  body.close()
})

test('a server that is killed and comes back is read on, to the same rows', async () => {
  const folder = mysql.log.replace(/\/server\.log$/, '')
  const spec = specOf('crash', [avroTable('bank.accounts', accounts)])
  const commit = new TopicCommit(spec.tables)
  const body = startBody(spec, commit, { reconnectMaxMs: 300 })
  await catchUp(body)
  await sql("UPDATE bank.accounts SET owner = 'before the crash' WHERE id < 500")
  client.destroy()
  await mysql.crash()
  await stepUntil(body, () => body.status().state === 'waiting', 'noticing')
  assert.equal(body.status().problem!.code, 'MR-CAPTURE-001')
  mysql = await startMysql({ folder, port: mysql.port })
  client = await connect()
  await sql("UPDATE bank.accounts SET owner = 'after the crash' WHERE id < 100")
  await catchUp(body)
  await sameAsSelect(commit, 'accounts', 'bank.accounts')
  body.close()
})
