// The REST door of associations, answer by answer: strong ones that own their subject, weak ones that share it, what each keeps
// from happening, and that the topic keeps them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRegistry } from './index.ts'
import { avro, registerAll, withDoor } from './testing-door.ts'
import { compacted, memoryTopic } from './testing.ts'

const orders = { resourceName: 'orders', resourceNamespace: 'lkc-1', resourceId: 'id-1', resourceType: 'topic' }
const own = ':.lkc-1:orders-value'
const strong = (...associations: object[]): object => ({ ...orders, associations })
const byName = '/associations/resources/lkc-1/orders'

/** Without what is new each time. */
function known(answer: unknown): unknown {
  return (answer as Record<string, unknown>[]).map(({ guid, createTs, updateTs, ...rest }) => {
    assert.match(String(guid), /^[0-9a-f-]{36}$/)
    assert.deepEqual([typeof createTs, typeof updateTs], ['number', 'number'])
    return rest
  })
}

test('a strong association is made with its schema, owns its subject, and goes with it', () =>
  withDoor(async ({ call, refusal, registry }) => {
    const made = await call('POST', '/associations', strong({ associationType: 'value', schema: avro('a') }))
    const schema = { subject: own, version: 1, id: 1, ...avro('a') }
    const info = { subject: own, associationType: 'value', lifecycle: 'STRONG' }
    assert.deepEqual(made, [200, { ...orders, associations: [{ ...info, schema }] }])
    const listed = [{ subject: own, ...orders, associationType: 'value', lifecycle: 'STRONG' }]
    for (const path of [byName, '/associations/resources/-/orders', '/associations/resources/id-1'])
      assert.deepEqual(known((await call('GET', path))[1]), listed, path)
    assert.deepEqual(known((await call('GET', `/associations/subjects/${own}`))[1]), listed)
    // The same again changes nothing; another schema or another lifecycle is in the way.
    assert.deepEqual(await call('POST', '/associations', strong({ schema: avro('a') })), [200, orders])
    assert.deepEqual(await refusal('POST', '/associations', strong({ schema: avro('b') })), [409, 40903])
    const weak = strong({ lifecycle: 'WEAK', subject: own })
    assert.deepEqual(await refusal('PUT', '/associations/resources/id-1', weak), [422, 42212])
    // Its subject stays while it is there, and nobody else has it.
    assert.deepEqual(await refusal('DELETE', `/subjects/${own}`), [409, 40904])
    assert.deepEqual(await refusal('DELETE', `/subjects/${own}/versions/1`), [409, 40904])
    const other = { ...orders, resourceName: 'other', resourceId: 'id-2' }
    assert.deepEqual(
      await refusal('POST', '/associations', { ...other, associations: [{ lifecycle: 'WEAK', subject: own }] }),
      [409, 40905],
    )
    const references = [{ name: 'r', subject: own, version: 1 }]
    assert.deepEqual(await refusal('POST', '/subjects/s/versions', { schema: '"int"', references }), [422, 42205])
    // A topic is strong or weak as a whole.
    await registerAll(call, { 'shared-key': [avro('k')] })
    const key = { associationType: 'key', lifecycle: 'WEAK', subject: 'shared-key' }
    assert.deepEqual(await refusal('POST', '/associations', strong(key)), [422, 42212])
    assert.deepEqual(await refusal('DELETE', '/associations/resources/id-1'), [409, 40908])
    const cascade = '/associations/resources/id-1?cascadeLifecycle=true'
    assert.deepEqual(await call('DELETE', `${cascade}&dryRun=true`), [204, ''])
    assert.equal(registry.state().associations({}).length, 1)
    assert.deepEqual(await call('DELETE', cascade), [204, ''])
    assert.deepEqual(registry.state().associations({}), [])
    assert.deepEqual(registry.state().versions(own, true), [])
    assert.deepEqual(await refusal('DELETE', cascade), [404, 40410])
  }))

