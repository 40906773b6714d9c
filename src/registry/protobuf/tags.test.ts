import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeTags, findTags, type SchemaTags } from '../tags.ts'

const tagged = (entityPath: string, ...tags: string[]): SchemaTags => ({
  schemaEntity: {
    entityPath,
    entityType: entityPath.includes('.') && !/\.[A-Z]\w*$/.test(entityPath) ? 'sr_field' : 'sr_record',
  },
  tags,
})
const text = `syntax = "proto3"; package p; import "confluent/meta.proto";
message M {
  option (confluent.message_meta).tags = "A";
  int32 one = 1 [(confluent.field_meta).tags = "B", deprecated = true, (confluent.field_meta).tags = "C"];
  string two = 2 [(.confluent.field_meta) = { doc: "d" tags: ["B"] }];
  oneof o { bool three = 3; }
  message N { bytes four = 4; }
  map<string, int32> five = 5;
}`

test('tags are found however they are spelled', () => {
  assert.deepEqual(findTags('PROTOBUF', text, ['*']), [
    tagged('M', 'A'),
    tagged('M.one', 'B', 'C'),
    tagged('M.two', 'B'),
  ])
  assert.deepEqual(findTags('PROTOBUF', text, ['C']), [tagged('M.one', 'B', 'C')])
  assert.deepEqual(findTags('PROTOBUF', text, ['Z']), [])
})

test('tags are added and removed by path, with or without the oneof; the rest of the options stays', () => {
  const changed = changeTags(
    'PROTOBUF',
    text,
    [
      tagged('M.two', 'PII'),
      tagged('M.o.three', 'X'),
      tagged('M.three', 'Y'),
      tagged('M.N.four', 'Z'),
      tagged('M.N', 'R'),
    ],
    [tagged('M.one', 'B', 'C'), tagged('M', 'A')],
  )
  assert.equal(
    changed,
    `syntax = "proto3";
package p;

import "confluent/meta.proto";

message M {
  int32 one = 1 [deprecated = true];
  string two = 2 [(confluent.field_meta) = {
    doc: "d",
    tags: [
      "B",
      "PII"
    ]
  }];
  map<string, int32> five = 5;

  oneof o {
    bool three = 3 [(confluent.field_meta) = {
      tags: [
        "X",
        "Y"
      ]
    }];
  }

  message N {
    option (confluent.message_meta) = {
      tags: [
        "R"
      ]
    };
${'  '}
    bytes four = 4 [(confluent.field_meta) = {
      tags: [
        "Z"
      ]
    }];
  }
}
`,
  )
  assert.deepEqual(findTags('PROTOBUF', changed, ['Y']), [tagged('M.three', 'X', 'Y')])
  assert.equal(changeTags('PROTOBUF', text, [], []), text)
  assert.throws(() => changeTags('PROTOBUF', text, [tagged('M.none', 'X')], []), /No matching path 'M.none'/)
})
