// needs: flink
// A real Flink plans the example's own text, rewritten as DESIGN allows, and sees in it what we see.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { startFlink, type Flink, type FlinkSession } from '../../peers/index.ts'
import { exampleScript } from './example.ts'

// Nothing listens there: a plan asks no broker and no registry.
const script = exampleScript({ bootstrap: '127.0.0.1:1', registryUrl: 'http://127.0.0.1:1' })
let flink: Flink
let session: FlinkSession
before(async () => {
  flink = await startFlink({ planOnly: true })
  session = await flink.session()
  for (const statement of [...script.settings, ...script.ddl]) await session.run(statement)
})
after(() => flink?.stop())

/** The execution plan, line by line, without indentation. */
async function planOf(statement: string): Promise<string[]> {
  const text = await session.explain(statement)
  const plan = text.slice(text.indexOf('== Optimized Execution Plan =='))
  return plan.split('\n').map((line) => line.replace(/^[ :]*[+:]- /, ''))
}

/** Operators in the order of the plan, exchanges and projections left out. */
function operatorsOf(plan: readonly string[]): string[] {
  return plan
    .map((line) => /^(\w+)(?:\(|$)/.exec(line)?.[1])
    .filter((name): name is string => name !== undefined && name !== 'Exchange' && name !== 'Calc')
}

const operators: Record<string, string[]> = {
  checkouts_enriched: [
    'Sink',
    'TemporalJoin',
    'TemporalJoin',
    'Deduplicate',
    'TableSourceScan',
    'DropUpdateBefore',
    'TableSourceScan',
    'DropUpdateBefore',
    'TableSourceScan',
  ],
  approval_rate: ['Sink', 'GlobalWindowAggregate', 'LocalWindowAggregate', 'TableSourceScan'],
  velocity_alerts: ['Sink', 'GlobalWindowAggregate', 'LocalWindowAggregate', 'TableSourceScan'],
  loan_balance: [
    'Sink',
    'Join',
    'DropUpdateBefore',
    'TableSourceScan',
    'GroupAggregate',
    'Deduplicate',
    'TableSourceScan',
  ],
}

test('every INSERT of the example is planned, with the operators that it means', async () => {
  const planned: Record<string, string[]> = {}
  for (const statement of script.statements)
    planned[/^INSERT INTO (\w+)/.exec(statement)![1]!] = operatorsOf(await planOf(statement))
  assert.deepEqual(planned, operators)
})

test('the contract’s rule stands right behind the scan, in front of the first row being kept', async () => {
  const plan = await planOf(script.statements.find((s) => s.startsWith('INSERT INTO checkouts_enriched'))!)
  const scan = plan.findIndex((line) => line.includes('checkout_events__all'))
  assert.match(plan[scan]!, /watermark=\[-\(event_time, 10000:INTERVAL SECOND\)\]/)
  assert.match(plan[scan - 1]!, /^Calc\(.*where=\[\(amount > 0\)\]\)$/)
  assert.match(plan[scan - 3]!, /^Deduplicate\(keep=\[FirstRow\], key=\[checkout_id\], order=\[ROWTIME\]/)
})

test('a view that guards a table as of a time keeps its key and its time', async () => {
  await session.run('CREATE VIEW guarded_users AS SELECT * FROM users AS users WHERE (user_id > 0) IS TRUE')
  const plan = await planOf(
    'SELECT c.checkout_id, u.country FROM checkout_events AS c JOIN guarded_users FOR SYSTEM_TIME AS OF c.event_time AS u ON c.user_id = u.user_id',
  )
  assert.deepEqual(operatorsOf(plan), ['TemporalJoin', 'TableSourceScan', 'DropUpdateBefore', 'TableSourceScan'])
})
