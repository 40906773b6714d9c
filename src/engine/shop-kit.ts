// A small shop for this room's tests and the simulation: the example's pipelines as plans by hand, and its rows by seed.
import { types, type ChangeKind, type Value } from '../model/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { PlanNode } from '../sql/index.ts'
import type { PipelineSpec } from './spec.ts'
import {
  aggregate,
  call,
  column,
  jsonFormat,
  literal,
  querySpec,
  scanNode,
  schemaOf,
  seededRandom,
} from './test-kit.ts'

const checkoutSchema = schemaOf({
  checkout_id: types.string(false),
  user_id: types.bigint(false),
  amount: types.decimal(12, 2, false),
  status: types.string(false),
  event_time: types.timestamp(3, false),
})
const userSchema = schemaOf({
  user_id: types.bigint(false),
  country: types.string(false),
  updated_at: types.timestamp(3, false),
})
const orderSchema = schemaOf({
  loan_id: types.bigint(false),
  user_id: types.bigint(false),
  principal: types.decimal(12, 2, false),
})
const repaymentSchema = schemaOf({ loan_id: types.bigint(false), amount: types.decimal(12, 2, false) })
const enrichedSchema = schemaOf({
  checkout_id: types.string(false),
  user_id: types.bigint(false),
  country: types.string(),
  amount: types.decimal(12, 2, false),
  event_time: types.timestamp(3, false),
})
const rateSchema = schemaOf({
  user_id: types.bigint(false),
  checkouts: types.bigint(false),
  amount: types.decimal(38, 2),
  window_start: types.timestamp(3, false),
  window_end: types.timestamp(3, false),
})
const balanceSchema = schemaOf({
  loan_id: types.bigint(false),
  user_id: types.bigint(false),
  balance: types.decimal(38, 2),
})

export const shop = {
  checkouts: jsonFormat('checkouts', checkoutSchema, { key: ['user_id'] }),
  users: {
    ...jsonFormat('users', userSchema, { primaryKey: ['user_id'] }),
    valueFormat: 'debezium-json',
  } as TopicFormat,
  orders: {
    ...jsonFormat('orders', orderSchema, { primaryKey: ['loan_id'] }),
    valueFormat: 'debezium-json',
  } as TopicFormat,
  repayments: jsonFormat('repayments', repaymentSchema, { key: ['loan_id'] }),
  enriched: jsonFormat('enriched', enrichedSchema),
  rates: jsonFormat('rates', rateSchema),
  balances: jsonFormat('balances', balanceSchema, { primaryKey: ['loan_id'] }),
}

export const shopTopics: readonly (readonly [name: string, partitions: number])[] = [
  ['checkouts', 3],
  ['users', 1],
  ['orders', 1],
  ['repayments', 2],
  ['enriched', 2],
  ['rates', 1],
  ['balances', 2],
  ['checkouts.quarantine', 1],
]

const exchange = (input: PlanNode, keys: readonly number[]): PlanNode => ({
  kind: 'Exchange',
  id: `${input.id}-x`,
  schema: input.schema,
  changelog: input.changelog,
  rowtime: input.rowtime,
  input,
  keys,
})

function enriched(): PlanNode {
  const scan = scanNode('checkouts', checkoutSchema, { watermark: { column: 'event_time', delayMs: 10 } })
  const once: PlanNode = {
    kind: 'Deduplicate',
    id: 'once',
    schema: scan.schema,
    changelog: 'append',
    rowtime: 4,
    slot: 'once',
    input: exchange(scan, [0]),
    keys: [0],
    order: 4,
    keep: 'first',
  }
  const users = scanNode('users', userSchema, {
    watermark: { column: 'updated_at', delayMs: 0 },
    primaryKey: ['user_id'],
    changelog: 'retract',
  })
  const schema = {
    fields: [
      ...checkoutSchema.fields,
      ...userSchema.fields.map((f) => ({ ...f, name: `u_${f.name}`, type: { ...f.type, nullable: true } })),
    ],
  }
  const join: PlanNode = {
    kind: 'TemporalJoin',
    id: 'asof',
    schema,
    changelog: 'append',
    rowtime: 4,
    slots: ['asof-l', 'asof-r'],
    left: exchange(once, [1]),
    right: exchange(users, [0]),
    joinType: 'left',
    leftKeys: [1],
    rightKeys: [0],
    leftTime: 4,
    rightTime: 2,
    condition: null,
  }
  return {
    kind: 'Calc',
    id: 'enriched',
    schema: enrichedSchema,
    changelog: 'append',
    rowtime: 4,
    input: join,
    condition: null,
    projections: ['checkout_id', 'user_id', 'u_country', 'amount', 'event_time'].map((name) => column(schema, name)),
  }
}

function rates(delayMs: number): PlanNode {
  const scan = scanNode('enriched', enrichedSchema, {
    columns: ['user_id', 'amount', 'event_time'],
    watermark: { column: 'event_time', delayMs },
  })
  return {
    kind: 'WindowAggregate',
    id: 'rates',
    schema: rateSchema,
    changelog: 'append',
    rowtime: null,
    slot: 'rates',
    input: exchange(scan, [0]),
    window: { kind: 'TUMBLE', timeColumn: 2, sizeMs: 100, offsetMs: 0 },
    keys: [0],
    aggregates: [aggregate('COUNT', [], types.bigint(false)), aggregate('SUM', [1], types.decimal(38, 2))],
    windowColumns: ['window_start', 'window_end'],
  }
}

