import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorizer, makeAuthorize, sealedTopic, type AccessRule } from './index.ts'

const ada = { name: 'User:ada' }
const topic = (name: string) => ({ type: 'topic', name }) as const

test('without rules everything is allowed', () => {
  assert.deepEqual(makeAuthorize([])({ principal: ada, action: 'delete', resource: topic('t') }), {
    kind: 'allow',
    maskedColumns: [],
  })
})

test('deny beats allow, and what no rule allows is denied', () => {
  const rules: AccessRule[] = [
    { principal: '*', effect: 'allow', actions: ['read'], resourceType: 'topic', resource: 'pay*' },
    { principal: 'User:ada', effect: 'deny', actions: ['*'], resourceType: 'topic', resource: 'payroll' },
  ]
  const authorize = makeAuthorize(rules)
  assert.equal(authorize({ principal: ada, action: 'read', resource: topic('payments') }).kind, 'allow')
  assert.equal(authorize({ principal: ada, action: 'describe', resource: topic('payments') }).kind, 'allow')
  assert.equal(authorize({ principal: ada, action: 'write', resource: topic('payments') }).kind, 'deny')
  assert.equal(authorize({ principal: ada, action: 'read', resource: topic('payroll') }).kind, 'deny')
})

test('masked columns are those the request reads', () => {
  const authorize = makeAuthorize([
    { principal: '*', effect: 'allow', actions: ['*'], resourceType: '*', resource: '*' },
    {
      principal: '*',
      effect: 'mask',
      actions: ['read'],
      resourceType: 'topic',
      resource: 'users',
      columns: ['email', 'phone'],
    },
  ])
  assert.deepEqual(authorize({ principal: ada, action: 'read', resource: topic('users'), columns: ['id', 'email'] }), {
    kind: 'allow',
    maskedColumns: ['email'],
  })
})

const rule = (over: Partial<AccessRule>): AccessRule => ({
  principal: 'User:ada',
  effect: 'allow',
  actions: ['read'],
  resourceType: 'topic',
  resource: 'pay',
  pattern: 'literal',
  exact: true,
  ...over,
})

test('rules made while running come and go; a closed authorizer denies when the last has gone', () => {
  const open = createAuthorizer({ rules: [] })
  const closed = createAuthorizer({ rules: [], closed: true, superUsers: ['User:root'] })
  const request = { principal: ada, action: 'read', resource: topic('pay') } as const
  const kinds = (): string[] => [open.authorize(request).kind, closed.authorize(request).kind]
  assert.deepEqual(kinds(), ['allow', 'deny'])
  for (const one of [open, closed]) one.setAdded([rule({})])
  assert.deepEqual(kinds(), ['allow', 'allow'])
  assert.equal(open.authorize({ ...request, resource: topic('other') }).kind, 'deny')
  for (const one of [open, closed]) one.setAdded([rule({ effect: 'deny' })])
  assert.deepEqual(kinds(), ['deny', 'deny'])
  assert.equal(closed.authorize({ ...request, principal: { name: 'User:root' } }).kind, 'allow')
})

test('a literal name that ends in a star is no prefix, and a prefix is one', () => {
  const { authorize } = createAuthorizer({
    rules: [rule({ resource: 'a*' }), rule({ resource: 'b', pattern: 'prefixed' })],
  })
  const may = (name: string): boolean =>
    authorize({ principal: ada, action: 'read', resource: topic(name) }).kind === 'allow'
  assert.deepEqual(['a*', 'ab', 'b', 'bc', 'c'].map(may), [true, false, true, true, false])
})

test('hosts narrow a rule; a door that does not know the host denies', () => {
  const allowed = createAuthorizer({ rules: [rule({ host: '10.0.0.1' })] })
  const denied = createAuthorizer({ rules: [rule({}), rule({ effect: 'deny', host: '10.0.0.1' })] })
  const ask = (host?: string): string[] =>
    [allowed, denied].map(
      ({ authorize }) => authorize({ principal: ada, action: 'read', resource: topic('pay'), host }).kind,
    )
  assert.deepEqual(ask('10.0.0.1'), ['allow', 'deny'])
  assert.deepEqual(ask('10.0.0.2'), ['deny', 'allow'])
  assert.deepEqual(ask(), ['deny', 'deny'])
})

test('exact operations: alter is not alter-configs, which implies describe-configs; a folder’s alter is all of it', () => {
  const may = (one: AccessRule): string[] => {
    const { authorize } = createAuthorizer({ rules: [one] })
    const actions = ['alter', 'alter-configs', 'describe', 'describe-configs'] as const
    return actions.filter((action) => authorize({ principal: ada, action, resource: topic('pay') }).kind === 'allow')
  }
  assert.deepEqual(may(rule({ actions: ['alter'] })), ['alter', 'describe'])
  assert.deepEqual(may(rule({ actions: ['alter-configs'] })), ['alter-configs', 'describe-configs'])
  assert.deepEqual(may(rule({ actions: ['alter'], exact: false })), [
    'alter',
    'alter-configs',
    'describe',
    'describe-configs',
  ])
})

test('being denied to read is not being denied to see', () => {
  const { authorize } = createAuthorizer({ rules: [rule({ actions: ['describe'] }), rule({ effect: 'deny' })] })
  assert.equal(authorize({ principal: ada, action: 'describe', resource: topic('pay') }).kind, 'allow')
  assert.equal(authorize({ principal: ada, action: 'read', resource: topic('pay') }).kind, 'deny')
})

test('any resource: an allowing rule counts unless a denial covers all that it gives', () => {
  const any = (...rules: AccessRule[]): boolean =>
    createAuthorizer({ rules }).allowsAny({ principal: ada, action: 'read', type: 'topic' })
  assert.equal(any(rule({})), true)
  assert.equal(any(rule({}), rule({ effect: 'deny', resource: 'p', pattern: 'prefixed' })), false)
  assert.equal(any(rule({ pattern: 'prefixed' }), rule({ effect: 'deny' })), true)
  assert.equal(any(rule({}), rule({ effect: 'deny', pattern: 'any' })), false)
  assert.equal(any(rule({ resourceType: 'group' })), false)
})

test('the topic of secrets is shown to nobody, not even where all is allowed', () => {
  const { authorize } = createAuthorizer({ rules: [], superUsers: ['User:ada'] })
  assert.equal(authorize({ principal: ada, action: 'describe', resource: topic(sealedTopic) }).kind, 'deny')
})
