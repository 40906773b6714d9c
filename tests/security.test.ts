// A folder that says who may reach its Kafka door and how: the node as startNode gives it, with real clients. needs: openssl
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs'
import { makeAuthority, MillraceError } from '../src/base/index.ts'
import { startNode, type EmbeddedNode } from '../src/deploy/embedded/index.ts'
import { loadProject } from '../src/project/index.ts'
import { plainProject, root, temporaryFolder, waitUntil } from './kit.ts'

const authority = makeAuthority()

const environment = (security: string, access = ''): string => `apiVersion: millrace/v1
kind: Environment
metadata: { name: local }
spec:
${access}  security:
${security}`

const listeners = `    listeners:
      - name: apps
        protocol: SASL_SSL
        host: 127.0.0.1
        port: 0
        certificate: tls/server.pem
        key: tls/server.key
        mechanisms: [SCRAM-SHA-256]
    users:
      - name: app
        passwordFile: secrets/app
      - name: risk
        passwordVariable: SECURITY_TEST_RISK
`

function makeFolder(security: string, access = ''): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'millrace.yaml'), plainProject)
  writeFileSync(join(folder, 'local.yaml'), environment(security, access))
  return folder
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.new`), text)
    renameSync(join(folder, `${name}.new`), join(folder, name))
  }
}

const free = { kafka: 0, registry: 0, catalog: 0, console: 0 }

async function start(t: TestContext, folder: string): Promise<EmbeddedNode> {
  const node = await startNode({ project: folder, ports: free })
  t.after(() => node.stop())
  return node
}

async function topicsFor(port: number, user: string, password: string): Promise<string> {
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ssl: { ca: authority.certificate, servername: 'localhost' },
    sasl: { mechanism: 'scram-sha-256', username: user, password },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return (await admin.listTopics()).filter((name) => !name.startsWith('__')).join(' ')
  } catch (error) {
    return String(error)
  } finally {
    await admin.disconnect()
  }
}

test('users of the folder reach the TLS listener with the rights that the folder gives; others do not', async (t) => {
  const { certificate, key } = authority.issue('/CN=localhost')
  const folder = makeFolder(
    listeners.replaceAll('tls/', '').replaceAll('secrets/', ''),
    `  access:
    - { principal: 'User:anonymous', effect: allow, actions: ['*'], resourceType: '*', resource: '*' }
    - { principal: 'User:app', effect: allow, actions: [read], resourceType: topic, resource: pay* }
`,
  )
  write(folder, { 'server.pem': certificate, 'server.key': key, app: 'secret\n' })
  process.env['SECURITY_TEST_RISK'] = 'other'
  t.after(() => delete process.env['SECURITY_TEST_RISK'])
  const node = await start(t, folder)
  const local = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING }).admin()
  await local.connect()
  await local.createTopics({ topics: [{ topic: 'payments' }, { topic: 'loans' }] })
  await local.disconnect()
  const [, apps] = node.kafkaListeners
  assert.equal(apps!.name, 'apps')
  assert.equal(await topicsFor(apps!.port, 'app', 'secret'), 'payments')
  assert.equal(await topicsFor(apps!.port, 'risk', 'other'), '')
  assert.match(await topicsFor(apps!.port, 'app', 'other'), /SASL|Authentication/)

  // Renewed while it runs; then replaced by something that does not hold.
  const subject = async (): Promise<string> => {
    const socket = connect({ port: apps!.port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const found = socket.getPeerX509Certificate()!.subject
    socket.destroy()
    return found
  }
  assert.equal(await subject(), 'CN=localhost')
  const renewed = authority.issue('/CN=renewed')
  write(folder, { 'server.key': renewed.key, 'server.pem': renewed.certificate })
  await waitUntil('the listener shows the renewed certificate', async () => (await subject()) === 'CN=renewed')
  write(folder, { 'server.pem': certificate })
  await waitUntil('the node says what is wrong with it', () => node.live.problems().has('listener apps'))
  assert.match(node.live.problems().get('listener apps')!, /server.key is not that of the first certificate/)
  assert.equal(await subject(), 'CN=renewed')
  write(folder, { 'server.pem': renewed.certificate })
  await waitUntil('the node says nothing more', () => !node.live.problems().has('listener apps'))
})

/** A request over TLS, with what the answer says. */
function ask(port: number, path: string, options: { authorization?: string; body?: string; origin?: string } = {}) {
  const { authorization, body, origin } = options
  return new Promise<{ status: number; challenge: string | undefined; text: string }>((resolve, reject) => {
    const request = httpsRequest({
      port,
      host: '127.0.0.1',
      ca: authority.certificate,
      servername: 'localhost',
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }),
        ...(origin === undefined ? {} : { origin }),
      },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () =>
        resolve({ status: response.statusCode!, challenge: response.headers['www-authenticate'], text }),
      )
    })
    request.end(body)
  })
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

test('the registry over TLS asks for a password or a token, and gives each subject to whom the folder gives it', async (t) => {
  const folder = makeFolder(
    `    http:
      - name: schemas
        serves: registry
        port: 0
        certificate: server.pem
        key: server.key
        authentication: [basic, bearer]
    users: [{ name: app, passwordFile: app }]
    tokens: { keys: keys.json, issuer: 'https://id.example', audiences: [millrace] }