test('weak associations share a subject that has a version', () =>
  withDoor(async ({ call, refusal, registry }) => {
    const wish = { associationType: 'value', lifecycle: 'WEAK', subject: 'shared' }
    assert.deepEqual(await refusal('POST', '/associations', strong(wish)), [409, 40907])
    await registerAll(call, { shared: [avro('a')], ':.eu:shared': [avro('b')] })
    const info = { subject: 'shared', associationType: 'value', lifecycle: 'WEAK' }
    // Neither lifecycle nor frozen need be said.
    const least = strong({ subject: 'shared' })
    assert.deepEqual(await call('POST', '/associations', least), [200, { ...orders, associations: [info] }])
    assert.deepEqual(await call('POST', '/associations', least), [200, orders])
    assert.deepEqual(await call('PUT', '/associations/resources/id-1', strong(wish)), [200, orders])
    const second = { ...orders, resourceName: 'refunds', resourceId: 'id-2', associations: [wish] }
    assert.equal((await call('PUT', '/associations/resources/id-2', second))[0], 200)
    assert.equal(registry.state().associations({ subject: 'shared' }).length, 2)
    // A subject under a context's path, or of the query, is that context's.
    const third = { ...orders, resourceName: 'eu', resourceId: 'id-3', associations: [wish] }
    await call('POST', '/associations?context=eu', third)
    assert.deepEqual(
      registry
        .state()
        .associations({ resourceId: 'id-3' })
        .map(({ subject }) => subject),
      [':.eu:shared'],
    )
    // Another subject is another association: it must go first.
    await registerAll(call, { elsewhere: [avro('a')] })
    const moved = strong({ ...wish, subject: 'elsewhere' })
    assert.deepEqual(await refusal('PUT', '/associations/resources/id-1', moved), [422, 42212])
    assert.deepEqual(await refusal('POST', '/associations', moved), [409, 40903])
    // A strong one is made with its topic only.
    assert.deepEqual(
      await refusal('PUT', '/associations/resources/id-9', {
        ...orders,
        resourceId: 'id-9',
        associations: [{ lifecycle: 'STRONG' }],
      }),
      [422, 42212],
    )
    assert.deepEqual(await call('DELETE', '/associations/resources/id-1?associationType=key'), [
      404,
      { error_code: 40410, message: "Association for 'id-1' not found." },
    ])
    assert.deepEqual(await call('DELETE', '/associations/resources/id-1'), [204, ''])
    assert.equal(registry.state().latest('shared')?.version, 1, 'the subject stays')
    assert.deepEqual(known((await call('GET', '/associations/resources/id-1'))[1]), [])
    const find = async (query: string): Promise<unknown> =>
      (
        (await call('GET', `/schemas?subjectPrefix=:*:&${query}`))[1] as { subject: string; associations?: object[] }[]
      ).map(({ subject, associations = [] }) => `${subject} ${associations.length}`)
    assert.deepEqual(await find('lifecycle=WEAK'), [':.eu:shared 1', 'shared 1'])
    assert.deepEqual(await find('lifecycle=STRONG'), [])
    assert.deepEqual(await find('lifecycle=NONE'), ['elsewhere 0'])
    assert.deepEqual(await find('resourceType=topic&associationType=key'), [])
  }))

test('what cannot be is refused by its property, and a dry run writes nothing', () =>
  withDoor(async ({ call, registry, topic }) => {
    const wish = { schema: avro('a') }
    for (const [body, property] of [
      [{ ...orders, resourceName: '', associations: [wish] }, 'resourceName'],
      [{ ...orders, resourceName: 'a b', associations: [wish] }, 'resourceName'],
      [{ ...orders, resourceNamespace: null, associations: [wish] }, 'resourceNamespace'],
      [{ ...orders, resourceId: '', associations: [wish] }, 'resourceId'],
      [{ ...orders, resourceType: 'table', associations: [wish] }, 'resourceType'],
      [{ ...orders, associations: [] }, 'associations'],
      [strong({ ...wish, associationType: 'header' }), 'associationType'],
      [strong(wish, wish), 'associationType'],
      [strong({ ...wish, lifecycle: 'WEAK' }), 'lifecycle'],
      [strong({ ...wish, frozen: false }), 'frozen'],
      [strong({ ...wish, subject: 'x' }), 'subject'],
      [strong({ lifecycle: 'WEAK', subject: own }), 'subject'],
      [strong({ lifecycle: 'STRONG' }), 'schema'],
      [strong({}), 'subject'],
      [strong({ subject: '' }), 'subject'],
    ] as const) {
      const [status, answer] = await call('POST', '/associations', body)
      assert.equal(status, 422, JSON.stringify(body))
      assert.match((answer as { message: string }).message, new RegExp(`property: '${property}'`), JSON.stringify(body))
    }
    assert.equal((await call('POST', '/associations', strong({ lifecycle: 'MAYBE' })))[0], 400)
    assert.equal((await call('POST', '/associations', strong({ schema: { schema: '{"type":"nothing"}' } })))[0], 422)
    const before = topic.reader.endOffset('_schemas', 0)
    const { resourceId: _none, ...nameless } = orders
    assert.deepEqual(await call('POST', '/associations?dryRun=true', { ...nameless, associations: [wish] }), [
      200,
      nameless,
    ])
    assert.equal(topic.reader.endOffset('_schemas', 0), before)
    assert.deepEqual(registry.state().associations({}), [])
  }))

