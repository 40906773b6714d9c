import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFileRegistry, fromBinary, type DescField } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { MillraceError } from '../../base/index.ts'
import { builtinFiles } from './builtin.ts'
import { descriptorOf } from './descriptor-write.ts'
import { builtinFile, parseProto, type ProtoReference } from './load.ts'
import { printProto } from './print.ts'
import { messageAt, type ProtoFile, type ProtoMessage } from './schema.ts'

const fails = (text: string, references: readonly ProtoReference[] = []): string[] => {
  try {
    parseProto(text, references)
  } catch (error) {
    assert(error instanceof MillraceError)
    assert.equal(error.code, 'MR-FORMAT-001')
    return String(error.details['reason']).split(/; (?=\d+:\d+: )/)
  }
  return []
}

const everything = `syntax = "proto3";
// a comment
package a.b;
import "google/protobuf/timestamp.proto";
import public "google/type/date.proto";
import "confluent/meta.proto";
option java_package = "x.y";
option (confluent.file_meta).tags = "PII";
message A {
  reserved 4, 6 to 8, 100 to max; reserved "x", 'y';
  google.protobuf.Timestamp t = 1 [(confluent.field_meta) = {params: [{key: "a", value: "b"}] doc: "x" 'y\\n'}];
  map<string, A.B> m = 2;
  oneof o { option (confluent.unknown) = 1; int32 q = 3; B b = 9; }
  message B { repeated int32 z = 1; repeated string s = 2 [deprecated = true]; E e = 3; enum E { E0 = 0; E1 = 1; } }
  optional string s = 5 [deprecated=true, (confluent.field_meta).doc = "d", json_name="S"];
  repeated bool packed = 0x0A [packed = false];
  .a.b.A.B absolute = 11; B.E nested = 12; E outer = 023; google.type.Date date = 14;
  /* another */
  bool message = 15; bytes option = 16; int64 reserved = 17; double oneof = 18;
}
enum E { option allow_alias = true; X = 0; Y = -1 [deprecated = true]; Z = 0x0; reserved -5 to -2, 7; reserved "W"; }
service S { option deprecated = true; rpc F(A) returns (stream A.B) { option deprecated = true; } rpc G(stream .a.b.A) returns (A); }
`
const proto2 = `
import "google/protobuf/descriptor.proto";
message M {
  required int32 id = 1 [default = -7];
  optional string name = 2 [default = "a\\"b\\xe2\\x82\\xac"];
  optional bytes raw = 3 [default = "\\000\\377'"];
  optional double d = 4 [default = -inf]; optional float f = 5 [default = 1.5e3];
  repeated group Item = 6 { optional int64 n = 1; }
  optional Color color = 7 [default = RED];
  repeated sint32 packed = 8 [packed = true];
  extensions 100 to 199, 500 to max [verification = UNVERIFIED];
  extend Holder { optional M nested_ext = 100; }
}
message Holder { extensions 100 to 200; }
enum Color { GREEN = 2; RED = 1; }
extend M { optional string ext = 100; repeated group ExtGroup = 101 { optional int32 x = 1; } }
extend google.protobuf.FieldOptions { optional M my_opt = 50001; repeated int32 my_list = 50002; }
message User { optional int32 a = 1 [(my_opt) = { id: 1, [ext]: "e" item { n: 3 } }, (my_list) = 1, (my_list) = 2, (my_opt).name = "z"]; }
`
const edition = `edition = "2023";
package ed;
option features.field_presence = IMPLICIT;
message A {
  int32 implicit = 1;
  int32 explicit = 2 [features.field_presence = EXPLICIT];
  int32 needed = 3 [features.field_presence = LEGACY_REQUIRED];
  repeated int32 packed = 4;
  repeated int32 loose = 5 [features.repeated_field_encoding = EXPANDED];
  A delimited = 6 [features.message_encoding = DELIMITED];
  string text = 7 [features.utf8_validation = NONE];
  Closed closed = 8 [features = { field_presence: EXPLICIT }];
  reserved gone, away;
}
enum Closed { option features.enum_type = CLOSED; ONE = 1; }
`