`,
    `  access:
    - { principal: 'User:anonymous', effect: allow, actions: ['*'], resourceType: '*', resource: '*' }
    - { principal: 'User:app', effect: allow, actions: [read, write], resourceType: subject, resource: pay* }
    - { principal: 'User:ada', effect: allow, actions: [read], resourceType: subject, resource: pay* }
`,
  )
  const { certificate, key } = authority.issue('/CN=localhost')
  const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = JSON.stringify({ keys: [{ ...signer.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] })
  write(folder, { 'server.pem': certificate, 'server.key': key, app: 'se:cret\n', 'keys.json': keys })
  const token = (claims: Readonly<Record<string, unknown>>): string => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part({ iss: 'https://id.example', aud: 'millrace', ...claims })}`
    const signature = sign('sha256', Buffer.from(signed), { key: signer.privateKey, dsaEncoding: 'ieee-p1363' })
    return `Bearer ${signed}.${signature.toString('base64url')}`
  }
  const node = await start(t, folder)
  const { port } = node.httpListeners[0]!

  const nobody = await ask(port, '/subjects')
  assert.deepEqual(nobody, {
    status: 401,
    challenge: 'Basic realm="millrace", Bearer',
    text: '{"error_code":401,"message":"Unauthorized"}',
  })
  assert.equal((await ask(port, '/subjects', { authorization: basic('app', 'other') })).status, 401)
  assert.equal((await ask(port, '/subjects', { authorization: basic('nobody', 'se:cret') })).status, 401)

  const authorization = basic('app', 'se:cret')
  const body = JSON.stringify({ schema: '"string"' })
  const registered = await ask(port, '/subjects/payments-value/versions', { authorization, body })
  assert.equal(registered.status, 200, registered.text)
  const elsewhere = await ask(port, '/subjects/loans-value/versions', { authorization, body })
  assert.equal(elsewhere.status, 403)
  assert.equal((JSON.parse(elsewhere.text) as { error_code: number }).error_code, 40301)
  assert.equal((await ask(port, '/subjects', { authorization, origin: 'https://evil.example' })).status, 403)

  const inAnHour = Math.floor(Date.now() / 1000) + 3600
  const ada = token({ sub: 'ada', exp: inAnHour })
  assert.deepEqual(await ask(port, '/subjects', { authorization: ada }), {
    status: 200,
    challenge: undefined,
    text: '["payments-value"]',
  })
  assert.equal((await ask(port, '/subjects/payments-value/versions', { authorization: ada, body })).status, 403)
  for (const claims of [{ sub: 'ada', exp: 1 }, { sub: 'ada', exp: inAnHour, aud: 'other' }, { exp: inAnHour }]) {
    assert.equal((await ask(port, '/subjects', { authorization: token(claims) })).status, 401)
  }
  const metrics = await (await fetch(`http://127.0.0.1:${node.ports.console}/metrics`)).text()
  for (const [mechanism, outcome, count] of [
    ['BASIC', 'failure', 2],
    ['BEARER', 'failure', 3],
    ['BEARER', 'success', 2],
  ]) {
    const line = `millrace_broker_authentications_total{mechanism="${mechanism}",outcome="${outcome}"} ${count}\n`
    assert.ok(metrics.includes(line), line)
  }

  // A renewed certificate is taken here as well.
  const renewed = authority.issue('/CN=renewed')
  write(folder, { 'server.key': renewed.key, 'server.pem': renewed.certificate })
  await waitUntil('the listener shows the renewed certificate', async () => {
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const found = socket.getPeerX509Certificate()!.subject
    socket.destroy()
    return found === 'CN=renewed'
  })
})

const codesOf = (error: unknown): string[] =>
  (error instanceof AggregateError ? error.errors : [error]).map((one) =>
    one instanceof MillraceError ? one.code : String(one),
  )

