import assert from 'node:assert/strict'
import test from 'node:test'
import { types, type Schema } from '../../model/index.ts'
import type { PlanNode } from '../../sql/index.ts'
import {
  aggregate,
  call,
  changes,
  collector,
  column,
  literal,
  operatorContext,
  scanNode,
  schemaOf,
} from '../test-kit.ts'
import { createDeduplicate } from './deduplicate.ts'
import { createGroupAggregate } from './group-aggregate.ts'
import { createJoin } from './join.ts'
import { createNormalize } from './simple.ts'
import { createTemporalJoin } from './temporal-join.ts'
import { createWindowAggregate } from './window-aggregate.ts'

const events = schemaOf({ id: types.string(false), amount: types.int(), at: types.timestamp(3, false) })
const eventScan = scanNode('events', events, { watermark: { column: 'at', delayMs: 0 } })

function deduplicate(keep: 'first' | 'last', options: Partial<Extract<PlanNode, { kind: 'Deduplicate' }>> = {}) {
  const { context, late } = operatorContext()
  const out = collector()
  const input = createDeduplicate(
    {
      kind: 'Deduplicate',
      id: 'd',
      schema: events,
      changelog: keep === 'first' ? 'append' : 'retract',
      rowtime: 2,
      slot: 'd',
      input: eventScan,
      keys: [0],
      order: 2,
      keep,
      ...options,
    },
    context,
    out.output,
  )
  return { input, out, late }
}

test('keep-first by event time emits the earliest row once, when the watermark reaches it', () => {
  const { input, out, late } = deduplicate('first')
  input.batch(changes(events, ['+I', 'a', 1, 5n], ['+I', 'a', 2, 3n], ['+I', 'a', 3, 3n], ['+I', 'b', 4, 4n]))
  assert.deepEqual(out.lines, [])
  input.watermark(3)
  assert.deepEqual(out.lines, ['+I[a, 2, 3]'])
  input.batch(changes(events, ['+I', 'a', 9, 9n], ['+I', 'c', 1, 2n], ['+I', 'd', 1, 3n]))
  assert.equal(late(), 1)
  input.watermark(10)
  assert.deepEqual(out.lines, ['+I[a, 2, 3]', '+I[d, 1, 3]', '+I[b, 4, 4]'])
})

test('keep-last by event time updates, and a tie takes the newcomer', () => {
  const { input, out } = deduplicate('last')
  input.batch(changes(events, ['+I', 'a', 1, 5n], ['+I', 'a', 2, 5n], ['+I', 'a', 3, 4n]))
  assert.deepEqual(out.lines, ['+I[a, 1, 5]', '-U[a, 1, 5]', '+U[a, 2, 5]'])
})

test('keep-first by arrival takes the first row at once', () => {
  const { input, out } = deduplicate('first', { order: 1 })
  input.batch(changes(events, ['+I', 'a', 7, 5n], ['+I', 'a', 2, 1n], ['+I', 'b', 1, 1n]))
  assert.deepEqual(out.lines, ['+I[a, 7, 5]', '+I[b, 1, 1]'])
})

function grouped(
  options: {
    consolidate?: boolean
    changelog?: 'upsert' | 'retract'
    calls?: Parameters<typeof aggregate>[]
    input?: Schema
    inputChangelog?: 'append' | 'retract'
  } = {},
) {
  const { context } = operatorContext({ consolidate: options.consolidate ?? false })
  const out = collector()
  const input = options.input ?? schemaOf({ k: types.string(), v: types.int(), f: types.boolean() })
  const calls = (
    options.calls ?? [
      ['COUNT', [], types.bigint(false)],
      ['SUM', [1], types.int()],
    ]
  ).map((each) => aggregate(...each))
  const schema: Schema = { fields: [input.fields[0]!, ...calls.map((c, i) => ({ name: `a${i}`, type: c.type }))] }
  const scan = scanNode('t', input, { changelog: options.inputChangelog ?? 'retract' })
  const node: Extract<PlanNode, { kind: 'GroupAggregate' }> = {
    kind: 'GroupAggregate',
    id: 'g',
    schema,
    changelog: options.changelog ?? 'retract',
    rowtime: null,
    slot: 'g',
    input: scan,
    keys: [0],
    aggregates: calls,
  }
  return { operator: createGroupAggregate(node, context, out.output), out, input }
}

