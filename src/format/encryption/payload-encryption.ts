// Seals whole values after an encoder has written them, behind the frame (and Protobuf's message indexes), which readers need to
// find the rule. What cannot be sealed is not written at all, whatever onFailure says: there is no such value in clear that a
// reader of ours would take.
// Reference: Confluent EncryptionExecutor (ENCRYPT_PAYLOAD among encodingRules).
import { concatBytes } from '../../base/index.ts'
import type { Batch, EncryptionRule } from '../../model/index.ts'
import type { SealingKeys } from './sealing-keys.ts'

const name = '(the whole value)'

export class PayloadEncryption {
  readonly #keys: SealingKeys
  readonly #rules: readonly EncryptionRule[]
  readonly #headSize: number

  /** @param headSize bytes of each value that stay as they are. Throws MR-FORMAT-013. */
  constructor(keys: SealingKeys, rules: readonly EncryptionRule[], headSize: number) {
    this.#keys = keys
    this.#rules = rules.filter(({ onWrite }) => onWrite !== null)
    this.#headSize = headSize
    for (const rule of this.#rules) {
      if (rule.problem !== null) throw keys.refusal(name, rule.problem)
      keys.check(rule, name)
    }
  }

  get isNeeded(): boolean {
    return this.#rules.length > 0
  }

  /** A new array. @param row of the batch, whose columns name the person. Throws MR-FORMAT-013. */
  seal(value: Uint8Array, batch: Batch, row: number): Uint8Array {
    let body = value.subarray(this.#headSize)
    for (const rule of this.#rules) {
      const sealed = this.#keys.seal(rule, body, batch, row)
      if (typeof sealed === 'string') throw this.#keys.refusal(name, sealed)
      body = sealed
    }
    return concatBytes([value.subarray(0, this.#headSize), body])
  }
}
