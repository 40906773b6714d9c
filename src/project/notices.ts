// What a folder says and nobody here checks or runs, each with its place: shown by check and plan each time.
import type { Notice } from './contract.ts'
import { leakNotices } from './leaks.ts'
import type { Project } from './load.ts'

export function projectNotices(project: Project): readonly Notice[] {
  return [...project.contracts.flatMap((contract) => contract.notices), ...leakNotices(project)]
}
