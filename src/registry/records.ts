// Records of the compacted topic _schemas, in the form Confluent's registry writes and reads: JSON keys with a keytype,
// JSON values or tombstones. Order of fields is part of the key: compaction compares bytes.
// Reference: Confluent SchemaKey, SchemaValue, ConfigKey, ModeKey, DeleteSubjectKey, ClearSubjectKey, NoopKey.
import { decodeText, encodeText } from '../base/index.ts'
import type { SchemaType } from '../model/index.ts'
import { guidOf } from './guid.ts'
import type { Config, JsonObject, Mode, SchemaReference, SubjectVersion } from './registry-types.ts'

export const schemasTopicName = '_schemas'

export interface SchemasRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export type RegistryEvent =
  | {
      readonly kind: 'schema'
      readonly subject: string
      readonly version: number
      readonly value: SubjectVersion | null
    }
  /** subject null: the global one; value null: taken away. */
  | { readonly kind: 'config'; readonly subject: string | null; readonly value: Config | null }
  | { readonly kind: 'mode'; readonly subject: string | null; readonly value: Mode | null }
  /** Soft delete of all versions up to one. */
  | { readonly kind: 'delete-subject'; readonly subject: string; readonly version: number }
  | { readonly kind: 'clear-subject'; readonly subject: string | null }
  | { readonly kind: 'ignored' }

export function schemaKeyRecord(subject: string, version: number): Uint8Array {
  return encodeText(JSON.stringify({ keytype: 'SCHEMA', subject, version, magic: 1 }))
}

export function schemaRecord(schema: Omit<SubjectVersion, 'guid'>): SchemasRecord {
  const { subject, version, id, type, references, metadata, ruleSet, text, deleted } = schema
  const value = {
    subject,
    version,
    id,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length > 0 ? { references } : {}),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema: text,
    deleted,
  }
  return { key: schemaKeyRecord(subject, version), value: encodeText(JSON.stringify(value)) }
}

export function schemaTombstone(subject: string, version: number): SchemasRecord {
  return { key: schemaKeyRecord(subject, version), value: null }
}

const subjectKey = (keytype: string, subject: string | null): Uint8Array =>
  encodeText(JSON.stringify({ keytype, ...(subject === null ? {} : { subject }), magic: 0 }))

export function deleteSubjectRecord(subject: string, version: number): SchemasRecord {
  return { key: subjectKey('DELETE_SUBJECT', subject), value: encodeText(JSON.stringify({ subject, version })) }
}

export function clearSubjectRecord(subject: string | null): SchemasRecord {
  const value = subject === null ? {} : { subject }
  return { key: subjectKey('CLEAR_SUBJECT', subject), value: encodeText(JSON.stringify(value)) }
}

export function configRecord(subject: string | null, config: Config | null): SchemasRecord {
  const value = config === null ? null : { ...(subject === null ? {} : { subject }), ...config }
  return { key: subjectKey('CONFIG', subject), value: value === null ? null : encodeText(JSON.stringify(value)) }
}

export function modeRecord(subject: string | null, mode: Mode | null): SchemasRecord {
  const value = mode === null ? null : { ...(subject === null ? {} : { subject }), mode }
  return { key: subjectKey('MODE', subject), value: value === null ? null : encodeText(JSON.stringify(value)) }
}

/** Throws an Error that says what is wrong; unknown key types are 'ignored', as newer writers have some. */
export function readSchemasRecord(key: Uint8Array | null, value: Uint8Array | null): RegistryEvent {
  if (key === null) return { kind: 'ignored' }
  const k = parseObject(key)
  const v = value === null ? null : parseObject(value)
  const subject = k['subject'] === undefined || k['subject'] === null ? null : text(k, 'subject')
  switch (k['keytype']) {
    case 'SCHEMA': {
      const version = integer(k, 'version')
      const owner = text(k, 'subject')
      return { kind: 'schema', subject: owner, version, value: v === null ? null : readVersion(v, owner, version) }
    }
    case 'CONFIG': {
      if (v === null) return { kind: 'config', subject, value: null }
      const { subject: _subject, ...config } = v
      return { kind: 'config', subject, value: config as Config }
    }
    case 'MODE':
      return { kind: 'mode', subject, value: v === null ? null : (text(v, 'mode') as Mode) }
    case 'DELETE_SUBJECT':
      if (v === null) return { kind: 'ignored' }
      return { kind: 'delete-subject', subject: text(k, 'subject'), version: integer(v, 'version') }
    case 'CLEAR_SUBJECT':
      return { kind: 'clear-subject', subject }
    default:
      return { kind: 'ignored' }
  }
}

function readVersion(value: JsonObject, subject: string, version: number): SubjectVersion {
  const type = value['schemaType'] ?? 'AVRO'
  if (type !== 'AVRO' && type !== 'JSON' && type !== 'PROTOBUF') throw new Error(`schemaType ${JSON.stringify(type)}`)
  const content = {
    type: type as SchemaType,
    text: text(value, 'schema'),
    references: readReferences(value['references']),
    metadata: objectOrNull(value['metadata']),
    ruleSet: objectOrNull(value['ruleSet']),
  }
  return {
    ...content,
    subject,
    version,
    id: integer(value, 'id'),
    guid: guidOf(content),
    deleted: value['deleted'] === true,
  }
}

export function readReferences(value: unknown): SchemaReference[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Error('references is no list')
  return value.map((item: unknown) => {
    const reference = objectOrNull(item)
    if (!reference) throw new Error('a reference is no object')
    return {
      name: text(reference, 'name'),
      subject: text(reference, 'subject'),
      version: integer(reference, 'version'),
    }
  })
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(decodeText(bytes))
  const object = objectOrNull(value)
  if (!object) throw new Error('it is no JSON object')
  return object
}

export function objectOrNull(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

function text(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text`)
  return value
}

function integer(object: JsonObject, name: string): number {
  const value = object[name]
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error(`${name} is no integer`)
  return value
}
