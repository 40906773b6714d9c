// The ciphers of Confluent's field encryption: what Tink calls RAW keys of AES-GCM and AES-SIV. A ciphertext of GCM is nonce
// (12 bytes), text, tag (16); one of SIV is the synthetic nonce (16 bytes) and text. Keys are kept and wrapped as Tink's
// serialized messages AesGcmKey and AesSivKey.
// Invariant: whatever the bytes, open() gives the plaintext or undefined, never a throw and never unchecked plaintext.
// Reference: NIST SP 800-38D; RFC 5297 (one string of associated data, empty); Tink proto/aes_gcm.proto, aes_siv.proto.
import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import { assert, concatBytes, emptyBytes } from '../../base/index.ts'

export const dekAlgorithms = ['AES128_GCM', 'AES256_GCM', 'AES256_SIV'] as const
export type DekAlgorithm = (typeof dekAlgorithms)[number]

const keyBytes: Readonly<Record<DekAlgorithm, number>> = { AES128_GCM: 16, AES256_GCM: 32, AES256_SIV: 64 }
const nonceBytes = 12
const tagBytes = 16

/** Seals and opens with one key. */
export interface FieldCipher {
  /** A new array. GCM: another one each time; SIV: the same for the same text. */
  seal(plain: Uint8Array): Uint8Array
  /** undefined: not sealed with this key, or damaged. */
  open(sealed: Uint8Array): Uint8Array | undefined
}

/** A new key as Tink serializes it. @param random cryptographically strong; absent: the system's */
export function makeKeyMaterial(
  algorithm: DekAlgorithm,
  random: (size: number) => Uint8Array = randomBytes,
): Uint8Array {
  return keyMaterialOf(algorithm, random(keyBytes[algorithm]))
}

/** Field 3 of AesGcmKey, or field 2 of AesSivKey; the version, 0, is left out. */
export function keyMaterialOf(algorithm: DekAlgorithm, key: Uint8Array): Uint8Array {
  assert(key.length === keyBytes[algorithm], 'the key has the algorithm’s size')
  return concatBytes([Uint8Array.of(algorithm === 'AES256_SIV' ? 0x12 : 0x1a, key.length), key])
}

/** The key inside of what Tink serialized; undefined: it is none of this algorithm. */
function keyOf(algorithm: DekAlgorithm, material: Uint8Array): Uint8Array | undefined {
  const field = algorithm === 'AES256_SIV' ? 2 : 3
  let key: Uint8Array | undefined
  let at = 0
  while (at < material.length) {
    const tag = material[at++]!
    const value = material[at++]!
    // Sizes and the version, 0, take one byte each.
    if (value === undefined || value > 127) return undefined
    if (tag === 0x08) {
      if (value !== 0) return undefined
    } else if ((tag & 7) === 2) {
      if (at + value > material.length) return undefined
      if (tag >> 3 === field) key = material.subarray(at, at + value)
      at += value
    } else return undefined
  }
  return key?.length === keyBytes[algorithm] ? key : undefined
}

/** undefined: the material is no key of this algorithm. @param random nonces; absent: the system's */
export function fieldCipher(
  algorithm: DekAlgorithm,
  material: Uint8Array,
  random: (size: number) => Uint8Array = randomBytes,
): FieldCipher | undefined {
  const key = keyOf(algorithm, material)
  if (!key) return undefined
  return algorithm === 'AES256_SIV' ? sivCipher(key) : gcmCipher(key, random)
}

function gcmCipher(key: Uint8Array, random: (size: number) => Uint8Array): FieldCipher {
  const name = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  return {
    seal(plain) {
      const nonce = random(nonceBytes)
      const cipher = createCipheriv(name, key, nonce)
      const text = cipher.update(plain)
      cipher.final()
      return concatBytes([nonce, text, cipher.getAuthTag()])
    },
    open(sealed) {
      if (sealed.length < nonceBytes + tagBytes) return undefined
      const end = sealed.length - tagBytes
      const decipher = createDecipheriv(name, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAuthTag(sealed.subarray(end))
      const plain = decipher.update(sealed.subarray(nonceBytes, end))
      try {
        decipher.final()
        return plain
      } catch {
        return undefined
      }
    },
  }
}

function sivCipher(key: Uint8Array): FieldCipher {
  const mac = cmac(key.subarray(0, 32))
  const streamKey = key.subarray(32)
  const ofNoData = double(mac(new Uint8Array(16)))
  const emptyMac = mac(emptyBytes)
  for (let i = 0; i < 16; i++) ofNoData[i]! ^= emptyMac[i]!
  const syntheticNonce = (plain: Uint8Array): Uint8Array => {
    // Not slice(): a Buffer's is no copy.
    const mixed = plain.length >= 16 ? new Uint8Array(plain) : padded(plain)
    const mask = plain.length >= 16 ? ofNoData : double(ofNoData)
    const at = mixed.length - 16
    for (let i = 0; i < 16; i++) mixed[at + i]! ^= mask[i]!
    return mac(mixed)
  }
  const stream = (nonce: Uint8Array, text: Uint8Array): Uint8Array => {
    const counter = new Uint8Array(nonce)
    counter[8]! &= 0x7f
    counter[12]! &= 0x7f
    return createCipheriv('aes-256-ctr', streamKey, counter).update(text)
  }
  return {
    seal(plain) {
      const nonce = syntheticNonce(plain)
      return concatBytes([nonce, stream(nonce, plain)])
    },
    open(sealed) {
      if (sealed.length < 16) return undefined
      const nonce = sealed.subarray(0, 16)
      const plain = stream(nonce, sealed.subarray(16))
      return timingSafeEqual(syntheticNonce(plain), nonce) ? plain : undefined
    },
  }
}

/** RFC 4493 with AES-256. */
function cmac(key: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  const zero = new Uint8Array(16)
  // A last block of CBC over all blocks is what CMAC is, once the last block is masked.
  const chain = (blocks: Uint8Array): Uint8Array => {
    const cipher = createCipheriv('aes-256-cbc', key, zero)
    cipher.setAutoPadding(false)
    const all = cipher.update(blocks)
    return new Uint8Array(all.subarray(all.length - 16))
  }
  const whole = double(chain(zero))
  const short = double(whole)
  return (bytes) => {
    const rest = bytes.length & 15
    const isWhole = bytes.length > 0 && rest === 0
    const blocks = new Uint8Array(isWhole ? bytes.length : bytes.length - rest + 16)
    blocks.set(bytes)
    if (!isWhole) blocks[bytes.length] = 0x80
    const mask = isWhole ? whole : short
    const at = blocks.length - 16
    for (let i = 0; i < 16; i++) blocks[at + i]! ^= mask[i]!
    return chain(blocks)
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(16)
  block.set(bytes)
  block[bytes.length] = 0x80
  return block
}

/** Times x in GF(2^128). */
function double(block: Uint8Array): Uint8Array {
  const doubled = new Uint8Array(16)
  for (let i = 0; i < 16; i++) doubled[i] = (block[i]! << 1) | (i < 15 ? block[i + 1]! >> 7 : 0)
  doubled[15]! ^= block[0]! >> 7 === 1 ? 0x87 : 0
  return doubled
}
