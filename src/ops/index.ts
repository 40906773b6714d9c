// The face of ops: metrics, SLOs and their alerts.
export { createMeterBuffer, createMetrics, metricTable } from './metrics.ts'
export type { MetricDeclaration, MetricReport, Metrics } from './metrics.ts'
export { alertRules, sliceMs, SloTracker } from './slo.ts'
export type { Alert, AlertRule, SloDefinition, SloObjective, SloStatus } from './slo.ts'
