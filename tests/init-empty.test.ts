// The first steps with the smallest folder: what `init --empty` makes checks, passes its test and carries a payment through, as it says.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Producer, stringSerializers } from '@platformatic/kafka'
import type { MessageShape } from '../src/console-api/index.ts'
import { startMillrace } from '../tools/millrace-process.ts'
import { getJson, millrace, plainEnvironment, temporaryFolder, waitUntil } from './kit.ts'

test('init --empty makes the smallest folder that runs, and what it says to do next works', async () => {
  const cwd = temporaryFolder()
  const made = await millrace(['init', 'my shop', '--empty'], { cwd })
  assert.deepEqual([made.code, made.stderr], [0, ''])
  assert.match(made.stdout, /^my shop is made\. Try next:\n {2}millrace check my shop\n/)
  const sent = /echo '(\{.*\})' \| kcat -P -b \S+ -t (\w+)\n {2}millrace topics my shop (\w+)\n/.exec(made.stdout)
  assert.ok(sent, made.stdout)
  assert.deepEqual(readdirSync(join(cwd, 'my shop')).toSorted(), [
    '.gitignore',
    'millrace.yaml',
    'plan.lock',
    'sql',
    'tests',
  ])
  const checked = await millrace(['check', 'my shop'], { cwd })
  assert.equal(checked.stdout, 'ok  my-shop: 2 tables, 1 pipeline, 0 contracts, 0 SLOs, 1 test\n', checked.stderr)
  assert.match((await millrace(['test', 'my shop'], { cwd })).stdout, /\n1 passed, 0 failed\n$/)
  assert.match(
    (await millrace(['plan', 'my shop', '--check'], { cwd })).stdout,
    /\n7 to create, 0 to update, 0 to delete in environment local\n$/,
  )
  const node = await startMillrace({ project: join(cwd, 'my shop'), env: plainEnvironment })
  const producer = new Producer({
    clientId: 'first-steps',
    bootstrapBrokers: [`127.0.0.1:${node.ports.kafka}`],
    serializers: stringSerializers,
  })
  try {
    await producer.send({ messages: [{ topic: sent[2]!, value: sent[1]! }] })
    const read = (): Promise<readonly MessageShape[]> => getJson(node.ports.console, `/api/topics/${sent[3]}/messages`)
    await waitUntil('the payment has come through', async () => (await read()).length > 0)
    assert.deepEqual(
      (await read()).map(({ value }) => value),
      [{ payment_id: 'p1', amount: '20.00' }],
    )
  } finally {
    await producer.close()
    await node.stop()
  }
})
