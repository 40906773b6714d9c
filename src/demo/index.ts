// The face of demo: the example's seeded generator and the check that is independent of log and engine.
export { checkDemo } from './check.ts'
export type { CheckedTable, DemoCheck, DemoResult, TableName } from './check.ts'
export { prepareShopDatabase } from './database.ts'
export { createGeneratorBody } from './generator.ts'
export type { GeneratorOptions } from './generator.ts'
export { generatorPosition } from './generator-position.ts'
export { boundedDefaults } from './generator-types.ts'
export type {
  GeneratedTopic,
  GeneratorBody,
  GeneratorMode,
  GeneratorPosition,
  GeneratorReport,
  GeneratorSpec,
  GeneratorStatus,
} from './generator-types.ts'
export { writeJsonLines } from './json-lines.ts'
export { capturedNames, serviceNames } from './shop.ts'
export type { CapturedName, ServiceName } from './shop.ts'
export { startGeneratorWorker } from './start.ts'
export type { GeneratorDescription } from './start.ts'
