// A command that asks the running node for a list and prints it.
import type { Command } from './arguments.ts'
import { ask, dataOption, nodePlace } from './folder.ts'
import { print, printJson, printTable } from './output.ts'

export function listCommand<T>(list: {
  name: string
  summary: string
  path: string
  heads: readonly string[]
  row: (item: T) => readonly (string | number)[]
  example: string
}): Command {
  return {
    name: list.name,
    summary: list.summary,
    operands: '[FOLDER]',
    operandsMax: 1,
    options: dataOption,
    example: list.example,
    async run({ operands, options }) {
      const items = await ask<readonly T[]>(nodePlace(operands[0], options), list.path)
      if (options['json']) printJson(items)
      else if (items.length === 0) print('none')
      else printTable(list.heads, items.map(list.row))
      return 0
    },
  }
}
