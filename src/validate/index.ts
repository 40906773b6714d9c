// The face of validate: contracts' rules, as guards of scans and as quarantines.
export { guardOf, planRules, quarantineTopicOf } from './rules.ts'
export type { ContractRule, QualityEntry } from './rules.ts'
