// What crosses to the workers: plain descriptions, from which each builds its own ports.
import type { EngineOptions, EngineReport, PipelineSpec } from '../../../engine/index.ts'
import type { LogClientPort, LogShare } from '../../../log/index.ts'
import type { MetricReport } from '../../../ops/index.ts'
import type { TablesOptions, TableSpec } from '../../../tables/index.ts'

export interface PipelinesDescription {
  readonly log: LogClientPort
  readonly specs: readonly PipelineSpec[]
  readonly options: Partial<EngineOptions>
}

export type PipelinesReport = EngineReport & { readonly metrics: MetricReport }

export interface TablesDescription {
  readonly log: LogShare
  /** Absolute path of the lake. */
  readonly lake: string
  readonly specs: readonly TableSpec[]
  readonly options: Partial<TablesOptions>
}
