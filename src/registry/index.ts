// The face of registry: schemas with ids, kept in _schemas, spoken over Confluent's REST API.
export { openRegistry } from './log-registry.ts'
export type { SchemasLog } from './log-registry.ts'
export { createRegistry, schemasTopic } from './registry.ts'
export type { RegisterOptions, Registry, RegistryOptions, Submitted } from './registry.ts'
export { registryDoors, registryRoutes, registryUnknown } from './routes.ts'
export type { RegistryIdentity } from './routes.ts'
export type { Door } from './door.ts'
export { schemaIdsFromLog } from './schema-ids.ts'
export type { SchemasRecord } from './records.ts'
export { registryLimits } from './limits.ts'
export type { RegistryLimits } from './limits.ts'
export { compareAvro } from './avro/compatibility.ts'
export { compareJson } from './json/compatibility.ts'
export { compareProto } from './protobuf/compatibility.ts'
export type { Difference } from './difference.ts'
export { RegistryRefusal } from './registry-types.ts'
export type {
  CompatibilityLevel,
  Config,
  ConfigChange,
  JsonObject,
  Metadata,
  Mode,
  RuleSet,
  SchemaContent,
  SchemaReference,
  SubjectVersion,
} from './registry-types.ts'
export type { RegistryState } from './state.ts'