test('every built-in file parses, and imports only built-in files', () => {
  for (const path of builtinFiles.keys()) assert.equal(builtinFile(path)?.path, path)
  assert.equal(builtinFile('google/protobuf/other.proto'), undefined)
})

test('elements keep their line and column', () => {
  const file = parseProto(everything)
  const [a] = file.messages
  assert.deepEqual(a!.place, { line: 9, column: 9 })
  const places = Object.fromEntries(a!.fields.map(({ name, place, typePlace }) => [name, [place, typePlace]]))
  assert.deepEqual(places['q'], [
    { line: 13, column: 51 },
    { line: 13, column: 45 },
  ])
  assert.deepEqual(places['s'], [
    { line: 15, column: 19 },
    { line: 15, column: 12 },
  ])
  assert.deepEqual(file.enums[0]!.values[1]!.place, { line: 21, column: 44 })
})

test('names that are keywords elsewhere, numbers in every base, and names in every scope', () => {
  const [a] = parseProto(everything).messages
  const of = (name: string) => a!.fields.find((field) => field.name === name)!
  assert.deepEqual(
    ['packed', 'absolute', 'nested', 'outer', 'message', 'option', 'reserved', 'oneof'].map((name) => of(name).number),
    [10, 11, 12, 19, 15, 16, 17, 18],
  )
})

test('presence, packing and UTF-8 checks follow syntax and features', () => {
  const show = (file: ProtoFile): Record<string, string> =>
    Object.fromEntries(
      file.messages[0]!.fields.map((f) => [
        f.name,
        [
          f.presence && 'presence',
          f.required && 'required',
          f.packed && 'packed',
          f.delimited && 'delimited',
          f.checksUtf8 && 'utf8',
        ]
          .filter(Boolean)
          .join(' '),
      ]),
    )
  assert.deepEqual(show(parseProto(edition)), {
    implicit: '',
    explicit: 'presence',
    needed: 'presence required',
    packed: 'packed',
    loose: '',
    delimited: 'presence delimited',
    text: '',
    closed: 'presence',
  })
  assert.deepEqual(show(parseProto(proto2)), {
    id: 'presence required',
    name: 'presence',
    raw: 'presence',
    d: 'presence',
    f: 'presence',
    item: 'delimited',
    color: 'presence',
    packed: 'packed',
  })
})

test('imports come from the references; public imports are seen through', () => {
  const references = [
    { name: 'a.proto', text: 'syntax = "proto3"; package a; message A { int32 x = 1; }' },
    { name: 'dir/b.proto', text: 'syntax = "proto3"; package b; import public "a.proto"; message B { a.A a = 1; }' },
    { name: 'c.proto', text: 'syntax = "proto3"; package c; import "a.proto"; message C { a.A a = 1; }' },
  ]
  const uses = (path: string): string => `syntax = "proto3"; import "${path}"; message M { a.A a = 1; }`
  assert.deepEqual(fails(uses('a.proto'), references), [])
  assert.deepEqual(fails(uses('dir/b.proto'), references), [])
  assert.deepEqual(fails(uses('c.proto'), references), ['1:50: there is no type a.A'])
  assert.deepEqual(
    fails(uses('d.proto'), references)[0],
    '1:27: "d.proto" is not among the references and is none of the built-in files',
  )
  const loop = [
    { name: 'x.proto', text: 'syntax = "proto3"; import "y.proto";' },
    { name: 'y.proto', text: 'syntax = "proto3"; import "x.proto";' },
  ]
  assert.match(fails('syntax = "proto3"; import "x.proto";', loop)[0]!, /imports itself, through others/)
})

