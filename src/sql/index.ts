// The face of sql: Flink SQL from text to plans, and the expressions that plans are made of.
export { analyze, explainStages, parseSqlFile } from './analyze.ts'
export type { AnalyzeOptions, ParsedFile, SqlProject, Stages, ViewDefinition } from './analyze.ts'
export { explain, explainExpression } from './explain.ts'
export type { ExplainOptions } from './explain.ts'
export { lockText, readLock } from './lock.ts'
export type {
  AggregateCall,
  ChangelogMode,
  ColumnLineage,
  Expression,
  PipelinePlan,
  PlanNode,
  TableDefinition,
  WindowSpec,
} from './plan.ts'
export type { SqlText } from './problems.ts'
export { parseQuery, referencedTables } from './query.ts'
export type { ParsedQuery, ReferencedTables, TableReference } from './query.ts'
export { rewriteForFlink } from './rewrite-for-flink.ts'
export type { ConnectorOptions } from './rewrite-for-flink.ts'
export { checkRule, planRule } from './rule.ts'
export { evaluate } from './run/evaluate.ts'
export { compileExpressions, compileFilter } from './run/kernel.ts'
export { sealedStateOf } from './physical/sealed-state.ts'
export type { SealedSlot, SealedState, SlotOwner, UnownedState } from './physical/sealed-state.ts'
export { selectRows } from './run/select-rows.ts'
export { sealedTable } from './sealed.ts'
export type { SealedTable } from './sealed.ts'
export type { Statement, StatementSyntax } from './syntax/tree.ts'
