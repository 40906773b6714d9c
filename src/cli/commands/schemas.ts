import type { Command } from '../arguments.ts'
import { ask, dataOption, nodePlace } from '../folder.ts'
import { printJson, printTable } from '../output.ts'

interface Version {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly schemaType?: string
  readonly schema: string
}

export const schemas: Command = {
  name: 'schemas',
  summary: 'Lists the newest version of every subject in the registry.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: dataOption,
  example: 'millrace schemas examples/checkout',
  async run({ operands, options }) {
    const place = nodePlace(operands[0], options)
    const subjects = await ask<readonly string[]>(place, '/subjects', undefined, 'registry')
    const versions = await Promise.all(
      subjects.map((s) =>
        ask<Version>(place, `/subjects/${encodeURIComponent(s)}/versions/latest`, undefined, 'registry'),
      ),
    )
    if (options['json']) printJson(versions)
    else
      printTable(
        ['subject', 'version', 'id', 'type'],
        versions.map((v) => [v.subject, v.version, v.id, v.schemaType ?? 'AVRO']),
      )
    return 0
  },
}
