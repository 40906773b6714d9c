// The script of second.test.ts, and what differs. docs/guide/registry.md has the same list.
export interface Step {
  readonly name: string
  /** `#register` in a path is the id that the step “register” saw first. */
  readonly request: readonly [method: string, path: string, body?: unknown]
}

export interface Difference {
  readonly step: string
  readonly millrace: string
  readonly apicurio: string
  readonly right: 'Millrace' | 'Apicurio' | 'both'
  readonly why: string
}

const record = (...fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Payment', namespace: 'shop', fields })
const id = { name: 'id', type: 'long' }
const note = { name: 'note', type: ['null', 'string'], default: null }
const avro = (...fields: readonly object[]): object => ({ schema: record(...fields) })
const json = (schema: object): object => ({
  schemaType: 'JSON',
  schema: JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }),
})
const proto = (fields: string, imports = ''): object => ({
  schemaType: 'PROTOBUF',
  schema: `syntax = "proto3";\npackage shop;\n${imports}\nmessage Payment {\n${fields}\n}\n`,
})

const step = (name: string, ...request: Step['request']): Step => ({ name, request })

export const steps: readonly Step[] = [
  step('no subjects', 'GET', '/subjects'),
  step('types', 'GET', '/schemas/types'),
  step('level at the start', 'GET', '/config'),
  step('set the level', 'PUT', '/config', { compatibility: 'BACKWARD' }),
  step('read the level', 'GET', '/config'),
  step('an unknown level', 'PUT', '/config', { compatibility: 'SIDEWAYS' }),
  step('level of a subject without one', 'GET', '/config/a-value'),
  step('register', 'POST', '/subjects/a-value/versions', avro(id)),
  step('register again', 'POST', '/subjects/a-value/versions', avro(id)),
  step('register the same in another subject', 'POST', '/subjects/b-value/versions', avro(id)),
  step('register with other white space', 'POST', '/subjects/a-value/versions', {
    schema: JSON.stringify(JSON.parse(record(id)), null, 2),
  }),
  step('add a field with a default', 'POST', '/subjects/a-value/versions', avro(id, note)),
  step('add a field without one', 'POST', '/subjects/a-value/versions', avro(id, note, { name: 'x', type: 'int' })),
  step('check it', 'POST', '/compatibility/subjects/a-value/versions/latest', avro(id, { name: 'x', type: 'int' })),
  step('check what is fine', 'POST', '/compatibility/subjects/a-value/versions/latest', avro(id)),
  step('check against an unknown subject', 'POST', '/compatibility/subjects/none/versions/latest', avro(id)),
  step('check against an unknown version', 'POST', '/compatibility/subjects/a-value/versions/9', avro(id)),
  step('no Avro', 'POST', '/subjects/a-value/versions', { schema: '{"type":"nothing"}' }),
  step('no JSON', 'POST', '/subjects/a-value/versions', 'not json'),
  step('an empty schema', 'POST', '/subjects/a-value/versions', { schema: '' }),
  step('an unknown type', 'POST', '/subjects/x-value/versions', { schemaType: 'XML', schema: '<a/>' }),
  step('versions', 'GET', '/subjects/a-value/versions'),
  step('a version', 'GET', '/subjects/a-value/versions/1'),
  step('the latest', 'GET', '/subjects/a-value/versions/latest'),
  step('version -1', 'GET', '/subjects/a-value/versions/-1'),
  step('version 0', 'GET', '/subjects/a-value/versions/0'),
  step('version x', 'GET', '/subjects/a-value/versions/x'),
  step('a version that is not there', 'GET', '/subjects/a-value/versions/9'),
  step('a subject that is not there', 'GET', '/subjects/none/versions'),
  step('the text alone', 'GET', '/subjects/a-value/versions/1/schema'),
  step('by id', 'GET', '/schemas/ids/#register'),
  step('by an unknown id', 'GET', '/schemas/ids/99999'),
  step('versions of an id', 'GET', '/schemas/ids/#register/versions'),
  step('subjects of an id', 'GET', '/schemas/ids/#register/subjects'),
  step('look up', 'POST', '/subjects/a-value', avro(id)),
  step('look up what is not there', 'POST', '/subjects/a-value', avro(id, { name: 'y', type: 'int' })),
  step('look up in an unknown subject', 'POST', '/subjects/none', avro(id)),
  step('a primitive', 'POST', '/subjects/p-value/versions', { schema: '{"type":"string"}' }),
  step('a primitive is stored as its name', 'GET', '/subjects/p-value/versions/1/schema'),
  step(
    'JSON Schema',
    'POST',
    '/subjects/j-value/versions',
    json({ type: 'object', properties: { a: { type: 'string' } } }),
  ),
  step(
    'JSON Schema: a property of an open object',
    'POST',
    '/compatibility/subjects/j-value/versions/latest',
    json({ type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } }),
  ),
  step(
    'JSON Schema: another type',
    'POST',
    '/compatibility/subjects/j-value/versions/latest',
    json({ type: 'object', properties: { a: { type: 'integer' } } }),
  ),
  step('Protobuf', 'POST', '/subjects/q-value/versions', proto('  int64 id = 1;')),
  step(
    'Protobuf: a new field',
    'POST',
    '/compatibility/subjects/q-value/versions/latest',
    proto('  int64 id = 1;\n  string n = 2;'),
  ),
  step(
    'Protobuf: another type of the number',
    'POST',
    '/compatibility/subjects/q-value/versions/latest',
    proto('  string id = 1;'),
  ),
  step(
    'Protobuf: another name of the number',
    'POST',
    '/compatibility/subjects/q-value/versions/latest',
    proto('  int64 other = 1;'),
  ),
  step('register what is referred to', 'POST', '/subjects/address/versions', {
    schema: '{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"street","type":"string"}]}',
  }),
  step('register with a reference', 'POST', '/subjects/r-value/versions', {
    ...avro({ name: 'to', type: 'shop.Address' }),
    references: [{ name: 'shop.Address', subject: 'address', version: 1 }],
  }),
  step('register with a reference to nothing', 'POST', '/subjects/s-value/versions', {
    ...avro({ name: 'to', type: 'shop.Nobody' }),
    references: [{ name: 'shop.Nobody', subject: 'nobody', version: 1 }],
  }),
  step('delete what is referred to', 'DELETE', '/subjects/address/versions/1'),
  step('level of a subject', 'PUT', '/config/p-value', { compatibility: 'NONE' }),
  step('anything goes under NONE', 'POST', '/subjects/p-value/versions', { schema: '"int"' }),
  step('delete the level', 'DELETE', '/config/p-value'),
  step('delete a level that is not there', 'DELETE', '/config/none'),
  step('delete a version', 'DELETE', '/subjects/a-value/versions/2'),
  step('delete it again', 'DELETE', '/subjects/a-value/versions/2'),
  step('versions without it', 'GET', '/subjects/a-value/versions'),
  step('delete a subject', 'DELETE', '/subjects/b-value'),
  step('delete it once more', 'DELETE', '/subjects/b-value'),
  step('subjects without it', 'GET', '/subjects'),
  step('the id of what was deleted', 'GET', '/schemas/ids/#register'),
  step('delete for good', 'DELETE', '/subjects/b-value?permanent=true'),
  step('delete for good without deleting first', 'DELETE', '/subjects/p-value?permanent=true'),
  step('register anew after deletion', 'POST', '/subjects/b-value/versions', avro(id)),
  step('delete an unknown subject', 'DELETE', '/subjects/none'),
  step('an unknown path', 'GET', '/nothing'),
]

