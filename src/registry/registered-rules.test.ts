// What rule sets of registered schemas mean for a folder, from the topic and from a running registry's answer alike.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registeredRulesInAnswer, registeredRulesInLog, sealingRulesInLog } from './index.ts'
import { withDoor } from './testing-door.ts'

const schema = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'mail', type: 'string', 'confluent:tags': ['PII'] },
    { name: 'home', type: { type: 'record', name: 'H', fields: [{ name: 'street', type: 'string' }] } },
  ],
})
const rule = (name: string, type: string, more: object = {}): object => ({ name, type, ...more })
const encrypt = rule('pii', 'ENCRYPT', { tags: ['PII'], params: { 'encrypt.kek.name': 'k' } })

test('rules that nobody runs, and what is encrypted, of the newest version of each subject that was asked for', () =>
  withDoor(async ({ call, topic }) => {
    const post = async (subject: string, ruleSet: object | undefined, metadata?: object): Promise<void> => {
      const [status] = await call('POST', `/subjects/${subject}/versions`, { schema, ruleSet, metadata })
      assert.equal(status, 200)
    }
    await post('a', { domainRules: [rule('old', 'CEL')] })
    await post(
      'a',
      {
        domainRules: [rule('new', 'CEL_FIELD'), encrypt, rule('off', 'CEL', { disabled: true })],
        migrationRules: [rule('up', 'JSONATA', { mode: 'UPGRADE' })],
      },
      { tags: { '**.street': ['PII'] } },
    )
    await post('b', { encodingRules: [rule('all', 'ENCRYPT_PAYLOAD', { params: { 'encrypt.kek.name': 'k' } })] })
    await post('c', undefined)
    await post('d', { domainRules: [{ ...encrypt, mode: 'WRITE' }] })
    await post('e', { domainRules: [rule('elsewhere', 'CEL')] })
    const subjects = ['a', 'b', 'c', 'd', 'nobody']
    const expected = [
      {
        subject: 'a',
        version: 2,
        notRun: [
          { rule: 'up', type: 'JSONATA' },
          { rule: 'new', type: 'CEL_FIELD' },
        ],
        encrypted: [['mail'], ['home', 'street']],
      },
      { subject: 'b', version: 1, notRun: [], encrypted: null },
      // Readers get what lies there.
      { subject: 'd', version: 1, notRun: [], encrypted: [] },
    ]
    assert.deepEqual(registeredRulesInLog(topic.reader, subjects), expected)
    const [, answer] = await call('GET', '/schemas?latestOnly=true')
    assert.deepEqual(registeredRulesInAnswer(answer as unknown[], subjects), expected)
  }))

test('what every version of a subject seals, also one that was deleted, and by which keys', () =>
  withDoor(async ({ call, topic }) => {
    const post = async (ruleSet: object, metadata?: object): Promise<void> => {
      assert.equal((await call('POST', '/subjects/a/versions', { schema, ruleSet, metadata }))[0], 200)
    }
    const byPerson = {
      'encrypt.kek.name': 'new',
      'encrypt.dek.algorithm': 'AES256_SIV',
      'millrace.dek.subject': 'p-{id}',
    }
    await post({ domainRules: [encrypt] })
    await post(
      { domainRules: [rule('pii', 'ENCRYPT', { tags: ['PII'], params: byPerson })] },
      { tags: { '**.street': ['PII'] } },
    )
    await post({ encodingRules: [rule('all', 'ENCRYPT_PAYLOAD', { params: { 'encrypt.kek.name': 'k' } })] })
    // Without a key's name nothing is opened; who only writes leaves what lies there as it is.
    await post({ domainRules: [rule('none', 'ENCRYPT', { tags: ['PII'] })] })
    await post({ domainRules: [{ ...encrypt, mode: 'WRITE' }] })
    assert.equal((await call('DELETE', '/subjects/a/versions/1'))[0], 200)
    const siv = { subject: 'a', kekName: 'new', algorithm: 'AES256_SIV', keySubject: 'p-{id}' }
    const gcm = { subject: 'a', kekName: 'k', algorithm: 'AES256_GCM', keySubject: null }
    assert.deepEqual(sealingRulesInLog(topic.reader, ['a', 'nobody']), [
      { ...gcm, path: ['mail'] },
      { ...siv, path: ['mail'] },
      { ...siv, path: ['home', 'street'] },
      { ...gcm, path: null },
    ])
  }))
