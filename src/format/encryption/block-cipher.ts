// Seals a file in blocks, so that it is written and read a piece at a time: AES-256-GCM with a key that seals this one file, so
// that a block's number can be its nonce. What stands before the blocks is bound to each of them.
// Invariant: blocks that are left out, swapped, or cut off at the end do not open; nothing unchecked is handed out.
// Reference: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance, 2015); NIST SP 800-38D.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { concatBytes } from '../../base/index.ts'

const keyBytes = 32
/** By which a sealed block is longer. */
export const blockTagBytes = 16

export interface BlockCipher {
  /** @param index of the block, from 0 @param isLast no block follows */
  seal(plain: Uint8Array, index: number, isLast: boolean): Uint8Array
  /** undefined: damaged, another block, or another key. */
  open(sealed: Uint8Array, index: number, isLast: boolean): Uint8Array | undefined
}

/** A key for one file. */
export const newBlockKey = (): Uint8Array => new Uint8Array(randomBytes(keyBytes))

/** undefined: it is no key. @param head what stands before the blocks */
export function blockCipher(key: Uint8Array, head: Uint8Array): BlockCipher | undefined {
  if (key.length !== keyBytes) return undefined
  return {
    seal(plain, index, isLast) {
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, isLast))
      cipher.setAAD(head)
      const text = cipher.update(plain)
      cipher.final()
      return concatBytes([text, cipher.getAuthTag()])
    },
    open(sealed, index, isLast) {
      if (sealed.length < blockTagBytes) return undefined
      const end = sealed.length - blockTagBytes
      const options = { authTagLength: blockTagBytes }
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, isLast), options)
      decipher.setAAD(head)
      decipher.setAuthTag(sealed.subarray(end))
      const plain = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
        return plain
      } catch {
        return undefined
      }
    },
  }
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12)
  nonce[0] = isLast ? 1 : 0
  new DataView(nonce.buffer).setBigUint64(4, BigInt(index))
  return nonce
}
