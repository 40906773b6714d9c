// Keys that open what the rules of one subject have sealed, fields and whole values alike.
// Invariant: key material is dropped as soon as the keys change, so what was erased is unreadable from then on.
// Reference: Confluent EncryptionExecutor.
import type { EncryptionRule, FieldKey, FieldKeys } from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import { fieldCipher, type FieldCipher } from './tink.ts'

/** 0x00 and the version of the key, before what is sealed. */
export const versionBytes = 5

/** Whether what is sealed begins with 0x00 and its key's version. */
export const isVersioned = (rule: EncryptionRule): boolean => rule.expiryDays > 0 || rule.keySubject !== null

export class OpeningKeys {
  readonly #keys: FieldKeys
  readonly #subject: string
  readonly #ciphers = new Map<string, readonly FieldCipher[] | string>()
  #revision = -1

  constructor(keys: FieldKeys, subject: string) {
    this.#keys = keys
    this.#subject = subject
  }

  /** Before records are read: keys may have come or gone. */
  begin(): void {
    const revision = this.#keys.revision()
    if (revision === this.#revision) return
    this.#revision = revision
    this.#ciphers.clear()
  }

  /** The plaintext, or why there is none. */
  open(rule: EncryptionRule, value: Uint8Array): Uint8Array | string {
    let sealed = value
    let version = 1
    if (isVersioned(rule)) {
      if (sealed.length < versionBytes || sealed[0] !== 0) return 'its key’s version is missing'
      version = new DataView(sealed.buffer, sealed.byteOffset).getInt32(1)
      sealed = sealed.subarray(versionBytes)
    }
    const ciphers = this.#ciphersOf(rule, version)
    if (typeof ciphers === 'string') return ciphers
    for (const cipher of ciphers) {
      const plain = cipher.open(sealed)
      if (plain) return plain
    }
    return 'it was sealed with another key, or is damaged'
  }

  #ciphersOf(rule: EncryptionRule, version: number): readonly FieldCipher[] | string {
    const name = JSON.stringify([rule.kekName, rule.algorithm, rule.keySubject === null, version])
    const known = this.#ciphers.get(name)
    if (known !== undefined) return known
    const keys = this.#find(rule, version)
    let found: readonly FieldCipher[] | string = 'its key is no key of the algorithm'
    if (typeof keys === 'string') found = keys
    else {
      const ciphers = keys.flatMap((key) => fieldCipher(rule.algorithm, key.material) ?? [])
      if (ciphers.length > 0) found = ciphers
    }
    if (this.#ciphers.size >= formatLimits.ciphersMax) this.#ciphers.clear()
    this.#ciphers.set(name, found)
    return found
  }

  #find(rule: EncryptionRule, version: number): readonly FieldKey[] | string {
    if (rule.keySubject !== null) return this.#keys.findAll(rule, version)
    const key = this.#keys.find(rule, this.#subject, version)
    if (key === undefined) return `there is no key of ${this.#subject}, version ${version}`
    return typeof key === 'string' ? key : [key]
  }
}
