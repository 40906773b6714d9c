// What the registry keeps and says: subjects with versions, schemas with ids, and refusals with Confluent's error codes.
// Reference: Confluent Schema Registry 8.x REST API and the records of its _schemas topic.
import type { SchemaType } from '../model/index.ts'

export interface SchemaReference {
  readonly name: string
  readonly subject: string
  /** -1 in what is submitted: the latest. */
  readonly version: number
}

/** A text that a schema refers to, by the name that it uses for it. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

export type JsonObject = { readonly [key: string]: unknown }

/** Sorted names and values; empty parts are left out. */
export interface Metadata {
  readonly tags?: Readonly<Record<string, readonly string[]>>
  readonly properties?: Readonly<Record<string, string>>
  readonly sensitive?: readonly string[]
}

export const ruleModes = ['UPGRADE', 'DOWNGRADE', 'UPDOWN', 'WRITE', 'READ', 'WRITEREAD'] as const
export type RuleMode = (typeof ruleModes)[number]

export interface Rule {
  readonly name?: string
  readonly doc?: string
  readonly kind: 'TRANSFORM' | 'CONDITION'
  readonly mode: RuleMode
  readonly type?: string
  readonly tags?: readonly string[]
  readonly params?: Readonly<Record<string, string>>
  readonly expr?: string
  readonly onSuccess?: string
  readonly onFailure?: string
  readonly disabled: boolean
}

export const ruleLists = ['migrationRules', 'domainRules', 'encodingRules'] as const

export type RuleSet = { readonly [list in (typeof ruleLists)[number]]?: readonly Rule[] } & {
  readonly enableAt?: string
}

/** What is registered, apart from where. */
export interface SchemaContent {
  readonly type: SchemaType
  /** Canonical text. */
  readonly text: string
  readonly references: readonly SchemaReference[]
  readonly metadata: Metadata | null
  readonly ruleSet: RuleSet | null
}

export interface SubjectVersion extends SchemaContent {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly guid: string
  readonly deleted: boolean
  /** When its record was written; undefined for what was not read back yet. */
  readonly timestampMs?: number
}

export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const
export type CompatibilityLevel = (typeof compatibilityLevels)[number]

export const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const
export type Mode = (typeof modes)[number]

/** As in _schemas and in answers, in this order; only fields that were set. */
export interface Config {
  /** The subject that this one stands for. */
  readonly alias?: string
  readonly aliasForDeks?: string
  readonly normalize?: boolean
  readonly validateFields?: boolean
  readonly validateNewSchemas?: boolean
  readonly validateRules?: boolean
  readonly compatibilityLevel?: CompatibilityLevel
  readonly compatibilityPolicy?: string
  /** Name of a metadata property: only versions with the same value are compared. */
  readonly compatibilityGroup?: string
  readonly defaultMetadata?: Metadata
  readonly overrideMetadata?: Metadata
  readonly defaultRuleSet?: RuleSet
  readonly overrideRuleSet?: RuleSet
}

export const configFields = [
  'alias',
  'aliasForDeks',
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibilityLevel',
  'compatibilityPolicy',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
] as const satisfies readonly (keyof Config)[]

/** A change of config: null takes a setting back. */
export type ConfigChange = { readonly [field in keyof Config]?: Config[field] | null }

/** An answer that is no success: what the REST door turns into {error_code, message}. */
export class RegistryRefusal extends Error {
  readonly status: number
  readonly errorCode: number
  constructor(status: number, errorCode: number, message: string) {
    super(message)
    this.name = 'RegistryRefusal'
    this.status = status
    this.errorCode = errorCode
  }
}

const notFound = (code: number, message: string): RegistryRefusal => new RegistryRefusal(404, code, message)
const conflict = (code: number, message: string): RegistryRefusal => new RegistryRefusal(409, code, message)
const unprocessable = (code: number, message: string): RegistryRefusal => new RegistryRefusal(422, code, message)
const plain = (status: number, message: string): RegistryRefusal => new RegistryRefusal(status, status, message)

