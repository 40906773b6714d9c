// What a folder's contracts say and Millrace does not run: said each time, so that nobody takes it for checked.
import type { ContractResource, Project } from '../project/index.ts'
import { print, yellow } from './output.ts'

export function noticesOf(project: Project): ContractResource['notices'] {
  return project.contracts.flatMap((contract) => contract.notices)
}

export function printNotices(project: Project): void {
  for (const { text, place } of noticesOf(project)) print(`${yellow('mind')}  ${place.file}:${place.line}  ${text}`)
}
