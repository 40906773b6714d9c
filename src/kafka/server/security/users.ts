// Users with passwords: those of the folder, whose passwords come from files or variables and live in memory only as salted keys,
// and those made through the protocol, whose salted keys are in the log. Invariant: whether a name exists cannot be told from
// answers or their time: an unknown one gets a credential that no password fits, the same one each time.
import { createHmac } from 'node:crypto'
import type { Random } from '../../../base/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import {
  isPassword,
  saltPassword,
  scramCredential,
  scramIterations,
  scramMechanisms,
  type ScramCredential,
  type ScramMechanism,
} from './scram.ts'
import { isReservedName } from './principal-rules.ts'
import type { SecurityChange, SecurityStore, StoreProblem } from './store.ts'

export interface FixedUser {
  readonly name: string
  readonly password: string
}

export interface UserChange {
  readonly name: string
  readonly mechanism: ScramMechanism
  /** null takes the credential away. */
  readonly credential: ScramCredential | null
}

const saltBytes = 16
const mechanismNames = Object.keys(scramMechanisms) as ScramMechanism[]
const keyOf = (mechanism: ScramMechanism, name: string): string => `${mechanism}/${name}`

export class Users {
  readonly #store: SecurityStore
  readonly #random: Random
  readonly #usersMax: number
  /** Of the folder's users, by keyOf. */
  readonly #fixed = new Map<string, ScramCredential>()
  readonly #fixedNames = new Set<string>()
  /** Makes the credentials of names that do not exist, and hides what is believed. */
  readonly #secret: Uint8Array
  /** Of passwords that have held with the credential that is still there: a keyed hash of all three. Bounded, in memory only. */
  readonly #believed = new Set<string>()
  readonly #believedMax: number

  constructor(options: { store: SecurityStore; random: Random; usersMax: number; believedMax: number }) {
    this.#store = options.store
    this.#random = options.random
    this.#usersMax = options.usersMax
    this.#believedMax = options.believedMax
    this.#secret = options.random.bytes(32)
  }

  /** Takes the folder's users in: replaces those from before. About 3 ms each. */
  async setFixed(users: readonly FixedUser[]): Promise<void> {
    const made = await Promise.all(
      users.flatMap(({ name, password }) =>
        mechanismNames.map(async (mechanism) => {
          const salt = this.#random.bytes(saltBytes)
          const salted = await saltPassword(mechanism, password, salt, scramIterations.min)
          return [keyOf(mechanism, name), scramCredential(mechanism, salted, salt, scramIterations.min)] as const
        }),
      ),
    )
    this.#fixed.clear()
    this.#fixedNames.clear()
    for (const [key, credential] of made) this.#fixed.set(key, credential)
    for (const { name } of users) this.#fixedNames.add(name)
  }

  /** The user's credential, or one that fits no password. */
  credential(mechanism: ScramMechanism, name: string): { known: boolean; credential: ScramCredential } {
    const found = this.#find(mechanism, name)
    if (found) return { known: true, credential: found }
    const { hash, bytes } = scramMechanisms[mechanism]
    const derive = (what: string): Uint8Array =>
      createHmac(hash, this.#secret).update(`${what}/${mechanism}/${name}`).digest().subarray(0, bytes)
    const salt = derive('salt').subarray(0, saltBytes)
    return {
      known: false,
      credential: { salt, iterations: scramIterations.min, storedKey: derive('stored'), serverKey: derive('server') },
    }
  }

  /** Whether it is the user's password, for PLAIN. */
  async isPassword(name: string, password: string): Promise<boolean> {
    const mechanism =
      this.#find('SCRAM-SHA-256', name) || !this.#find('SCRAM-SHA-512', name) ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512'
    const { known, credential } = this.credential(mechanism, name)
    const storedKey = Buffer.from(credential.storedKey).toString('base64')
    // Salting is slow by design, and clients over HTTP show their password with each request.
    const shown = createHmac('sha256', this.#secret)
      .update(JSON.stringify([name, password, storedKey]))
      .digest('base64')
    if (this.#believed.has(shown)) return true
    const holds = (await isPassword(mechanism, password, credential)) && known
    if (!holds) return false
    if (this.#believed.size >= this.#believedMax) this.#believed.clear()
    this.#believed.add(shown)
    return true
  }

  /** All users with their mechanisms, by name. */
  list(): ReadonlyMap<string, readonly { mechanism: ScramMechanism; iterations: number }[]> {
    const found = new Map<string, { mechanism: ScramMechanism; iterations: number }[]>()
    const add = (key: string, iterations: number): void => {
      const at = key.indexOf('/')
      const [mechanism, name] = [key.slice(0, at) as ScramMechanism, key.slice(at + 1)]
      const known = found.get(name)
      if (known) known.push({ mechanism, iterations })
      else found.set(name, [{ mechanism, iterations }])
    }
    for (const [key, { iterations }] of this.#fixed) add(key, iterations)
    for (const [key, text] of this.#store.entries('scram')) {
      if (!this.#fixed.has(key)) add(key, decodeCredential(text).iterations)
    }
    for (const one of found.values()) one.sort((a, b) => (a.mechanism < b.mechanism ? -1 : 1))
    return found
  }

  /** Why a user cannot be changed through the protocol; undefined when it can. */
  changeProblem({ name, mechanism, credential }: UserChange): StoreProblem | undefined {
    if (this.#fixedNames.has(name)) {
      const message = 'this user is declared in the project folder: change the password where the folder takes it from'
      return { error: kafkaErrors.unacceptableCredential, message }
    }
    if (isReservedName(name)) {
      return { error: kafkaErrors.unacceptableCredential, message: `${name} is who has no name: nobody logs in as it` }
    }
    const entries = this.#store.entries('scram')
    const isThere = entries.has(keyOf(mechanism, name))
    if (credential === null && !isThere) {
      const message = 'Attempt to delete a user credential that does not exist'
      return { error: kafkaErrors.resourceNotFound, message }
    }
    if (credential && !isThere && entries.size >= this.#usersMax) {
      return {
        error: kafkaErrors.policyViolation,
        message: `there are ${entries.size} credentials, the most that are kept`,
      }
    }
    return undefined
  }

  /** Stores what changeProblem found nothing against. */
  change(changes: readonly UserChange[]): Promise<{ ok: true; result: undefined } | ({ ok: false } & StoreProblem)> {
    return this.#store.change(() => ({
      changes: changes.map(({ name, mechanism, credential }): SecurityChange => ({
        section: 'scram',
        key: keyOf(mechanism, name),
        value: credential && encodeCredential(credential),
      })),
      result: undefined,
    }))
  }

  #find(mechanism: ScramMechanism, name: string): ScramCredential | undefined {
    const key = keyOf(mechanism, name)
    const fixed = this.#fixed.get(key)
    if (fixed) return fixed
    const text = this.#store.entries('scram').get(key)
    return text === undefined ? undefined : decodeCredential(text)
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function encodeCredential({ salt, iterations, storedKey, serverKey }: ScramCredential): string {
  return JSON.stringify({
    iterations,
    salt: base64(salt),
    storedKey: base64(storedKey),
    serverKey: base64(serverKey),
  })
}

function decodeCredential(text: string): ScramCredential {
  const { iterations, salt, storedKey, serverKey } = JSON.parse(text) as Record<string, string> & { iterations: number }
  const bytes = (value: string | undefined): Uint8Array => new Uint8Array(Buffer.from(value ?? '', 'base64'))
  return { iterations, salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) }
}
