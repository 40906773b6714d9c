// Records src/capture/fixtures: the dump of a real server, event by event, and what SELECT says of the same rows. Run by hand when
// the odd values change: node conformance/capture/record-fixture.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startMysql } from '../../peers/index.ts'
import { nodeClock } from '../../src/base/index.ts'
import { GtidSet, mysqlConnector } from '../../src/capture/index.ts'
import { oddRows, oddTable } from './odd-values.ts'

const folder = join(import.meta.dirname, '..', '..', 'src', 'capture', 'fixtures')
const mysql = await startMysql()
try {
  const script = [
    "SET sql_mode = ''; SET time_zone = '+00:00'; CREATE DATABASE lab; USE lab",
    oddTable,
    ...oddRows,
    "UPDATE odd SET v1 = 'changed', id = 40 WHERE id = 4",
    'DELETE FROM odd WHERE id = 1',
    "SET binlog_transaction_compression = ON; UPDATE odd SET c1 = 'squeezed' WHERE id < 10; SET binlog_transaction_compression = OFF",
    "SET gtid_next = 'automatic:blue'; INSERT INTO odd (id, v1) VALUES (100, 'tagged'); SET gtid_next = 'automatic'",
    "XA START 'x'; INSERT INTO odd (id) VALUES (101); XA END 'x'; XA COMMIT 'x' ONE PHASE",
    'CREATE TABLE other AS SELECT id FROM odd',
    "SET binlog_format = 'STATEMENT'; UPDATE other SET id = id + 1000 ORDER BY id; SET binlog_format = 'ROW'",
    "XA START 'y'; INSERT INTO odd (id) VALUES (102); XA END 'y'; XA PREPARE 'y'; XA COMMIT 'y'",
    'ALTER TABLE odd ADD COLUMN more INT DEFAULT 5',
    'INSERT INTO odd (id, more) VALUES (103, 6)',
    'TRUNCATE TABLE other',
  ].join(';\n')
  await mysql.query(script)
  const connector = mysqlConnector(mysql.url, 'fixture')
  const queries = await connector.queries()
  const [{ executed } = {}] = await queries.rows('SELECT @@GLOBAL.gtid_executed AS executed')
  const collations = await queries.rows(
    'SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL',
  )
  const stream = await connector.stream(GtidSet.empty, 4711, () => {})
  const events: string[] = []
  let silentSince = nodeClock.monotonicMs()
  while (nodeClock.monotonicMs() - silentSince < 700) {
    const event = stream.next()
    if (!event) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      continue
    }
    // Heartbeats repeat as long as one waits.
    if (event[4] === 27 || event[4] === 41) continue
    silentSince = nodeClock.monotonicMs()
    events.push(Buffer.from(event).toString('base64'))
  }
  stream.close()
  queries.close()
  const charsets = Object.fromEntries(collations.map((row) => [row['ID'], row['CHARACTER_SET_NAME']]))
  const fixture = JSON.stringify({ server: await mysql.query('SELECT VERSION()'), executed, charsets, events })
  writeFileSync(join(folder, 'mysql-9.json.gz'), gzipSync(fixture, { level: 9 }))
  console.log(`${events.length} events, ${executed}`)
} finally {
  await mysql.stop()
}
