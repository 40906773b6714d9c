// The face of kafka/wire: Kafka's messages as bytes and back.
export { compressRecords, decompressRecords } from '../../model/index.ts'
export { kafkaErrorName, kafkaErrors } from './error-codes.ts'
export * from './generated/index.ts'
export {
  apiByKey,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestFrame,
  encodeResponseFrame,
} from './header.ts'
export type { Api, RequestHeader } from './header.ts'
export { wireLimits } from './limits.ts'
export { formatUuid, WireReader, zeroUuid } from './reader.ts'
export { WireWriter } from './writer.ts'
