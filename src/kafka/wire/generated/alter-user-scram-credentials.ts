// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface AlterUserScramCredentialsRequest {
  readonly deletions: readonly ScramCredentialDeletion[]
  readonly upsertions: readonly ScramCredentialUpsertion[]
}
export interface AlterUserScramCredentialsRequestInput {
  readonly deletions: readonly ScramCredentialDeletionInput[]
  readonly upsertions: readonly ScramCredentialUpsertionInput[]
}

export function decodeAlterUserScramCredentialsRequest(r: WireReader, version: number): AlterUserScramCredentialsRequest {
  const deletions = r.array(version, true, decodeScramCredentialDeletion)
  const upsertions = r.array(version, true, decodeScramCredentialUpsertion)
  r.skipTags()
  return { deletions, upsertions }
}

export function encodeAlterUserScramCredentialsRequest(w: WireWriter, version: number, m: AlterUserScramCredentialsRequestInput): void {
  w.array(version, true, m.deletions, encodeScramCredentialDeletion)
  w.array(version, true, m.upsertions, encodeScramCredentialUpsertion)
  w.uvarint(0)
}

export interface ScramCredentialDeletion {
  readonly name: string
  readonly mechanism: number
}
export interface ScramCredentialDeletionInput {
  readonly name: string
  readonly mechanism: number
}

export function decodeScramCredentialDeletion(r: WireReader, _version: number): ScramCredentialDeletion {
  const name = r.string(true)
  const mechanism = r.int8()
  r.skipTags()
  return { name, mechanism }
}

export function encodeScramCredentialDeletion(w: WireWriter, _version: number, m: ScramCredentialDeletionInput): void {
  w.string(true, m.name)
  w.int8(m.mechanism)
  w.uvarint(0)
}

export interface ScramCredentialUpsertion {
  readonly name: string
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly saltedPassword: Uint8Array
}
export interface ScramCredentialUpsertionInput {
  readonly name: string
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly saltedPassword: Uint8Array
}

export function decodeScramCredentialUpsertion(r: WireReader, _version: number): ScramCredentialUpsertion {
  const name = r.string(true)
  const mechanism = r.int8()
  const iterations = r.int32()
  const salt = r.bytes(true)
  const saltedPassword = r.bytes(true)
  r.skipTags()
  return { name, mechanism, iterations, salt, saltedPassword }
}

export function encodeScramCredentialUpsertion(w: WireWriter, _version: number, m: ScramCredentialUpsertionInput): void {
  w.string(true, m.name)
  w.int8(m.mechanism)
  w.int32(m.iterations)
  w.bytes(true, m.salt)
  w.bytes(true, m.saltedPassword)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface AlterUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly AlterUserScramCredentialsResult[]
}
export interface AlterUserScramCredentialsResponseInput {
  readonly throttleTimeMs?: number
  readonly results: readonly AlterUserScramCredentialsResultInput[]
}

export function decodeAlterUserScramCredentialsResponse(r: WireReader, version: number): AlterUserScramCredentialsResponse {
  const throttleTimeMs = r.int32()
  const results = r.array(version, true, decodeAlterUserScramCredentialsResult)
  r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeAlterUserScramCredentialsResponse(w: WireWriter, version: number, m: AlterUserScramCredentialsResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, true, m.results, encodeAlterUserScramCredentialsResult)
  w.uvarint(0)
}

export interface AlterUserScramCredentialsResult {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface AlterUserScramCredentialsResultInput {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage?: string | null
}

export function decodeAlterUserScramCredentialsResult(r: WireReader, _version: number): AlterUserScramCredentialsResult {
  const user = r.string(true)
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  r.skipTags()
  return { user, errorCode, errorMessage }
}

export function encodeAlterUserScramCredentialsResult(w: WireWriter, _version: number, m: AlterUserScramCredentialsResultInput): void {
  w.string(true, m.user)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.uvarint(0)
}