test('a group starts with +I, updates with -U and +U, and ends with -D', () => {
  const { operator, out, input } = grouped()
  operator.batch(
    changes(
      input,
      ['+I', 'a', 1, true],
      ['+I', 'a', 2, true],
      ['-D', 'a', 1, true],
      ['-U', 'a', 2, true],
      ['+U', 'b', 5, true],
      ['-D', 'z', 1, true],
    ),
  )
  assert.deepEqual(out.lines, [
    '+I[a, 1, 1]',
    '-U[a, 1, 1]',
    '+U[a, 2, 3]',
    '-U[a, 2, 3]',
    '+U[a, 1, 2]',
    '-D[a, 1, 2]',
    '+I[b, 1, 5]',
  ])
})

test('an equal result gives nothing; upsert mode leaves -U out', () => {
  const { operator, out, input } = grouped({
    changelog: 'upsert',
    calls: [['MAX', [1], types.int()]],
    inputChangelog: 'append',
  })
  operator.batch(changes(input, ['+I', 'a', 5, true], ['+I', 'a', 3, true], ['+I', 'a', 7, true]))
  assert.deepEqual(out.lines, ['+I[a, 5]', '+U[a, 7]'])
})

test('a consolidated batch compares old and new once per group', () => {
  const { operator, out, input } = grouped({ consolidate: true })
  operator.batch(
    changes(
      input,
      ['+I', 'a', 1, true],
      ['+I', 'b', 1, true],
      ['+I', 'a', 2, true],
      ['+I', 'c', 1, true],
      ['-D', 'c', 1, true],
    ),
  )
  operator.batch(changes(input, ['-U', 'a', 2, true], ['+U', 'a', 2, true], ['-D', 'b', 1, true], ['+I', 'a', 4, true]))
  assert.deepEqual(
    out.lines,
    ['+I[a, 2, 3]', '+I[b, 1, 1]', '-D[b, 1, 1]', '-U[a, 2, 3]', '+U[a, 3, 7]'].toSorted(
      (x, y) => order.indexOf(x) - order.indexOf(y),
    ),
  )
})
const order = ['+I[a, 2, 3]', '+I[b, 1, 1]', '-U[a, 2, 3]', '+U[a, 3, 7]', '-D[b, 1, 1]']

test('SUM keeps its argument’s type, NULLs do not count, FILTER and DISTINCT restrict', () => {
  const { operator, out, input } = grouped({
    calls: [
      ['SUM', [1], types.int()],
      ['AVG', [1], types.int()],
      ['COUNT', [1], types.bigint(false)],
      ['COUNT', [], types.bigint(false), { filter: 2 }],
      ['COUNT', [1], types.bigint(false), { distinct: true }],
      ['SUM', [1], types.int(), { distinct: true, filter: 2 }],
      ['MIN', [1], types.int()],
      ['MAX', [1], types.int()],
    ],
    consolidate: true,
  })
  operator.batch(changes(input, ['+I', 'a', null, true]))
  operator.batch(changes(input, ['+I', 'a', 2147483647, false], ['+I', 'a', 3, true], ['+I', 'a', 3, true]))
  operator.batch(changes(input, ['-D', 'a', 2147483647, false], ['-D', 'a', 3, true]))
  assert.deepEqual(out.lines, [
    '+I[a, null, null, 0, 1, 0, null, null, null]',
    '-U[a, null, null, 0, 1, 0, null, null, null]',
    '+U[a, -2147483643, 715827884, 3, 3, 2, 3, 3, 2147483647]',
    '-U[a, -2147483643, 715827884, 3, 3, 2, 3, 3, 2147483647]',
    '+U[a, 3, 3, 1, 2, 1, 3, 3, 3]',
  ])
})

test('decimal sums are exact in 128 bits and averages round half up', () => {
  const input = schemaOf({ k: types.int(), v: types.decimal(38, 2) })
  const { operator, out } = grouped({
    input,
    consolidate: true,
    calls: [
      ['SUM', [1], types.decimal(38, 2)],
      ['AVG', [1], types.decimal(38, 6)],
    ],
  })
  const big = 10n ** 37n
  operator.batch(changes(input, ['+I', 1, big], ['+I', 1, -3n], ['+I', 1, big]))
  operator.batch(changes(input, ['-D', 1, big], ['-D', 1, big], ['+I', 1, 1n], ['+I', 1, 1n]))
  operator.batch(changes(input, ['+I', 1, 9n * big], ['+I', 1, 2n * big]))
  assert.equal(out.lines[0], `+I[1, ${2n * big - 3n}, null]`)
  assert.equal(out.lines[2], '+U[1, -1, -3333]')
  // 11e37 has 39 digits: no DECIMAL(38).
  assert.equal(out.lines[4], '+U[1, null, null]')
})

