// Descriptors as protoc makes them of the same text: its own figures, taken from its descriptors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { MillraceError } from '../../base/index.ts'
import { descriptorOf } from './descriptor-write.ts'
import { parseProto } from './load.ts'
import { printProto } from './print.ts'

const descriptor = (text: string): FileDescriptorProto =>
  fromBinary(FileDescriptorProtoSchema, descriptorOf(parseProto(text)))

test('defaults of floats and doubles are written with the digits of C', () => {
  const defaults = [
    ['float', '9e9', '9e+09'],
    ['float', '9000000000', '9e+09'],
    ['float', '6.022140857E23', '6.022141e+23'],
    ['float', '0.00001', '1e-05'],
    ['float', '0.0001', '0.0001'],
    ['float', '342823.0', '342823'],
    ['float', '182199.17', '182199.172'],
    ['float', '479439.3', '479439.312'],
    ['float', '-913121.318', '-913121.312'],
    ['float', '1.534876503401342e-40', '1.53487023e-40'],
    ['float', '-0.0', '-0'],
    ['float', '-inf', '-inf'],
    ['double', '-1.4225106704269312e+16', '-14225106704269312'],
    ['double', '0.7000000000000001', '0.70000000000000007'],
    ['double', '7e14', '700000000000000'],
    ['double', '7e15', '7e+15'],
    ['double', '2.516346e-20', '2.516346e-20'],
    ['double', 'nan', 'nan'],
  ] as const
  const fields = defaults.map(([type, text], i) => `optional ${type} f${i} = ${i + 1} [default = ${text}];`)
  const found = descriptor(`syntax = "proto2"; message M { ${fields.join('\n')} }`).messageType[0]!.field
  assert.deepEqual(
    found.map(({ defaultValue }) => defaultValue),
    defaults.map(([, , want]) => want),
  )
})

test('a method with empty braces has empty options', () => {
  const { service } = descriptor('message M {} service S { rpc A(M) returns (M) {} rpc B(M) returns (M); }')
  assert.deepEqual(
    service[0]!.method.map(({ options }) => options !== undefined),
    [true, false],
  )
})

test('a message set keeps numbers up to 2^31 - 2 for extensions, other messages up to 2^29 - 1', () => {
  const text = (option: string, number: number): string =>
    `syntax = "proto2"; message S { ${option} extensions 4 to max; } extend S { optional S s = ${number}; }`
  const set = 'option message_set_wire_format = true;'
  const [largest] = descriptor(text(set, 2147483646)).messageType
  assert.deepEqual([largest!.extensionRange[0]!.start, largest!.extensionRange[0]!.end], [4, 2147483647])
  assert.equal(descriptor(text('', 5)).messageType[0]!.extensionRange[0]!.end, 536870912)
  assert.throws(() => parseProto(text('', 536870912)), MillraceError)
  assert.throws(() => parseProto('syntax = "proto2"; message S { extensions 4 to 536870912; }'), MillraceError)
  assert.match(printProto(parseProto(text(set, 2147483646)), { normalize: true }), /extensions 4 to max;/)
})

test('what a map says of its encoding holds for its keys and values', () => {
  const file = parseProto(
    'edition = "2023"; message M { map<string, string> a = 1 [features.utf8_validation = NONE]; map<string, string> b = 2; }',
  )
  assert.deepEqual(
    file.messages[0]!.messages.map((entry) => entry.fields.map(({ checksUtf8 }) => checksUtf8)),
    [
      [false, false],
      [true, true],
    ],
  )
})

test('the first part of a name decides where the rest is looked for, except for registries', () => {
  const shadowed = 'package test; message M { message N {} message M { optional M.N n = 1; } }'
  const byPackage = 'package a.b; message M { optional b.N n = 1; } '
  for (const text of [shadowed, byPackage]) {
    assert.throws(() => parseProto(`syntax = "proto2"; ${text}`), /MR-FORMAT-001|there is no type/)
  }
  const file = parseProto(`syntax = "proto2"; ${shadowed}`, [], { lenient: true })
  assert.equal(file.messages[0]!.messages.find(({ name }) => name === 'M')!.fields[0]!.message?.fullName, 'test.M.N')
  assert.equal(parseProto('syntax = "proto2"; package a.b; message M { optional b.M m = 1; }').messages.length, 1)
})

test('a value in text format names what a group could have been by its type', () => {
  const { options } = descriptor(`edition = "2023"; import "google/protobuf/descriptor.proto";
    message O { message Bar { string name = 1; } Bar bar = 1 [features.message_encoding = DELIMITED]; Bar other = 2; }
    extend google.protobuf.FileOptions { O o = 50000; }
    option (o) = { Bar { name: "x" } };`)
  assert.deepEqual(options!.uninterpretedOption, [])
})