test('schemas of keys and values that come together have ids of their own', () =>
  withDoor(async ({ call, registry }) => {
    const both = strong({ associationType: 'key', schema: avro('k') }, { associationType: 'value', schema: avro('v') })
    assert.equal((await call('POST', '/associations', both))[0], 200)
    const ids = ['key', 'value'].map((type) => registry.state().latest(`:.lkc-1:orders-${type}`)?.id)
    assert.deepEqual(ids, [1, 2])
  }))

test('a batch has a result for each of its requests, whatever becomes of the others', () =>
  withDoor(async ({ call, refusal, registry }) => {
    const op = (opType: string, more: object): object => ({ opType, associationType: 'value', ...more })
    const refunds = { ...orders, resourceName: 'refunds', resourceId: 'id-2' }
    const both = [op('CREATE', { associationType: 'key', schema: avro('k') }), op('CREATE', { schema: avro('v') })]
    const requests = [
      { ...orders, associations: both },
      { ...refunds, associations: [op('CREATE', { lifecycle: 'WEAK', subject: 'nowhere' })] },
      { ...refunds, associations: [op('RENAME', {})] },
      { ...refunds, resourceName: '', associations: [op('DELETE', {})] },
    ]
    const [status, answer] = await call('POST', '/associations:batchMutate', { requests })
    const { results } = answer as { results: { result?: { associations: object[] }; error?: { error_code: number } }[] }
    assert.equal(status, 207)
    assert.deepEqual(
      results.map(({ result, error }) => error?.error_code ?? result?.associations.length),
      [2, 40907, 400, 42212],
    )
    const ask = async (query: string, ...list: object[]): Promise<unknown> =>
      ((await call('POST', `/associations:batchGet${query}`, { requests: list }))[1] as { results: unknown[] }).results
    const info = { subject: own, associationType: 'value', lifecycle: 'STRONG' }
    const schema = { subject: own, version: 1, id: 2, ...avro('v') }
    const byIdOrName = [
      { resourceId: 'id-1', associationTypes: ['value'] },
      { resourceName: 'orders', resourceNamespace: '-', associationTypes: ['value'] },
      { resourceName: 'orders' },
      {},
      { resourceId: 'nobody' },
    ]
    const [one, two, three, four, five] = (await ask('', ...byIdOrName)) as { error?: { error_code: number } }[]
    assert.deepEqual(one, { result: { ...orders, associations: [info] } })
    assert.deepEqual(two, { result: { ...orders, resourceNamespace: '-', associations: [info] } })
    assert.deepEqual([three?.error?.error_code, four?.error?.error_code], [42212, 42212])
    assert.deepEqual(five, { result: { resourceId: 'nobody', resourceType: 'topic' } })
    assert.deepEqual(await ask('?includeSchemas=true', byIdOrName[0]!), [
      { result: { ...orders, associations: [{ ...info, schema }] } },
    ])
    const both2 = [
      op('DELETE', { cascadeLifecycle: true }),
      op('DELETE', { associationType: 'key', cascadeLifecycle: true }),
    ]
    const gone = { requests: [{ ...orders, associations: both2 }] }
    assert.equal((await call('POST', '/associations:batchMutate?dryRun=true', gone))[0], 207)
    assert.equal(registry.state().associations({}).length, 2)
    assert.deepEqual(await call('POST', '/associations:batchMutate', gone), [207, { results: [{ result: orders }] }])
    assert.deepEqual(registry.state().subjects(true), [])
    assert.deepEqual(await refusal('POST', '/associations:batchGet', { requests: [] }), [422, 42212])
  }))

