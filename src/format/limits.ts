// What bounds the room's memory and recursion, whatever the bytes claim.

export interface FormatLimits {
  /** Levels of nesting of a schema, and of values of recursive types: recursion stays far below the stack's end. */
  readonly depthMax: number
  /** Levels of nesting of a JSON value. */
  readonly jsonDepthMax: number
  /** Bytes of a schema's text that are parsed. */
  readonly schemaBytesMax: number
  /** Nodes of a schema after names are resolved; recursive types count once. */
  readonly schemaNodesMax: number
  /** Elements of one list or map. */
  readonly elementsMax: number
  /** Elements of one list or map whose elements take no bytes, so that the record's size bounds nothing. */
  readonly emptyElementsMax: number
  /** Lines of a generated reader from which on it calls the general skipper. */
  readonly codeLinesMax: number
  /** Compiled readers kept per decoder, by writer schema id. */
  readonly readersMax: number
  /** Records of one schema that are read plainly before a kernel is compiled for it: compiling takes about a millisecond. */
  readonly recordsBeforeKernel: number
  /** Opened keys of fields kept per decoder or encoder. */
  readonly ciphersMax: number
  /** Digits, and the exponent, of a decimal in text: more is no number for us. */
  readonly digitsMax: number
}

export const formatLimits: FormatLimits = {
  depthMax: 64,
  jsonDepthMax: 200,
  schemaBytesMax: 1 << 20,
  schemaNodesMax: 50_000,
  elementsMax: 1 << 20,
  emptyElementsMax: 65_536,
  codeLinesMax: 2_000,
  readersMax: 1_024,
  recordsBeforeKernel: 64,
  ciphersMax: 10_000,
  digitsMax: 1_100,
}
