// Against what Python's Tink sealed with keys of its own, through Confluent's client; and hostile bytes.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { localKms } from './local-kms.ts'
import { dekAlgorithms, fieldCipher, makeKeyMaterial, type DekAlgorithm } from './tink.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** Algorithm, key material, plaintext, ciphertext. */
const sealed: readonly (readonly [DekAlgorithm, string, string, string])[] = [
  [
    'AES128_GCM',
    '1a1077e0a9d971742a5984954d4b0bc0ebc6',
    '',
    '6964645c70d2462f927f4e75d5f90f3e37088d3d4a95898f3a2e59e2',
  ],
  [
    'AES128_GCM',
    '1a1077e0a9d971742a5984954d4b0bc0ebc6',
    '68656c6c6f',
    '39872467fabe963136d6a3eb30dfed69eda6bd236a29ecbeacb9f6ca7eae988a3c',
  ],
  [
    'AES256_GCM',
    '1a202312045d6257b436b21646aaa60ac9dbb3114eefb46a58873f72601fc7d895aa',
    '68656c6c6f',
    'ee6d5fb3d7c22b1d95540e76f30927ff413aaddcb40a50513ecb2b7133d020793b',
  ],
  [
    'AES256_GCM',
    '1a202312045d6257b436b21646aaa60ac9dbb3114eefb46a58873f72601fc7d895aa',
    '30313233343536373839616263646566',
    '31f5e0224891a689d726a6000312c11c3ac13f95f29a84c003d056f8f23a0f6f38472e732fa05d2e3d2a7ceb',
  ],
  [
    'AES256_SIV',
    '12402f48a03b5d1c4f4298eb16a477cf64ef8a8359fcd4df310b2ac93e48d2524fdb7e00126d0bd58f67d135db861981d038783a385ff673afb3cabc9c646acb4ca1',
    '',
    '42cc320b584b96131488d9404732e692',
  ],
  [
    'AES256_SIV',
    '12402f48a03b5d1c4f4298eb16a477cf64ef8a8359fcd4df310b2ac93e48d2524fdb7e00126d0bd58f67d135db861981d038783a385ff673afb3cabc9c646acb4ca1',
    '68656c6c6f',
    '55fb4d6fa3be912d272b95efd7c9ecff34287cf5ba',
  ],
  [
    'AES256_SIV',
    '12402f48a03b5d1c4f4298eb16a477cf64ef8a8359fcd4df310b2ac93e48d2524fdb7e00126d0bd58f67d135db861981d038783a385ff673afb3cabc9c646acb4ca1',
    '30313233343536373839616263646566',
    'f2d8324a3d745d5bdc2b2b067c3273924a64562da215df8ff24d13f85efbbd00',
  ],
  [
    'AES256_SIV',
    '12402f48a03b5d1c4f4298eb16a477cf64ef8a8359fcd4df310b2ac93e48d2524fdb7e00126d0bd58f67d135db861981d038783a385ff673afb3cabc9c646acb4ca1',
    '787878787878787878787878787878787878787878787878787878787878787878',
    '4d19e88d0f8fd70f406d4d3b74841ccc5a2c29b22b5a52169cae2028d959e1a07fd0df4331a35bda3301254f31bb375c34',
  ],
] as const

describe('ciphers as Tink has them', () => {
  for (const [algorithm, key, plain, ciphertext] of sealed)
    test(`${algorithm}, ${plain.length / 2} bytes`, () => {
      const cipher = fieldCipher(algorithm, bytes(key))!
      assert.equal(hex(cipher.open(bytes(ciphertext))!), plain)
      const again = cipher.seal(bytes(plain))
      assert.equal(hex(again) === ciphertext, algorithm === 'AES256_SIV')
      assert.equal(hex(cipher.open(again)!), plain)
    })

  test('the local key service opens what Confluent’s wrapped', () => {
    const kms = localKms('mysecret')
    const wrapped = bytes('37a425f8a81242ac253c3958bfa22eb79cc5522116dadf6469c74e16d84c5bc181')
    assert.equal(new TextDecoder().decode(kms.open(wrapped)), 'hello')
    assert.equal(localKms('another').open(wrapped), undefined)
  })
})

test('open(seal(x)) = x; a changed bit, another key and cut bytes give nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...dekAlgorithms),
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(),
      (algorithm, plain, at) => {
        const cipher = fieldCipher(algorithm, makeKeyMaterial(algorithm))!
        const text = cipher.seal(plain)
        assert.deepEqual(hex(cipher.open(text)!), hex(plain))
        const changed = Uint8Array.from(text)
        changed[(at >> 3) % text.length]! ^= 1 << (at & 7)
        assert.equal(cipher.open(changed), undefined)
        assert.equal(cipher.open(text.subarray(0, at % text.length)), undefined)
        assert.equal(fieldCipher(algorithm, makeKeyMaterial(algorithm))!.open(text), undefined)
      },
    ),
  )
})

test('material that is no key of the algorithm is refused', () => {
  for (const algorithm of dekAlgorithms)
    for (const material of [
      '',
      '1a',
      '1aff',
      '0801',
      '1a02aaaa',
      '2a10',
      '08001a',
      hex(makeKeyMaterial('AES128_GCM')) + '00',
    ])
      assert.equal(fieldCipher(algorithm, bytes(material)), undefined, `${algorithm} ${material}`)
  assert.notEqual(fieldCipher('AES128_GCM', bytes(`0800${hex(makeKeyMaterial('AES128_GCM'))}`)), undefined)
})