test('who may not see or write a subject does neither through its associations', () =>
  withDoor(
    async ({ call, refusal }) => {
      assert.deepEqual(await refusal('POST', '/associations', strong({ schema: avro('a') })), [403, 40301])
      assert.deepEqual(await call('GET', byName), [200, []])
    },
    [{ principal: '*', effect: 'allow', actions: ['describe'], resourceType: 'subject', resource: 'mine-*' }],
  ))

test('a subject that a deleted schema refers to cannot become strong: the schema may come back', () =>
  withDoor(async ({ call, refusal }) => {
    const referrer = { schema: '["null","r"]', references: [{ name: 'r', subject: own, version: 1 }] }
    await registerAll(call, { [own]: [avro('a')], referrer: [referrer] })
    await call('DELETE', '/subjects/referrer/versions/1')
    assert.deepEqual(await refusal('POST', '/associations', strong({ schema: avro('a') })), [422, 42206])
    await call('DELETE', '/subjects/referrer/versions/1?permanent=true')
    assert.equal((await call('POST', '/associations', strong({ schema: avro('a') })))[0], 200)
  }))

test('- as a name lists all of a namespace', () =>
  withDoor(async ({ call }) => {
    await call('POST', '/associations', strong({ schema: avro('a') }))
    await call('POST', '/associations', { ...strong({ schema: avro('a') }), resourceName: 'b', resourceId: 'id-2' })
    await call('POST', '/associations', {
      ...strong({ schema: avro('a') }),
      resourceNamespace: 'n',
      resourceId: 'id-3',
    })
    const names = async (path: string): Promise<string[]> =>
      ((await call('GET', `/associations/resources/${path}`))[1] as { resourceName: string }[]).map(
        (one) => one.resourceName,
      )
    assert.deepEqual(await names('lkc-1/-'), ['b', 'orders'])
    assert.deepEqual(await names('-/-'), ['b', 'orders', 'orders'])
    assert.deepEqual(await names('other/-'), [])
  }))

test('a weak association is not made strong: what is told is what the request wanted to change', () =>
  withDoor(async ({ call }) => {
    await registerAll(call, { shared: [avro('a')] })
    await call('POST', '/associations', strong({ subject: 'shared' }))
    const told = async (wish: object): Promise<unknown> =>
      (
        (await call('PUT', '/associations/resources/id-1', strong({ subject: 'shared', ...wish })))[1] as {
          message: string
        }
      ).message
    assert.match(
      String(await told({ lifecycle: 'STRONG', frozen: true })),
      /frozen attribute of association cannot be changed/,
    )
    assert.match(String(await told({ lifecycle: 'STRONG' })), /cannot be frozen=false/)
  }))

test('a dry run without an id means one resource of the name: the one changed last, of two at once that of the greater id', () =>
  withDoor(async ({ call }) => {
    await registerAll(call, { live: [avro('v')] })
    const older = { ...strong({ associationType: 'key', schema: avro('k') }), resourceId: 'a-older' }
    const newer = { ...strong({ subject: 'live', lifecycle: 'WEAK' }), resourceId: 'z-newer' }
    for (const body of [older, newer]) assert.equal((await call('POST', '/associations', body))[0], 200)
    const { resourceId: _, ...asked } = strong({ subject: 'live', lifecycle: 'WEAK' }) as typeof orders
    assert.equal((await call('POST', '/associations?dryRun=true', asked))[0], 200)
  }))

test('the topic has Confluent’s records, and a compacted one gives the same', async () => {
  const topic = memoryTopic()
  let before: unknown
  await withDoor(
    async ({ call, registry }) => {
      await call('POST', '/associations', strong({ schema: avro('a') }))
      before = registry.state().associations({})
    },
    [],
    topic,
  )
  const again = memoryTopic(compacted(topic.records))
  assert.deepEqual(createRegistry(again).state().associations({}), before)
  const record = topic.records.find(({ key }) => Buffer.from(key).includes('ASSOC'))!
  assert.equal(
    Buffer.from(record.key).toString(),
    '{"keytype":"ASSOC","tenant":"default","resourceName":"orders","resourceNamespace":"lkc-1","resourceType":"topic","associationType":"value","subject":":.lkc-1:orders-value","magic":0}',
  )
  const { guid, ...value } = JSON.parse(Buffer.from(record.value!).toString()) as Record<string, unknown>
  assert.equal(typeof guid, 'string')
  assert.deepEqual(value, {
    tenant: 'default',
    ...orders,
    associationType: 'value',
    subject: own,
    lifecycle: 'STRONG',
    frozen: true,
  })
})
