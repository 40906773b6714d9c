// The one table of errors, in a file per group of rooms. A code is API: tools and documents refer to it, so it is never reused;
// wording may change. Text says what happened, help says what to do; both may name details as {name}. docs/guide/errors.md is
// made from this.
import { captureAndTablesErrors } from './error-tables/capture-and-tables.ts'
import { foundationErrors } from './error-tables/foundation.ts'
import { logAndFormatsErrors } from './error-tables/log-and-formats.ts'
import { sqlAndEngineErrors } from './error-tables/sql-and-engine.ts'
import { useErrors } from './error-tables/use.ts'

export const table = {
  ...foundationErrors,
  ...logAndFormatsErrors,
  ...sqlAndEngineErrors,
  ...captureAndTablesErrors,
  ...useErrors,
}
