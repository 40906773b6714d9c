// Request and response headers, and the frame around them. ApiVersions is special: its response header is always version 0,
// so that a client of any age can read the answer. Reference: Kafka's protocol guide; KIP-482, KIP-511.
import { BytesError } from '../../base/index.ts'
import { apis } from './generated/index.ts'
import type { WireReader } from './reader.ts'
import { WireWriter } from './writer.ts'

export interface Api {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  readonly flexibleFrom: number
}

const byKey = new Map<number, Api>(Object.values(apis).map((api) => [api.key, api]))

/** undefined for a key that the definitions do not have. */
export function apiByKey(key: number): Api | undefined {
  return byKey.get(key)
}

export interface RequestHeader {
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** Decodes a request's header. An unknown key's header is read as version 1. Throws BytesError. */
export function decodeRequestHeader(reader: WireReader): RequestHeader {
  const apiKey = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  // Never in the compact form, not even in flexible versions.
  const clientId = reader.stringOrNull(false)
  const api = byKey.get(apiKey)
  // An ApiVersions request of a version above ours is answered, though its rest cannot be read.
  if (api && version >= api.flexibleFrom && version <= api.versionMax) reader.skipTags()
  return { apiKey, version, correlationId, clientId }
}

/** A whole request frame, its length first. For clients and tests. */
export function encodeRequestFrame(
  api: Api,
  header: { version: number; correlationId: number; clientId: string | null },
  write: (writer: WireWriter) => void,
): Uint8Array[] {
  const writer = new WireWriter()
  writer.int16(api.key)
  writer.int16(header.version)
  writer.int32(header.correlationId)
  writer.string(false, header.clientId)
  if (header.version >= api.flexibleFrom) writer.uvarint(0)
  write(writer)
  return framed(writer)
}

/** A whole response frame in parts, its length first. */
export function encodeResponseFrame(
  api: Api,
  header: { version: number; correlationId: number },
  write: (writer: WireWriter) => void,
): Uint8Array[] {
  const writer = new WireWriter()
  writer.int32(header.correlationId)
  if (header.version >= api.flexibleFrom && api.key !== apis.apiVersions.key) writer.uvarint(0)
  write(writer)
  return framed(writer)
}

/** Reads a response's header after its length; throws BytesError when it answers another request. */
export function decodeResponseHeader(reader: WireReader, api: Api, version: number, correlationId: number): void {
  const got = reader.int32()
  if (got !== correlationId) throw new BytesError(`correlation id ${got} instead of ${correlationId}`, 0)
  if (version >= api.flexibleFrom && api.key !== apis.apiVersions.key) reader.skipTags()
}

function framed(body: WireWriter): Uint8Array[] {
  const { length } = body
  const parts = body.finish()
  const first = parts[0]!
  // The header makes the first part a small gathered one, so this copies little.
  const whole = new Uint8Array(4 + first.length)
  new DataView(whole.buffer).setInt32(0, length)
  whole.set(first, 4)
  parts[0] = whole
  return parts
}
