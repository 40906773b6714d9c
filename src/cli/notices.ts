// What a folder says and Millrace does not run or check: said each time, so that nobody takes it for checked.
import { projectNotices, type Project } from '../project/index.ts'
import { print, yellow } from './output.ts'

export function printNotices(project: Project): void {
  for (const { text, place } of projectNotices(project))
    print(`${yellow('mind')}  ${place.file}:${place.line}  ${text}`)
}
