// Laws of the generated codec, for every API and every version: what was encoded decodes to itself, and no bytes whatever
// make a decoder do anything but return or throw BytesError.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { BytesError, concatBytes } from '../../base/index.ts'
import { definitions } from './definitions/index.ts'
import type { Field, Message, WireType } from './definition.ts'
import { generateWire } from './generate.ts'
import { apis } from './generated/index.ts'
import { WireReader, zeroUuid } from './reader.ts'
import { WireWriter } from './writer.ts'

interface Codec {
  readonly message: Message
  decode(reader: WireReader, version: number): unknown
  encode(writer: WireWriter, version: number, value: never): void
}

const codecs: Codec[] = definitions.flatMap((definition): Codec[] => {
  const api = Object.values(apis).find(({ key }) => key === definition.key)!
  return [
    { message: definition.request, decode: api.decodeRequest, encode: api.encodeRequest },
    { message: definition.response, decode: api.decodeResponse, encode: api.encodeResponse },
  ]
})

const scalar: Record<string, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  long: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  string: fc.string({ unit: 'binary', maxLength: 20 }),
  uuid: fc.uuid(),
  bytes: fc.uint8Array({ maxLength: 40 }),
  records: fc.uint8Array({ maxLength: 6000 }),
}

const has = (field: Field, version: number): boolean => field.versions.from <= version && version <= field.versions.to

function zeroOf(field: Field): unknown {
  const { defaultText: text, type } = field
  const nullable = field.nullableFrom !== undefined || field.tag !== undefined
  if (text === 'null' || (text === undefined && nullable && type.kind === 'struct')) return null
  if (type.kind !== 'scalar') return []
  if (text === undefined && field.nullableFrom !== undefined && field.nullableFrom <= field.versions.from) return null
  if (type.scalar === 'string') return text ?? ''
  if (type.scalar === 'uuid') return zeroUuid
  if (type.scalar === 'bool') return text === 'true'
  if (type.scalar === 'int64') return BigInt(text ?? 0)
  if (type.scalar === 'bytes' || type.scalar === 'records') return new Uint8Array(0)
  return Number(text ?? 0)
}

function arbitraryOf(type: WireType, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'array') return fc.array(arbitraryOf(type.of, version), { maxLength: 3 })
  return type.kind === 'struct' ? structOf(type.fields, version) : scalar[type.scalar]!
}

function structOf(fields: readonly Field[], version: number): fc.Arbitrary<unknown> {
  return fc.record(
    Object.fromEntries(
      fields.map((field) => {
        if (!has(field, version)) return [field.name, fc.constant(zeroOf(field))]
        const value = arbitraryOf(field.type, version)
        const nullable =
          field.nullableFrom !== undefined
            ? version >= field.nullableFrom
            : field.tag !== undefined && field.type.kind === 'struct'
        return [field.name, nullable ? fc.option(value, { nil: null }) : value]
      }),
    ),
    { noNullPrototype: true },
  )
}

function versionsOf(message: Message): number[] {
  return Array.from({ length: message.versions.to - message.versions.from + 1 }, (_, i) => message.versions.from + i)
}

const bytesOf = (codec: Codec, version: number, value: unknown): Uint8Array => {
  const writer = new WireWriter()
  codec.encode(writer, version, value as never)
  return concatBytes(writer.finish())
}

const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? [...value]
    : Array.isArray(value)
      ? value.map(plain)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
        : value

for (const codec of codecs) {
  test(`${codec.message.name}: every version decodes what it encodes, and hostile bytes only throw BytesError`, () => {
    for (const version of versionsOf(codec.message)) {
      fc.assert(
        fc.property(structOf(codec.message.fields, version), fc.nat(), fc.nat(255), (value, place, byte) => {
          const bytes = bytesOf(codec, version, value)
          const reader = new WireReader(bytes)
          assert.deepEqual(plain(codec.decode(reader, version)), plain(value))
          assert.equal(reader.remaining, 0)
          if (bytes.length === 0) return
          const at = place % bytes.length
          onlyBytesError(() => codec.decode(new WireReader(bytes.subarray(0, at)), version))
          const damaged = bytes.slice()
          damaged[at] = byte
          onlyBytesError(() => codec.decode(new WireReader(damaged), version))
        }),
        { numRuns: 12 },
      )
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
          onlyBytesError(() => codec.decode(new WireReader(bytes), version)),
        ),
        { numRuns: 12 },
      )
    }
  })
}

function onlyBytesError(run: () => void): void {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof BytesError, String(error))
  }
}

test('a truncated message of many fields throws at every length', () => {
  const writer = new WireWriter()
  apis.metadata.encodeRequest(writer, 12, { topics: [{ name: 'a' }, { name: null }] })
  const bytes = concatBytes(writer.finish())
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => apis.metadata.decodeRequest(new WireReader(bytes.subarray(0, length)), 12), BytesError)
  }
})

test('lengths of gigabytes allocate nothing', () => {
  const huge = new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0, 0])
  assert.throws(() => apis.metadata.decodeRequest(new WireReader(huge), 1), BytesError)
  const compact = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])
  assert.throws(() => apis.metadata.decodeRequest(new WireReader(compact), 12), BytesError)
  // Elements that do have their bytes still have a common maximum.
  const many = new Uint8Array(40)
  many[3] = 18
  assert.throws(() => apis.describeGroups.decodeRequest(new WireReader(many, 17), 0), /too many array elements/)
})

test('unknown tagged fields are skipped, and a known one must have the size it says', () => {
  const reader = (tags: number[]): WireReader => new WireReader(new Uint8Array([...heartbeat, ...tags]))
  const heartbeat = [2, 0x67, 0, 0, 0, 1, 2, 0x6d, 0]
  const value = apis.heartbeat.decodeRequest(reader([2, 0, 3, 1, 2, 3, 9, 0]), 4)
  assert.deepEqual(value, { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null })
  assert.throws(() => apis.heartbeat.decodeRequest(reader([1, 0, 9, 1]), 4), BytesError)
})

test('an offset beyond 2^53 saturates', () => {
  const reader = new WireReader(new Uint8Array([0x7f, 255, 255, 255, 255, 255, 255, 255, 0x80, 0, 0, 0, 0, 0, 0, 0]))
  assert.deepEqual([reader.long(), reader.long()], [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])
})

test('the committed code is what the definitions give: run tools/generate-wire.ts', () => {
  for (const file of generateWire(definitions)) {
    assert.equal(readFileSync(new URL(`./generated/${file.name}`, import.meta.url), 'utf8'), file.text, file.name)
  }
})
