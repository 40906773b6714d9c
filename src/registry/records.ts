// Records of the compacted topic _schemas, in the form Confluent's registry 8 writes and reads: JSON keys with a keytype,
// JSON values or tombstones. Order of fields is part of the key: compaction compares bytes.
// Reference: Confluent SchemaKey, SchemaValue, ConfigKey, ConfigValue, ModeKey, ContextKey, AssociationKey, DeleteSubjectKey, ClearSubjectKey, NoopKey.
import { decodeText, encodeText } from '../base/index.ts'
import type { SchemaType } from '../model/index.ts'
import {
  associationKeyText,
  associationValueText,
  readAssociation,
  readAssociationKey,
  type Association,
  type AssociationKey,
} from './associations/association.ts'
import { normalizeSubject } from './contexts.ts'
import { objectOrNull, readMetadata, readReferences, readRuleSet } from './entities.ts'
import { guidFromHex, guidOf } from './guid.ts'
import {
  compatibilityLevels,
  configFields,
  modes,
  type Config,
  type JsonObject,
  type Mode,
  type SubjectVersion,
} from './registry-types.ts'

export interface SchemasRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  /** When it was written; absent: now. */
  readonly timestampMs?: number
}

export type RegistryEvent =
  | {
      readonly kind: 'schema'
      readonly subject: string
      readonly version: number
      readonly value: SubjectVersion | null
    }
  /** subject null: the default context's; value null: taken away. */
  | { readonly kind: 'config'; readonly subject: string | null; readonly value: Config | null }
  | { readonly kind: 'mode'; readonly subject: string | null; readonly value: Mode | null }
  | { readonly kind: 'context'; readonly context: string; readonly there: boolean }
  | { readonly kind: 'association'; readonly key: AssociationKey; readonly value: Association | null }
  /** Soft delete of all versions up to one. */
  | { readonly kind: 'delete-subject'; readonly subject: string; readonly version: number }
  /** What is soft-deleted in a subject, a context or (null) everywhere goes for good. */
  | { readonly kind: 'clear-subject'; readonly subject: string | null }
  | { readonly kind: 'ignored' }

const json = (value: unknown): Uint8Array => encodeText(JSON.stringify(value))

const schemaKey = (subject: string, version: number): Uint8Array =>
  json({ keytype: 'SCHEMA', subject, version, magic: 1 })

export function schemaRecord(schema: Omit<SubjectVersion, 'guid'>): SchemasRecord {
  const { subject, version, id, type, references, metadata, ruleSet, text, deleted } = schema
  const value = {
    subject,
    version,
    id,
    schemaType: type,
    ...(references.length > 0 ? { references } : {}),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema: text,
    deleted,
  }
  return { key: schemaKey(subject, version), value: json(value) }
}

export function schemaTombstone(subject: string, version: number): SchemasRecord {
  return { key: schemaKey(subject, version), value: null }
}

const subjectKey = (keytype: string, subject: string | null): Uint8Array =>
  json({ keytype, ...(subject === null ? {} : { subject }), magic: 0 })

const subjectField = (subject: string | null): { subject?: string } => (subject === null ? {} : { subject })

export function deleteSubjectRecord(subject: string, version: number): SchemasRecord {
  return { key: subjectKey('DELETE_SUBJECT', subject), value: json({ subject, version }) }
}

export function clearSubjectRecord(subject: string | null): SchemasRecord {
  return { key: subjectKey('CLEAR_SUBJECT', subject), value: json(subjectField(subject)) }
}

export function configRecord(subject: string | null, config: Config | null): SchemasRecord {
  const key = subjectKey('CONFIG', subject)
  return { key, value: config === null ? null : json({ ...subjectField(subject), ...config }) }
}

export function modeRecord(subject: string | null, mode: Mode | null): SchemasRecord {
  const key = subjectKey('MODE', subject)
  return { key, value: mode === null ? null : json({ ...subjectField(subject), mode }) }
}

/** @param there false takes the context away */
export function contextRecord(context: string, there: boolean): SchemasRecord {
  const key = json({ keytype: 'CONTEXT', tenant: 'default', context, magic: 0 })
  return { key, value: there ? json({ tenant: 'default', context }) : null }
}

/** @param association null takes it away */
export function associationRecord(key: AssociationKey, association: Association | null): SchemasRecord {
  return {
    key: encodeText(associationKeyText(key)),
    value: association && encodeText(associationValueText(association)),
  }
}

