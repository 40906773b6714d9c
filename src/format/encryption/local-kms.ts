// The key service that needs no cloud: keys that encrypt keys come from one secret, as in the driver local-kms:// of Confluent's
// clients, so that either opens what the other wrapped. All key ids of one secret are the same key, as there.
// Reference: LocalKmsClient of Confluent's clients: AES-128-GCM, its key by HKDF-SHA-256 without salt and info.
import { hkdfSync } from 'node:crypto'
import { assert, emptyBytes } from '../../base/index.ts'
import { fieldCipher, keyMaterialOf, type FieldCipher } from './tink.ts'

export const localKmsType = 'local-kms'

/** Any text, the same as the clients’ `secret` or LOCAL_SECRET; of several the first wraps, and each opens what it wrapped. */
export type LocalSecret = string | readonly string[]

/** Wraps and opens key material. */
export function localKms(secret: LocalSecret, random?: (size: number) => Uint8Array): FieldCipher {
  const [current, ...older] = (typeof secret === 'string' ? [secret] : secret).map((each) => ofSecret(each, random))
  assert(current !== undefined, 'there is a secret')
  if (older.length === 0) return current
  return {
    seal: (plain) => current.seal(plain),
    open(sealed) {
      let plain = current.open(sealed)
      for (let i = 0; plain === undefined && i < older.length; i++) plain = older[i]!.open(sealed)
      return plain
    },
  }
}

/** Secrets before the first one are no longer wrapped with: what only they open has to be wrapped anew. */
export const currentSecret = (secret: LocalSecret): string => (typeof secret === 'string' ? secret : secret[0]!)

function ofSecret(secret: string, random: ((size: number) => Uint8Array) | undefined): FieldCipher {
  const key = new Uint8Array(hkdfSync('sha256', secret, emptyBytes, emptyBytes, 16))
  return fieldCipher('AES128_GCM', keyMaterialOf('AES128_GCM', key), random)!
}
