import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../../base/index.ts'
import { descriptorOf } from './descriptor-write.ts'
import { parseProto } from './load.ts'
import { printProto } from './print.ts'
import type { ProtoFile } from './schema.ts'

const seed = `syntax = "proto3"; package p.q; import "google/protobuf/timestamp.proto"; import "confluent/meta.proto";
  option java_package = "x"; option (confluent.file_meta) = { doc: "d" tags: ["a", "b"] };
  message M { reserved 4 to 6; reserved "gone"; optional int32 a = 1 [deprecated = true, (confluent.field_meta).doc = "x"];
    map<string, N> m = 2; oneof o { string s = 3; N n = 7; } repeated double d = 8 [packed = false];
    google.protobuf.Timestamp t = 9; message N { E e = 1; } enum E { ZERO = 0; ONE = 1 [(unknown.opt) = { x: 1 }]; } }
  service S { rpc F(M) returns (stream M); }`
const words = [...seed.matchAll(/[A-Za-z_.][\w.]*|\d+|"[^"]*"|[^\s\w]/g)].map(([word]) => word)

/** The file, or undefined where it is refused; anything else fails. */
function attempt(text: string, lenient: boolean): ProtoFile | undefined {
  try {
    return parseProto(text, [], { lenient })
  } catch (error) {
    assert(error instanceof MillraceError && error.code === 'MR-FORMAT-001', String(error))
    assert.match(String(error.details['reason']), /^\d+:\d+: /)
    return undefined
  }
}

/** What was accepted prints to a text that is accepted and prints the same, and has a descriptor that is the same file. */
function holds(file: ProtoFile): void {
  for (const normalize of [false, true]) {
    const printed = printProto(file, { normalize })
    const again = parseProto(printed, [], { lenient: true })
    assert.equal(printProto(again, { normalize }), printed)
  }
  const described = parseProto(Buffer.from(descriptorOf(file)).toString('base64'), [], { lenient: true })
  assert.deepEqual(
    Buffer.from(descriptorOf(described)).toString('hex'),
    Buffer.from(descriptorOf(file)).toString('hex'),
  )
}

test('texts with words changed, gone or new are refused with a place, or hold', () => {
  let accepted = 0
  const edits = fc.array(
    fc.tuple(fc.nat(words.length - 1), fc.constantFrom(...words, '', '{', '}', ';', '-1', '1e5', '0x7f', "'")),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  fc.assert(
    fc.property(edits, fc.boolean(), (changes, lenient) => {
      const text = [...words]
      for (const [at, word] of changes) text[at] = word
      const file = attempt(text.join(' '), lenient)
      if (!file) return
      accepted++
      holds(file)
    }),
    { numRuns: 1500 },
  )
  assert(accepted > 20)
})

test('any text is refused with a place, or holds', () => {
  const soup = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 40 })
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map((list) => list.join(' ')),
        fc.string({ unit: 'binary', maxLength: 60 }),
      ),
      (text) => {
        const file = attempt(text, true)
        if (file) holds(file)
      },
    ),
    { numRuns: 1500 },
  )
})

test('damaged descriptors are refused, or hold', () => {
  const bytes = descriptorOf(parseProto(seed))
  let accepted = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
      (changes) => {
        const damaged = Uint8Array.from(bytes)
        for (const [at, byte] of changes) damaged[at] = byte
        const file = attempt(Buffer.from(damaged).toString('base64'), true)
        if (!file) return
        accepted++
        const printed = printProto(file, { normalize: true })
        assert.equal(printProto(parseProto(printed, [], { lenient: true }), { normalize: true }), printed)
      },
    ),
    { numRuns: 1500 },
  )
  assert(accepted > 50)
})
