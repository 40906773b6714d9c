// The Parquet part of the room, for its other files.
export { bytesAccess, readFooter, readParquet } from './reader.ts'
export type { RandomAccess } from './reader.ts'
export { shapeOfSchema } from './shape.ts'
export type { Shape } from './shape.ts'
export { ParquetWriter } from './writer.ts'
export type { ColumnSummary, ParquetSummary } from './writer.ts'
