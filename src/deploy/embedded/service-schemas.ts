// Topics that services write bring their producers' own schemas. Where a subject has one already, the folder's table reads it
// as it is: the schema derived from the table would be a second one beside it, and mostly one that is not compatible (another
// record name, another message). Where there is none, the derived one is registered first, and producers follow it.
import { createDecoder, type TopicFormat } from '../../format/index.ts'
import {
  BatchBuilder,
  decodeRecords,
  encodeRecordBatch,
  type RegisteredSchema,
  type SchemaIds,
} from '../../model/index.ts'

/** Bytes of a record that says its schema and nothing else: whether the schema can be read as the columns shows before its end does. */
function emptyRecord({ id, type }: RegisteredSchema): Uint8Array {
  const bytes = new Uint8Array(type === 'PROTOBUF' ? 6 : 5)
  new DataView(bytes.buffer).setInt32(1, id)
  return bytes
}

/** Why the newest schema of a topic's subject cannot be read as the topic's columns; undefined: it can, or there is none. */
export function whyUnreadable(format: TopicFormat, schemaIds: SchemaIds): string | undefined {
  const schema = schemaIds.latest(`${format.topic}-value`)
  if (!schema) return undefined
  const columns = format.schema.fields.map((_, i) => i)
  const decoder = createDecoder(format, columns, schemaIds)
  const value = emptyRecord(schema)
  const records = decodeRecords(encodeRecordBatch([{ key: null, value, timestampMs: 0 }]))
  const bad: Parameters<typeof decoder.decode>[4] = []
  decoder.decode(records, 0, 1, new BatchBuilder(decoder.schema), bad)
  // Anything else is about the record, which is none.
  return bad[0]?.code === 'MR-FORMAT-005' ? bad[0].reason : undefined
}
