// Real clients and raw requests against listeners that authenticate. needs: openssl
import assert from 'node:assert/strict'
import { sign, generateKeyPairSync } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import { Admin, stringSerializers, Producer as PlatformaticProducer } from '@platformatic/kafka'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { makeAuthority, nodeClock, nodeNet, wrapSocket, type TlsMaterial } from '../../../base/index.ts'
import { createAuthorizer, type AccessRule } from '../../../model/index.ts'
import { apis, kafkaErrors, type AlterUserScramCredentialsRequestInput } from '../../wire/index.ts'
import type { KafkaListenerOptions, KafkaServerOptions, ListenerProtocol, SaslMechanism } from '../index.ts'
import { createSteppedClock } from '../stepped-clock.ts'
import { TestClient } from '../test-client.ts'
import { startTestNode, type TestNode } from '../test-node.ts'
import { saltPassword } from './scram.ts'

const authority = makeAuthority()
const material: TlsMaterial = {
  ...authority.issue('/CN=localhost'),
  certificatePath: 'server.pem',
  keyPath: 'server.key',
  authorities: authority.certificate,
  authoritiesPath: 'ca.pem',
}
const mechanisms: SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = JSON.stringify({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k' }] })

function token(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'ES256', kid: 'k' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function listener(protocol: ListenerProtocol, over: Partial<KafkaListenerOptions> = {}): KafkaListenerOptions {
  return {
    name: protocol.toLowerCase(),
    protocol,
    host: '127.0.0.1',
    port: 0,
    mechanisms,
    tls: { material, clientCertificates: 'none' },
    ...over,
  }
}

interface Options {
  readonly rules?: readonly AccessRule[]
  readonly server?: Partial<KafkaServerOptions>
  readonly folder?: string
}

/** A node with a listener of each kind, on which ada may do everything, and a superuser on the first one. */
async function start(t: TestContext, options: Options = {}): Promise<TestNode> {
  const all = ['User:ada', 'User:ops', 'User:CN=ada,O=Lender'].map((principal): AccessRule => ({
    principal,
    effect: 'allow',
    actions: ['*'],
    resourceType: '*',
    resource: '*',
  }))
  return startTestNode(t, {
    ...(options.folder ? { folder: options.folder } : {}),
    server: {
      clock: nodeClock,
      authorizer: createAuthorizer({ rules: options.rules ?? all, superUsers: ['User:anonymous'], closed: true }),
      security: {
        users: [{ name: 'ada', password: 'secret' }],
        tokens: {
          source: { load: async () => jwks },
          audiences: [],
          principalClaim: 'sub',
          scopes: [],
          clockSkewMs: 0,
          unsecured: false,
        },
      },
      listeners: [
        listener('SSL', { tls: { material, clientCertificates: 'required' } }),
        listener('SASL_PLAINTEXT'),
        listener('SASL_SSL'),
      ],
      limits: { authenticationFailureDelayMs: 1 },
      ...options.server,
    },
  })
}

const portOf = (node: TestNode, protocol: ListenerProtocol): number =>
  node.server.listeners.find((one) => one.protocol === protocol)!.port

/** Makes a topic, produces and reads back; the error's name otherwise. */
async function useKafkajs(port: number, more: { sasl?: SASLOptions; ssl?: object }): Promise<string> {
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...more,
  })
  const admin = kafka.admin()
  const producer = kafka.producer()
  try {
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'jobs' }] })
    await producer.connect()
    await producer.send({ topic: 'jobs', messages: [{ value: 'one' }] })
    const [offsets] = await admin.fetchTopicOffsets('jobs')
    return `high ${offsets!.high}`
  } catch (error) {
    const { type, errors } = error as { type?: string; errors?: { type: string }[] }
    return type ?? errors?.[0]?.type ?? String(error)
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
}

