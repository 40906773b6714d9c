// Records of the compacted topic _dek_registry_keys, in the form Confluent's DEK registry writes and reads: JSON keys and
// values with a type, KEK (a key in a key service, which wraps others) or DEK (a wrapped key, which encrypts data). Order of
// fields is part of the key: compaction compares bytes.
// Reference: Confluent KeyEncryptionKeyId, KeyEncryptionKey, DataEncryptionKeyId, DataEncryptionKey.
import { decodeText, encodeText } from '../../base/index.ts'
import { dekAlgorithms, type DekAlgorithm } from '../../format/index.ts'
import { keysTopicName } from '../../model/index.ts'
import { objectOrNull } from '../entities.ts'
import { isInt32, type SchemasRecord } from '../records.ts'
import type { JsonObject } from '../registry-types.ts'

/**
 * The topic as it is made. Its compaction does not wait for much: a key that was deleted for good should be gone from the
 * disk soon. That it was deleted is said for ever (285,000 years; more does not fit beside a time): a pipeline that was stopped
 * when it happened still has to forget the person.
 */
export const keysTopic = {
  name: keysTopicName,
  partitionCount: 1,
  configs: {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.ms': '3600000',
    'max.compaction.lag.ms': '86400000',
    'delete.retention.ms': '9000000000000000',
  },
} as const

export interface Kek {
  readonly name: string
  readonly kmsType: string
  readonly kmsKeyId: string
  readonly kmsProps: Readonly<Record<string, string>>
  readonly doc: string | null
  /** The registry itself may use the key: it wraps and opens DEKs for its clients. */
  readonly shared: boolean
  readonly deleted: boolean
  /** When its record was written; undefined for what was not read back yet. */
  readonly timestampMs?: number
}

export interface DekId {
  readonly kekName: string
  readonly subject: string
  readonly algorithm: DekAlgorithm
  readonly version: number
}

export interface Dek extends DekId {
  /** Base64 of the wrapped key material. */
  readonly encryptedKeyMaterial: string | null
  readonly deleted: boolean
  readonly timestampMs?: number
}

export type KeyEvent =
  | { readonly kind: 'kek'; readonly name: string; readonly value: Kek | null }
  | { readonly kind: 'dek'; readonly id: DekId; readonly value: Dek | null }
  | { readonly kind: 'ignored' }

const tenant = 'default'
const json = (value: unknown): Uint8Array => encodeText(JSON.stringify(value))

export function kekRecord(name: string, kek: Kek | null): SchemasRecord {
  const key = json({ tenant, name, type: 'KEK' })
  if (!kek) return { key, value: null }
  const { kmsType, kmsKeyId, doc, shared, deleted } = kek
  const kmsProps = sortedProps(kek.kmsProps)
  const value = { name, kmsType, kmsKeyId, kmsProps, ...(doc === null ? {} : { doc }), shared, deleted, type: 'KEK' }
  return { key, value: json(value) }
}

export function dekRecord({ kekName, subject, algorithm, version }: DekId, dek: Dek | null): SchemasRecord {
  const key = json({ tenant, kekName, subject, algorithm, version, type: 'DEK' })
  if (!dek) return { key, value: null }
  const { encryptedKeyMaterial, deleted } = dek
  const material = encryptedKeyMaterial === null ? {} : { encryptedKeyMaterial }
  return { key, value: json({ kekName, subject, algorithm, version, ...material, deleted, type: 'DEK' }) }
}

export function sortedProps(props: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(props).toSorted((a, b) => (a < b ? -1 : 1))
  return Object.fromEntries(names.map((name) => [name, props[name]!]))
}

export function isDekAlgorithm(text: unknown): text is DekAlgorithm {
  return dekAlgorithms.some((name) => name === text)
}

/** Throws an Error that says what is wrong. */
export function readKeyRecord(
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampMs: number | undefined,
): KeyEvent {
  if (key === null) return { kind: 'ignored' }
  const id = objectOrNull(JSON.parse(decodeText(key)))
  if (!id) throw new Error('its key is no JSON object')
  const body = value === null ? null : objectOrNull(JSON.parse(decodeText(value)))
  if (value !== null && !body) throw new Error('its value is no JSON object')
  if (id['type'] === 'KEK') {
    const name = textOf(id, 'name')
    return { kind: 'kek', name, value: body && kekOf(name, body, timestampMs) }
  }
  if (id['type'] !== 'DEK') throw new Error(`type ${JSON.stringify(id['type'])}`)
  const { algorithm, version } = id
  if (!isDekAlgorithm(algorithm)) throw new Error(`its algorithm is ${String(algorithm)}`)
  if (!isInt32(version)) throw new Error('its version is no integer of 32 bits')
  const dekId = { kekName: textOf(id, 'kekName'), subject: textOf(id, 'subject'), algorithm, version }
  return { kind: 'dek', id: dekId, value: body && dekOf(dekId, body, timestampMs) }
}

const stamped = (timestampMs: number | undefined): { timestampMs?: number } =>
  timestampMs === undefined ? {} : { timestampMs }

function kekOf(name: string, body: JsonObject, timestampMs: number | undefined): Kek {
  const props = objectOrNull(body['kmsProps']) ?? {}
  return {
    name,
    kmsType: textOf(body, 'kmsType'),
    kmsKeyId: textOf(body, 'kmsKeyId'),
    kmsProps: Object.fromEntries(Object.entries(props).map(([key, value]) => [key, String(value)])),
    doc: typeof body['doc'] === 'string' ? body['doc'] : null,
    shared: body['shared'] === true,
    deleted: body['deleted'] === true,
    ...stamped(timestampMs),
  }
}

function dekOf(id: DekId, body: JsonObject, timestampMs: number | undefined): Dek {
  const material = body['encryptedKeyMaterial']
  return {
    ...id,
    encryptedKeyMaterial: typeof material === 'string' ? material : null,
    deleted: body['deleted'] === true,
    ...stamped(timestampMs),
  }
}

function textOf(body: JsonObject, field: string): string {
  const value = body[field]
  if (typeof value !== 'string') throw new Error(`its ${field} is no text`)
  return value
}