test('mistakes are told with line and column, all of them', () => {
  const cases: [text: string, mistakes: string[]][] = [
    ['syntax = "proto4";', ['1:10: there is no syntax "proto4"; known are proto2 and proto3']],
    ['edition = "2026";', ['1:11: edition "2026" is not known here; 2023 is']],
    ['message A {', ["1:11: this '{' is never closed"]],
    ['message A { optional int32 a 1; }', ["1:30: 1 stands where '=' belongs"]],
    ['message A { optional int32 a = 0; }', ['1:32: 0 is outside of 1 to 536870911, where a field’s number lies']],
    ['message A { optional int32 a = 19000; }', ['1:32: numbers 19000 to 19999 are kept for implementations']],
    ['message A { int32 a = 1; }', ['1:13: a field of proto2 begins with optional, required or repeated']],
    ['message A { optional Nope a = 1; }', ['1:22: there is no type Nope']],
    ['message Name { optional name a = 1; }', ['1:25: there is no type name; did you mean Name?']],
    ['message A { optional int32 a = 1; optional int32 b = 1; }', ['1:54: number 1 is already a’s']],
    ['message A { optional int32 a = 1; optional int32 a = 2; }', ['1:50: A.a is already defined at 1:28']],
    ['message A {} enum A { X = 0; }', ['1:19: A is already defined at 1:9']],
    ['enum A { X = 0; } enum B { X = 0; }', ['1:28: X is already defined at 1:10']],
    ['message A { reserved 1 to 5; optional int32 a = 3; }', ['1:49: number 3 is reserved']],
    ['message A { reserved "a"; optional int32 a = 3; }', ['1:42: the name a is reserved']],
    ['message A { reserved 5 to 1; }', ['1:22: the range ends before it begins']],
    ['message A { reserved 1 to 5, 5; }', ['1:30: the range 5 to 5 overlaps 1 to 5']],
    ['message A { extensions 5; optional int32 a = 5; }', ['1:46: number 5 is kept for extensions']],
    ['message A { oneof o { } }', ['1:19: oneof o has no field']],
    ['message A { oneof o { optional int32 a = 1; } }', ['1:23: a field of a oneof has no label']],
    ['message A { oneof o { map<int32, int32> a = 1; } }', ['1:23: a field of a oneof is no map']],
    ['message A { repeated map<int32, int32> a = 1; }', ['1:22: a map has no label']],
    ['message A { map<float, int32> a = 1; }', ['1:17: a map’s key is an integer, a bool or a string, not float']],
    ['message A { map<int32, map<int32, int32>> a = 1; }', ["1:27: '<' stands where '>' belongs"]],
    [
      'message A { optional string a = 1 [packed = true]; }',
      ['1:29: only repeated numbers, bools and enums are packed'],
    ],
    ['message A { optional group lower = 1 {} }', ['1:28: a group’s name begins with a capital letter']],
    ['message A { optional E e = 1 [default = B]; } enum E { X = 0; }', ['1:24: the default is no value of E']],
    ['enum E {}', ['1:6: enum E has no value']],
    ['enum E { A = 1; B = 1; }', ['1:17: number 1 is already A’s; set allow_alias if that is meant']],
    [
      'enum E { A = 2147483648; }',
      ['1:14: 2147483648 is outside of -2147483648 to 2147483647, where an enum’s number lies'],
    ],
    ['message A {} extend A { optional int32 a = 1; }', ['1:44: A keeps no number 1 for extensions']],
    ['extend Nope { optional int32 a = 1; }', ['1:8: there is no type Nope']],
    ['syntax = "proto3"; message A { required int32 a = 1; }', ['1:41: proto3 has no required fields']],
    ['syntax = "proto3"; message A { int32 a = 1 [default = 1]; }', ['1:38: proto3 has no default values']],
    ['syntax = "proto3"; message A { extensions 5; }', ['1:43: proto3 has no extension ranges']],
    ['syntax = "proto3"; enum E { A = 1; }', ['1:29: the first value of enum E must be 0']],
    [
      'edition = "2023"; message A { optional int32 a = 1; }',
      ['1:40: editions have no label optional; use features.field_presence'],
    ],
    ['service S { rpc F(Nope) returns (Nope); }', ['1:9: there is no type Nope', '1:9: there is no type Nope']],
    ['message A { optional string a = 1 [default = "x]; }', ['1:46: a string is not closed on its line']],
    ['message A { /* ', ['1:13: a comment is not closed']],
    ['message A { optional int32 a = 08; }', ['1:32: 08 is no number']],
    ['message A { § }', ['1:13: § has no meaning here']],
    ['option a = "\\q";', ['1:12: \\q is no escape']],
    ['package a; package b;', ['1:12: the package is said twice']],
    [
      'import "google/type/date.proto"; import "google/type/date.proto";',
      ['1:41: "google/type/date.proto" is imported twice'],
    ],
    [
      'message A {}\nfoo bar;\nmessage B {\n  int32;\n}\nmessage {}',
      [
        '2:1: foo stands where message, enum, extend, service, import, option or package belongs',
        "4:8: ';' stands where a name belongs",
        "6:9: '{' stands where a name belongs",
      ],
    ],
  ]
  for (const [text, mistakes] of cases) assert.deepEqual(fails(text), mistakes, text)
})

