// What a topic's format registers before its first record: subject, type and text, as Flink names and derives them.
import type { SchemaType } from '../model/index.ts'
import { deriveAvroSchema, deriveDebeziumAvroSchema } from './avro/derive.ts'
import { deriveJsonSchema } from './json/derive.ts'
import { deriveProtoSchema } from './protobuf/derive.ts'
import type { TopicFormat } from './topic-format.ts'

export interface SchemaText {
  readonly subject: string
  readonly type: SchemaType
  readonly text: string
}

/** undefined for formats without a registry. Throws MR-FORMAT-002 for a type that the format cannot hold. */
export function schemaTextFor(format: TopicFormat): SchemaText | undefined {
  const subject = `${format.topic}-value`
  switch (format.valueFormat) {
    case 'avro-confluent':
      return { subject, type: 'AVRO', text: format.readerSchema ?? deriveAvroSchema(format.schema) }
    case 'debezium-avro-confluent':
      return { subject, type: 'AVRO', text: deriveDebeziumAvroSchema(format.schema) }
    case 'protobuf-confluent':
      return { subject, type: 'PROTOBUF', text: deriveProtoSchema(format.schema) }
    case 'json-confluent':
      return { subject, type: 'JSON', text: deriveJsonSchema(format.schema) }
    case 'json':
    case 'debezium-json':
    case 'csv':
    case 'raw':
      return undefined
  }
}
