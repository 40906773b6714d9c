// SCRAM-SHA-256 and SCRAM-SHA-512, the server's side: salted keys are kept, never a password. Invariant: every way to fail looks
// the same to the client, and takes the same steps whether the user exists or not.
// References: RFC 5802, RFC 7677; KIP-84 for what Kafka leaves out (channel binding) and adds (extensions).
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

export interface ScramCredential {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** `code` is Kafka's ScramMechanism type, as credential requests carry it. */
export const scramMechanisms = {
  'SCRAM-SHA-256': { hash: 'sha256', bytes: 32, code: 1 },
  'SCRAM-SHA-512': { hash: 'sha512', bytes: 64, code: 2 },
} as const satisfies Record<ScramMechanism, { hash: string; bytes: number; code: number }>

/** What Kafka takes. */
export const scramIterations = { min: 4096, max: 16_384 } as const

export function scramMechanismOf(code: number): ScramMechanism | undefined {
  return (Object.keys(scramMechanisms) as ScramMechanism[]).find((name) => scramMechanisms[name].code === code)
}

const hmac = (mechanism: ScramMechanism, key: Uint8Array, text: string): Uint8Array =>
  createHmac(scramMechanisms[mechanism].hash, key).update(text).digest()
const digest = (mechanism: ScramMechanism, bytes: Uint8Array): Uint8Array =>
  createHash(scramMechanisms[mechanism].hash).update(bytes).digest()

/** Hi() of the RFC; on Node's thread pool, about 1 ms for 4096 iterations. */
export function saltPassword(
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const { hash, bytes } = scramMechanisms[mechanism]
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, bytes, hash, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** What is kept of a salted password. */
export function scramCredential(
  mechanism: ScramMechanism,
  saltedPassword: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): ScramCredential {
  return {
    salt,
    iterations,
    storedKey: digest(mechanism, hmac(mechanism, saltedPassword, 'Client Key')),
    serverKey: hmac(mechanism, saltedPassword, 'Server Key'),
  }
}

/** Compares in constant time. */
export async function isPassword(
  mechanism: ScramMechanism,
  password: string,
  credential: ScramCredential,
): Promise<boolean> {
  const { salt, iterations, storedKey } = credential
  const salted = await saltPassword(mechanism, password, salt, iterations)
  return timingSafeEqual(scramCredential(mechanism, salted, salt, iterations).storedKey, storedKey)
}

export interface ClientFirst {
  /** 'n,,' or 'y,,' or with an authorization id. */
  readonly header: string
  readonly bare: string
  readonly user: string
  readonly authorizationId: string
  readonly nonce: string
}

const clientFirst =
  /^([ny],(?:a=([^,=]|=2C|=3D)+)?,)(n=((?:[^,=]|=2C|=3D)+),r=([\x21-\x2b\x2d-\x7e]+)((?:,[a-zA-Z]+=[^,]+)*))$/
const clientFinal = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[a-zA-Z]+=[^,]+)*),p=([A-Za-z0-9+/=]+)$/
const unescapeName = (name: string): string => name.replaceAll('=2C', ',').replaceAll('=3D', '=')

/** undefined for what is no client-first message, asks for channel binding, or for a delegation token. */
export function parseClientFirst(text: string): ClientFirst | undefined {
  const found = clientFirst.exec(text)
  if (!found) return undefined
  const [, header, , bare, user, nonce, extensions] = found
  if (/,tokenauth=true/i.test(extensions!)) return undefined
  const authorizationId = unescapeName(header!.slice(2, -1).replace(/^a=/, ''))
  return { header: header!, bare: bare!, user: unescapeName(user!), authorizationId, nonce: nonce! }
}

export function serverFirst(first: ClientFirst, serverNonce: string, { salt, iterations }: ScramCredential): string {
  return `r=${first.nonce}${serverNonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
}

export interface ScramProof {
  readonly mechanism: ScramMechanism
  readonly credential: ScramCredential
  readonly first: ClientFirst
  readonly serverFirst: string
  readonly serverNonce: string
}

/** @returns the server-final message, or undefined when the proof does not hold */
export function checkProof(text: string, proof: ScramProof): string | undefined {
  const { mechanism, credential, first } = proof
  const found = clientFinal.exec(text)
  if (!found) return undefined
  const [, withoutProof, binding, nonce, given] = found
  if (Buffer.from(binding!, 'base64').toString() !== first.header) return undefined
  // librdkafka before 2.6.1 puts its own nonce before the whole of ours. The proof covers ours all the same, so that nothing can be
  // replayed; Kafka 4 refuses it, and with it the kcat of most systems.
  const whole = first.nonce + proof.serverNonce
  if (nonce !== whole && nonce !== first.nonce + whole) return undefined
  const clientProof = Buffer.from(given!, 'base64')
  if (clientProof.length !== scramMechanisms[mechanism].bytes) return undefined
  const message = `${first.bare},${proof.serverFirst},${withoutProof}`
  const signature = hmac(mechanism, credential.storedKey, message)
  const clientKey = clientProof.map((byte, i) => byte ^ signature[i]!)
  if (!timingSafeEqual(digest(mechanism, clientKey), credential.storedKey)) return undefined
  return `v=${Buffer.from(hmac(mechanism, credential.serverKey, message)).toString('base64')}`
}