test('nesting and size have limits', () => {
  assert.match(fails('message A {'.repeat(40) + '}'.repeat(40))[0]!, /nested deeper than 32/)
  const option = (depth: number): string => `option (x) = ${'{ a '.repeat(depth)}${'}'.repeat(depth)};`
  assert.match(fails(option(70))[0]!, /nested too deep/)
  assert.match(fails(`// ${'x'.repeat(1 << 20)}`)[0]!, /has more than 1048576 characters/)
})

/** As protobuf-es reads our descriptor, imports included. */
function describe(file: ProtoFile): FileDescriptorProto[] {
  const all = new Map<string, FileDescriptorProto>()
  const visit = (one: ProtoFile): void => {
    if (all.has(one.path)) return
    one.dependencies.forEach(visit)
    all.set(one.path, fromBinary(FileDescriptorProtoSchema, descriptorOf(one)))
  }
  visit(file)
  return [...all.values()]
}

test('descriptors are those that protobuf-es builds the same messages from', () => {
  for (const text of [everything, proto2, edition]) {
    const file = parseProto(text)
    const described = describe(file)
    const registry = createFileRegistry(described.at(-1)!, (path) => described.find((one) => one.name === path))
    const check = (message: ProtoMessage): void => {
      const other = registry.getMessage(message.fullName)
      assert(other, message.fullName)
      assert.deepEqual(
        other.fields.map((field) => [field.name, field.number, kindOf(field)]),
        message.fields.map((field) => [
          field.name,
          field.number,
          field.inline?.isMapEntry
            ? 'map'
            : field.label === 'repeated'
              ? 'list'
              : field.message
                ? 'message'
                : field.enum
                  ? 'enum'
                  : 'scalar',
        ]),
      )
      for (const field of message.fields) {
        const same: DescField = other.fields.find(({ number }) => number === field.number)!
        assert.equal(
          same.presence !== 2 && same.fieldKind !== 'list' && same.fieldKind !== 'map',
          field.presence,
          field.name,
        )
        if (same.fieldKind === 'list' && same.listKind !== 'message')
          assert.equal(same.packed, field.packed, field.name)
      }
      message.messages.filter((nested) => !nested.isMapEntry).forEach(check)
    }
    file.messages.forEach(check)
  }
})

const kindOf = (field: DescField): string => field.fieldKind

