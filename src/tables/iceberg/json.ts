// JSON without loss: 64-bit integers stay whole in both directions, and snapshot ids are always bigint here.
// Reference: Iceberg spec, Appendix C (ids are longs, far above 2^53 in practice).

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Parses; integers beyond 2^53, and every value under a key ending in "snapshot-id", become bigint. @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: { source: string }) {
    if (typeof value !== 'number' || !context || !/^-?\d+$/.test(context.source)) return value
    return key.endsWith('snapshot-id') || !Number.isSafeInteger(value) ? BigInt(context.source) : value
  }) as Json
}

const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

/** The text of a value that may hold bigints, as plain numbers of any length. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? rawJson(item.toString()) : item))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