test('kafkajs: each mechanism, over SASL_PLAINTEXT and SASL_SSL; a wrong password and an unknown user fail alike', async (t) => {
  const node = await start(t)
  const plaintext = portOf(node, 'SASL_PLAINTEXT')
  const secure = portOf(node, 'SASL_SSL')
  const ssl = { ca: authority.certificate, servername: 'localhost' }
  let high = 0
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    const as = (username: string, password: string): SASLOptions => ({ mechanism, username, password }) as SASLOptions
    assert.equal(await useKafkajs(plaintext, { sasl: as('ada', 'secret') }), `high ${++high}`, mechanism)
    assert.equal(await useKafkajs(secure, { ssl, sasl: as('ada', 'secret') }), `high ${++high}`, mechanism)
    const [wrong, unknown] = [as('ada', 'Secret'), as('bob', 'secret')]
    const said = await useKafkajs(plaintext, { sasl: wrong })
    assert.match(said, /Authentication failed|SASL/, mechanism)
    assert.equal(await useKafkajs(plaintext, { sasl: unknown }), said)
  }
  const bearer = (claims: object): SASLOptions => ({
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: token(claims) }),
  })
  const exp = Date.now() / 1000 + 600
  assert.equal(await useKafkajs(secure, { ssl, sasl: bearer({ sub: 'ada', exp }) }), `high ${++high}`)
  // This client takes the refusal for a success, and goes on with a request that ends the connection.
  assert.match(await useKafkajs(secure, { ssl, sasl: bearer({ sub: 'ada', exp: 1 }) }), /Closed connection/)
  assert.match(await useKafkajs(secure, { ssl, sasl: bearer({ sub: 'eve', exp }) }), /AUTHORIZATION_FAILED/)
  assert.deepEqual(node.faults, [])
})

test('kafkajs: a certificate’s subject is the principal', async (t) => {
  const node = await start(t)
  const port = portOf(node, 'SSL')
  const as = (subject: string): object => {
    const { key, certificate: cert } = authority.issue(subject)
    return { ca: authority.certificate, servername: 'localhost', key, cert }
  }
  assert.equal(await useKafkajs(port, { ssl: as('/O=Lender/CN=ada') }), 'high 1')
  assert.match(await useKafkajs(port, { ssl: as('/O=Lender/CN=eve') }), /AUTHORIZATION_FAILED/)
})

test('nobody becomes the owner of the machine by a name that he shows', async (t) => {
  const node = await start(t, {
    server: {
      listeners: [
        listener('SASL_PLAINTEXT'),
        listener('SSL', {
          tls: { material, clientCertificates: 'required' },
          principalRules: ['RULE:^CN=([^,]+).*$/$1/'],
        }),
      ],
    },
  })
  const exp = Date.now() / 1000 + 600
  for (const name of ['anonymous', 'ANONYMOUS']) {
    const client = await connectSasl(t, node)
    await client.call(apis.saslHandshake, 1, { mechanism: 'OAUTHBEARER' })
    const authBytes = new Uint8Array(Buffer.from(`n,,\x01auth=Bearer ${token({ sub: name, exp })}\x01\x01`))
    const { errorCode } = await client.call(apis.saslAuthenticate, 2, { authBytes })
    assert.equal(errorCode, kafkaErrors.saslAuthenticationFailed)
    await client.closed
    assert.equal(await node.server.identify({ kind: 'token', token: token({ sub: name, exp }) }), undefined)
    const { key, certificate: cert } = authority.issue(`/CN=${name}`)
    const ssl = { ca: authority.certificate, servername: 'localhost', key, cert }
    assert.match(await useKafkajs(portOf(node, 'SSL'), { ssl }), /Closed connection|ECONNRESET|disconnected/)
    const admin = await node.connect()
    const salt = new Uint8Array(16)
    const made = await admin.call(apis.alterUserScramCredentials, 0, {
      deletions: [],
      upsertions: [{ name, mechanism: 1, iterations: 4096, salt, saltedPassword: new Uint8Array(32) }],
    })
    assert.equal(made.results[0]!.errorCode, kafkaErrors.unacceptableCredential)
  }
  assert.equal(await node.server.identify({ kind: 'token', token: token({ sub: 'ada', exp }) }), 'User:ada')
})

test('@platformatic/kafka: SCRAM over TLS', async (t) => {
  const node = await start(t)
  const options = {
    clientId: 'check',
    bootstrapBrokers: [`127.0.0.1:${portOf(node, 'SASL_SSL')}`],
    tls: { ca: authority.certificate, servername: 'localhost' },
    retries: 0,
  }
  const sasl = { mechanism: 'SCRAM-SHA-512' as const, username: 'ada', password: 'secret' }
  const admin = new Admin({ ...options, sasl })
  await admin.createTopics({ topics: ['jobs'], partitions: 1, replicas: 1 })
  await admin.close()
  const producer = new PlatformaticProducer({ ...options, sasl, serializers: stringSerializers })
  const sent = await producer.send({ messages: [{ topic: 'jobs', value: 'one' }] })
  await producer.close()
  assert.equal(sent.offsets![0]!.offset, 0n)
})

