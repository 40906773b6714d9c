import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseProto, type ProtoReference } from '../../format/index.ts'
import { compareProto } from './compatibility.ts'

/**
 * Where a case comes from: "guide" is protobuf.dev "Updating A Message Type" (proto2 and proto3 guides), "rule NAME" Confluent's
 * documented rule of that name, "wire" follows from protobuf.dev "Encoding" alone.
 */
type Case = [source: string, old: string, now: string, expected: string[]]

const proto3 = 'syntax = "proto3";'
const verdicts = (old: string, now: string, references: readonly ProtoReference[] = []): string[] =>
  compareProto(parseProto(now, references), parseProto(old, references)).map(
    ({ rule, path, warning }) => `${warning ? '~' : ''}${rule} ${path}`,
  )

/** Fields of one message M. */
function checkFields(cases: readonly Case[], head = proto3, rest = ''): void {
  for (const [source, old, now, expected] of cases) {
    const file = (fields: string): string => `${head} message M { ${fields} } ${rest}`
    assert.deepEqual(verdicts(file(old), file(now)), expected, `${source}: ${old} -> ${now}`)
  }
}

test('fields come, go, and bear other names', () => {
  checkFields([
    ['guide', 'int32 a = 1;', 'int32 a = 1;', []],
    ['guide, add a field', 'int32 a = 1;', 'int32 a = 1; int32 b = 2;', []],
    ['guide, add a field', '', 'string b = 2;', []],
    ['guide, add a field', '', 'repeated M b = 2;', []],
    ['guide, add a field', '', 'map<string, M> b = 2;', []],
    ['guide, remove a field', 'int32 a = 1; int32 b = 2;', 'int32 a = 1;', []],
    ['guide, remove a field', 'int32 a = 1; M b = 2;', 'int32 a = 1; reserved 2;', []],
    ['guide, remove a field', 'map<int32, int32> a = 1;', '', []],
    ['guide, reserved numbers', 'reserved 2;', 'int32 b = 2;', ['~RESERVED_NUMBER_USED /M/b']],
    ['guide, reserved numbers', 'reserved 2 to 5;', 'int32 b = 4;', ['~RESERVED_NUMBER_USED /M/b']],
    ['guide, reserved numbers', 'reserved 2 to 5;', 'int32 b = 6;', []],
    ['rule FIELD_NAME_CHANGED', 'int32 a = 1;', 'int32 b = 1;', ['~FIELD_NAME_CHANGED /M/b']],
    [
      'rule FIELD_NAME_CHANGED',
      'int32 a = 1; int32 b = 2;',
      'int32 b = 1; int32 a = 2;',
      ['~FIELD_NAME_CHANGED /M/b', '~FIELD_NAME_CHANGED /M/a'],
    ],
    ['wire, order is free', 'int32 a = 1; string b = 2;', 'string b = 2; int32 a = 1;', []],
    ['wire, presence is the reader’s', 'int32 a = 1;', 'optional int32 a = 1;', []],
    ['wire, presence is the reader’s', 'optional int32 a = 1;', 'int32 a = 1;', []],
    ['wire, packing is read both ways', 'repeated int32 a = 1;', 'repeated int32 a = 1 [packed = false];', []],
    ['wire, options do not count', 'int32 a = 1;', 'int32 a = 1 [deprecated = true, json_name = "b"];', []],
    ['wire, a number may move', 'int32 a = 1;', 'int32 a = 2;', []],
  ])
})

