// The face of deploy/flink: a folder as one SQL script for a plain Flink.
export type { Delivery } from './connectors.ts'
export { flinkScript, formatFlinkScript } from './script.ts'
export type { FlinkScript, FlinkScriptOptions } from './script.ts'
