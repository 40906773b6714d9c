// The face of format: how rows lie in records, both ways, and the schemas that say so.
export { checkTopicFormat, createDecoder } from './decoder.ts'
export type { DecoderOptions } from './decoder.ts'
export { createEncoder } from './encoder.ts'
export type { EncoderOptions } from './encoder.ts'
export { formatLimits } from './limits.ts'
export type { FormatLimits } from './limits.ts'
export { blockCipher, blockTagBytes, newBlockKey } from './encryption/block-cipher.ts'
export type { BlockCipher } from './encryption/block-cipher.ts'
export { subjectText } from './encryption/sealing-keys.ts'
export { currentSecret, localKms, localKmsType } from './encryption/local-kms.ts'
export type { LocalSecret } from './encryption/local-kms.ts'
export { dekAlgorithms, fieldCipher, makeKeyMaterial } from './encryption/tink.ts'
export type { DekAlgorithm, FieldCipher } from './encryption/tink.ts'
export { parseAvroSchema } from './avro/schema.ts'
export type { AvroField, AvroLogical, AvroPrimitive, AvroRecord, AvroType } from './avro/schema.ts'
export { describeAvro } from './avro/conversion.ts'
export { csvDefaults } from './csv/options.ts'
export type { CsvOptions } from './csv/options.ts'
export { descriptorOf } from './protobuf/descriptor-write.ts'
export { parseProto, readProto } from './protobuf/load.ts'
export type { ProtoReference } from './protobuf/load.ts'
export { printProto } from './protobuf/print.ts'
export type {
  Place,
  ProtoEnum,
  ProtoField,
  ProtoFile,
  ProtoMessage,
  ProtoOneof,
  ProtoOption,
} from './protobuf/schema.ts'
export { schemaTextFor } from './schema-text.ts'
export type { SchemaText } from './schema-text.ts'
export type {
  BadRecord,
  EmitRecord,
  KeyFormat,
  RecordDecoder,
  RecordEncoder,
  TopicFormat,
  ValueFormat,
} from './topic-format.ts'
