// The face of ops: metrics, SLOs and their alerts.
export { createMeterBuffer, createMetrics, metricTable } from './metrics.ts'
export type { MetricDeclaration, MetricReport, Metrics } from './metrics.ts'
export { alertRules, sliceMs, SloTracker } from './slo.ts'
export type { Alert, AlertRule, SloDefinition, SloObjective, SloStatus } from './slo.ts'
export { burrowCodes, judgeLag, lagStates, LagTracker } from './lag.ts'
export type { LagState, PartitionLag } from './lag.ts'
export { partitionSeriesMax } from './limits.ts'
