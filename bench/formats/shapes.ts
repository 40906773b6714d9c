// Seeded tables that the formats are measured on: one like payments, and the same with strings of other lengths and
// alphabets, and with nested columns. Values are drawn, not chosen for a kernel: ids of several magnitudes, amounts with
// and without cents, absent values, names that repeat and names that do not.
import { types, type Schema, type Value } from '../../src/model/index.ts'

export interface Shape {
  readonly name: string
  readonly schema: Schema
  /** The three columns that a narrow plan reads. */
  readonly narrow: readonly number[]
  /** Boxed rows, as valueAt gives them. */
  readonly rows: readonly (readonly Value[])[]
}

/** mulberry32: the same draws on every machine. */
export function makeDraw(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const payment: Schema = {
  fields: [
    { name: 'payment_id', type: types.bigint(false) },
    { name: 'account_id', type: types.bigint(false) },
    { name: 'attempt', type: types.int(false) },
    { name: 'merchant', type: types.string(false) },
    { name: 'reference', type: types.string() },
    { name: 'amount', type: types.decimal(12, 2, false) },
    { name: 'currency', type: types.string(false) },
    { name: 'created_at', type: types.timestamp(3, false) },
    { name: 'settled_at', type: types.timestamp(3) },
    { name: 'risk_score', type: types.double(false) },
    { name: 'captured', type: types.boolean(false) },
    { name: 'status', type: types.string(false) },
  ],
}
const nested: Schema = {
  fields: [
    ...payment.fields.slice(0, 10),
    {
      name: 'address',
      type: types.row([
        { name: 'city', type: types.string() },
        { name: 'zip', type: types.string(false) },
      ]),
    },
    {
      name: 'items',
      type: types.array(
        types.row([
          { name: 'sku', type: types.string(false) },
          { name: 'quantity', type: types.int(false) },
        ]),
      ),
    },
  ],
}

const latin = 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ0123456789-'
const mixed = 'aäöß éñ中文字漢字かな кириллица🙂🚀'
const currencies = ['EUR', 'USD', 'GBP', 'SEK', 'JPY', 'CHF']
const statuses = ['authorized', 'captured', 'declined', 'refunded', 'chargeback', 'pending']

export function makeShapes(rowCount: number): Shape[] {
  return [
    shape('payments', payment, rowCount, { least: 6, most: 24, alphabet: latin }),
    shape('short strings', payment, rowCount, { least: 0, most: 5, alphabet: latin }),
    shape('long strings', payment, rowCount, { least: 120, most: 400, alphabet: latin }),
    shape('unicode strings', payment, rowCount, { least: 6, most: 24, alphabet: mixed }),
    shape('nested', nested, rowCount, { least: 6, most: 24, alphabet: latin }),
  ]
}

interface Strings {
  readonly least: number
  readonly most: number
  readonly alphabet: string
}

function shape(name: string, schema: Schema, rowCount: number, strings: Strings): Shape {
  const draw = makeDraw(name.length * 7919 + 1)
  const letters = [...strings.alphabet]
  const whole = (below: number): number => Math.floor(draw() * below)
  const text = (): string =>
    Array.from(
      { length: strings.least + whole(strings.most - strings.least + 1) },
      () => letters[whole(letters.length)],
    ).join('')
  const merchants = Array.from({ length: 500 }, text)
  let at = 1_767_225_600_000
  const rows = Array.from({ length: rowCount }, (_, i) => {
    at += whole(250)
    const plain: Value[] = [
      BigInt(7_000_000_000_000 + i * 3 + whole(3)),
      BigInt(whole(10 ** (1 + whole(12)))),
      1 + whole(4),
      merchants[whole(merchants.length)]!,
      draw() < 0.3 ? null : text(),
      BigInt(draw() < 0.5 ? whole(20_000) * 100 : whole(10 ** (2 + whole(8)))),
      currencies[whole(currencies.length)]!,
      BigInt(at),
      draw() < 0.4 ? null : BigInt(at + whole(86_400_000)),
      draw() < 0.2 ? whole(100) / 100 : draw(),
    ]
    if (schema === payment) return [...plain, draw() < 0.7, statuses[whole(statuses.length)]!]
    const items = Array.from({ length: whole(5) }, () => [`sku-${whole(100_000)}`, 1 + whole(9)])
    return [...plain, draw() < 0.2 ? null : [text(), String(10_000 + whole(90_000))], items]
  })
  return { name, schema, narrow: schema === payment ? [1, 5, 11] : [1, 5, 7], rows }
}

/** The rows that a decoder must give, cut to some columns. */
export function pickRows(shape: Shape, columns: readonly number[]): Value[][] {
  return shape.rows.map((row) => columns.map((i) => row[i]!))
}
