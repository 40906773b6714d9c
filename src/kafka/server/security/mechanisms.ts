// The SASL mechanisms, each as an exchange of messages. Invariant: the texts of failures are Kafka's, and tell nothing but that it
// failed. References: RFC 4616 (PLAIN), RFC 5802 (SCRAM), RFC 7628 (OAUTHBEARER); KIP-43, KIP-84, KIP-255.
import { decodeText, encodeText } from '../../../base/index.ts'
import type { Clock, Random } from '../../../base/index.ts'
import { isReservedName } from './principal-rules.ts'
import { checkProof, parseClientFirst, serverFirst, type ScramMechanism, type ScramProof } from './scram.ts'
import { checkToken, type TokenCheck, type TokenKeys, type TokenRules } from './tokens.ts'
import type { Users } from './users.ts'

export type SaslMechanism = 'PLAIN' | ScramMechanism | 'OAUTHBEARER'

export type Step =
  | { readonly kind: 'continue'; readonly bytes: Uint8Array }
  /** `expiresAtMs`: when what proved the user's name ends, ms since 1970; Infinity when it does not. */
  | { readonly kind: 'done'; readonly bytes: Uint8Array; readonly user: string; readonly expiresAtMs: number }
  | { readonly kind: 'failed'; readonly message: string }

export interface Exchange {
  /** Takes the client's next message. Not called again after 'done' or 'failed', nor before the last has resolved. */
  step(message: Uint8Array): Promise<Step>
}

export interface MechanismServices {
  readonly users: Users
  readonly random: Random
  readonly clock: Clock
  /** undefined: OAUTHBEARER is not set up, and no listener offers it. */
  readonly tokens: { readonly keys: TokenKeys; readonly rules: TokenRules } | undefined
}

const noBytes = new Uint8Array(0)
const failed = (message: string): Step => ({ kind: 'failed', message })

export function startExchange(mechanism: SaslMechanism, services: MechanismServices): Exchange {
  if (mechanism === 'PLAIN') return { step: (message) => plain(message, services) }
  if (mechanism === 'OAUTHBEARER') return new OauthExchange(services)
  return new ScramExchange(mechanism, services)
}

/** Strictly UTF-8; undefined otherwise. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = decodeText(bytes)
  return text.includes('\ufffd') ? undefined : text
}

async function plain(message: Uint8Array, { users }: MechanismServices): Promise<Step> {
  const parts = textOf(message)?.split('\0')
  if (parts?.length !== 3) return failed('Authentication failed: the PLAIN message is not well-formed')
  const [authorizationId, user, password] = parts as [string, string, string]
  if (user === '' || password === '') return failed('Authentication failed: user name or password is empty')
  const holds = await users.isPassword(user, password)
  if (!holds) return failed('Authentication failed: Invalid username or password')
  if (authorizationId !== '' && authorizationId !== user)
    return failed('Authentication failed: Client requested an authorization id that is different from username')
  return { kind: 'done', bytes: noBytes, user, expiresAtMs: Infinity }
}

class ScramExchange implements Exchange {
  readonly #mechanism: ScramMechanism
  readonly #services: MechanismServices
  #proof: (ScramProof & { known: boolean }) | undefined

  constructor(mechanism: ScramMechanism, services: MechanismServices) {
    this.#mechanism = mechanism
    this.#services = services
  }

  async step(message: Uint8Array): Promise<Step> {
    const mechanism = this.#mechanism
    const failure = failed(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`,
    )
    const text = textOf(message) ?? ''
    if (!this.#proof) {
      const first = parseClientFirst(text)
      if (!first || (first.authorizationId !== '' && first.authorizationId !== first.user)) return failure
      const { users, random } = this.#services
      const { known, credential } = users.credential(mechanism, first.user)
      const serverNonce = Buffer.from(random.bytes(24)).toString('base64url')
      const answer = serverFirst(first, serverNonce, credential)
      this.#proof = { mechanism, credential, first, serverFirst: answer, serverNonce, known }
      return { kind: 'continue', bytes: encodeText(answer) }
    }
    const final = checkProof(text, this.#proof)
    if (final === undefined || !this.#proof.known) return failure
    return { kind: 'done', bytes: encodeText(final), user: this.#proof.first.user, expiresAtMs: Infinity }
  }
}

// RFC 7628: fields are set off by ^A.
const bearerForm =
  // oxlint-disable-next-line no-control-regex
  /^n,(?:a=([^,]*))?,\x01(?:[A-Za-z]+=[^\x01]*\x01)*?auth=bearer +([-_.A-Za-z0-9]+)\x01(?:[A-Za-z]+=[^\x01]*\x01)*\x01$/i
const invalidToken = '{"status":"invalid_token"}'

class OauthExchange implements Exchange {
  readonly #services: MechanismServices
  #isRefused = false

  constructor(services: MechanismServices) {
    this.#services = services
  }

  async step(message: Uint8Array): Promise<Step> {
    // Told that its token is not taken, the client sends one byte and is told again that it failed (RFC 7628, 3.2.3).
    if (this.#isRefused) return failed(invalidToken)
    const found = bearerForm.exec(textOf(message) ?? '')
    if (!found) return failed('Authentication failed: the OAUTHBEARER message is not well-formed')
    const [, authorizationId, token] = found
    const check = await checkWithKeys(token!, this.#services)
    if (!check.ok) {
      this.#isRefused = true
      return { kind: 'continue', bytes: encodeText(invalidToken) }
    }
    if (authorizationId && authorizationId !== check.user)
      return failed(
        'Authentication failed: Client requested an authorization id that is different from the token’s user',
      )
    return { kind: 'done', bytes: noBytes, user: check.user, expiresAtMs: check.expiresAtMs }
  }
}

/** Whether a token is believed; an unknown key is looked for once more where the keys come from. */
async function checkWithKeys(token: string, { tokens, clock }: MechanismServices): Promise<TokenCheck> {
  if (!tokens) return { ok: false, reason: 'tokens are not taken here' }
  const { keys, rules } = tokens
  const check = checkToken(token, await keys.current(), rules, clock.nowMs())
  if (check.ok || !check.unknownKey || !(await keys.reload())) return check
  return checkToken(token, await keys.current(), rules, clock.nowMs())
}

/** What a door of another protocol was shown. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }

/** The user's name; undefined when it is not believed. */
export async function identify(shown: Credentials, services: MechanismServices): Promise<string | undefined> {
  const user = await userShown(shown, services)
  return user === undefined || isReservedName(user) ? undefined : user
}

async function userShown(shown: Credentials, services: MechanismServices): Promise<string | undefined> {
  if (shown.kind === 'password') {
    const { user, password } = shown
    return user !== '' && password !== '' && (await services.users.isPassword(user, password)) ? user : undefined
  }
  const check = await checkWithKeys(shown.token, services)
  return check.ok ? check.user : undefined
}