test('what is missing or does not fit is said before anything starts, all at once, and no secret in it', async () => {
  const folder = makeFolder(listeners)
  await assert.rejects(startNode({ project: folder, ports: free }), (error) => {
    assert.deepEqual(codesOf(error), ['MR-DEPLOY-016', 'MR-DEPLOY-016', 'MR-DEPLOY-017'])
    return true
  })
  const { certificate } = authority.issue('/CN=localhost')
  const { key } = authority.issue('/CN=other')
  const second = makeFolder(listeners.replaceAll('tls/', '').replaceAll('secrets/', ''))
  write(second, { 'server.pem': certificate, 'server.key': key, app: '\n' })
  await assert.rejects(startNode({ project: second, ports: free }), (error) => {
    assert.deepEqual(codesOf(error), ['MR-BASE-010', 'MR-DEPLOY-017', 'MR-DEPLOY-017'])
    assert.ok(!JSON.stringify((error as AggregateError).errors.map(String)).includes(key.split('\n')[1]!))
    return true
  })
})

/** What is wrong, with line and column. */
function mistakes(security: string): string[] {
  const files = [
    { path: 'millrace.yaml', text: plainProject },
    { path: 'local.yaml', text: environment(security) },
  ]
  return loadProject(files, {}).errors.map((one) => `${one.place?.line} ${one.message}`)
}

test('a door to other machines has TLS and knows its clients, and each mistake has its place', () => {
  const one = (...fields: string[]): string => `    listeners:\n      - { name: a, port: 9093, ${fields.join(', ')} }\n`
  const tls = 'certificate: a, key: b'
  assert.deepEqual(mistakes(one('protocol: SASL_SSL', 'host: 0.0.0.0', tls, 'mechanisms: [PLAIN]')), [])
  const mutual = 'clientCertificates: required, clientAuthorities: c'
  assert.deepEqual(mistakes(one('protocol: SSL', 'host: 0.0.0.0', tls, mutual)), [])
  for (const [fields, reason] of [
    [['protocol: PLAINTEXT', 'host: 0.0.0.0'], /host: 0.0.0.0 can be reached from other machines/],
    [['protocol: SSL', 'host: 10.0.0.1', tls], /can be reached from other machines/],
    [['protocol: SASL_PLAINTEXT', 'host: "::"', 'mechanisms: [PLAIN]'], /can be reached from other machines/],
    [['protocol: SSL'], /needs certificate and key/],
    [['protocol: SASL_PLAINTEXT'], /needs mechanisms/],
    [['protocol: PLAINTEXT', tls], /has no certificate/],
    [['protocol: SSL', tls, 'clientCertificates: required'], /need clientAuthorities/],
    [['protocol: SASL_PLAINTEXT', 'mechanisms: [OAUTHBEARER]'], /OAUTHBEARER needs tokens/],
  ] as const) {
    const found = mistakes(one(...fields))
    assert.equal(found.length, 1, String(fields))
    assert.match(found[0]!, reason)
    assert.match(found[0]!, /^7 /)
  }
  const rule = (text: string): string[] =>
    mistakes(one('protocol: SSL', tls, mutual, `principalRules: ['${text}', DEFAULT]`))
  assert.deepEqual(rule('RULE:^CN=(.*),O=a\\/b$/$1/L'), [])
  assert.match(rule('RULE:^CN=(/$1/')[0]!, /^7 .*is no rule/)
  assert.match(rule('RULE:^CN=(.*)/b/$1/')[0]!, /^7 .*is no rule/)
  const http = (...fields: string[]): string[] =>
    mistakes(`    http:\n      - { name: a, serves: registry, port: 8443, ${fields.join(', ')} }\n`)
  assert.deepEqual(http('host: 0.0.0.0', tls, 'authentication: [basic]'), [])
  assert.match(http('host: 0.0.0.0', 'authentication: [basic]')[0]!, /^7 .*give certificate and key/)
  assert.match(http('certificate: a', 'authentication: [basic]')[0]!, /certificate and key go together/)
  assert.match(http('authentication: [bearer]')[0]!, /bearer needs tokens/)
  assert.match(http(tls)[0]!, /authentication/)
  assert.match(mistakes('    users: [{ name: a, password: x }]\n')[0]!, /password/)
  assert.match(mistakes('    users: [{ name: Anonymous, passwordFile: x }]\n')[0]!, /^6 .*nobody logs in as it/)
  assert.match(mistakes('    users: [{ name: a }]\n')[0]!, /either passwordFile or passwordVariable/)
  assert.match(mistakes('    tokens: { keys: "http://x" }\n')[0]!, /never over plain http/)
})

