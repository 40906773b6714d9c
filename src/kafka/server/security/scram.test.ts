import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { nodeRandom } from '../../../base/index.ts'
import { createSteppedClock } from '../stepped-clock.ts'
import { startExchange, type MechanismServices, type Step } from './mechanisms.ts'
import { parsePrincipalRule, principalNameOf } from './principal-rules.ts'
import { checkProof, parseClientFirst, saltPassword, scramCredential, serverFirst } from './scram.ts'
import { SecurityStore } from './store.ts'
import { createMemoryLog } from '../memory-log.ts'
import { Users } from './users.ts'

test('the example of RFC 7677 holds', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const salted = await saltPassword('SCRAM-SHA-256', 'pencil', salt, 4096)
  const credential = scramCredential('SCRAM-SHA-256', salted, salt, 4096)
  const first = parseClientFirst('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')!
  const serverNonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const answer = serverFirst(first, serverNonce, credential)
  assert.equal(answer, 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')
  const proof = { mechanism: 'SCRAM-SHA-256', credential, first, serverFirst: answer, serverNonce } as const
  const final =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
  assert.equal(checkProof(final, proof), 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  for (const broken of [
    final.replace('p=d', 'p=e'),
    final.replace('c=biws', 'c=eSws'),
    final.replace('r=rO', 'r=rP'),
    final.replace(/p=.*/, 'p=AAAA'),
    '',
    'p=',
  ])
    assert.equal(checkProof(broken, proof), undefined, broken)
})

test('client-first messages: names are unescaped; channel binding, extensions that must be known and tokens are refused', () => {
  assert.equal(parseClientFirst('n,,n=a=2Cb=3Dc,r=x')?.user, 'a,b=c')
  assert.equal(parseClientFirst('y,a=ada,n=ada,r=x,foo=bar')?.authorizationId, 'ada')
  for (const bad of [
    'p=tls-unique,,n=a,r=x',
    'n,,m=ext,n=a,r=x',
    'n,,n=a,r=x,tokenauth=true',
    'n,,n=a=2,r=x',
    'n,,n=,r=x',
    'n,,n=a,r=',
    'n,,r=x,n=a',
    '',
  ])
    assert.equal(parseClientFirst(bad), undefined, bad)
})

async function setUp() {
  const { log, reader } = createMemoryLog()
  const clock = createSteppedClock()
  const store = new SecurityStore({ log, reader, clock, readBytes: 1 << 20 })
  const users = new Users({ store, random: nodeRandom, usersMax: 10, believedMax: 2 })
  await users.setFixed([{ name: 'ada', password: 'secret' }])
  const services: MechanismServices = { users, random: nodeRandom, clock, tokens: undefined }
  return { users, services }
}

const say = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const heard = (step: Step): string =>
  step.kind === 'continue' ? Buffer.from(step.bytes).toString() : JSON.stringify(step)

test('an unknown user is asked like a known one, with the same salt each time, and fails in the same words', async () => {
  const { services } = await setUp()
  const begin = async (user: string) => {
    const exchange = startExchange('SCRAM-SHA-512', services)
    const challenge = heard(await exchange.step(say(`n,,n=${user},r=abc`)))
    const [, nonce, salt] = /^r=(abc[^,]+),s=([^,]+),i=4096$/.exec(challenge)!
    const proof = Buffer.alloc(64, 1).toString('base64')
    return { salt, end: heard(await exchange.step(say(`c=biws,r=${nonce},p=${proof}`))) }
  }
  const [known, unknown, again] = [await begin('ada'), await begin('nobody'), await begin('nobody')]
  assert.equal(known.end, unknown.end)
  assert.equal(unknown.salt, again.salt)
  assert.equal(known.salt!.length, unknown.salt!.length)
  assert.match(known.end, /invalid credentials with SASL mechanism SCRAM-SHA-512/)
})

test('SCRAM: the nonce must be ours; that of the client may stand before it once more, as older librdkafka has it', async () => {
  const { services } = await setUp()
  const login = async (nonceOf: (own: string, whole: string) => string): Promise<string> => {
    const exchange = startExchange('SCRAM-SHA-256', services)
    const challenge = heard(await exchange.step(say('n,,n=ada,r=abc')))
    const [, whole, salt] = /^r=(abc[^,]+),s=([^,]+),i=4096$/.exec(challenge)!
    const salted = pbkdf2Sync('secret', Buffer.from(salt!, 'base64'), 4096, 32, 'sha256')
    const clientKey = createHmac('sha256', salted).update('Client Key').digest()
    const storedKey = createHash('sha256').update(clientKey).digest()
    const withoutProof = `c=biws,r=${nonceOf('abc', whole!)}`
    const signature = createHmac('sha256', storedKey).update(`n=ada,r=abc,${challenge},${withoutProof}`).digest()
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64')
    return (await exchange.step(say(`${withoutProof},p=${proof}`))).kind
  }
  assert.equal(await login((_, whole) => whole), 'done')
  assert.equal(await login((own, whole) => own + whole), 'done')
  for (const nonceOf of [
    (own: string) => own,
    (own: string, whole: string) => own + own + whole,
    (_: string, whole: string) => whole.slice(3),
    (_: string, whole: string) => `x${whole}`,
    (_: string, whole: string) => `${whole}x`,
  ])
    assert.equal(await login(nonceOf), 'failed', String(nonceOf))
})

test('PLAIN: the password decides, and every other form fails', async () => {
  const { services } = await setUp()
  const outcome = async (text: string): Promise<string> => {
    const step = await startExchange('PLAIN', services).step(say(text))
    return step.kind === 'done' ? step.user : step.kind === 'failed' ? step.message : step.kind
  }
  assert.equal(await outcome('\0ada\0secret'), 'ada')
  assert.equal(await outcome('ada\0ada\0secret'), 'ada')
  assert.match(await outcome('bob\0ada\0secret'), /authorization id/)
  const wrong = 'Authentication failed: Invalid username or password'
  assert.deepEqual([await outcome('\0ada\0Secret'), await outcome('\0bob\0secret')], [wrong, wrong])
  for (const bad of ['', 'ada', '\0ada', '\0ada\0', '\0\0secret', '\0ada\0secret\0', '\0ada\0\xff'])
    assert.match(await outcome(bad), /^Authentication failed/, bad)
})

test('a password that has held is believed at once, until it is another; a wrong one is salted each time', async () => {
  const { users } = await setUp()
  // Salting leaves the thread; what is believed is there in the same turn.
  const check = async (name: string, password: string): Promise<string> => {
    const answer = users.isPassword(name, password)
    const turn = new Promise<string>((next) => setImmediate(() => next('later')))
    const first = await Promise.race([answer.then(() => 'at once'), turn])
    return `${first} ${await answer}`
  }
  assert.equal(await check('ada', 'secret'), 'later true')
  assert.equal(await check('ada', 'secret'), 'at once true')
  assert.equal(await check('ada', 'Secret'), 'later false')
  assert.equal(await check('ada', 'Secret'), 'later false')
  assert.equal(await check('bob', 'secret'), 'later false')
  const named = (password: string) => ['ada', 'bob', 'eve'].map((name) => ({ name, password }))
  await users.setFixed(named('other'))
  assert.equal(await check('ada', 'secret'), 'later false')
  for (const { name } of named('')) assert.equal(await check(name, 'other'), 'later true')
  // No more than two are kept: the third let go of them.
  assert.equal(await check('eve', 'other'), 'at once true')
  assert.equal(await check('ada', 'other'), 'later true')
  await users.setFixed([])
  assert.equal(await check('ada', 'other'), 'later false')
})

test('principal rules as Kafka’s: the first whose pattern is the whole subject, groups, letters, the subject itself', () => {
  const rules = ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/L', 'RULE:^CN=(.*?),OU=(.*?),.*$/$1@$2/', 'DEFAULT'].map(
    (text) => parsePrincipalRule(text)!,
  )
  const nameOf = (subject: string) => principalNameOf(subject, rules)
  assert.equal(nameOf('CN=Duke,OU=ServiceUsers,O=Org'), 'duke')
  assert.equal(nameOf('CN=Duke,OU=SME,O=x'), 'Duke@SME')
  assert.equal(nameOf('CN=Duke'), 'CN=Duke')
  assert.equal(principalNameOf('CN=x', [parsePrincipalRule('RULE:^O=(.*)$/$1/')!]), undefined)
  for (const bad of ['', 'RULE:', 'RULE:a/b', 'RULE:(/b/', 'default', 'RULE:a/b/X'])
    assert.equal(parsePrincipalRule(bad), undefined, bad)
})