test('keys of text, NULL and long decimals group by value', () => {
  const input = schemaOf({ k: types.decimal(30, 0), v: types.int() })
  const { operator, out } = grouped({ input, consolidate: true })
  operator.batch(changes(input, ['+I', null, 1], ['+I', -(10n ** 25n), 1], ['+I', null, 2], ['+I', -(10n ** 25n), 5]))
  assert.deepEqual(out.lines, ['+I[null, 2, 3]', `+I[${-(10n ** 25n)}, 2, 6]`])
})

function windowed(
  keys: number[] = [0],
  calls: Parameters<typeof aggregate>[] = [
    ['COUNT', [], types.bigint(false)],
    ['SUM', [1], types.int()],
    ['COUNT', [1], types.bigint(false), { distinct: true }],
  ],
) {
  const { context, late, store } = operatorContext()
  const out = collector()
  const built = calls.map((each) => aggregate(...each))
  const schema: Schema = {
    fields: [
      ...keys.map((k) => events.fields[k]!),
      ...built.map((c, i) => ({ name: `a${i}`, type: c.type })),
      ...['s', 'e', 't'].map((name) => ({ name, type: types.timestamp(3, false) })),
    ],
  }
  const node: Extract<PlanNode, { kind: 'WindowAggregate' }> = {
    kind: 'WindowAggregate',
    id: 'w',
    schema,
    changelog: 'append',
    rowtime: schema.fields.length - 1,
    slot: 'w',
    input: eventScan,
    window: { kind: 'TUMBLE', timeColumn: 2, sizeMs: 10, offsetMs: 0 },
    keys,
    aggregates: built,
    windowColumns: ['window_start', 'window_end', 'window_time'],
  }
  return { operator: createWindowAggregate(node, context, out.output), out, late, store }
}

test('a window fires once at its end minus one; later rows are dropped and counted', () => {
  const { operator, out, late, store } = windowed()
  operator.batch(
    changes(
      events,
      ['+I', 'b', 1, 0n],
      ['+I', 'a', 5, 9n],
      ['+I', 'a', 5, 3n],
      ['+I', 'a', 1, 10n],
      ['+I', 'a', 1, -1n],
    ),
  )
  operator.watermark(-1)
  assert.deepEqual(out.lines, ['+I[a, 1, 1, 1, -10, 0, -1]'])
  operator.watermark(8)
  assert.equal(out.lines.length, 1)
  operator.watermark(9)
  assert.deepEqual(out.lines.slice(1).toSorted(), ['+I[a, 2, 10, 1, 0, 10, 9]', '+I[b, 1, 1, 1, 0, 10, 9]'])
  operator.batch(changes(events, ['+I', 'a', 5, 9n], ['+I', 'a', 5, 19n]))
  assert.equal(late(), 1)
  operator.watermark(Infinity)
  assert.equal(out.lines[3], '+I[a, 2, 6, 2, 10, 20, 19]')
  assert.equal(store.entries, 0)
})

test('a window without group keys counts all; rows taken back leave no window', () => {
  const { operator, out } = windowed([], [['COUNT', [], types.bigint(false)]])
  operator.batch(changes(events, ['+I', 'b', 1, 0n], ['+I', 'a', 5, 9n], ['+I', 'a', 5, 13n], ['-D', 'a', 5, 13n]))
  operator.watermark(Infinity)
  assert.deepEqual(out.lines, ['+I[2, 0, 10, 9]'])
})

const users = schemaOf({ user: types.bigint(), name: types.string(), since: types.timestamp(3, false) })
const clicks = schemaOf({ user: types.bigint(), n: types.int(), at: types.timestamp(3, false) })