/** One maker per error code, so that a code always comes with its text. Texts are theirs to the letter: clients look for them. */
export const refusals = {
  badRequest: (reason: string) => plain(400, reason),
  pathNotFound: () => plain(404, 'HTTP 404 Not Found'),
  noExporters: () =>
    plain(404, 'Schema exporters are not here: copy the topic _schemas, or take a backup, which keeps ids'),
  methodNotAllowed: () => plain(405, 'HTTP 405 Method Not Allowed'),
  notAcceptable: () => plain(406, 'HTTP 406 Not Acceptable'),
  unsupportedMediaType: () => plain(415, 'HTTP 415 Unsupported Media Type'),
  missingBody: () => plain(422, 'The request body must not be null'),
  subjectNotFound: (subject: string | null) => notFound(40401, `Subject '${subject}' not found.`),
  versionNotFound: (version: number) => notFound(40402, `Version ${version} not found.`),
  schemaNotFound: (id?: number | string) =>
    notFound(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  subjectSoftDeleted: (subject: string) =>
    notFound(40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`),
  subjectNotSoftDeleted: (subject: string) =>
    notFound(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionSoftDeleted: (subject: string, version: number) =>
    notFound(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted.Set permanent=true to delete permanently`,
    ),
  versionNotSoftDeleted: (subject: string, version: number) =>
    notFound(40407, `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`),
  noSubjectConfig: (subject: string) =>
    notFound(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  noSubjectMode: (subject: string) =>
    notFound(40409, `Subject '${subject}' does not have subject-level mode configured`),
  incompatible: (subject: string, details: readonly string[]) =>
    new RegistryRefusal(
      409,
      40901,
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${details.join(', ')}]`,
    ),
  associationNotFound: (resource: string) => notFound(40410, `Association for '${resource}' not found.`),
  associationForResourceExists: (type: string, resource: string) =>
    conflict(40903, `An association of type '${type}' already exists for resource '${resource}'`),
  associationForSubjectExists: (subject: string) =>
    conflict(40904, `An association already exists for subject '${subject}'`),
  strongAssociationExists: (subject: string) =>
    conflict(40905, `A strong association already exists for subject '${subject}'`),
  noActiveVersion: (subject: string) =>
    conflict(40907, `No active (non-deleted) version exists for subject '${subject}'`),
  associationFrozen: (type: string, subject: string) =>
    conflict(40908, `The association of type  '${type}' is frozen for subject '${subject}'`),
  invalidAssociation: (property: string, detail: string) =>
    unprocessable(42212, `The association specified an invalid value for property: '${property}', detail: ${detail}`),
  invalidSchema: (reason: string) => unprocessable(42201, reason),
  invalidVersion: (version: string) =>
    unprocessable(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  invalidCompatibility: () =>
    unprocessable(
      42203,
      'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
    ),
  invalidMode: () => unprocessable(42204, 'Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.'),
  forwardModeGlobalOnly: () => unprocessable(42204, 'Forward mode only supported on global level'),
  notPermitted: (reason: string) => unprocessable(42205, reason),
  referenceExists: (subject: string, version: number) =>
    unprocessable(
      42206,
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
    ),
  invalidSubject: (subject: string) => unprocessable(42208, `The specified subject '${subject}' is not a valid.`),
  tooLarge: (_bytes: number) => unprocessable(42209, 'Register operation failed because schema is too large'),
  invalidRuleSet: (reason: string) => unprocessable(42210, reason),
  contextNotEmpty: (context: string) => unprocessable(42211, `The specified context '${context}' is not empty.`),
  keyNotFound: (name: string) => notFound(40470, `Key '${name}' not found`),
  keyNotSoftDeleted: (name: string) =>
    notFound(40471, `Key '${name}' was not deleted first before being permanently deleted`),
  keySoftDeleted: (name: string) => notFound(40472, `Key '${name}' must be undeleted first`),
  keyExists: (name: string) => new RegistryRefusal(409, 40971, `Key '${name}' already exists; use a different value`),
  tooManyKeys: (most: number) => new RegistryRefusal(409, 40972, `A maximum of ${most} keys already exist`),
  invalidKey: (field: string) => unprocessable(42271, `Invalid or missing value for field '${field}' of key`),
  keyReferenceExists: (name: string) => unprocessable(42272, `One or more references exist to the key '${name}'`),
  dekGeneration: (reason: string) => new RegistryRefusal(500, 50070, reason),
  forbidden: (reason: string) => new RegistryRefusal(403, 40301, reason),
  storeFailed: (reason: string) => new RegistryRefusal(500, 50001, reason),
} as const
