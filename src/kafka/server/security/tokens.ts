// JSON Web Tokens as OAUTHBEARER carries them, checked against a set of keys. Invariant: a token is believed only when its
// signature, times, issuer and audience hold, by an algorithm that fits its key; symmetric ones are never taken.
// References: RFC 7515 (JWS), RFC 7517 (JWK), RFC 7518 (algorithms), RFC 7519 (JWT), RFC 8725 (best practices).
import { constants, createPublicKey, verify, type JsonWebKeyInput, type KeyObject } from 'node:crypto'

export interface TokenRules {
  /** undefined takes any. */
  readonly issuer?: string
  /** One of the token's audiences must be among them; empty takes any. */
  readonly audiences: readonly string[]
  /** The claim that names the user. */
  readonly principalClaim: string
  /** Scopes that the token must have. */
  readonly scopes: readonly string[]
  readonly clockSkewMs: number
  /** Takes tokens with algorithm 'none': anybody may claim to be anyone. For tests. */
  readonly unsecured: boolean
}

export type TokenCheck =
  | { readonly ok: true; readonly user: string; readonly expiresAtMs: number }
  /** `keyId` when it may be a key that is not known yet. */
  | { readonly ok: false; readonly reason: string; readonly unknownKey?: boolean }

export interface VerificationKey {
  readonly id: string | undefined
  readonly algorithm: string | undefined
  readonly key: KeyObject
}

interface Algorithm {
  readonly type: 'rsa' | 'ec' | 'ed25519'
  readonly hash: string | null
  readonly curve?: string
  readonly padding?: number
}

const pss = constants.RSA_PKCS1_PSS_PADDING
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { type: 'rsa', hash: 'sha256' },
  RS384: { type: 'rsa', hash: 'sha384' },
  RS512: { type: 'rsa', hash: 'sha512' },
  PS256: { type: 'rsa', hash: 'sha256', padding: pss },
  PS384: { type: 'rsa', hash: 'sha384', padding: pss },
  PS512: { type: 'rsa', hash: 'sha512', padding: pss },
  ES256: { type: 'ec', hash: 'sha256', curve: 'prime256v1' },
  ES384: { type: 'ec', hash: 'sha384', curve: 'secp384r1' },
  ES512: { type: 'ec', hash: 'sha512', curve: 'secp521r1' },
  EdDSA: { type: 'ed25519', hash: null },
}
const rsaBitsMin = 2048

/** The keys of a JWK set that can verify signatures; others in it are left out. Throws what JSON.parse throws, or TypeError. */
export function parseKeySet(text: string): VerificationKey[] {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new TypeError('there is no list "keys" in it')
  return (keys as (JsonWebKeyInput['key'] & { kid?: string; alg?: string; use?: string })[]).flatMap((jwk) => {
    if (jwk.kty === 'oct' || (jwk.use !== undefined && jwk.use !== 'sig')) return []
    try {
      return [{ id: jwk.kid, algorithm: jwk.alg, key: createPublicKey({ key: jwk, format: 'jwk' }) }]
    } catch {
      return []
    }
  })
}

type Claims = Readonly<Record<string, unknown>>

/** @param token compact form; bounded by the caller */
export function checkToken(
  token: string,
  keys: readonly VerificationKey[],
  rules: TokenRules,
  nowMs: number,
): TokenCheck {
  const [headerText, claimsText, signatureText, ...rest] = token.split('.')
  const header = decodePart(headerText)
  const claims = decodePart(claimsText)
  if (!header || !claims || signatureText === undefined || rest.length > 0) return refuse('it is not a JWT')
  const { alg, kid, crit } = header
  if (crit !== undefined) return refuse('it has critical extensions')
  if (alg === 'none') {
    if (!rules.unsecured || signatureText !== '') return refuse('it is not signed')
    return checkClaims(claims, rules, nowMs)
  }
  const algorithm = typeof alg === 'string' && Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined
  if (!algorithm) return refuse('its algorithm is not taken')
  const fitting = keys.filter(
    ({ id, algorithm: own, key }) =>
      (kid === undefined || id === kid) && (own === undefined || own === alg) && fits(key, algorithm),
  )
  if (fitting.length === 0) return { ok: false, reason: 'no key fits it', unknownKey: true }
  const signed = Buffer.from(`${headerText}.${claimsText}`)
  const signature = Buffer.from(signatureText, 'base64url')
  if (!fitting.some(({ key }) => isSignedBy(key, algorithm, signed, signature)))
    return refuse('its signature does not hold')
  return checkClaims(claims, rules, nowMs)
}