function temporal(
  joinType: 'inner' | 'left',
  condition: ((schema: Schema) => Extract<PlanNode, { kind: 'TemporalJoin' }>['condition']) | null = null,
) {
  const { context, store } = operatorContext()
  const out = collector({ watermarks: true })
  const schema: Schema = { fields: [...clicks.fields, ...users.fields.map((f) => ({ ...f, name: `u_${f.name}` }))] }
  const [left, right] = createTemporalJoin(
    {
      kind: 'TemporalJoin',
      id: 't',
      schema,
      changelog: 'append',
      rowtime: 2,
      slots: ['l', 'r'],
      joinType,
      leftKeys: [0],
      rightKeys: [0],
      leftTime: 2,
      rightTime: 2,
      condition: condition?.(schema) ?? null,
      left: scanNode('clicks', clicks, { watermark: { column: 'at', delayMs: 0 } }),
      right: scanNode('users', users, {
        watermark: { column: 'since', delayMs: 0 },
        primaryKey: ['user'],
        changelog: 'retract',
      }),
    },
    context,
    out.output,
  )
  return { left, right, out, store }
}

test('left rows wait for both watermarks, leave in arrival order, and meet the version of their time', () => {
  const { left, right, out, store } = temporal('left')
  right.batch(
    changes(users, ['+I', 1n, 'old', 0n], ['-U', 1n, 'old', 0n], ['+U', 1n, 'new', 10n], ['-D', 1n, 'new', 20n]),
  )
  left.batch(
    changes(
      clicks,
      ['+I', 1n, 1, 9n],
      ['+I', 1n, 2, 5n],
      ['+I', 2n, 3, 5n],
      ['+I', null, 4, 6n],
      ['+I', 1n, 5, 10n],
      ['+I', 1n, 6, 25n],
    ),
  )
  left.watermark(9)
  assert.deepEqual(out.lines, [])
  right.watermark(12)
  assert.deepEqual(out.lines, [
    '+I[1, 1, 9, 1, old, 0]',
    '+I[1, 2, 5, 1, old, 0]',
    '+I[2, 3, 5, null, null, null]',
    '+I[null, 4, 6, null, null, null]',
    'w 9',
  ])
  out.lines.length = 0
  left.watermark(30)
  right.watermark(30)
  assert.deepEqual(out.lines, ['+I[1, 5, 10, 1, new, 10]', 'w 12', '+I[1, 6, 25, null, null, null]', 'w 30'])
  // The newest version stays, though it is long past.
  assert.equal(store.entries, 1)
})

test('inner drops left rows without a version, late left rows are joined all the same', () => {
  const { left, right, out } = temporal('inner')
  right.batch(changes(users, ['+I', 1n, 'a', 0n]))
  right.watermark(100)
  left.watermark(50)
  left.batch(changes(clicks, ['+I', 1n, 1, 10n], ['+I', 9n, 2, 10n]))
  left.watermark(51)
  assert.deepEqual(out.lines, ['w 50', '+I[1, 1, 10, 1, a, 0]', 'w 51'])
})

test('a temporal join’s further condition decides on the version found', () => {
  const { left, right, out } = temporal('left', (schema) =>
    call('=', [column(schema, 'u_name'), literal('a', types.string())]),
  )
  right.batch(changes(users, ['+I', 1n, 'a', 0n], ['+U', 1n, 'b', 10n]))
  left.batch(changes(clicks, ['+I', 1n, 1, 5n], ['+I', 1n, 2, 15n]))
  left.watermark(20)
  right.watermark(20)
  assert.deepEqual(out.lines, ['+I[1, 1, 5, 1, a, 0]', '+I[1, 2, 15, null, null, null]', 'w 20'])
})

const left = schemaOf({ id: types.int(), k: types.int() })
const right = schemaOf({ k: types.int(), v: types.string() })

function joined(
  joinType: 'inner' | 'left' | 'right' | 'full',
  options: {
    leftUpsertKey?: number[]
    rightUpsertKey?: number[]
    condition?: boolean
    changelog?: 'upsert' | 'retract'
  } = {},
) {
  const { context, store } = operatorContext()
  const out = collector()
  const schema: Schema = { fields: [...left.fields, { name: 'k2', type: types.int() }, right.fields[1]!] }
  const [l, r] = createJoin(
    {
      kind: 'Join',
      id: 'j',
      schema,
      changelog: options.changelog ?? 'retract',
      rowtime: null,
      slots: ['l', 'r'],
      joinType,
      leftKeys: [1],
      rightKeys: [0],
      left: scanNode('l', left, { changelog: 'retract' }),
      right: scanNode('r', right, { changelog: 'retract' }),
      leftUpsertKey: options.leftUpsertKey ?? null,
      rightUpsertKey: options.rightUpsertKey ?? null,
      condition: options.condition ? call('>', [column(schema, 'id'), literal('1', types.int())]) : null,
    },
    context,
    out.output,
  )
  return { l, r, out, store }
}

