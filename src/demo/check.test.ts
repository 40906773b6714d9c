// The check against results computed in a third way, row by row in plain code: it agrees, and it sees every kind of difference.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openNodeDisk } from '../base/index.ts'
import { types, type Schema, type Value } from '../model/index.ts'
import { checkDemo, type DemoResult, type TableName } from './check.ts'
import { writeJsonLines } from './json-lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-check-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const position = { seed: 5, next: 45_000, line: [{ from: 0, startMs: Date.UTC(2026, 0, 1), eventsPerSecond: 50 }] }
const counts = writeJsonLines({ disk: openNodeDisk(folder), folder: 'generator', position })
const jsonLines = join(folder, 'generator')

type Line = Record<string, string | number>
const lines = (name: string): Line[] =>
  readFileSync(join(jsonLines, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Line)
const ms = (text: unknown): number => Date.parse(`${String(text).replace(' ', 'T')}Z`)
const cents = (text: unknown): bigint => BigInt(String(text).replace('.', ''))

const string = types.string()
const id = types.bigint(false)
const time = types.timestamp(3, false)
const money = types.decimal(12, 2)
const total = types.decimal(38, 2)
const schemas: Record<TableName, Schema> = {
  checkouts_enriched: {
    fields: Object.entries({
      checkout_id: string,
      user_id: id,
      merchant_id: id,
      country: string,
      risk_band: string,
      category: string,
      amount: money,
      status: string,
      event_time: time,
    }).map(([name, type]) => ({ name, type })),
  },
  approval_rate: {
    fields: Object.entries({ merchant_id: id, window_start: time, window_end: time, checkouts: id, approved: id }).map(
      ([name, type]) => ({ name, type }),
    ),
  },
  velocity_alerts: {
    fields: Object.entries({ user_id: id, window_start: time, window_end: time, checkouts: id, amount: total }).map(
      ([name, type]) => ({ name, type }),
    ),
  },
  loan_balance: {
    fields: Object.entries({ loan_id: id, user_id: id, principal: money, repaid: total, balance: total }).map(
      ([name, type]) => ({ name, type }),
    ),
  },
}

/** First of each id by time among rows that are not late. */
function once(name: string, key: string, timeColumn: string): Line[] {
  const first = new Map<string, Line>()
  for (const line of lines(name)) {
    if (ms(line['sent_at']) - ms(line[timeColumn]) >= 600_000) continue
    const known = first.get(String(line[key]))
    if (!known || ms(line[timeColumn]) < ms(known[timeColumn])) first.set(String(line[key]), line)
  }
  return [...first.values()]
}

function asOf(name: string, key: string): (value: unknown, timeMs: number) => Line | undefined {
  const versions = new Map<unknown, Line[]>()
  for (const line of lines(name)) versions.set(line[key], [...(versions.get(line[key]) ?? []), line])
  return (value, timeMs) => versions.get(value)?.findLast((line) => ms(line['updated_at']) <= timeMs)
}

function grouped(rows: readonly (readonly Value[])[], key: number): Map<string, readonly (readonly Value[])[]> {
  return Map.groupBy(rows, (row) => `${row[key]}#${Math.floor(Number(row[8]) / 60_000)}`)
}

function computed(): Record<TableName, Value[][]> {
  const userAsOf = asOf('users', 'user_id')
  const merchantAsOf = asOf('merchants', 'merchant_id')
  const enriched = once('checkout_events', 'checkout_id', 'event_time')
    .filter((line) => cents(line['amount']) > 0n)
    .map((line): Value[] => {
      const at = ms(line['event_time'])
      const user = userAsOf(line['user_id'], at)
      const merchant = merchantAsOf(line['merchant_id'], at)
      const text = (value: unknown): string | null => (value === undefined ? null : String(value))
      return [
        String(line['checkout_id']),
        BigInt(line['user_id']!),
        BigInt(line['merchant_id']!),
        text(user?.['country']),
        text(user?.['risk_band']),
        text(merchant?.['category']),
        cents(line['amount']),
        String(line['status']),
        BigInt(at),
      ]
    })
  const windowOf = (row: readonly Value[]): [bigint, bigint] => {
    const start = BigInt(Math.floor(Number(row[8]) / 60_000) * 60_000)
    return [start, start + 60_000n]
  }
  const approval = [...grouped(enriched, 2).values()].map((rows): Value[] => [
    rows[0]![2]!,
    ...windowOf(rows[0]!),
    BigInt(rows.length),
    BigInt(rows.filter((row) => row[7] === 'approved').length),
  ])
  const velocity = [...grouped(enriched, 1).values()]
    .filter((rows) => rows.length >= 5)
    .map((rows): Value[] => [
      rows[0]![1]!,
      ...windowOf(rows[0]!),
      BigInt(rows.length),
      rows.reduce((sum, row) => sum + (row[6] as bigint), 0n),
    ])
  const repaid = new Map<number, bigint>()
  for (const line of once('repayments', 'repayment_id', 'paid_at'))
    repaid.set(Number(line['loan_id']), (repaid.get(Number(line['loan_id'])) ?? 0n) + cents(line['amount']))
  const orders = new Map<number, Line>()
  for (const line of lines('orders')) {
    if (line['op'] === 'd') orders.delete(Number(line['loan_id']))
    else orders.set(Number(line['loan_id']), line)
  }
  const balances = [...orders].map(([loan, line]): Value[] => {
    const [principal, paid] = [cents(line['principal']), repaid.get(loan) ?? 0n]
    return [BigInt(loan), BigInt(line['user_id']!), principal, paid, principal - paid]
  })
  return { checkouts_enriched: enriched, approval_rate: approval, velocity_alerts: velocity, loan_balance: balances }
}

const rows = computed()
const results = (changed: Partial<Record<TableName, Value[][]>> = {}): DemoResult[] =>
  (Object.keys(schemas) as TableName[]).map((table) => ({
    table,
    from: 'code',
    schema: schemas[table],
    rows: changed[table] ?? rows[table],
  }))
const broken = lines('checkout_events').filter((line) => cents(line['amount']) <= 0n).length + counts.undecodable

test('it agrees with results that were computed in another way', async () => {
  const check = await checkDemo({ jsonLines, results: results(), quarantined: broken })
  for (const table of check.tables)
    assert.deepEqual([table.table, table.missing, table.unexpected], [table.table, [], []])
  assert.equal(check.agrees, true)
  for (const table of check.tables)
    assert.ok(
      table.expectedRows > 10 && table.expectedRows === rows[table.table].length,
      `${table.table}: ${table.expectedRows}`,
    )
  assert.ok(
    check.sent['late']! > 50 &&
      check.sent['retries']! > 500 &&
      check.sent['breaking']! > 100 &&
      check.sent['undecodable']! > 50,
  )
  assert.equal(check.sent['checkout_events'], counts.checkout_events)
})

test('a row that is missing, doubled or changed in one column is seen and shown, and so is one too few in quarantine', async () => {
  const lost = { loan_balance: rows.loan_balance.slice(1) }
  const doubled = { approval_rate: [...rows.approval_rate, rows.approval_rate[0]!] }
  const changed = {
    velocity_alerts: rows.velocity_alerts.map((row, i) => (i === 0 ? row.with(4, (row[4] as bigint) + 1n) : row)),
  }
  const check = await checkDemo({
    jsonLines,
    results: results({ ...lost, ...doubled, ...changed }),
    quarantined: broken - 1,
  })
  assert.equal(check.agrees, false)
  assert.deepEqual(check.quarantine, { expected: broken, found: broken - 1 })
  assert.deepEqual(
    check.tables.map((t) => [t.table, t.missingRows, t.unexpectedRows]),
    [
      ['checkouts_enriched', 0, 0],
      ['approval_rate', 0, 1],
      ['velocity_alerts', 1, 1],
      ['loan_balance', 1, 0],
    ],
  )
  assert.equal(check.tables[2]!.missing.length, 1)
  assert.match(check.tables[3]!.missing[0]!, /^\d+ \| \d+ \| \d+\.\d\d \| \d+\.\d\d \| \d+\.\d\d$/)
})
