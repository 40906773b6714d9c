// needs: mysql
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { startMysql, type Mysql } from '../../peers/index.ts'

let mysql: Mysql
before(async () => {
  mysql = await startMysql()
})
after(() => mysql?.stop())

test('MySQL 9 answers, and is set as capture needs it', async () => {
  const facts = await mysql.query(
    'SELECT VERSION(), @@binlog_format, @@gtid_mode, @@binlog_row_metadata, @@binlog_row_image, @@global.gtid_executed',
  )
  assert.match(facts, /^9\.\d+\.\d+\S*\tROW\tON\tFULL\tFULL\t\n$/)
})

test('mysqlbinlog reads a change with its GTID', async () => {
  await mysql.query(
    'CREATE DATABASE shop; CREATE TABLE shop.users (id BIGINT PRIMARY KEY, name TEXT); INSERT INTO shop.users VALUES (1, "Ada")',
  )
  const binlog = await mysql.program('mysqlbinlog', [
    '--read-from-remote-source=BINLOG-DUMP-GTIDS',
    '-v',
    'binlog.000001',
  ])
  assert.equal(binlog.code, 0, binlog.stderr)
  assert.match(binlog.stdout, /SET @@SESSION\.GTID_NEXT= '[0-9a-f-]{36}:3'/)
  assert.match(binlog.stdout, /### INSERT INTO `shop`\.`users`\n### SET\n###   @1=1\n###   @2='Ada'/)
})
