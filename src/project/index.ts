// The face of project: a folder's files in, a checked project, what it means in an environment, and the difference to what runs.
export { diffProject, resourceTexts } from './diff.ts'
export type { Applied, Change, ResourceKind } from './diff.ts'
export { kinds } from './kinds.ts'
export type { Kind } from './kinds.ts'
export { loadProject } from './load.ts'
export type {
  ContractResource,
  EnvironmentResource,
  GeneratorSettings,
  OwnerResource,
  Project,
  SloResource,
  SourceResource,
  TestResource,
} from './load.ts'
export { lockFile } from './lock.ts'
export type { Notice } from './contract.ts'
export { encryptedByRules, projectNotices } from './notices.ts'
export { tableOptionRows } from './table-options.ts'
export type { TableOption } from './table-options.ts'
export { erasureOf } from './sealed-state.ts'
export type { SchemaRules } from './encryption.ts'
export { resolveProject } from './resolve.ts'
export type {
  Desired,
  DesiredLakeTable,
  DesiredPipeline,
  DesiredQuarantine,
  DesiredTopic,
  TableRole,
} from './resolve.ts'
export { explainSchemaChanges, readersOf, topicsWithChangedSchema } from './schema-changes.ts'
export type {
  HttpListenerResource,
  ListenerResource,
  SecurityResource,
  TokensResource,
  UserResource,
} from './security.ts'
export type { ProjectFile } from './yaml.ts'
