import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable, formatError, MillraceError } from './index.ts'
import { captureAndTablesErrors } from './error-tables/capture-and-tables.ts'
import { foundationErrors } from './error-tables/foundation.ts'
import { logAndFormatsErrors } from './error-tables/log-and-formats.ts'
import { sqlAndEngineErrors } from './error-tables/sql-and-engine.ts'
import { useErrors } from './error-tables/use.ts'

test('an error reads as place, what happened, what to do', () => {
  const error = new MillraceError('MR-BASE-001', {
    details: { port: 9092, host: '127.0.0.1', what: 'Kafka', option: '--kafka-port' },
    place: { file: 'a.yaml', line: 3, column: 7 },
  })
  assert.equal(
    formatError(error),
    'a.yaml:3:7: Port 9092 on 127.0.0.1 is in use (Kafka). [MR-BASE-001]\n  Stop the other program, or choose a port with --kafka-port; 0 takes a free one.',
  )
})

test('codes have the form MR-ROOM-NNN, and each entry says what happened and what to do', () => {
  for (const [code, entry] of Object.entries(errorTable)) {
    assert.match(code, /^MR-[A-Z]+-\d{3}$/)
    assert.ok(entry.text.length > 0 && entry.help.length > 0, code)
  }
})

test('no code stands in two files of the table', () => {
  const parts = [captureAndTablesErrors, foundationErrors, logAndFormatsErrors, sqlAndEngineErrors, useErrors]
  const codes = parts.flatMap((part) => Object.keys(part))
  assert.equal(new Set(codes).size, codes.length)
  assert.equal(codes.length, Object.keys(errorTable).length)
})