function balances(): PlanNode {
  const orders = scanNode('orders', orderSchema, { primaryKey: ['loan_id'], changelog: 'retract' })
  const repayments = scanNode('repayments', repaymentSchema)
  const repaidSchema = schemaOf({ loan_id: types.bigint(false), repaid: types.decimal(38, 2) })
  const repaid: PlanNode = {
    kind: 'GroupAggregate',
    id: 'repaid',
    schema: repaidSchema,
    changelog: 'upsert',
    rowtime: null,
    slot: 'repaid',
    input: exchange(repayments, [0]),
    keys: [0],
    aggregates: [aggregate('SUM', [1], types.decimal(38, 2))],
  }
  const schema = {
    fields: [
      ...orderSchema.fields,
      { name: 'loan_id2', type: types.bigint() },
      { name: 'repaid', type: types.decimal(38, 2) },
    ],
  }
  const join: PlanNode = {
    kind: 'Join',
    id: 'join',
    schema,
    changelog: 'retract',
    rowtime: null,
    slots: ['join-l', 'join-r'],
    left: exchange(orders, [0]),
    right: exchange(repaid, [0]),
    joinType: 'left',
    leftKeys: [0],
    rightKeys: [0],
    leftUpsertKey: [0],
    rightUpsertKey: [0],
    condition: null,
  }
  const zero = literal('0', types.decimal(38, 2))
  const projections = [
    column(schema, 'loan_id'),
    column(schema, 'user_id'),
    call(
      '-',
      [column(schema, 'principal'), call('COALESCE', [column(schema, 'repaid'), zero], types.decimal(38, 2))],
      types.decimal(38, 2),
    ),
  ]
  return {
    kind: 'Calc',
    id: 'balances',
    schema: balanceSchema,
    changelog: 'retract',
    rowtime: null,
    input: join,
    condition: null,
    projections,
  }
}

/** The rule of the shop's contract: no checkout of nothing. */
export const amountPositive = call('>', [column(checkoutSchema, 'amount'), literal('0', types.decimal(12, 2))])

/**
 * @param enrichedDelayMs how late enriched rows may be: one instance writes them in the order of time; several write one
 *   after another, so that a jump of the watermark is disorder for the reader
 */
export function shopSpecs(enrichedDelayMs = 10): PipelineSpec[] {
  return [
    querySpec('enriched', enriched(), [shop.checkouts, shop.users], shop.enriched, {
      guards: [{ table: 'checkouts', conditions: [amountPositive] }],
    }),
    querySpec('rates', rates(enrichedDelayMs), [shop.enriched], shop.rates),
    querySpec('balances', balances(), [shop.orders, shop.repayments], shop.balances),
    {
      kind: 'quarantine',
      name: 'checkouts.quarantine',
      input: shop.checkouts,
      rules: [{ name: 'amount_positive', severity: 'error', condition: amountPositive }],
      quarantineTopic: 'checkouts.quarantine',
    },
  ]
}

export interface ShopBatch {
  readonly format: TopicFormat
  readonly partition: number
  readonly rows: readonly (readonly Value[])[]
  readonly kinds: readonly ChangeKind[]
}

/** A seeded history: checkouts (some twice, some of nothing, up to 8 ms late), users that move, loans and repayments. */
export function shopHistory(seed: number, steps: number): ShopBatch[] {
  const random = seededRandom(seed)
  const below = (n: number): number => random.uint32() % n
  const out: ShopBatch[] = []
  const countries = new Map<bigint, readonly Value[]>()
  const loans = new Map<bigint, readonly Value[]>()
  let time = 1000
  for (let step = 0; step < steps; step++) {
    const rows: Value[][][] = [[], [], []]
    for (let i = below(12); i > 0; i--) {
      time += below(8)
      const row: Value[] = [
        `c${step}-${i}`,
        BigInt(below(5)),
        BigInt(below(10) === 0 ? 0 : below(10000) + 1),
        below(3) === 0 ? 'declined' : 'approved',
        BigInt(time - below(9)),
      ]
      const partition = Number(row[1]) % 3
      rows[partition]!.push(row)
      if (below(5) === 0) rows[partition]!.push([...row.slice(0, 4), (row[4] as bigint) + BigInt(below(3))])
    }
    rows.forEach(
      (list, partition) =>
        list.length > 0 && out.push({ format: shop.checkouts, partition, rows: list, kinds: list.map(() => 0) }),
    )
    const user = BigInt(below(6))
    const before = countries.get(user)
    // A watermark without delay promises that no change of the same time follows.
    time++
    const after: readonly Value[] = [user, `country-${below(4)}`, BigInt(time)]
    countries.set(user, after)
    out.push(
      before
        ? { format: shop.users, partition: 0, rows: [before, after], kinds: [1, 2] }
        : { format: shop.users, partition: 0, rows: [after], kinds: [0] },
    )
    const loan = BigInt(below(8))
    const old = loans.get(loan)
    if (old && below(4) === 0) {
      loans.delete(loan)
      out.push({ format: shop.orders, partition: 0, rows: [old], kinds: [3] })
    } else {
      const order: readonly Value[] = [loan, user, BigInt(below(100000))]
      loans.set(loan, order)
      out.push(
        old
          ? { format: shop.orders, partition: 0, rows: [old, order], kinds: [1, 2] }
          : { format: shop.orders, partition: 0, rows: [order], kinds: [0] },
      )
    }
    const repaid = Array.from({ length: below(4) }, (): Value[] => [BigInt(below(8)), BigInt(below(1000))])
    if (repaid.length > 0)
      out.push({ format: shop.repayments, partition: step % 2, rows: repaid, kinds: repaid.map(() => 0) })
  }
  return out
}
