// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeUserScramCredentialsRequest {
  readonly users: readonly UserName[] | null
}
export interface DescribeUserScramCredentialsRequestInput {
  readonly users: readonly UserNameInput[] | null
}

export function decodeDescribeUserScramCredentialsRequest(r: WireReader, version: number): DescribeUserScramCredentialsRequest {
  const users = r.arrayOrNull(version, true, decodeUserName)
  r.skipTags()
  return { users }
}

export function encodeDescribeUserScramCredentialsRequest(w: WireWriter, version: number, m: DescribeUserScramCredentialsRequestInput): void {
  w.array(version, true, m.users, encodeUserName)
  w.uvarint(0)
}

export interface UserName {
  readonly name: string
}
export interface UserNameInput {
  readonly name: string
}

export function decodeUserName(r: WireReader, _version: number): UserName {
  const name = r.string(true)
  r.skipTags()
  return { name }
}

export function encodeUserName(w: WireWriter, _version: number, m: UserNameInput): void {
  w.string(true, m.name)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface DescribeUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly results: readonly DescribeUserScramCredentialsResult[]
}
export interface DescribeUserScramCredentialsResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly results: readonly DescribeUserScramCredentialsResultInput[]
}

export function decodeDescribeUserScramCredentialsResponse(r: WireReader, version: number): DescribeUserScramCredentialsResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const results = r.array(version, true, decodeDescribeUserScramCredentialsResult)
  r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, results }
}

export function encodeDescribeUserScramCredentialsResponse(w: WireWriter, version: number, m: DescribeUserScramCredentialsResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.array(version, true, m.results, encodeDescribeUserScramCredentialsResult)
  w.uvarint(0)
}

export interface DescribeUserScramCredentialsResult {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly credentialInfos: readonly CredentialInfo[]
}
export interface DescribeUserScramCredentialsResultInput {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly credentialInfos: readonly CredentialInfoInput[]
}

export function decodeDescribeUserScramCredentialsResult(r: WireReader, version: number): DescribeUserScramCredentialsResult {
  const user = r.string(true)
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const credentialInfos = r.array(version, true, decodeCredentialInfo)
  r.skipTags()
  return { user, errorCode, errorMessage, credentialInfos }
}

export function encodeDescribeUserScramCredentialsResult(w: WireWriter, version: number, m: DescribeUserScramCredentialsResultInput): void {
  w.string(true, m.user)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.array(version, true, m.credentialInfos, encodeCredentialInfo)
  w.uvarint(0)
}

export interface CredentialInfo {
  readonly mechanism: number
  readonly iterations: number
}
export interface CredentialInfoInput {
  readonly mechanism: number
  readonly iterations: number
}

export function decodeCredentialInfo(r: WireReader, _version: number): CredentialInfo {
  const mechanism = r.int8()
  const iterations = r.int32()
  r.skipTags()
  return { mechanism, iterations }
}

export function encodeCredentialInfo(w: WireWriter, _version: number, m: CredentialInfoInput): void {
  w.int8(m.mechanism)
  w.int32(m.iterations)
  w.uvarint(0)
}