test('a descriptor in base64 is read as its text is', () => {
  for (const text of [everything, proto2, edition]) {
    const file = parseProto(text)
    const bytes = descriptorOf(file)
    const again = parseProto(Buffer.from(bytes).toString('base64'))
    assert.equal(printProto(again, { normalize: true }), printProto(file, { normalize: true }))
    assert.deepEqual(Buffer.from(descriptorOf(again)), Buffer.from(bytes))
  }
  assert.match(fails('AAAA')[0]!, /neither a \.proto text nor a descriptor/)
  assert.match(fails('CgNhYmMSAf8=')[0]!, /neither a \.proto text nor a descriptor/)
})

test('what is printed parses to the same, and prints the same', () => {
  for (const text of [everything, proto2, edition]) {
    for (const normalize of [false, true]) {
      const file = parseProto(text)
      const printed = printProto(file, { normalize })
      const again = parseProto(printed)
      assert.equal(printProto(again, { normalize }), printed)
      assert.equal(printProto(again, { normalize: true }), printProto(file, { normalize: true }))
    }
  }
})

test('two spellings of one schema are one text when normalized', () => {
  const one = `syntax = "proto3"; package p; import "confluent/meta.proto"; import "google/type/date.proto";
    message M { oneof x { N n = 3; string s = 2; } google.type.Date d = 1; map<string, N> m = 4; reserved 9, 7 to 8;
      string t = 5 [deprecated = true, (confluent.field_meta) = { tags: "a", tags: "b", doc: "d" }]; }
    message N {} enum E { A = 0; C = 2; B = 1; }`
  const other = `syntax = 'proto3'; // spelled otherwise
    package p; import "google/type/date.proto"; import "confluent/meta.proto";
    message M { reserved 7 to 8; map<string, p.N> m = 0x4; .google.type.Date d = 1; reserved 9;
      string t = 5 [(confluent.field_meta).doc = 'd', (confluent.field_meta).tags = "a", (confluent.field_meta).tags = "b",
        deprecated = true]; oneof x { string s = 2; .p.N n = 3; } }
    message N { } enum E { A = 0; B = 1; C = 2; }`
  const print = (text: string): string => printProto(parseProto(text), { normalize: true })
  assert.equal(print(other), print(one))
  assert.notEqual(print(one.replace('message N {} enum', 'message N { int32 a = 1; } enum')), print(one))
})

test('message indexes count messages, without enums', () => {
  const file = parseProto(
    'syntax = "proto3"; message A { enum E { X = 0; } message B {} message C { message D {} } } message F {}',
  )
  const names = [[0], [0, 0], [0, 1], [0, 1, 0], [1], [2], [0, 2], [0, 0, 0]].map(
    (path) => messageAt(file, path)?.fullName,
  )
  assert.deepEqual(names, ['A', 'A.B', 'A.C', 'A.C.D', 'F', undefined, undefined, undefined])
})