test('required fields stay', () => {
  checkFields(
    [
      ['rule REQUIRED_FIELD_ADDED', '', 'required int32 a = 1;', ['REQUIRED_FIELD_ADDED /M/a']],
      ['rule REQUIRED_FIELD_REMOVED', 'required int32 a = 1;', '', ['REQUIRED_FIELD_REMOVED /M']],
      [
        'rule REQUIRED_FIELD_REMOVED',
        'required M a = 1; optional int32 b = 2;',
        'optional int32 b = 2;',
        ['REQUIRED_FIELD_REMOVED /M'],
      ],
      [
        'guide, optional to required',
        'optional string a = 1;',
        'required string a = 1;',
        ['REQUIRED_FIELD_ADDED /M/a'],
      ],
      [
        'rule FIELD_NUMERIC_LABEL_CHANGED',
        'optional int32 a = 1;',
        'required int32 a = 1;',
        ['REQUIRED_FIELD_ADDED /M/a', 'FIELD_NUMERIC_LABEL_CHANGED /M/a'],
      ],
      [
        'rule FIELD_NUMERIC_LABEL_CHANGED',
        'required int32 a = 1;',
        'optional int32 a = 1;',
        ['FIELD_NUMERIC_LABEL_CHANGED /M/a'],
      ],
      ['guide, required to optional', 'required string a = 1;', 'optional string a = 1;', []],
      ['guide, required to optional', 'required M a = 1;', 'optional M a = 1;', []],
      ['guide', 'required int32 a = 1;', 'required int32 a = 1;', []],
      ['guide, defaults may change', 'optional int32 a = 1 [default = 1];', 'optional int32 a = 1 [default = 2];', []],
      ['guide, extension ranges', 'extensions 5 to 9;', 'optional int32 a = 5;', []],
      ['wire, groups', 'optional group G = 1 { }', 'optional G g = 1; message G {}', ['FIELD_KIND_CHANGED /M/g']],
      [
        'wire, groups',
        'optional group G = 1 { optional int32 a = 1; }',
        'optional group G = 1 { optional string a = 1; }',
        ['FIELD_SCALAR_KIND_CHANGED /M/G/a'],
      ],
      [
        'rule FIELD_SCALAR_KIND_CHANGED',
        'required int32 a = 1;',
        'required sint32 a = 1;',
        ['FIELD_SCALAR_KIND_CHANGED /M/a'],
      ],
    ],
    'syntax = "proto2";',
  )
})

// Independent of the checker's own table: protobuf.dev "Updating A Message Type", one group a line.
const alike = [
  ['int32', 'int64', 'uint32', 'uint64', 'bool', 'E'],
  ['sint32', 'sint64'],
  ['string', 'bytes'],
  ['fixed32', 'sfixed32'],
  ['fixed64', 'sfixed64'],
  ['float'],
  ['double'],
]
const scalars = alike.flat()

test('each of 16 scalar types read as each other', () => {
  let cases = 0
  for (const old of scalars) {
    for (const now of scalars) {
      const file = (type: string): string => `${proto3} message M { ${type} a = 1; } enum E { X = 0; }`
      const same = alike.some((group) => group.includes(old) && group.includes(now))
      const found = verdicts(file(old), file(now)).filter((one) => !one.startsWith('~'))
      assert.deepEqual(found, same ? [] : ['FIELD_SCALAR_KIND_CHANGED /M/a'], `guide: ${old} -> ${now}`)
      cases++
    }
  }
  assert.equal(cases, 256)
})