const plainToken = (user: string, password: string): Uint8Array => new Uint8Array(Buffer.from(`\0${user}\0${password}`))

async function connectSasl(t: TestContext, node: TestNode): Promise<TestClient> {
  const client = await TestClient.connect(nodeNet, portOf(node, 'SASL_PLAINTEXT'))
  t.after(() => client.destroy())
  return client
}

test('before authentication nothing but it is served, and mistakes have their own errors', async (t) => {
  const node = await start(t)
  const client = await connectSasl(t, node)
  assert.equal(
    (await client.call(apis.apiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })).errorCode,
    0,
  )
  const refused = await client.call(apis.saslHandshake, 1, { mechanism: 'GSSAPI' })
  assert.deepEqual(refused, { errorCode: kafkaErrors.unsupportedSaslMechanism, mechanisms })
  await client.closed
  const early = await connectSasl(t, node)
  const answer = await early.call(apis.saslAuthenticate, 2, { authBytes: plainToken('ada', 'secret') })
  assert.equal(answer.errorCode, kafkaErrors.illegalSaslState)
  await early.closed
  const eager = await connectSasl(t, node)
  eager.send(eager.encode(apis.metadata, 9, { topics: null }))
  await eager.closed
  const wrong = await connectSasl(t, node)
  await wrong.call(apis.saslHandshake, 1, { mechanism: 'PLAIN' })
  const failure = await wrong.call(apis.saslAuthenticate, 1, { authBytes: plainToken('ada', 'x') })
  assert.deepEqual(
    [failure.errorCode, failure.errorMessage],
    [kafkaErrors.saslAuthenticationFailed, 'Authentication failed: Invalid username or password'],
  )
  await wrong.closed
  const huge = await connectSasl(t, node)
  huge.send(new Uint8Array([0, 16, 0, 0]))
  await huge.closed
  // Where nobody authenticates, both are out of place.
  const open = await node.connect()
  assert.equal((await open.call(apis.saslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, kafkaErrors.illegalSaslState)
  const late = await open.call(apis.saslAuthenticate, 2, { authBytes: new Uint8Array(0) })
  assert.equal(late.errorCode, kafkaErrors.illegalSaslState)
  assert.deepEqual(node.faults, [])
})

test('requests sent together with those that authenticate are served after it, or not at all', async (t) => {
  const node = await start(t)
  const all = (client: TestClient, password: string): Promise<unknown[]> => {
    const frames = [
      client.encode(apis.saslHandshake, 1, { mechanism: 'PLAIN' }),
      client.encode(apis.saslAuthenticate, 2, { authBytes: plainToken('ada', password) }),
      client.encode(apis.metadata, 9, { topics: [] }),
    ]
    const answers = Promise.all([
      client.answer(apis.saslHandshake, 1, 1),
      client.answer(apis.saslAuthenticate, 2, 2),
      client.answer(apis.metadata, 9, 3).then(({ clusterId }) => clusterId),
    ])
    client.send(new Uint8Array(Buffer.concat(frames)))
    return answers
  }
  assert.equal((await all(await connectSasl(t, node), 'secret'))[2], 'the-cluster')
  const stranger = await connectSasl(t, node)
  const outcome = await Promise.race([all(stranger, 'x').then(() => 'served'), stranger.closed.then(() => 'closed')])
  assert.equal(outcome, 'closed')
})

test('a handshake of version 0: tokens are bare frames', async (t) => {
  const node = await start(t)
  const { connect } = await import('node:net')
  const login = async (password: string): Promise<string> => {
    const socket = connect(portOf(node, 'SASL_PLAINTEXT'), '127.0.0.1')
    t.after(() => socket.destroy())
    const client = new TestClient(wrapSocket(socket))
    await client.call(apis.saslHandshake, 0, { mechanism: 'PLAIN' })
    const answered = once(socket, 'data')
    const bare = plainToken('ada', password)
    client.send(new Uint8Array(Buffer.concat([Buffer.from([0, 0, 0, bare.length]), bare])))
    const seen = await Promise.race([answered.then(([data]) => (data as Buffer).toString('hex')), client.closed])
    if (seen === undefined) return 'closed'
    assert.equal(seen, '00000000')
    return (await client.call(apis.metadata, 9, { topics: [] })).clusterId ?? ''
  }
  assert.equal(await login('secret'), 'the-cluster')
  assert.equal(await login('x'), 'closed')
})

test('a session ends: it is authenticated again by the same user in the same way, or the connection ends', async (t) => {
  const clock = createSteppedClock()
  const node = await start(t, {
    server: {
      clock,
      security: { users: ['ada', 'ops'].map((name) => ({ name, password: 'secret' })), reauthenticateMs: 5000 },
    },
  })
  const login = async (client: TestClient, user = 'ada', mechanism = 'PLAIN') => {
    const { errorCode } = await client.call(apis.saslHandshake, 1, { mechanism })
    if (errorCode !== 0) return errorCode
    const answered = client.call(apis.saslAuthenticate, 2, { authBytes: plainToken(user, 'secret') })
    for (
      const done = answered.then(
        () => true,
        () => true,
      );
      !(await Promise.race([done, turn()]));
    )
      clock.advance(1)
    const { errorCode: error, sessionLifetimeMs } = await answered
    return error === 0 ? sessionLifetimeMs : error
  }
  const turn = (): Promise<false> => new Promise((next) => setImmediate(() => next(false)))
  const served = async (client: TestClient): Promise<boolean> =>
    Promise.race([client.call(apis.metadata, 9, { topics: [] }).then(() => true), client.closed.then(() => false)])
  const client = await connectSasl(t, node)
  assert.equal(await login(client), 5000)
  assert.equal(await login(client), 5000)
  assert.equal(await login(client), kafkaErrors.illegalSaslState)
  clock.advance(4990)
  assert.equal(await served(client), true)
  clock.advance(6000)
  assert.equal(await login(client), 5000)
  assert.equal(await served(client), true)
  clock.advance(5001)
  assert.equal(await served(client), false)
  const changing = await connectSasl(t, node)
  await login(changing)
  clock.advance(2000)
  assert.equal(await login(changing, 'ops'), kafkaErrors.saslAuthenticationFailed)
  const other = await connectSasl(t, node)
  await login(other)
  clock.advance(2000)
  assert.equal(await login(other, 'ada', 'SCRAM-SHA-256'), kafkaErrors.unsupportedSaslMechanism)
})

test('a connection that does not authenticate in time is closed', async (t) => {
  const clock = createSteppedClock()
  const node = await start(t, { server: { clock } })
  const client = await connectSasl(t, node)
  await client.call(apis.saslHandshake, 1, { mechanism: 'PLAIN' })
  clock.advance(30_001)
  await client.closed
})

test('users made through the protocol log in, survive a restart, and go; the topic that keeps them is shown to nobody', async (t) => {
  const node = await start(t)
  const admin = await node.connect()
  const salt = new Uint8Array(16).fill(7)
  const upsert = async (over: object = {}): Promise<AlterUserScramCredentialsRequestInput> => ({
    deletions: [],
    upsertions: [
      {
        name: 'ops',
        mechanism: 1,
        iterations: 4096,
        salt,
        saltedPassword: await saltPassword('SCRAM-SHA-256', 'pass', salt, 4096),
        ...over,
      },
    ],
  })
  const alter = async (request: AlterUserScramCredentialsRequestInput): Promise<number[]> =>
    (await admin.call(apis.alterUserScramCredentials, 0, request)).results.map((one) => one.errorCode)
  const { unacceptableCredential, unsupportedSaslMechanism, resourceNotFound, duplicateResource } = kafkaErrors
  assert.deepEqual(await alter(await upsert({ iterations: 4095 })), [unacceptableCredential])
  assert.deepEqual(await alter(await upsert({ iterations: 16_385 })), [unacceptableCredential])
  assert.deepEqual(await alter(await upsert({ name: '' })), [unacceptableCredential])
  assert.deepEqual(await alter(await upsert({ name: 'ada' })), [unacceptableCredential])
  assert.deepEqual(await alter(await upsert({ saltedPassword: salt })), [unacceptableCredential])
  assert.deepEqual(await alter(await upsert({ mechanism: 9 })), [unsupportedSaslMechanism])
  const twice = await upsert()
  assert.deepEqual(await alter({ ...twice, upsertions: [...twice.upsertions, ...twice.upsertions] }), [
    duplicateResource,
  ])
  assert.deepEqual(await alter({ deletions: [{ name: 'ops', mechanism: 1 }], upsertions: [] }), [resourceNotFound])
  assert.deepEqual(await alter(await upsert()), [0])
  const sasl = { mechanism: 'scram-sha-256', username: 'ops', password: 'pass' } as const
  const plain = { mechanism: 'plain', username: 'ops', password: 'pass' } as const
  assert.equal(await useKafkajs(portOf(node, 'SASL_PLAINTEXT'), { sasl }), 'high 1')
  assert.equal(await useKafkajs(portOf(node, 'SASL_PLAINTEXT'), { sasl: plain }), 'high 2')
  const { topics } = await admin.call(apis.metadata, 9, { topics: null })
  assert.ok(!topics.some(({ name }) => name?.startsWith('__millrace')))
  const described = await admin.call(apis.describeUserScramCredentials, 0, { users: null })
  assert.deepEqual(
    described.results.map(({ user, credentialInfos }) => [user, credentialInfos.map((one) => one.mechanism)]),
    [
      ['ada', [1, 2]],
      ['ops', [1]],
    ],
  )
  await node.stop()
  const next = await start(t, { folder: node.folder })
  assert.equal(await useKafkajs(portOf(next, 'SASL_PLAINTEXT'), { sasl }), 'high 3')
  const again = await next.connect()
  const gone = await again.call(apis.alterUserScramCredentials, 0, {
    deletions: [{ name: 'ops', mechanism: 1 }],
    upsertions: [],
  })
  assert.equal(gone.results[0]!.errorCode, 0)
  assert.match(await useKafkajs(portOf(next, 'SASL_PLAINTEXT'), { sasl }), /SASL|Authentication/)
})

test('clients over TLS are told the advertised address, and a renewed certificate serves the next of them', async (t) => {
  const node = await start(t, {
    server: { listeners: [listener('SSL', { advertised: { host: 'kafka.example', port: 0 } })] },
  })
  const port = portOf(node, 'SSL')
  const ask = async (): Promise<[string, string, number]> => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const client = new TestClient(wrapSocket(socket))
    const { brokers } = await client.call(apis.metadata, 9, { topics: [] })
    const subject = socket.getPeerX509Certificate()!.subject
    client.destroy()
    return [subject, brokers[0]!.host, brokers[0]!.port]
  }
  assert.deepEqual(await ask(), ['CN=localhost', 'kafka.example', port])
  node.server.listeners[1]!.setTls!({ ...material, ...authority.issue('/CN=renewed') })
  assert.deepEqual(await ask(), ['CN=renewed', 'kafka.example', port])
})