test('message indexes count entries of maps only where they are spelled out', () => {
  const text = 'syntax = "proto3"; message A { map<string, B> m = 1; message B { int32 x = 1; } }'
  const file = parseProto(text)
  assert.equal(messageAt(file, [0, 0])?.fullName, 'A.B')
  assert.equal(messageAt(file, [0, 1])?.fullName, 'A.B')
  assert.equal(messageAt(file, [0, 2]), undefined)
  // As clients that register descriptors count them.
  const described = parseProto(Buffer.from(descriptorOf(file)).toString('base64'))
  assert.deepEqual([messageAt(described, [0, 0])?.fullName, messageAt(described, [0, 1])?.fullName], [undefined, 'A.B'])
  const printed = printProto(described, { normalize: false })
  assert.match(printed, /repeated \.A\.MEntry m = 1;[^]*message MEntry \{\n {4}option map_entry = true;/)
  const again = parseProto(printed)
  assert.equal(messageAt(again, [0, 1])?.fullName, 'A.B')
  assert.equal(again.messages[0]!.fields[0]!.message?.isMapEntry, true)
  // Normalized they are one text.
  assert.equal(printProto(described, { normalize: true }), printProto(file, { normalize: true }))
})

test('custom options of every element survive the way through a descriptor, known and unknown ones', () => {
  const text = `syntax = "proto3"; package a; import "confluent/meta.proto";
    option (confluent.file_meta).doc = "f";
    message M {
      option (confluent.message_meta) = { tags: ["x", "y"], rules: { name: "r", expr: "true" } };
      option (nowhere.seen) = { anything: [1, -2.5, "z"], nested { deep: TRUE } };
      oneof o { option (own.oneof) = 7; int32 q = 1 [(confluent.field_meta).params = { key: "k", value: "v" }]; }
      E e = 2 [(wrong.type) = "s", deprecated = true, (confluent.field_meta) = { unknown_part: 1 }];
      optional int32 opt = 3 [json_name = "other"];
    }
    enum E { option (confluent.enum_meta).doc = "e"; ZERO = 0 [(confluent.enum_value_meta).doc = "z"]; }`
  const file = parseProto(text)
  const again = parseProto(Buffer.from(descriptorOf(file)).toString('base64'))
  assert.equal(printProto(again, { normalize: true }), printProto(file, { normalize: true }))
  assert.match(printProto(again, { normalize: true }), /tags: \[\n\s+"x",\n\s+"y"\n/)
  // A part that the option's message does not have is no less there.
  assert.match(printProto(again, { normalize: true }), /unknown_part: 1/)
})

test('names of extensions are resolved when normalized', () => {
  const head = 'syntax = "proto3"; package a.b; import "google/protobuf/descriptor.proto";'
  const extend = 'extend google.protobuf.FieldOptions { string note = 50000; }'
  const texts = ['note', 'b.note', 'a.b.note', '.a.b.note'].map((name) =>
    printProto(parseProto(`${head} ${extend} message M { int32 x = 1 [(${name}) = "y"]; }`), { normalize: true }),
  )
  assert.equal(new Set(texts).size, 1)
})

test('registries hold what protoc forbids: read leniently', () => {
  const texts = [
    'syntax = "proto3"; enum E { ONE = 1; }',
    'syntax = "proto3"; message M { reserved 1; int32 a = 1; }',
    'syntax = "proto3"; message M { reserved "a"; int32 a = 1; }',
    'syntax = "proto3"; message M { oneof a { int32 a = 1; } }',
    'syntax = "proto3"; message M { oneof empty { } }',
    'syntax = "proto3"; message M { int32 a = 19000; }',
    'syntax = "proto2"; enum E { A = 1; B = 1; }',
    'syntax = "proto3"; extend not.There { int32 a = 1; }',
    'syntax = "proto3"; message M { reserved "a", "b", "a"; }',
    'syntax = "proto3"; enum E { A = 0; reserved "a"; reserved "a"; }',
    'syntax = "proto3"; message M { repeated string s = 1 [packed = true]; }',
  ]
  for (const text of texts) {
    assert.notDeepEqual(fails(text), [], text)
    assert.doesNotThrow(() => parseProto(text, [], { lenient: true }), text)
  }
  for (const text of [
    'message M { optional Nope a = 1; }',
    'syntax = "proto3"; message M { int32 a = 1; int32 b = 1; }',
  ])
    assert.throws(() => parseProto(text, [], { lenient: true }), { code: 'MR-FORMAT-001' })
})

test('options are printed as Confluent’s registry prints them: parts gathered, repeated ones apart when normalized', () => {
  const head = `syntax = "proto2"; package a; import "google/protobuf/descriptor.proto";
    message S { optional int32 n = 1; optional string t = 2; repeated int32 r = 3; optional S s = 4; }
    extend google.protobuf.MessageOptions { optional S one = 50001; repeated S many = 50002; }`
  const print = (body: string, normalize: boolean): string => printProto(parseProto(`${head} ${body}`), { normalize })
  const canonical = print('message M { option (one) = { r: 1 n: 5 r: [2, 3] s {} }; }', false)
  assert.match(canonical, /\(one\) = \{\n\s+r: \[\n\s+1,\n\s+2,\n\s+3\n\s+\],\n\s+n: 5,\n\s+s: \{\n\s+\}\n\s+\};/)
  // Parts of one message are one message; a repeated option has a value for each time that it is said.
  const parts = print('message M { option (one).s.n = 1; option deprecated = true; option (one).s.t = "x"; }', true)
  assert.match(
    parts,
    /option \(a\.one\) = \{\n\s+s: \{\n\s+n: 1,\n\s+t: "x"\n\s+\}\n\s+\};\n\s+option deprecated = true;/,
  )
  const many = print('message M { option (many) = { n: 1 }; option (many) = { n: 2 }; }', true)
  assert.match(many, /option \(a\.many\) = \{\n\s+n: 1\n\s+\};\n\s+option \(a\.many\) = \{\n\s+n: 2\n\s+\};/)
  // What the last one says counts, of what there is once.
  assert.match(print('message M { option (one).n = 1; option (one).n = 2; }', true), /\{\n\s+n: 2\n\s+\};/)
  assert.match(
    print('message M { option (nowhere).b = 1; option (nowhere).a = 2; }', true),
    /\(nowhere\)\.b = 1;\n\s+option \(nowhere\)\.a = 2;/,
  )
  assert.doesNotMatch(parts, /syntax/)
  const values = print('enum E { option allow_alias = true; ZERO = 0; TWO = 2; ALSO_ZERO = 0; }', true)
  assert.match(values, /ALSO_ZERO = 0;\n\s+ZERO = 0;\n\s+TWO = 2;/)
  // The first value is the default: where its number is not the least it stays first.
  assert.match(print('enum E { ONE = 1; ZERO = 0; }', true), /ONE = 1;\n\s+ZERO = 0;/)
})

test('what is referred to may stand anywhere in the file, enums inside of later messages too', () => {
  const bodies = [
    'message A { B.E e = 1; } message B { enum E { F = 0; } }',
    'message T { message A { B.E e = 1; } message B { enum E { F = 0; } } }',
    'message T { map<string, I.E> s = 1; message I { enum E { F = 0; } } }',
    'message A { B.C.E e = 1; oneof o { B.C c = 2; } } message B { message C { enum E { F = 0; } } }',
  ]
  for (const body of bodies) {
    const file = parseProto(`syntax = "proto3"; ${body}`)
    const [a] = file.messages
    const [field] = a!.fields.length > 0 ? a!.fields : a!.messages[0]!.fields
    const type = field!.message?.isMapEntry ? field!.message.fields[1] : field
    assert.equal(type!.enum?.name, 'E', body)
    for (const normalize of [false, true]) parseProto(printProto(file, { normalize }))
  }
  // Whether an enum is closed follows from the file, and from what it stands in.
  const closed = parseProto('syntax = "proto2"; message A { optional B.E e = 1; } message B { enum E { F = 1; } }')
  assert.equal(closed.messages[0]!.fields[0]!.enum!.closed, true)
})

test('fields that cannot be packed may say that they are not', () => {
  const text =
    'syntax = "proto3"; message A { repeated string s = 1 [packed = false]; repeated A a = 2 [packed = false]; }'
  assert.equal(parseProto(text).messages[0]!.fields[0]!.packed, false)
})

test('parts of an aggregate are sorted by what their names mean', () => {
  const text = `syntax = "proto2"; package p; import "google/protobuf/descriptor.proto"; message S { extensions 1 to 9; }
    extend S { optional int32 a = 1; optional int32 z = 2; } extend google.protobuf.MessageOptions { optional S s = 50001; }
    message M { option (s) = { [p.z]: 1 [a]: 2 }; }`
  assert.match(printProto(parseProto(text), { normalize: true }), /\[p\.a\]: 2,\n\s+\[p\.z\]: 1/)
})
