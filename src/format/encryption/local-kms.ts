// The key service that needs no cloud: keys that encrypt keys come from one secret, as in the driver local-kms:// of Confluent's
// clients, so that either opens what the other wrapped. All key ids of one secret are the same key, as there.
// Reference: LocalKmsClient of Confluent's clients: AES-128-GCM, its key by HKDF-SHA-256 without salt and info.
import { hkdfSync } from 'node:crypto'
import { emptyBytes } from '../../base/index.ts'
import { fieldCipher, keyMaterialOf, type FieldCipher } from './tink.ts'

export const localKmsType = 'local-kms'

/** Wraps and opens key material. @param secret any text, the same as the clients’ `secret` or LOCAL_SECRET */
export function localKms(secret: string, random?: (size: number) => Uint8Array): FieldCipher {
  const key = new Uint8Array(hkdfSync('sha256', secret, emptyBytes, emptyBytes, 16))
  return fieldCipher('AES128_GCM', keyMaterialOf('AES128_GCM', key), random)!
}
