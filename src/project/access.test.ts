// Access rules that nobody meets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProject, projectNotices } from './index.ts'

const project = {
  path: 'millrace.yaml',
  text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: payments }\n',
}
const owner = {
  path: 'owner.yaml',
  text: 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: payments }\nspec: { contact: "#pay" }\n',
}
const load = (...environments: string[]) =>
  loadProject([project, owner, ...environments.map((text, i) => ({ path: `environments/${i}.yaml`, text }))], {})

const environment = (name: string, spec: string): string => `apiVersion: millrace/v1
kind: Environment
metadata: { name: ${name} }
spec:
${spec}`

const rule = (principal: string, resource: string): string =>
  environment(
    'local',
    `  access:\n    - { effect: deny, actions: [read], resourceType: topic, principal: ${principal}, resource: ${resource} }\n`,
  )

const mistakesOf = (text: string): string[] =>
  load(text).errors.map((e) => `${e.place?.line}:${e.place?.column} ${e.code} ${e.message}`)

for (const [principal, instead] of [
  ['risk', "'User:risk'"],
  ['user:risk', "'User:risk'"],
  ['USER:risk', "'User:risk'"],
  ['"User: risk"', "'User:risk'"],
  ['Group:risk', "'User:risk'"],
  ['"User:"', "'*' for everybody"],
  ['"user:*"', "'*' for everybody"],
] as const) {
  test(`a rule for ${principal} is refused with its place and what is meant`, () => {
    const [mistake, ...others] = mistakesOf(rule(principal, 'pay'))
    assert.match(mistake!, /^6:61 MR-PROJECT-005 .*spec\.access\.0\.principal.*is nobody, so the rule does nothing/)
    assert.ok(mistake!.includes(`did you mean ${instead}?`), mistake)
    assert.deepEqual(others, [])
  })
}

test('principals that can be somebody are taken', () => {
  for (const principal of ['"*"', '"User:*"', 'User:risk', 'User:anonymous', '"User:CN=*.bank.example,O=Bank"'])
    assert.deepEqual(mistakesOf(rule(principal, 'pay')), [])
  assert.match(mistakesOf(rule('"User:ri*"', 'pay'))[0]!, /a principal is one user/)
})

test('a * that is not at the end of a resource’s name is refused with what is meant', () => {
  for (const name of ['"*"', 'check*', 'check']) assert.deepEqual(mistakesOf(rule('User:risk', name)), [])
  const [mistake] = mistakesOf(rule('User:risk', 'check*out'))
  assert.match(
    mistake!,
    /^6:\d+ MR-PROJECT-005 .*spec\.access\.0\.resource.*'check\*out' matches nothing.*'check\*', or/,
  )
  assert.match(mistakesOf(rule('User:risk', '"*-value"'))[0]!, /take one rule for each name/)
  assert.match(mistakesOf(rule('User:risk', '"a**"'))[0]!, /matches nothing/)
  assert.match(mistakesOf(rule('User:risk', '""'))[0]!, /does nothing/)
})

const listed = (more: string): string =>
  environment(
    'local',
    `  security:
    superUsers: [User:annn]
    users: [{ name: ann, passwordVariable: A }, { name: risk, passwordVariable: R }]
${more}  access:
    - { principal: "User:rsik", effect: deny, actions: [read], resourceType: topic, resource: pay }
    - { principal: "User:rsik", effect: deny, actions: [read], resourceType: topic, resource: pay2 }
    - { principal: "User:ann", effect: allow, actions: [read], resourceType: topic, resource: pay }
    - { principal: "User:warehouse", effect: allow, actions: [read], resourceType: topic, resource: pay }
    - { principal: "*", effect: allow, actions: [read], resourceType: topic, resource: pay }
    - { principal: "User:anonymous", effect: allow, actions: [read], resourceType: topic, resource: pay }
`,
  )

test('a principal or super user that is no user of the environment is a notice', () => {
  const loaded = load(listed(''))
  assert.deepEqual(loaded.errors, [])
  const notices = projectNotices(loaded).map(({ text, place }) => `${place.line} ${text}`)
  assert.equal(notices.length, 3)
  assert.match(notices[0]!, /^9 User:rsik: environment local has no user rsik\. Did you mean risk\? /)
  assert.match(notices[1]!, /^12 User:warehouse: environment local has no user warehouse\. It counts only/)
  assert.match(notices[2]!, /^6 User:annn: .*Did you mean ann\? /)
})

test('where tokens name users too, only a name that is nearly a user’s is a notice', () => {
  const loaded = load(listed('    tokens: { keys: https://idp.example/keys }\n'))
  const notices = projectNotices(loaded).map(({ text }) => text.split(':').slice(0, 2).join(':'))
  assert.deepEqual(notices, ['User:rsik', 'User:annn'])
  assert.deepEqual(projectNotices(load(rule('User:risk', 'pay'))), [])
})
