// Confluent's clients, unchanged, against the registry's door over TLS as a folder opens it: passwords, tokens, rights by subject.
// Certificates are made by openssl.
// needs: confluent-kafka, schemaregistry-js
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { installPeer, pythonVenv, runProgram } from '../../peers/index.ts'
import { makeAuthority } from '../../src/base/index.ts'
import { startNode, type EmbeddedNode } from '../../src/deploy/embedded/index.ts'
import { plainProject } from '../../tests/kit.ts'
import { temporaryFolder } from '../harness.ts'

const folder = temporaryFolder()
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function token(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part({ iss: 'https://id.example', aud: 'millrace', ...claims })}`
  const signature = sign('sha256', Buffer.from(signed), { key: signer.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

const project = `${plainProject}---
apiVersion: millrace/v1
kind: Environment
metadata: { name: local }
spec:
  security:
    http:
      - { name: schemas, serves: registry, port: 0, certificate: server.pem, key: server.key, authentication: [basic, bearer] }
    users: [{ name: app, passwordFile: app.password }]
    tokens: { keys: keys.json, issuer: 'https://id.example', audiences: [millrace] }
  access:
    - { principal: 'User:app', effect: allow, actions: [read, write, alter], resourceType: subject, resource: 'payments-*' }
    - { principal: 'User:reader', effect: allow, actions: [read], resourceType: subject, resource: 'payments-*' }
`

let node: EmbeddedNode
let url: string
let authority: string
before(async () => {
  const test = makeAuthority()
  authority = write('ca.pem', test.certificate)
  const { certificate, key } = test.issue('/CN=localhost')
  write('server.pem', certificate)
  write('server.key', key)
  write('app.password', 'se:cret\n')
  const jwk = { ...signer.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }
  write('keys.json', JSON.stringify({ keys: [jwk] }))
  write('millrace.yaml', project)
  node = await startNode({ project: folder, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
  url = `https://localhost:${node.httpListeners[0]!.port}`
})
after(() => node?.stop())

test('confluent-kafka: passwords and tokens over TLS, and each subject to whom the folder gives it', async () => {
  const exp = Math.floor(Date.now() / 1000) + 600
  const given = {
    url,
    authority,
    token: token({ sub: 'reader', exp }),
    'expired token': token({ sub: 'reader', exp: 100 }),
  }
  const python = await pythonVenv('confluent-kafka')
  const run = await python.run(join(import.meta.dirname, 'security.py'), [JSON.stringify(given)])
  assert.equal(run.code, 0, run.stderr)
  assert.deepEqual(JSON.parse(run.stdout), {
    'registers its own': true,
    'sets its compatibility': 'ok',
    'reads it back': 1,
    "registers another's": [403, 40301],
    'sets it for all': [403, 40301],
    'deletes its own': [403, 40301],
    sees: ['payments-value'],
    'reader by token reads': 1,
    'reader by token registers': [403, 40301],
    'wrong password': [401, 401],
    'unknown user': [401, 401],
    'expired token': [401, 401],
    nobody: [401, 401],
    'another authority': 'ConnectError',
  })
})

test('@confluentinc/schemaregistry: a password over TLS', async () => {
  const home = await installPeer('schemaregistry-js')
  const env = { SCHEMAREGISTRY_HOME: home, NODE_EXTRA_CA_CERTS: authority }
  const see = async (user: string): Promise<unknown> => {
    const run = await runProgram(process.execPath, [join(import.meta.dirname, 'security.mjs'), url, user], { env })
    assert.equal(run.code, 0, run.stderr)
    return JSON.parse(run.stdout)
  }
  const { id, subjects } = (await see('app:se:cret')) as { id: string; subjects: string[] }
  assert.equal(id, 'number')
  assert.ok(subjects.includes('payments-key'))
  assert.deepEqual(await see('app:other'), { error: [401, 401] })
})
