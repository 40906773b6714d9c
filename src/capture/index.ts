// The face of capture: a database's tables as topics, from snapshot to log, exact and without gaps.
export { createCaptureBody } from './capture.ts'
export { createCaptureWorkerBody } from './worker-body.ts'
export type { CaptureWorkerPorts } from './worker-body.ts'
export type { CaptureOptions } from './capture.ts'
export type {
  CaptureBody,
  CapturedTable,
  CapturedTableStatus,
  CaptureProblem,
  CaptureReport,
  CaptureSpec,
  CaptureStatus,
  HeartbeatTable,
} from './capture-types.ts'
export { captureLimits } from './limits.ts'
export type { CaptureLimits } from './limits.ts'
export { mysqlConnector } from './mysql/connection.ts'
export type { SourceConnector, SourceQueries, SourceStream } from './mysql/connection.ts'
export { GtidSet } from './mysql/gtid-set.ts'
export { isStreaming } from './position.ts'
export { captureWorkerOptions } from './start.ts'
export type { CaptureDescription } from './start.ts'
export { TableOutput } from './table-output.ts'
export type { Append } from './table-output.ts'