test('an inner join forwards kinds, keeps doubles, and NULL keys match nothing', () => {
  const { l, r, out } = joined('inner')
  l.batch(changes(left, ['+I', 1, 7], ['+I', 1, 7], ['+I', 2, null]))
  r.batch(changes(right, ['+I', 7, 'x'], ['+I', null, 'n']))
  r.batch(changes(right, ['-U', 7, 'x'], ['+U', 7, 'y']))
  l.batch(changes(left, ['-D', 1, 7], ['-D', 5, 7]))
  assert.deepEqual(out.lines, [
    '+I[1, 7, 7, x]',
    '+I[1, 7, 7, x]',
    '-U[1, 7, 7, x]',
    '-U[1, 7, 7, x]',
    '+U[1, 7, 7, y]',
    '+U[1, 7, 7, y]',
    '-D[1, 7, 7, y]',
  ])
})

test('a left join pads first and takes the padding back on the first match', () => {
  const { l, r, out, store } = joined('left')
  l.batch(changes(left, ['+I', 1, 7], ['+I', 2, null]))
  r.batch(changes(right, ['+I', 7, 'x'], ['+I', 7, 'y']))
  r.batch(changes(right, ['-D', 7, 'x'], ['-D', 7, 'y']))
  l.batch(changes(left, ['-D', 1, 7], ['-D', 2, null]))
  assert.deepEqual(out.lines, [
    '+I[1, 7, null, null]',
    '+I[2, null, null, null]',
    '-D[1, 7, null, null]',
    '+I[1, 7, 7, x]',
    '+I[1, 7, 7, y]',
    '-D[1, 7, 7, x]',
    '-D[1, 7, 7, y]',
    '+I[1, 7, null, null]',
    '-D[1, 7, null, null]',
    '-D[2, null, null, null]',
  ])
  assert.equal(store.entries, 0)
})

test('a row that replaces one of its upsert key takes that one back', () => {
  const { l, r, out } = joined('left', { leftUpsertKey: [0], rightUpsertKey: [0], changelog: 'upsert' })
  l.batch(changes(left, ['+I', 1, 7]))
  r.batch(changes(right, ['+I', 7, 'x']))
  r.batch(changes(right, ['+U', 7, 'y']))
  assert.deepEqual(out.lines, [
    '+I[1, 7, null, null]',
    '-D[1, 7, null, null]',
    '+I[1, 7, 7, x]',
    '-D[1, 7, 7, x]',
    '+I[1, 7, null, null]',
    '-D[1, 7, null, null]',
    '+I[1, 7, 7, y]',
  ])
})

test('a full join pads both sides; a condition counts only the pairs for which it is TRUE', () => {
  const { l, r, out } = joined('full', { condition: true })
  l.batch(changes(left, ['+I', 1, 7], ['+I', 2, 7]))
  r.batch(changes(right, ['+I', 7, 'x'], ['+I', 8, 'z']))
  l.batch(changes(left, ['-D', 2, 7]))
  assert.deepEqual(out.lines, [
    '+I[1, 7, null, null]',
    '+I[2, 7, null, null]',
    '-D[2, 7, null, null]',
    '+I[2, 7, 7, x]',
    '+I[null, null, 8, z]',
    '-D[2, 7, 7, x]',
    '+I[null, null, 7, x]',
  ])
})

test('an upsert topic’s records become a full changelog', () => {
  const { context } = operatorContext()
  const out = collector()
  const operator = createNormalize(
    {
      kind: 'ChangelogNormalize',
      id: 'n',
      schema: right,
      changelog: 'retract',
      rowtime: null,
      slot: 'n',
      keys: [0],
      input: scanNode('r', right, { changelog: 'upsert', primaryKey: ['k'] }),
    },
    context,
    out.output,
  )
  operator.batch(
    changes(right, ['+U', 1, 'a'], ['+U', 1, 'a'], ['+U', 1, 'b'], ['-D', 1, null], ['-D', 2, null], ['+U', 1, 'c']),
  )
  assert.deepEqual(out.lines, ['+I[1, a]', '-U[1, a]', '+U[1, b]', '-D[1, b]', '+I[1, c]'])
})
