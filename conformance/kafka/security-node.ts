// Brokers that know their clients, ours and the real one with the same settings: SASL over TLS with every mechanism, mutual TLS with
// Kafka's principal rules, tokens signed by one key, ACLs; and a plain listener on which the test is a super user.
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeAuthority, nodeClock, nodeNet, nodeRandom, openNodeDisk, type TlsMaterial } from '../../src/base/index.ts'
import { createKafkaServer, type KafkaListenerOptions } from '../../src/kafka/server/index.ts'
import { openLogClient, openLogReader, startLogWorker } from '../../src/log/index.ts'
import { createAuthorizer } from '../../src/model/index.ts'
import { freePorts, startKafka } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'

export interface SecureBroker {
  /** Plain; the super user's. */
  readonly bootstrap: string
  readonly saslSsl: string
  readonly mutual: string
  readonly faults: readonly unknown[]
  stop(): Promise<void>
}

/** What both brokers and all clients are given, as files in one folder. */
export interface Credentials {
  readonly folder: string
  readonly authority: string
  /** Path of a client's certificate and key: CN=Ada,OU=payments. */
  readonly certificate: string
  readonly key: string
  readonly server: TlsMaterial
  readonly keySet: string
  token(claims: Readonly<Record<string, unknown>>): string
}

/** PLAIN passwords; SCRAM users are made with tools. */
export const plainUsers = { pam: 'pam-secret', eve: 'eve-secret' }
const principalRules = ['RULE:^CN=([^,]+),OU=payments.*$/$1/L', 'DEFAULT']
const issuer = 'https://id.example'
const audience = 'millrace'

export function makeCredentials(): Credentials {
  const folder = temporaryFolder()
  const authority = makeAuthority()
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const server = authority.issue('/CN=localhost')
  const client = authority.issue('/OU=payments/CN=Ada')
  const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...signer.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }
  write('server-store.pem', server.key + server.certificate)
  return {
    folder,
    authority: write('ca.pem', authority.certificate),
    certificate: write('client.pem', client.certificate),
    key: write('client.key', client.key),
    server: {
      ...server,
      certificatePath: 'server.pem',
      keyPath: 'server.key',
      authorities: authority.certificate,
      authoritiesPath: 'ca.pem',
    },
    keySet: write('keys.json', JSON.stringify({ keys: [jwk] })),
    token(claims) {
      const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
      const iat = Math.floor(Date.now() / 1000)
      const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part({ iss: issuer, aud: audience, iat, exp: iat + 600, ...claims })}`
      const signature = sign('sha256', Buffer.from(signed), { key: signer.privateKey, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
  }
}

async function startOwn({ server: material, keySet }: Credentials): Promise<SecureBroker> {
  const folder = temporaryFolder()
  const faults: unknown[] = []
  const onFailure = (error: unknown): void => void faults.push(error)
  const worker = await startLogWorker({ folder, durability: 'synced', clients: ['kafka'], onFailure })
  const log = openLogClient(worker.clientPort('kafka'))
  const reader = openLogReader(worker.share, openNodeDisk(folder))
  const { readFile } = await import('node:fs/promises')
  const listeners: KafkaListenerOptions[] = [
    {
      name: 'sasl',
      protocol: 'SASL_SSL',
      host: '127.0.0.1',
      port: 0,
      mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
      tls: { material, clientCertificates: 'none' },
    },
    {
      name: 'mutual',
      protocol: 'SSL',
      host: '127.0.0.1',
      port: 0,
      principalRules,
      tls: { material, clientCertificates: 'required' },
    },
  ]
  const authorizer = createAuthorizer({ rules: [], superUsers: ['User:anonymous'], closed: true })
  const server = await createKafkaServer({
    log,
    reader,
    net: nodeNet,
    clock: nodeClock,
    random: nodeRandom,
    authorize: authorizer.authorize,
    authorizer,
    meter: { add() {}, set() {} },
    host: '127.0.0.1',
    port: 0,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
    listeners,
    security: {
      users: Object.entries(plainUsers).map(([name, password]) => ({ name, password })),
      tokens: {
        source: { load: () => readFile(keySet, 'utf8') },
        issuer,
        audiences: [audience],
        principalClaim: 'sub',
        scopes: [],
        clockSkewMs: 30_000,
        unsecured: false,
      },
    },
    onFault: onFailure,
  })
  return {
    bootstrap: `127.0.0.1:${server.port}`,
    saslSsl: `127.0.0.1:${server.listeners[1]!.port}`,
    mutual: `127.0.0.1:${server.listeners[2]!.port}`,
    faults,
    async stop() {
      await server.stop()
      log.close()
      await worker.stop()
      reader.close()
    },
  }
}

async function startReal({ folder, authority, keySet }: Credentials): Promise<SecureBroker> {
  const [plain, controller, sasl, mutual] = (await freePorts(4)) as [number, number, number, number]
  const names = { PLAINTEXT: plain, SASL: sasl, MUTUAL: mutual }
  const places = Object.entries(names).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const login = (name: string): string => `org.apache.kafka.common.security.${name} required`
  const passwords = Object.entries(plainUsers).map(([name, password]) => ` user_${name}="${password}"`)
  const oauth = (text: string): string => `listener.name.sasl.oauthbearer.${text}`
  const kafka = await startKafka({
    heap: [
      '-Xms128m',
      '-Xmx384m',
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://${keySet}`,
      `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${keySet}`,
    ],
    port: plain,
    properties: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: [...places, `CONTROLLER://127.0.0.1:${controller}`].join(),
      'advertised.listeners': places.join(),
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'server-store.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority,
      'listener.name.mutual.ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': principalRules.join(),
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.sasl.plain.sasl.jaas.config': `${login('plain.PlainLoginModule')}${passwords.join('')};`,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${login('scram.ScramLoginModule')};`,
      'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${login('scram.ScramLoginModule')};`,
      [oauth('sasl.jaas.config')]: `${login('oauthbearer.OAuthBearerLoginModule')};`,
      [oauth('sasl.server.callback.handler.class')]:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
      [oauth('sasl.oauthbearer.jwks.endpoint.url')]: `file://${keySet}`,
      [oauth('sasl.oauthbearer.expected.issuer')]: issuer,
      [oauth('sasl.oauthbearer.expected.audience')]: audience,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  return {
    bootstrap: kafka.bootstrap,
    saslSsl: `127.0.0.1:${sasl}`,
    mutual: `127.0.0.1:${mutual}`,
    faults: [],
    stop: () => kafka.stop(),
  }
}

export const secureBrokers: readonly { name: string; start(credentials: Credentials): Promise<SecureBroker> }[] = [
  { name: 'Millrace', start: startOwn },
  { name: 'Kafka', start: startReal },
]
