import type { MessageShape } from '../../console-api/index.ts'
import { inferSchema, knownTypes, readForInference, type Inference } from '../../registry/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { ask, dataOption, nodePlace, type NodePlace } from '../folder.ts'
import { dim, formatNumber, print, printJson, printTable, yellow } from '../output.ts'

interface Version {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly schemaType?: string
  readonly schema: string
}

export const schemas: Command = {
  name: 'schemas',
  summary:
    'Lists the newest version of every subject in the registry; `infer TOPIC` proposes a table, a schema and a contract from what is in a topic.',
  operands: '[FOLDER] [infer TOPIC]',
  operandsMax: 3,
  options: {
    limit: { type: 'string', value: 'N', help: 'how many of the newest messages infer looks at, at most 1000 (1000)' },
    ...dataOption,
  },
  example: 'millrace schemas examples/checkout infer checkout_events',
  async run({ operands, options }) {
    const at = operands.indexOf('infer')
    if (at >= 0) {
      const topic = operands[at + 1]
      if (at > 1 || topic === undefined || operands.length > at + 2)
        throw new UsageError('infer takes the name of a topic')
      const limit = String(options['limit'] ?? '1000')
      if (!/^[1-9][0-9]*$/.test(limit)) throw new UsageError(`--limit takes a whole number, not '${limit}'`)
      return infer(nodePlace(at === 1 ? operands[0] : undefined, options), topic, limit, options['json'] === true)
    }
    if (operands.length > 1) throw new UsageError(`too many words: ${operands.slice(1).join(' ')}`)
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

async function infer(place: NodePlace, topic: string, limit: string, asJson: boolean): Promise<number> {
  const path = `/api/topics/${encodeURIComponent(topic)}/messages?limit=${limit}`
  const messages = await ask<readonly MessageShape[]>(place, path)
  const registered = await latestOf(place, `${topic}-value`)
  const known = registered ? knownTypes((registered.schemaType ?? 'AVRO') as 'AVRO', registered.schema) : new Map()
  const inference = inferSchema(
    topic,
    messages.map(({ value }) => readForInference(value, known)),
    known,
  )
  if (registered && !asJson)
    print(dim(`types as in version ${registered.version} of ${registered.subject}, where it has the field`))
  if (asJson) printJson(inference)
  else printInference(inference)
  return inference.fields.length > 0 ? 0 : 1
}

/** Undefined: the subject is not there. */
async function latestOf(place: NodePlace, subject: string): Promise<Version | undefined> {
  const subjects = await ask<readonly string[]>(place, '/subjects', undefined, 'registry')
  if (!subjects.includes(subject)) return undefined
  return ask<Version>(place, `/subjects/${encodeURIComponent(subject)}/versions/latest`, undefined, 'registry')
}

function printInference({
  topic,
  records,
  objects,
  nulls,
  others,
  fields,
  fieldsLeftOut,
  ...proposed
}: Inference): void {
  const rest = [
    ...Object.entries(others).map(([what, count]) => `${count} ${what}`),
    ...(nulls > 0 ? [`${nulls} null`] : []),
  ]
  print(
    `${topic}: ${formatNumber(records, 'record')} looked at, ${objects} objects${rest.length > 0 ? `, ${rest.join(', ')}` : ''}`,
  )
  const framed = Object.keys(others).find((what) => what.startsWith('bytes framed'))
  if (framed !== undefined) print(yellow(`Some are ${framed}: the registry has their schema, see millrace schemas`))
  if (fields.length === 0) return print('There is no object among them: nothing to propose')
  printTable(
    ['field', 'type', 'there', 'NULL', 'seen as', 'examples'],
    fields.map((field) => [
      field.name,
      `${field.type}${field.required ? ' NOT NULL' : ''}`,
      `${field.present} of ${objects}`,
      field.nulls,
      Object.entries(field.kinds)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', '),
      field.examples.join(', '),
    ]),
  )
  if (fieldsLeftOut > 0) print(yellow(`${fieldsLeftOut} fields more were seen and left out`))
  for (const [name, text] of [
    ['table, for a .sql file', proposed.table],
    ['contract, for contracts/', proposed.contract],
    ['JSON Schema', proposed.jsonSchema],
  ] as const) {
    print('')
    print(dim(`-- ${name}`))
    print(text.trimEnd())
  }
}