test('values that may become others are warned of', () => {
  checkFields(
    [
      ['guide, as a cast in C++', 'int64 a = 1;', 'int32 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'int32 a = 1;', 'int64 a = 1;', []],
      ['guide, as a cast in C++', 'uint32 a = 1;', 'int64 a = 1;', []],
      ['guide, as a cast in C++', 'int32 a = 1;', 'uint64 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'int32 a = 1;', 'uint32 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'uint64 a = 1;', 'int64 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'int32 a = 1;', 'bool a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'bool a = 1;', 'int32 a = 1;', []],
      ['guide, as a cast in C++', 'sint64 a = 1;', 'sint32 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as a cast in C++', 'fixed32 a = 1;', 'sfixed32 a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, enum as int32', 'E a = 1;', 'int32 a = 1;', []],
      ['guide, enum as int32', 'int64 a = 1;', 'E a = 1;', ['~FIELD_NARROWED /M/a']],
      ['guide, as long as the bytes are UTF-8', 'bytes a = 1;', 'string a = 1;', ['~BYTES_AS_STRING /M/a']],
      ['guide, as long as the bytes are UTF-8', 'string a = 1;', 'bytes a = 1;', []],
    ],
    proto3,
    'enum E { X = 0; }',
  )
})

test('one value or a list', () => {
  const numeric = 'FIELD_NUMERIC_LABEL_CHANGED /M/a'
  const textual = '~FIELD_STRING_OR_BYTES_LABEL_CHANGED /M/a'
  checkFields(
    [
      ...['int32', 'uint64', 'sint32', 'fixed64', 'float', 'double', 'bool', 'E'].flatMap((type): Case[] => [
        ['rule FIELD_NUMERIC_LABEL_CHANGED', `${type} a = 1;`, `repeated ${type} a = 1;`, [numeric]],
        ['rule FIELD_NUMERIC_LABEL_CHANGED', `repeated ${type} a = 1;`, `${type} a = 1;`, [numeric]],
      ]),
      ...['string', 'bytes', 'M'].flatMap((type): Case[] => [
        ['guide, strings, bytes and messages', `${type} a = 1;`, `repeated ${type} a = 1;`, [textual]],
        ['guide, strings, bytes and messages', `repeated ${type} a = 1;`, `${type} a = 1;`, [textual]],
      ]),
      ['wire', 'repeated int32 a = 1;', 'repeated int64 a = 1;', []],
      ['wire', 'repeated int32 a = 1;', 'repeated string a = 1;', ['FIELD_SCALAR_KIND_CHANGED /M/a']],
    ],
    proto3,
    'enum E { X = 0; }',
  )
})

test('scalars, messages and maps are kinds apart', () => {
  const kind = ['FIELD_KIND_CHANGED /M/a']
  checkFields(
    [
      ['rule FIELD_KIND_CHANGED', 'int32 a = 1;', 'M a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'M a = 1;', 'int32 a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'M a = 1;', 'bytes a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'E a = 1;', 'M a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'map<string, int32> a = 1;', 'M a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'repeated M a = 1;', 'map<string, int32> a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'map<string, int32> a = 1;', 'repeated string a = 1;', kind],
      ['rule FIELD_KIND_CHANGED', 'map<string, int32> a = 1;', 'string a = 1;', kind],
      [
        'rule FIELD_SCALAR_KIND_CHANGED, a map’s key',
        'map<string, int32> a = 1;',
        'map<int32, int32> a = 1;',
        ['FIELD_SCALAR_KIND_CHANGED /M/a'],
      ],
      [
        'rule FIELD_SCALAR_KIND_CHANGED, a map’s value',
        'map<string, int32> a = 1;',
        'map<string, string> a = 1;',
        ['FIELD_SCALAR_KIND_CHANGED /M/a'],
      ],
      ['rule FIELD_KIND_CHANGED, a map’s value', 'map<string, int32> a = 1;', 'map<string, M> a = 1;', kind],
      [
        'rule FIELD_NAMED_TYPE_CHANGED, a map’s value',
        'map<string, M> a = 1;',
        'map<string, N> a = 1;',
        ['FIELD_NAMED_TYPE_CHANGED /M/a'],
      ],
      ['guide, a map’s value', 'map<int32, int32> a = 1;', 'map<int64, int64> a = 1;', []],
      ['rule FIELD_NAMED_TYPE_CHANGED', 'M a = 1;', 'N a = 1;', ['FIELD_NAMED_TYPE_CHANGED /M/a']],
      ['rule FIELD_NAMED_TYPE_CHANGED', 'N a = 1;', '.N a = 1;', []],
      ['guide, enums are numbers', 'E a = 1;', 'F a = 1;', []],
      ['guide, enums are numbers', 'F a = 1;', 'E a = 1;', ['~ENUM_CONST_REMOVED /M/a']],
    ],
    proto3,
    'message N {} enum E { X = 0; } enum F { A = 0; B = 1; }',
  )
})

test('oneofs', () => {
  checkFields([
    ['rule ONEOF_ADDED', '', 'oneof o { int32 a = 1; string b = 2; }', []],
    ['rule ONEOF_REMOVED', 'oneof o { int32 a = 1; string b = 2; }', '', []],
    ['rule ONEOF_REMOVED, the fields stay', 'oneof o { int32 a = 1; string b = 2; }', 'int32 a = 1; string b = 2;', []],
    ['rule ONEOF_FIELD_ADDED', 'oneof o { int32 a = 1; }', 'oneof o { int32 a = 1; string b = 2; }', []],
    [
      'rule ONEOF_FIELD_REMOVED',
      'oneof o { int32 a = 1; string b = 2; }',
      'oneof o { int32 a = 1; }',
      ['ONEOF_FIELD_REMOVED /M/o'],
    ],
    [
      'rule ONEOF_FIELD_REMOVED',
      'oneof o { int32 a = 1; string b = 2; M c = 3; }',
      'oneof o { int32 a = 1; }',
      ['ONEOF_FIELD_REMOVED /M/o', 'ONEOF_FIELD_REMOVED /M/o'],
    ],
    [
      'rule ONEOF_FIELD_REMOVED, a field that leaves is still there',
      'oneof o { int32 a = 1; string b = 2; }',
      'oneof o { int32 a = 1; } string b = 2;',
      [],
    ],
    [
      'wire, a oneof’s name is nothing',
      'oneof o { int32 a = 1; string b = 2; }',
      'oneof p { int32 a = 1; string b = 2; }',
      [],
    ],
    [
      'wire, a oneof is split',
      'oneof o { int32 a = 1; string b = 2; }',
      'oneof o { int32 a = 1; } oneof p { string b = 2; }',
      [],
    ],
    ['guide, one field into a new oneof', 'int32 a = 1;', 'oneof o { int32 a = 1; }', []],
    ['guide, one field into a new oneof', 'int32 a = 1;', 'oneof o { int32 a = 1; string b = 2; }', []],
    [
      'rule MULTIPLE_FIELDS_MOVED_TO_ONEOF',
      'int32 a = 1; string b = 2;',
      'oneof o { int32 a = 1; string b = 2; }',
      ['MULTIPLE_FIELDS_MOVED_TO_ONEOF /M/o'],
    ],
    [
      'rule MULTIPLE_FIELDS_MOVED_TO_ONEOF',
      'int32 a = 1; string b = 2; oneof o { M c = 3; }',
      'oneof o { int32 a = 1; string b = 2; M c = 3; }',
      ['MULTIPLE_FIELDS_MOVED_TO_ONEOF /M/o'],
    ],
    [
      'rule FIELD_MOVED_TO_EXISTING_ONEOF',
      'int32 a = 1; oneof o { string b = 2; }',
      'oneof o { int32 a = 1; string b = 2; }',
      ['FIELD_MOVED_TO_EXISTING_ONEOF /M/o'],
    ],
    [
      'rule ONEOF_FIELD_REMOVED, under another name',
      'oneof o { int32 a = 1; string b = 2; }',
      'oneof p { int32 a = 1; }',
      ['ONEOF_FIELD_REMOVED /M'],
    ],
    [
      'rule ONEOF_FIELD_REMOVED, one is left outside',
      'oneof o { int32 a = 1; string b = 2; }',
      'int32 a = 1;',
      ['ONEOF_FIELD_REMOVED /M'],
    ],
    [
      'rule ONEOF_REMOVED, the name is taken anew',
      'oneof o { int32 a = 1; }',
      'oneof o { string b = 2; }',
      ['ONEOF_FIELD_REMOVED /M/o'],
    ],
    [
      'guide, two oneofs are merged',
      'oneof o { int32 a = 1; } oneof p { string b = 2; }',
      'oneof o { int32 a = 1; string b = 2; }',
      ['FIELD_MOVED_TO_EXISTING_ONEOF /M/o'],
    ],
    [
      'guide, from one oneof into another',
      'oneof o { int32 a = 1; string c = 3; } oneof p { string b = 2; }',
      'oneof o { string c = 3; } oneof p { string b = 2; int32 a = 1; }',
      ['FIELD_MOVED_TO_EXISTING_ONEOF /M/p'],
    ],
    [
      'rule FIELD_SCALAR_KIND_CHANGED, inside',
      'oneof o { int32 a = 1; }',
      'oneof o { string a = 1; }',
      ['FIELD_SCALAR_KIND_CHANGED /M/a'],
    ],
    [
      'rule FIELD_SCALAR_KIND_CHANGED, on the way in',
      'int32 a = 1;',
      'oneof o { string a = 1; }',
      ['FIELD_SCALAR_KIND_CHANGED /M/a'],
    ],
    [
      'rule FIELD_SCALAR_KIND_CHANGED, on the way out',
      'oneof o { int32 a = 1; }',
      'string a = 1;',
      ['FIELD_SCALAR_KIND_CHANGED /M/a'],
    ],
    [
      'rule FIELD_NUMERIC_LABEL_CHANGED, on the way out',
      'oneof o { int32 a = 1; }',
      'repeated int32 a = 1;',
      ['FIELD_NUMERIC_LABEL_CHANGED /M/a'],
    ],
    [
      'rule FIELD_NAME_CHANGED, inside',
      'oneof o { int32 a = 1; }',
      'oneof o { int32 b = 1; }',
      ['~FIELD_NAME_CHANGED /M/b'],
    ],
    ['wire, order is free', 'oneof o { int32 a = 1; string b = 2; }', 'oneof o { string b = 2; int32 a = 1; }', []],
    [
      'wire, proto3’s optional is no oneof',
      'optional int32 a = 1; optional int32 b = 2;',
      'int32 a = 1; int32 b = 2;',
      [],
    ],
  ])
})

test('files: packages, messages, enums, imports', () => {
  const ref = (text: string): ProtoReference[] => [
    { name: 'a.proto', text: 'syntax = "proto3"; package q; message R { int32 x = 1; }' },
    { name: 'b.proto', text },
  ]
  const imports = (path: string, type: string): string =>
    `${proto3} package p; import "${path}"; message M { ${type} r = 1; }`
  const cases: [source: string, old: string, now: string, expected: string[], references?: ProtoReference[]][] = [
    ['rule PACKAGE_CHANGED', `${proto3} package a;`, `${proto3} package b;`, ['PACKAGE_CHANGED ']],
    ['rule PACKAGE_CHANGED', `${proto3} package a;`, proto3, ['PACKAGE_CHANGED ']],
    ['rule PACKAGE_CHANGED', proto3, `${proto3} package a;`, ['PACKAGE_CHANGED ']],
    [
      'wire, the syntax',
      'syntax = "proto2"; message M { optional int32 a = 1; }',
      `${proto3} message M { optional int32 a = 1; }`,
      [],
    ],
    [
      'wire, the syntax',
      'syntax = "proto2"; message M { repeated int32 a = 1; }',
      'edition = "2023"; message M { repeated int32 a = 1; }',
      [],
    ],
    ['rule MESSAGE_ADDED', `${proto3} message M {}`, `${proto3} message M {} message N {}`, []],
    ['rule MESSAGE_REMOVED', `${proto3} message M {} message N {}`, `${proto3} message M {}`, ['MESSAGE_REMOVED ']],
    ['rule MESSAGE_REMOVED, renamed', `${proto3} message M {}`, `${proto3} message N {}`, ['MESSAGE_REMOVED ']],
    [
      'rule MESSAGE_REMOVED, nested',
      `${proto3} message M { message N {} }`,
      `${proto3} message M {}`,
      ['MESSAGE_REMOVED /M'],
    ],
    [
      'rule MESSAGE_REMOVED, moved inside',
      `${proto3} message M {} message N {}`,
      `${proto3} message M { message N {} }`,
      ['MESSAGE_REMOVED '],
    ],
    ['rule MESSAGE_MOVED', `${proto3} message M {} message N {}`, `${proto3} message N {} message M {}`, []],
    ['rule ENUM_ADDED', proto3, `${proto3} enum E { X = 0; }`, []],
    ['rule ENUM_REMOVED', `${proto3} enum E { X = 0; }`, proto3, []],
    ['rule ENUM_CONST_ADDED', `${proto3} enum E { X = 0; }`, `${proto3} enum E { X = 0; Y = 1; }`, []],
    ['rule ENUM_CONST_REMOVED', `${proto3} enum E { X = 0; Y = 1; }`, `${proto3} enum E { X = 0; }`, []],
    ['rule ENUM_CONST_CHANGED', `${proto3} enum E { X = 0; }`, `${proto3} enum E { Z = 0; }`, []],
    [
      'rule ENUM_CONST_REMOVED, where it is read',
      `${proto3} message M { E e = 1; } enum E { X = 0; Y = 1; }`,
      `${proto3} message M { E e = 1; } enum E { X = 0; }`,
      ['~ENUM_CONST_REMOVED /M/e'],
    ],
    [
      'nested messages are compared',
      `${proto3} message M { message N { int32 a = 1; } }`,
      `${proto3} message M { message N { string a = 1; } }`,
      ['FIELD_SCALAR_KIND_CHANGED /M/N/a'],
    ],
    [
      'recursion ends',
      `${proto3} message M { M m = 1; int32 a = 2; }`,
      `${proto3} message M { M m = 1; bytes a = 2; }`,
      ['FIELD_SCALAR_KIND_CHANGED /M/a'],
    ],
    [
      'services do not count',
      `${proto3} message M {} service S { rpc F(M) returns (M); }`,
      `${proto3} message M {}`,
      [],
    ],
    [
      'well-known types by name',
      `${proto3} import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp t = 1; }`,
      `${proto3} import "google/protobuf/duration.proto"; message M { google.protobuf.Duration t = 1; }`,
      ['FIELD_NAMED_TYPE_CHANGED /M/t'],
    ],
    [
      'well-known types by name',
      `${proto3} import "google/protobuf/timestamp.proto"; message M { google.protobuf.Timestamp t = 1; }`,
      `${proto3} import "google/protobuf/timestamp.proto"; message M { .google.protobuf.Timestamp t = 1; }`,
      [],
    ],
    ['the same import', imports('a.proto', 'q.R'), imports('a.proto', '.q.R'), []],
    [
      'an import’s new version, compatible',
      imports('a.proto', 'q.R'),
      imports('b.proto', 'q.R'),
      [],
      ref(`${proto3} package q; message R { int32 x = 1; string y = 2; }`),
    ],
    [
      'an import’s new version, incompatible',
      imports('a.proto', 'q.R'),
      imports('b.proto', 'q.R'),
      ['FIELD_SCALAR_KIND_CHANGED /M/r/x', 'FIELD_NAMED_TYPE_CHANGED /M/r'],
      ref(`${proto3} package q; message R { string x = 1; }`),
    ],
    [
      'another package’s message of that name',
      imports('a.proto', 'q.R'),
      imports('b.proto', 'z.R'),
      [],
      ref(`${proto3} package z; message R { int32 x = 1; }`),
    ],
    [
      'another message',
      imports('a.proto', 'q.R'),
      imports('b.proto', 'q.S'),
      ['FIELD_NAMED_TYPE_CHANGED /M/r'],
      ref(`${proto3} package q; message S { int32 x = 1; }`),
    ],
    [
      'a message goes into an import',
      `${proto3} package p; message M { R r = 1; } message R { int32 x = 1; }`,
      imports('b.proto', 'q.R'),
      ['MESSAGE_REMOVED '],
      ref(`${proto3} package q; message R { int32 x = 1; }`),
    ],
  ]
  for (const [source, old, now, expected, references = ref(proto3)] of cases)
    assert.deepEqual(verdicts(old, now, references), expected, `${source}: ${old} -> ${now}`)
})

test('a difference names rule, both places, reason and remedy', () => {
  const old =
    'syntax = "proto3";\npackage p;\nmessage M {\n  int32 amount = 1;\n  message N { repeated int32 x = 2; }\n}\n'
  const now =
    'syntax = "proto3";\npackage p;\n\nmessage M {\n  string amount = 1;\n  message N {\n    int32 x = 2;\n  }\n}\n'
  assert.deepEqual(compareProto(parseProto(now), parseProto(old)), [
    {
      rule: 'FIELD_SCALAR_KIND_CHANGED',
      path: '/M/amount',
      writerPath: '/M/amount',
      reason: 'amount = 1: int32 became string; only int32, int64, uint32, uint64, bool and enums are written alike',
      remedy: 'keep int32, or add a field of another number',
      places: [
        { text: 'new', line: 5, column: 10, path: '/M/amount' },
        { text: 'old', line: 4, column: 9, path: '/M/amount' },
      ],
    },
    {
      rule: 'FIELD_NUMERIC_LABEL_CHANGED',
      path: '/M/N/x',
      writerPath: '/M/N/x',
      reason: 'x: a list became one value, and lists of numbers are packed',
      remedy: 'keep the label, or add a field of another number',
      places: [
        { text: 'new', line: 7, column: 11, path: '/M/N/x' },
        { text: 'old', line: 5, column: 30, path: '/M/N/x' },
      ],
    },
  ])
  const forward = compareProto(parseProto(old), parseProto(now), { reading: 'old' })
  assert.deepEqual(
    forward[0]!.places!.map(({ text, line }) => `${text} ${line}`),
    ['old 4', 'new 5'],
  )
})

test('many warnings hide no refusal, and large schemas are compared in time', () => {
  const fields = (name: string, last: string): string =>
    Array.from({ length: 5000 }, (_, i) => `int32 ${name}${i} = ${i + 20000};`).join('') + `${last} z = 1;`
  const found = verdicts(
    `${proto3} message M { ${fields('a', 'int32')} }`,
    `${proto3} message M { ${fields('b', 'string')} }`,
  )
  assert.deepEqual(
    found.filter((one) => !one.startsWith('~')),
    ['FIELD_SCALAR_KIND_CHANGED /M/z'],
  )
  assert.equal(found.length, 101)
})