test('OAUTHBEARER: a token that is not taken is answered as RFC 7628 says, then fails', async (t) => {
  const node = await start(t)
  const login = async (message: string): Promise<(string | number)[]> => {
    const client = await connectSasl(t, node)
    await client.call(apis.saslHandshake, 1, { mechanism: 'OAUTHBEARER' })
    const say = (text: string) =>
      client.call(apis.saslAuthenticate, 2, { authBytes: new Uint8Array(Buffer.from(text)) })
    const first = await say(message)
    if (first.errorCode !== 0 || first.authBytes.length === 0) return [first.errorCode, first.sessionLifetimeMs]
    const second = await say('\x01')
    return [Buffer.from(first.authBytes).toString(), second.errorCode, second.errorMessage!]
  }
  const exp = Math.floor(Date.now() / 1000) + 600
  const good = token({ sub: 'ada', exp })
  const [error, lifetimeMs] = await login(`n,a=ada,\x01auth=Bearer ${good}\x01traceId=7\x01\x01`)
  assert.equal(error, 0)
  assert.ok(Number(lifetimeMs) > 590_000 && Number(lifetimeMs) <= 601_000)
  const refusal = '{"status":"invalid_token"}'
  assert.deepEqual(await login(`n,,\x01auth=Bearer ${good}x\x01\x01`), [
    refusal,
    kafkaErrors.saslAuthenticationFailed,
    refusal,
  ])
  for (const bad of [`n,a=eve,\x01auth=Bearer ${good}\x01\x01`, `n,,\x01auth=Basic x\x01\x01`, 'n,,\x01\x01', ''])
    assert.deepEqual(await login(bad), [kafkaErrors.saslAuthenticationFailed, 0], bad)
})