/** Fields with these values are in Apicurio's answers where Confluent's have none: left out before answers are compared. */
export const addedEverywhere: Readonly<Record<string, string>> = { references: '[]', reason: 'null' }

export const differences: readonly Difference[] = [
  {
    step: 'level at the start',
    millrace: '200 compatibilityLevel: "BACKWARD"',
    apicurio: '200 compatibilityLevel: "NONE"',
    right: 'Millrace',
    why: 'Confluent’s starts with BACKWARD',
  },
  {
    step: 'an unknown level',
    millrace: '422 error 42203',
    apicurio: '400 "Not able to deserialize data provided."',
    right: 'Millrace',
    why: 'the API has a code of its own for it',
  },
  {
    step: 'level of a subject without one',
    millrace: '404 error 40408',
    apicurio: '404 error 40401',
    right: 'Millrace',
    why: '40401 is for subjects; a level may be set before there is a subject',
  },
  {
    step: 'add a field without one',
    millrace: '409 error 40901',
    apicurio: '409 error 409',
    right: 'Millrace',
    why: 'Confluent’s says 40901 since version 8, 409 before; clients look at the status',
  },
  {
    step: 'check against an unknown subject',
    millrace: '200 is_compatible: true',
    apicurio: '404 error 40402',
    right: 'Millrace',
    why: 'Confluent’s compares with nothing there, and says yes',
  },
  {
    step: 'no JSON',
    millrace: '400 error 400',
    apicurio: '400 "Not able to deserialize data provided."',
    right: 'Millrace',
    why: 'an error is an object with error_code and message',
  },
  {
    step: 'an empty schema',
    millrace: '200 id of “add a field with a default”',
    apicurio: '500 error 0',
    right: 'Millrace',
    why: 'no text means the latest version’s: so metadata and rules are changed alone',
  },
  {
    step: 'an unknown type',
    millrace: '422 error 42201',
    apicurio: '200 id of “an unknown type”',
    right: 'Millrace',
    why: 'it takes what no client can read',
  },
  {
    step: 'version 0',
    millrace: '422 error 42202',
    apicurio: '404 error 40402',
    right: 'Millrace',
    why: 'the API has a code of its own for it',
  },
  {
    step: 'version x',
    millrace: '422 error 42202',
    apicurio: '404 error 40402',
    right: 'Millrace',
    why: 'the API has a code of its own for it',
  },
  {
    step: 'subjects of an id',
    millrace: '200 ["a-value","b-value"]',
    apicurio: '404 error 0',
    right: 'Millrace',
    why: 'the path is missing there',
  },
  {
    step: 'anything goes under NONE',
    millrace: '200 id of “anything goes under NONE”',
    apicurio: '409 error 409',
    right: 'Millrace',
    why: 'a subject’s NONE stands before the level around it; there it only takes the subject’s own level away',
  },
  {
    step: 'a primitive is stored as its name',
    millrace: '200 "string"',
    apicurio: '200 type: "string"',
    right: 'Millrace',
    why: 'Confluent’s stores the canonical text',
  },
  {
    step: 'Protobuf: another name of the number',
    millrace: '200 is_compatible: true',
    apicurio: '200 is_compatible: false',
    right: 'Millrace',
    why: 'a field’s name is not in its records',
  },
  {
    step: 'delete it again',
    millrace: '404 error 40406',
    apicurio: '409 error 40406',
    right: 'Millrace',
    why: 'the code’s first digits are its status',
  },
  {
    step: 'delete for good without deleting first',
    millrace: '404 error 40405',
    apicurio: '409 error 40405',
    right: 'Millrace',
    why: 'the code’s first digits are its status',
  },
  {
    step: 'subjects without it',
    millrace: '200 ["a-value","address","j-value","p-value","q-value","r-value"]',
    apicurio: '200 ["p-value","j-value","q-value","address","r-value"]',
    right: 'Millrace',
    why: 'Confluent’s lists are sorted',
  },
  {
    step: 'an unknown path',
    millrace: '404 error 404',
    apicurio: '404 error 0',
    right: 'both',
    why: 'no client reads it',
  },
]
