// Unchanged clients and tools against listeners that authenticate, on our broker and on the real one: the same script must see the
// same. Certificates are made by openssl.
// needs: kafka, kcat, confluent-kafka
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Admin, Producer as PlatformaticProducer, stringSerializers } from '@platformatic/kafka'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { kafkaTool, kcat, pythonVenv, type KafkaTool } from '../../peers/index.ts'
import { makeCredentials, plainUsers, secureBrokers, type SecureBroker } from './security-node.ts'

const credentials = makeCredentials()
const { authority, certificate, key, token } = credentials

for (const { name, start } of secureBrokers) {
  describe(`with ${name}`, () => {
    let broker: SecureBroker
    before(async () => {
      broker = await start(credentials)
    })
    after(async () => {
      await broker?.stop()
      assert.deepEqual(broker?.faults, [])
    })

    const tool = async (which: KafkaTool, ...args: readonly string[]): Promise<string> => {
      const result = await kafkaTool(which, ['--bootstrap-server', broker.bootstrap, ...args])
      assert.equal(result.code, 0, `${which}: ${result.stderr}${result.stdout}`)
      return result.stdout
    }
    const python = async (more: object): Promise<unknown> => {
      const given = {
        bootstrap: broker.bootstrap,
        saslSsl: broker.saslSsl,
        mutual: broker.mutual,
        authority,
        certificate,
        key,
        token: token({ sub: 'token-user' }),
        'foreign token': token({ sub: 'token-user', aud: 'other' }),
        'expired token': token({ sub: 'token-user', iat: 1, exp: 100 }),
        ...more,
      }
      const { run } = await pythonVenv('confluent-kafka')
      const result = await run(join(import.meta.dirname, 'security.py'), [JSON.stringify(given)])
      assert.equal(result.code, 0, result.stderr)
      return JSON.parse(result.stdout)
    }
    const kcatAs = (user: string, password: string, ...args: readonly string[]) => {
      const tls = ['-X', 'security.protocol=SASL_SSL', '-X', `ssl.ca.location=${authority}`]
      const who = ['-X', 'sasl.mechanism=PLAIN', '-X', `sasl.username=${user}`, '-X', `sasl.password=${password}`]
      return kcat(['-b', broker.saslSsl, ...tls, ...who, '-m', '10', ...args], { input: 'one\n' })
    }

    test('confluent-kafka: each mechanism and mutual TLS, users and rights made by its admin client, and all that is refused', async () => {
      assert.deepEqual(await python({}), {
        topics: ['ok', 'ok'],
        'users made': ['ok', 'ok'],
        'user described': [
          ['SCRAM_SHA_256', 4096],
          ['SCRAM_SHA_512', 8192],
        ],
        'acls made': ['ok'],
        'acls of scott': ['GROUP readers READ', 'TOPIC paid READ', 'TOPIC paid WRITE'],
        'SCRAM-SHA-256': 0,
        'SCRAM-SHA-512': 1,
        PLAIN: 2,
        OAUTHBEARER: 3,
        'mutual TLS': 4,
        'wrong password, SCRAM': '_AUTHENTICATION',
        'wrong password, PLAIN': '_AUTHENTICATION',
        'unknown user': '_AUTHENTICATION',
        'token for another audience': '_AUTHENTICATION',
        'expired token': '_AUTHENTICATION',
        'no certificate': '_MSG_TIMED_OUT',
        'no right': 'TOPIC_AUTHORIZATION_FAILED',
        'denied below a prefix': 'TOPIC_AUTHORIZATION_FAILED',
        'group with a right': 'one',
        'group without a right': 'GROUP_AUTHORIZATION_FAILED',
        'topics that eve sees': [],
        'acls removed': 3,
        'user removed': { scott: 'ok' },
        'login of a removed user': '_AUTHENTICATION',
      })
    })

    test('Java tools: kafka-acls adds, lists and removes rights', async () => {
      const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: 'jobs' }] })
      await admin.disconnect()
      const who = ['--allow-principal', 'User:java', '--allow-principal', 'User:pam', '--deny-principal', 'User:eve']
      const resource = ['--topic', 'job', '--resource-pattern-type', 'prefixed']
      await tool('kafka-acls', '--add', ...who, '--deny-host', '10.0.0.1', '--operation', 'All', ...resource)
      const listed = await tool('kafka-acls', '--list', '--topic', 'jobs', '--resource-pattern-type', 'match')
      assert.match(listed, /resourceType=TOPIC, name=job, patternType=PREFIXED/)
      assert.match(listed, /principal=User:java, host=\*, operation=ALL, permissionType=ALLOW/)
      assert.match(listed, /principal=User:eve, host=10.0.0.1, operation=ALL, permissionType=DENY/)
      const deny = ['--deny-principal', 'User:eve', '--deny-host', '10.0.0.1', '--operation', 'All']
      await tool('kafka-acls', '--remove', '--force', ...deny, ...resource)
      const found = await python({ acls: 'User:eve' })
      assert.deepEqual(found, [])
    })

    test('Java tools: a user made with kafka-configs logs in over TLS, and uses his rights and no others', async () => {
      const entity = ['--entity-type', 'users', '--entity-name', 'java']
      const credential = 'SCRAM-SHA-256=[iterations=8192,password=espresso]'
      await tool('kafka-configs', '--alter', ...entity, '--add-config', credential)
      const config = join(credentials.folder, 'client.properties')
      const login = 'org.apache.kafka.common.security.scram.ScramLoginModule'
      const lines = {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'SCRAM-SHA-256',
        'sasl.jaas.config': `${login} required username="java" password="espresso";`,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': authority,
      }
      const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`)
      writeFileSync(config, text.join(''))
      const as = ['--bootstrap-server', broker.saslSsl, '--command-config', config]
      const result = await kafkaTool('kafka-topics', [...as, '--list'])
      assert.equal(result.code, 0, result.stderr)
      assert.deepEqual(result.stdout.trim().split('\n'), ['jobs'])
    })

    test('kcat: SCRAM, as librdkafka before 2.6.1 has it, which sends its nonce twice', async () => {
      const produced = await kcatAs('java', 'espresso', '-X', 'sasl.mechanism=SCRAM-SHA-256', '-P', '-t', 'jobs')
      if (name === 'Kafka') assert.match(produced.stderr, /Authentication failed|^$/)
      else assert.equal(produced.code, 0, produced.stderr)
      const wrong = await kcatAs('java', 'decaf', '-X', 'sasl.mechanism=SCRAM-SHA-256', '-P', '-t', 'jobs')
      assert.match(wrong.stderr, /Authentication failed/)
    })

    test('kcat: a password over TLS; a wrong one, and a topic without a right, are refused', async () => {
      const produced = await kcatAs('pam', plainUsers.pam, '-P', '-t', 'jobs')
      assert.equal(produced.code, 0, produced.stderr)
      const consumed = await kcatAs('pam', plainUsers.pam, '-C', '-t', 'jobs', '-e', '-q')
      assert.match(consumed.stdout, /^(one\n)+$/, consumed.stderr)
      const wrong = await kcatAs('pam', 'decaf', '-P', '-t', 'jobs')
      assert.match(wrong.stderr, /Authentication failed/)
      const stranger = await kcatAs('eve', plainUsers.eve, '-P', '-t', 'jobs')
      assert.match(stranger.stderr, /Topic authorization failed/)
    })

    test('kafkajs: SCRAM and OAUTHBEARER over TLS, and a certificate', async () => {
      const ssl = { ca: readFileSync(authority, 'utf8'), servername: 'localhost' }
      const see = async (address: string, more: { sasl?: SASLOptions; ssl: object }): Promise<string[]> => {
        const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 }, ...more })
        const admin = kafka.admin()
        try {
          await admin.connect()
          return (await admin.listTopics()).toSorted()
        } catch (error) {
          return [String(error)]
        } finally {
          await admin.disconnect()
        }
      }
      const scram = (password: string): SASLOptions => ({ mechanism: 'scram-sha-256', username: 'java', password })
      assert.deepEqual(await see(broker.saslSsl, { ssl, sasl: scram('espresso') }), ['jobs'])
      assert.match((await see(broker.saslSsl, { ssl, sasl: scram('decaf') }))[0]!, /SASL|Authentication/)
      const sasl: SASLOptions = {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({ value: token({ sub: 'pam' }) }),
      }
      assert.deepEqual(await see(broker.saslSsl, { ssl, sasl }), ['jobs', 'pay-roll', 'paid'].toSorted())
      const own = { ...ssl, cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
      assert.deepEqual(await see(broker.mutual, { ssl: own }), ['paid'])
    })

    test('@platformatic/kafka: SCRAM over TLS, and a topic without a right', async () => {
      const options = {
        clientId: 'check',
        bootstrapBrokers: [broker.saslSsl],
        tls: { ca: readFileSync(authority, 'utf8'), servername: 'localhost' },
        sasl: { mechanism: 'SCRAM-SHA-256' as const, username: 'java', password: 'espresso' },
        retries: 0,
      }
      const producer = new PlatformaticProducer({ ...options, serializers: stringSerializers })
      const sent = await producer.send({ messages: [{ topic: 'jobs', value: 'one' }] })
      assert.ok(sent.offsets![0]!.offset > 0n)
      await producer.close()
      const admin = new Admin(options)
      await assert.rejects(admin.createTopics({ topics: ['mine'], partitions: 1, replicas: 1 }))
      await admin.close()
    })

    test('Java tools: kafka-configs sets and shows a quota beside a password, and a producer above it is told how long', async () => {
      const entity = ['--entity-type', 'users', '--entity-name', 'java']
      const quota = 'producer_byte_rate=1000,consumer_byte_rate=2000000'
      await tool('kafka-configs', '--alter', ...entity, '--add-config', quota)
      const described = await tool('kafka-configs', '--describe', ...entity)
      assert.match(described, /Quota configs for user-principal 'java' are .*producer_byte_rate=1000\.0/)
      assert.match(described, /consumer_byte_rate=2000000\.0/)
      assert.match(described, /SCRAM credential configs for user-principal 'java' are SCRAM-SHA-256=iterations=8192/)
      // 20 KB are 20 s of it, of which ten to eleven are free.
      const seconds = Number(await python({ throttled: { bytes: 20_000, user: 'java', password: 'espresso' } }))
      assert.ok(seconds > 8 && seconds < 11, `${seconds} s`)
    })
  })
}
