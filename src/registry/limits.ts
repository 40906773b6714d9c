// What bounds the registry.

export interface RegistryLimits {
  /** Bytes of a schema's text that is registered. */
  readonly schemaBytesMax: number
  /** Levels of references of references. */
  readonly referenceDepthMax: number
  /** Pairs of types that one compatibility check looks at. */
  readonly comparisonsMax: number
  /** The same for JSON Schema, where one pair takes longer. */
  readonly jsonComparisonsMax: number
  /** Levels of types inside types, names followed, that one compatibility check goes down. */
  readonly comparisonDepthMax: number
  /** Schemas looked at in all of one compatibility check: bounds its time where pairs are large. */
  readonly comparisonStepsMax: number
  /** Steps that one validation of a JSON value takes. */
  readonly validationStepsMax: number
  /** Levels of nesting of a JSON Schema. */
  readonly depthMax: number
  /** Messages of one compatibility check. */
  readonly messagesMax: number
  /** Bytes read from _schemas at a time. */
  readonly readBytes: number
  /** Keys that are wrapped anew between two other writes. */
  readonly rewrappedAtOnce: number
  /** Writes that wait for the one before. */
  readonly waitingWritesMax: number
  /** Bytes of records that are appended together; one write may be larger. */
  readonly groupBytesMax: number
  /** Characters of parsed texts that are remembered with their canonical forms. */
  readonly canonicalBytesMax: number
  /** Characters of texts whose parsed forms are remembered for compatibility checks. */
  readonly parsedCharactersMax: number
  /** Schemas that GET /schemas lists at a time, as in Confluent's registry. */
  readonly listedSchemasMax: number
  /** Keys of either kind: a person's key takes about 500 bytes of memory in each thread that encrypts. */
  readonly keysMax: number
}

export const registryLimits: RegistryLimits = {
  schemaBytesMax: 1 << 20,
  referenceDepthMax: 32,
  comparisonsMax: 100_000,
  jsonComparisonsMax: 20_000,
  comparisonDepthMax: 256,
  comparisonStepsMax: 1_000_000,
  validationStepsMax: 100_000,
  depthMax: 64,
  messagesMax: 100,
  readBytes: 1 << 20,
  rewrappedAtOnce: 500,
  waitingWritesMax: 1_024,
  groupBytesMax: 512 << 10,
  canonicalBytesMax: 16 << 20,
  parsedCharactersMax: 16 << 20,
  listedSchemasMax: 1_000,
  keysMax: 1_000_000,
}