function decodePart(part: string | undefined): Claims | undefined {
  if (!part) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}

function fits(key: KeyObject, { type, curve }: Algorithm): boolean {
  if (key.asymmetricKeyType !== type) return false
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (type === 'rsa') return (modulusLength ?? 0) >= rsaBitsMin
  return type !== 'ec' || namedCurve === curve
}

function isSignedBy(key: KeyObject, { hash, padding }: Algorithm, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    const options = padding === undefined ? {} : { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363', ...options }, signature)
  } catch {
    return false
  }
}

function checkClaims(claims: Claims, rules: TokenRules, nowMs: number): TokenCheck {
  const { issuer, audiences, principalClaim, scopes, clockSkewMs } = rules
  const { exp, nbf, iat, iss, aud, scope, scp } = claims
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return refuse('it has no expiry')
  if (exp * 1000 + clockSkewMs <= nowMs) return refuse('it has expired')
  for (const from of [nbf, iat]) {
    if (from === undefined) continue
    if (typeof from !== 'number' || from * 1000 - clockSkewMs > nowMs) return refuse('it is not valid yet')
  }
  if (issuer !== undefined && iss !== issuer) return refuse('it is of another issuer')
  if (audiences.length > 0 && !listOf(aud).some((one) => audiences.includes(one)))
    return refuse('it is for another audience')
  const granted = [...listOf(scope), ...listOf(scp)].flatMap((one) => one.split(' '))
  if (!scopes.every((one) => granted.includes(one))) return refuse('it lacks a scope')
  const user = claims[principalClaim]
  if (typeof user !== 'string' || user.trim() === '') return refuse('it names no user')
  return { ok: true, user, expiresAtMs: exp * 1000 }
}

const listOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

function refuse(reason: string): TokenCheck {
  return { ok: false, reason }
}

export interface KeySource {
  /** The text of a JWK set. */
  load(): Promise<string>
}

/** Keys as they are known now, and loaded anew when they may have changed. Loads are never more frequent than `retryMs`. */
export class TokenKeys {
  readonly #source: KeySource
  readonly #now: () => number
  readonly #retryMs: number
  readonly #refreshMs: number
  readonly #onProblem: (reason: string | undefined) => void
  #keys: readonly VerificationKey[] = []
  #triedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | undefined

  constructor(options: {
    source: KeySource
    /** Monotonic, ms. */
    now: () => number
    retryMs: number
    refreshMs: number
    onProblem: (reason: string | undefined) => void
  }) {
    this.#source = options.source
    this.#now = options.now
    this.#retryMs = options.retryMs
    this.#refreshMs = options.refreshMs
    this.#onProblem = options.onProblem
  }

  /** What is known; asks for newer ones beside when these are old. */
  async current(): Promise<readonly VerificationKey[]> {
    const age = this.#now() - this.#triedAt
    if (age >= this.#refreshMs) {
      const loaded = this.reload()
      if (this.#keys.length === 0) await loaded
    }
    return this.#keys
  }

  /** @returns whether they were asked for; not again right after the last time */
  async reload(): Promise<boolean> {
    if (this.#loading) {
      await this.#loading
      return true
    }
    if (this.#now() - this.#triedAt < this.#retryMs) return false
    this.#triedAt = this.#now()
    this.#loading = this.#load().finally(() => (this.#loading = undefined))
    await this.#loading
    return true
  }

  async #load(): Promise<void> {
    try {
      const keys = parseKeySet(await this.#source.load())
      this.#onProblem(keys.length === 0 ? 'it has no key that can verify a token' : undefined)
      this.#keys = keys
    } catch (error) {
      // The keys from before still hold.
      this.#onProblem(error instanceof Error ? error.message : String(error))
    }
  }
}