/** Throws an Error that says what is wrong. */
export function readSchemasRecord(
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampMs?: number,
): RegistryEvent {
  if (key === null) return { kind: 'ignored' }
  const k = parseObject(key)
  const subject = isAbsent(k['subject']) ? null : normalizeSubject(text(k, 'subject'))
  const v = value === null ? null : parseObject(value)
  switch (k['keytype']) {
    case 'SCHEMA': {
      if (k['magic'] !== 0 && k['magic'] !== 1) throw new Error(`its magic is ${JSON.stringify(k['magic'])}`)
      const version = integer(k, 'version')
      const owner = normalizeSubject(text(k, 'subject'))
      const held = v === null ? null : readVersion(v, owner, version, timestampMs)
      return { kind: 'schema', subject: owner, version, value: held }
    }
    case 'CONFIG':
      return { kind: 'config', subject, value: v === null ? null : readConfig(v) }
    case 'MODE':
      return { kind: 'mode', subject, value: v === null ? null : readMode(v) }
    case 'CONTEXT':
      return { kind: 'context', context: text(k, 'context'), there: v !== null }
    case 'ASSOC': {
      const named = readAssociationKey(k)
      const own = { ...named, subject: normalizeSubject(named.subject) }
      return { kind: 'association', key: own, value: v && readAssociation(own, v, timestampMs) }
    }
    case 'DELETE_SUBJECT':
      if (v === null) return { kind: 'ignored' }
      return { kind: 'delete-subject', subject: normalizeSubject(text(k, 'subject')), version: integer(v, 'version') }
    case 'CLEAR_SUBJECT':
      return v === null ? { kind: 'ignored' } : { kind: 'clear-subject', subject }
    case 'NOOP':
      return { kind: 'ignored' }
    default:
      throw new Error(`keytype ${JSON.stringify(k['keytype'])}`)
  }
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

function readVersion(value: JsonObject, subject: string, version: number, timestampMs?: number): SubjectVersion {
  const type = value['schemaType'] ?? 'AVRO'
  if (type !== 'AVRO' && type !== 'JSON' && type !== 'PROTOBUF') throw new Error(`schemaType ${JSON.stringify(type)}`)
  const content = {
    type: type as SchemaType,
    text: text(value, 'schema'),
    references: readReferences(value['references']),
    metadata: readMetadata(value['metadata']),
    ruleSet: readRuleSet(value['ruleSet']),
  }
  const md5 = value['md5']
  return {
    ...content,
    subject,
    version,
    id: integer(value, 'id'),
    guid: typeof md5 === 'string' ? guidOfMd5(md5) : guidOf(content),
    deleted: value['deleted'] === true,
    ...(timestampMs === undefined ? {} : { timestampMs }),
  }
}

function guidOfMd5(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== 16) throw new Error('md5 has not 16 bytes')
  return guidFromHex(bytes.toString('hex'))
}

function readMode(value: JsonObject): Mode {
  const mode = modes.find((name) => name === value['mode'])
  if (mode === undefined) throw new Error(`mode ${JSON.stringify(value['mode'])}`)
  return mode
}

/** Only what is set, in the order in which it is written. Throws Error. */
export function readConfig(value: JsonObject): Config {
  const config: Record<string, unknown> = {}
  for (const field of configFields) {
    const given = value[field]
    if (!isAbsent(given)) config[field] = readConfigField(field, given)
  }
  return config as Config
}

export function readConfigField(field: (typeof configFields)[number], value: unknown): unknown {
  switch (field) {
    case 'normalize':
    case 'validateFields':
    case 'validateNewSchemas':
    case 'validateRules':
      if (typeof value !== 'boolean') throw new Error(`${field} must be true or false`)
      return value
    case 'compatibilityLevel': {
      const level = compatibilityLevels.find((name) => name === String(value).toUpperCase())
      if (level === undefined) throw new Error(`compatibilityLevel ${JSON.stringify(value)}`)
      return level
    }
    case 'defaultMetadata':
    case 'overrideMetadata':
      return readMetadata(value)
    case 'defaultRuleSet':
    case 'overrideRuleSet':
      return readRuleSet(value)
    default:
      if (typeof value !== 'string') throw new Error(`${field} must be a string`)
      return value
  }
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(decodeText(bytes))
  const object = objectOrNull(value)
  if (!object) throw new Error('it is no JSON object')
  return object
}

function text(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text`)
  return value
}

/** As ids and versions are in frames and in Confluent's registry: past it, ids that follow would be those of others. */
export const isInt32 = (value: unknown): value is number => typeof value === 'number' && (value | 0) === value

function integer(object: JsonObject, name: string): number {
  const value = object[name]
  if (!isInt32(value)) throw new Error(`${name} is no integer of 32 bits`)
  return value
}
