// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible never. */
export interface SaslHandshakeRequest {
  readonly mechanism: string
}
export interface SaslHandshakeRequestInput {
  readonly mechanism: string
}

export function decodeSaslHandshakeRequest(r: WireReader, _version: number): SaslHandshakeRequest {
  const mechanism = r.string(false)
  return { mechanism }
}

export function encodeSaslHandshakeRequest(w: WireWriter, _version: number, m: SaslHandshakeRequestInput): void {
  w.string(false, m.mechanism)
}

/** Versions 0 to 1, flexible never. */
export interface SaslHandshakeResponse {
  readonly errorCode: number
  readonly mechanisms: readonly string[]
}
export interface SaslHandshakeResponseInput {
  readonly errorCode: number
  readonly mechanisms: readonly string[]
}

export function decodeSaslHandshakeResponse(r: WireReader, version: number): SaslHandshakeResponse {
  const errorCode = r.int16()
  const mechanisms = r.array(version, false, readString)
  return { errorCode, mechanisms }
}

export function encodeSaslHandshakeResponse(w: WireWriter, version: number, m: SaslHandshakeResponseInput): void {
  w.int16(m.errorCode)
  w.array(version, false, m.mechanisms, writeString)
}
