// What the registry keeps and says: subjects with versions, schemas with ids, and refusals with Confluent's error codes.
// Reference: Confluent Schema Registry 8.x REST API and the records of its _schemas topic.
import type { SchemaType } from '../model/index.ts'

export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** Stored and served as it came; checked to be an object. */
export type JsonObject = { readonly [key: string]: unknown }

/** What is registered, apart from where. */
export interface SchemaContent {
  readonly type: SchemaType
  /** Canonical text. */
  readonly text: string
  readonly references: readonly SchemaReference[]
  readonly metadata: JsonObject | null
  readonly ruleSet: JsonObject | null
}

export interface SubjectVersion extends SchemaContent {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly guid: string
  readonly deleted: boolean
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

export const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT'] as const
export type Mode = (typeof modes)[number]

/** As in _schemas and in answers; only fields that were set. */
export type Config = JsonObject & { readonly compatibilityLevel?: CompatibilityLevel }

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
const unprocessable = (code: number, message: string): RegistryRefusal => new RegistryRefusal(422, code, message)

/** One maker per error code, so that a code always comes with its text. */
export const refusals = {
  subjectNotFound: (subject: string) => notFound(40401, `Subject '${subject}' not found.`),
  versionNotFound: (version: number) => notFound(40402, `Version ${version} not found.`),
  schemaNotFound: (id?: number | string) =>
    notFound(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`),
  subjectSoftDeleted: (subject: string) =>
    notFound(40404, `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`),
  subjectNotSoftDeleted: (subject: string) =>
    notFound(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionSoftDeleted: (subject: string, version: number) =>
    notFound(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
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
  notPermitted: (reason: string) => unprocessable(42205, reason),
  referenceExists: (subject: string, version: number) =>
    unprocessable(
      42206,
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
    ),
  idDoesNotMatch: (id: number) => unprocessable(42207, `The schema of id ${id} is another one`),
  invalidSubject: (subject: string) => unprocessable(42208, `The specified subject '${subject}' is not a valid.`),
  tooLarge: (bytes: number) =>
    unprocessable(42209, `Register operation failed because schema is too large (${bytes} bytes)`),
  forbidden: (reason: string) => new RegistryRefusal(403, 40301, reason),
  storeFailed: (reason: string) => new RegistryRefusal(500, 50001, reason),
} as const
