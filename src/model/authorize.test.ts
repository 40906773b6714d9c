import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAuthorize, type AccessRule } from './index.ts'

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