test('quotas of the folder hold, and a mistake in one has its place', async (t) => {
  const folder = makeFolder("    quotas: [{ user: '*', producerByteRate: 1000 }]\n")
  const node = await start(t, folder)
  const kafka = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'jobs', messages: [{ value: 'x'.repeat(12_000) }] })
  await producer.disconnect()
  const metrics = await (await fetch(`http://127.0.0.1:${node.ports.console}/metrics`)).text()
  assert.match(metrics, /^millrace_broker_throttles_total\{api="Produce"\} 1$/m)
  const quota = (fields: string): string[] => mistakes(`    quotas: [{ ${fields} }]\n`)
  assert.deepEqual(quota("user: a, clientId: '*', consumerByteRate: 1000, requestPercentage: 0.5"), [])
  assert.deepEqual(quota("host: '*', connectionCreationRate: 10"), [])
  for (const [fields, reason] of [
    ['producerByteRate: 1', /whose quota/],
    ['user: a', /producerByteRate, .* is missing/],
    ['user: a, producerByteRate: 0', /must be >= 1/],
    ['user: a, producerByteRate: 1.5', /integer/],
    ['user: a, connectionCreationRate: 1', /connectionCreationRate is a host’s/],
    ['host: 10.0.0.1, consumerByteRate: 1', /connectionCreationRate only/],
    ['host: 10.0.0.1, user: a, connectionCreationRate: 1', /without user/],
    ['host: a.example, connectionCreationRate: 1', /pattern/],
    ['user: a, consumerByteRate: 1 }, { user: a, producerByteRate: 1', /there twice/],
  ] as const) {
    const found = quota(fields)
    assert.equal(found.length, 1, fields)
    assert.match(found[0]!, reason)
    assert.match(found[0]!, /^6 /)
  }
})

test('the environment of the guide runs, and lets in whom it says', async (t) => {
  const guide = readFileSync(join(root, 'docs', 'guide', 'security.md'), 'utf8')
  const [, example] = /```yaml\n([^]*?)```/.exec(guide)!
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'millrace.yaml'), plainProject)
  // Any ports, so that two runs do not meet; and sockets that this machine's firewall does not ask about.
  const anyPort = example!
    .replaceAll(/(port: |:)\d{4}\b/g, '$10')
    .replaceAll('0.0.0.0', '127.0.0.1')
    .replace('kafka.example.com', '127.0.0.1')
  writeFileSync(join(folder, 'production.yaml'), anyPort)
  for (const name of ['tls', 'secrets']) mkdirSync(join(folder, name))
  const { certificate, key } = authority.issue('/CN=localhost')
  write(folder, {
    'tls/server.pem': certificate,
    'tls/server.key': key,
    'tls/clients-ca.pem': authority.certificate,
    'secrets/checkout': 'checkout-secret\n',
  })
  process.env['RISK_PASSWORD'] = 'risk-secret'
  t.after(() => delete process.env['RISK_PASSWORD'])
  const node = await startNode({ project: folder, ports: free, environment: 'production' })
  t.after(() => node.stop())
  const local = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING }).admin()
  await local.connect()
  await local.createTopics({ topics: ['checkout_events', 'checkouts_enriched', 'payroll'].map((topic) => ({ topic })) })
  await local.disconnect()
  const [, apps, services] = node.kafkaListeners
  const see = async (port: number, more: Partial<KafkaConfig>): Promise<string[]> => {
    const ssl = { ca: authority.certificate, servername: 'localhost', ...(more.ssl as object) }
    const admin = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, ...more, ssl }).admin()
    await admin.connect()
    const found = await admin.listTopics()
    await admin.disconnect()
    return found
  }
  const as = (username: string, password: string): Partial<KafkaConfig> => ({
    sasl: { mechanism: 'scram-sha-512', username, password },
  })
  assert.deepEqual(await see(apps!.port, as('checkout', 'checkout-secret')), ['checkout_events'])
  assert.deepEqual(await see(apps!.port, as('risk', 'risk-secret')), ['checkouts_enriched'])
  // By certificate: the rule makes User:risk of it.
  const own = authority.issue('/OU=services/CN=Risk')
  assert.deepEqual(await see(services!.port, { ssl: { cert: own.certificate, key: own.key } }), ['checkouts_enriched'])
  const { status } = await ask(node.httpListeners[0]!.port, '/subjects', {
    authorization: basic('risk', 'risk-secret'),
  })
  assert.equal(status, 200)
})
