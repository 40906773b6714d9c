// Preloaded into test files that use fast-check: one seed for all, so that a run can be repeated and the gate does not go red by
// chance; MILLRACE_SEED takes another (conformance and long runs do).
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.MILLRACE_SEED ?? 20260101) | 0 })
