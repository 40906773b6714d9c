// What a folder says and Millrace does not run or check: said each time, so that nobody takes it for checked.
import type { Notice } from '../project/index.ts'
import { print, yellow } from './output.ts'

export function printNotices(notices: readonly Notice[]): void {
  for (const { text, place } of notices) print(`${yellow('mind')}  ${place.file}:${place.line}  ${text}`)
}
