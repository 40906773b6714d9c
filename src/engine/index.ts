// The face of engine: runs the plans of sql over committed records, exactly once.
export { createPipelinesBody } from './body.ts'
export type { PipelinesBody, PipelinesBodyOptions } from './body.ts'
export { decodeJournalEntry, encodeJournalEntry } from './journal.ts'
export type { InputPosition, JournalEntry, JournalSlice } from './journal.ts'
export { defaultLimits } from './limits.ts'
export type { EngineLimits } from './limits.ts'
export { undecodableRule } from './quarantine.ts'
export { createReplay } from './replay.ts'
export type { Replay } from './replay.ts'
export { defaultEngineOptions } from './spec.ts'
export type {
  EngineCommand,
  EngineOptions,
  EngineReport,
  ErasureSpec,
  PipelineSpec,
  PipelineState,
  PipelineStatus,
  QuarantinePipelineSpec,
  QueryPipelineSpec,
  RuleSpec,
} from './spec.ts'
export { stateSealOf } from './state/index.ts'
export type { StateSeal } from './state/index.ts'
export { createTestRun } from './test-run.ts'
export type { TestRun } from './test-run.ts'
