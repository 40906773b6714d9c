import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, constants, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { checkToken, parseKeySet, TokenKeys, type TokenRules } from './tokens.ts'

const nowMs = 1_700_000_000_000
const now = nowMs / 1000
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const jwk = (key: KeyObject, kid: string, more: object = {}) => ({ ...key.export({ format: 'jwk' }), kid, ...more })
const keySet = JSON.stringify({
  keys: [
    jwk(rsa.publicKey, 'rsa'),
    jwk(ec.publicKey, 'ec', { alg: 'ES256', use: 'sig' }),
    jwk(ed.publicKey, 'ed'),
    jwk(rsa.publicKey, 'enc', { use: 'enc' }),
    { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' },
    { kty: 'unknown' },
  ],
})
const keys = parseKeySet(keySet)
const rules: TokenRules = {
  issuer: 'https://id',
  audiences: ['millrace'],
  principalClaim: 'sub',
  scopes: [],
  clockSkewMs: 30_000,
  unsecured: false,
}
const good = { sub: 'ada', iss: 'https://id', aud: ['other', 'millrace'], exp: now + 60, iat: now }
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(header: object, claims: object, make: (signed: Buffer) => Buffer): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${make(Buffer.from(text)).toString('base64url')}`
}
const rs256 = (claims: object, header: object = {}): string =>
  token({ alg: 'RS256', kid: 'rsa', ...header }, claims, (signed) => sign('sha256', signed, rsa.privateKey))
const check = (text: string, over: Partial<TokenRules> = {}): string => {
  const found = checkToken(text, keys, { ...rules, ...over }, nowMs)
  return found.ok ? `${found.user} ${found.expiresAtMs - nowMs}` : found.reason
}

test('each algorithm verifies with a key that fits it, with and without a key id', () => {
  const es = token({ alg: 'ES256', kid: 'ec' }, good, (signed) =>
    sign('sha256', signed, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
  )
  const ps = token({ alg: 'PS256' }, good, (signed) =>
    sign('sha256', signed, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  )
  const eddsa = token({ alg: 'EdDSA', kid: 'ed' }, good, (signed) => sign(null, signed, ed.privateKey))
  for (const one of [rs256(good), es, ps, eddsa]) assert.equal(check(one), 'ada 60000')
})

test('a token that is changed, unsigned, signed with a public key as secret, or by an unknown key is refused', () => {
  const whole = rs256(good)
  const [header, , signature] = whole.split('.')
  assert.match(check(`${header}.${part({ ...good, sub: 'eve' })}.${signature}`), /signature/)
  assert.match(check(`${part({ alg: 'none' })}.${part(good)}.`), /not signed/)
  assert.equal(check(`${part({ alg: 'none' })}.${part(good)}.`, { unsecured: true }), 'ada 60000')
  assert.match(check(`${part({ alg: 'none' })}.${part(good)}.AAAA`, { unsecured: true }), /not signed/)
  assert.match(check(rs256(good, { alg: 'HS256' })), /algorithm/)
  assert.match(check(rs256(good, { alg: 'constructor' })), /algorithm/)
  assert.match(check(rs256(good, { alg: 'ES256' })), /no key/)
  assert.match(check(rs256(good, { kid: 'enc' })), /no key/)
  assert.match(check(rs256(good, { kid: 'oct' })), /no key/)
  assert.match(check(rs256(good, { crit: ['x'] })), /critical/)
  for (const bad of ['', 'a', 'a.b', 'a.b.c', `${whole}.x`, '..', 'W10.W10.W10', 'bnVsbA.bnVsbA.'])
    assert.match(check(bad), /not a JWT/, bad)
})

test('claims: expiry with skew, not before, issuer, audience, scope, user', () => {
  assert.match(check(rs256({ ...good, exp: now - 31 })), /expired/)
  assert.equal(check(rs256({ ...good, exp: now - 29 })), 'ada -29000')
  assert.match(check(rs256({ ...good, exp: 'soon' })), /no expiry/)
  assert.match(check(rs256({ ...good, nbf: now + 31 })), /not valid yet/)
  assert.match(check(rs256({ ...good, iat: now + 31 })), /not valid yet/)
  assert.match(check(rs256({ ...good, iss: 'https://evil' })), /issuer/)
  assert.match(check(rs256({ ...good, aud: 'other' })), /audience/)
  assert.match(check(rs256({ ...good, scope: 'a b' }), { scopes: ['c'] }), /scope/)
  assert.equal(check(rs256({ ...good, scope: 'a b' }), { scopes: ['b'] }), 'ada 60000')
  assert.match(check(rs256({ ...good, sub: ' ' })), /no user/)
  assert.equal(check(rs256({ ...good, client: 'svc' }), { principalClaim: 'client' }), 'svc 60000')
})

test('keys are loaded when needed, anew for an unknown one but not again and again, and stay when a load fails', async () => {
  let at = 0
  let loads = 0
  let text = keySet
  const problems: (string | undefined)[] = []
  const source = {
    load: async () => {
      loads++
      if (text === '') throw new Error('the server is gone')
      return text
    },
  }
  const found = new TokenKeys({
    source,
    now: () => at,
    retryMs: 10,
    refreshMs: 100,
    onProblem: (p) => problems.push(p),
  })
  assert.equal((await found.current()).length, 3)
  await found.current()
  assert.deepEqual([loads, await found.reload()], [1, false])
  at = 10
  assert.deepEqual([await found.reload(), loads], [true, 2])
  at = 110
  text = ''
  assert.equal((await found.current()).length, 3)
  await found.reload()
  assert.deepEqual(
    [loads, problems, (await found.current()).length],
    [3, [undefined, undefined, 'the server is gone'], 3],
  )
})
