// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 2. */
export interface SaslAuthenticateRequest {
  readonly authBytes: Uint8Array
}
export interface SaslAuthenticateRequestInput {
  readonly authBytes: Uint8Array
}

export function decodeSaslAuthenticateRequest(r: WireReader, version: number): SaslAuthenticateRequest {
  const flexible = version >= 2
  const authBytes = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { authBytes }
}

export function encodeSaslAuthenticateRequest(w: WireWriter, version: number, m: SaslAuthenticateRequestInput): void {
  const flexible = version >= 2
  w.bytes(flexible, m.authBytes)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 2, flexible from 2. */
export interface SaslAuthenticateResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Uint8Array
  readonly sessionLifetimeMs: number
}
export interface SaslAuthenticateResponseInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly authBytes: Uint8Array
  readonly sessionLifetimeMs?: number
}

export function decodeSaslAuthenticateResponse(r: WireReader, version: number): SaslAuthenticateResponse {
  const flexible = version >= 2
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const authBytes = r.bytes(flexible)
  const sessionLifetimeMs = version >= 1 ? r.long() : 0
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs }
}

export function encodeSaslAuthenticateResponse(w: WireWriter, version: number, m: SaslAuthenticateResponseInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.bytes(flexible, m.authBytes)
  if (version >= 1) w.long(m.sessionLifetimeMs ?? 0)
  if (flexible) w.uvarint(0)
}
