// Columns that a folder has encrypted in a table's topic: `millrace.encrypt.*` options become the metadata tags and the
// ENCRYPT rule of the topic's subject, which every writer and reader follows, Confluent's clients too. With a subject for the
// key (`customer-{customer_id}`) each person has a key, and deleting it makes that person's values unreadable wherever they lie.
// Invariant: a column that is named here is never written in clear; what could only be is refused when the folder is read.
import { MillraceError } from '../base/index.ts'
import { dekAlgorithms, type TopicFormat } from '../format/index.ts'
import { schemaFields, type RegisterOptions } from '../registry/index.ts'
import type { TableDefinition } from '../sql/index.ts'

/** Registered with the schema of a topic. */
export type SchemaRules = Pick<RegisterOptions, 'metadata' | 'ruleSet'>

const option = {
  columns: 'millrace.encrypt.columns',
  subject: 'millrace.encrypt.subject',
  kek: 'millrace.encrypt.kek',
  algorithm: 'millrace.encrypt.algorithm',
  state: 'millrace.encrypt.state',
} as const
const encryptionOptions: readonly string[] = Object.values(option)

/** Columns, and fields below them as a.b, that a table has encrypted in its topic. */
export const encryptedColumns = ({ options }: TableDefinition): string[] => listOf(options[option.columns])

/** Which keys open what the table's topic holds. */
export function keyOfTable({ name, options }: TableDefinition): {
  readonly kekName: string
  readonly algorithm: string
  /** Of the topic's own key, where persons have none. */
  readonly topicSubject: string
} {
  return {
    kekName: options[option.kek] ?? defaultKek,
    algorithm: options[option.algorithm] ?? defaultAlgorithm,
    topicSubject: `${options['millrace.topic'] ?? name}-value`,
  }
}

const defaultKek = 'millrace'
const defaultAlgorithm = 'AES256_GCM'
const tag = 'millrace.encrypted'
/** Keys of persons have drawn versions, which readers of Confluent's look for only in values of keys that expire: never, here. */
const neverDays = '36500'

/**
 * @param schema the text that is registered for the topic; undefined: the format has none
 * @param isWritten Millrace writes the table, not services or clients
 */
export function encryptionOf(
  table: TableDefinition,
  format: TopicFormat,
  {
    schema,
    isWritten,
    errors,
  }: {
    schema: { readonly type: 'AVRO' | 'JSON' | 'PROTOBUF'; readonly text: string } | undefined
    isWritten: boolean
    errors: MillraceError[]
  },
): SchemaRules | undefined {
  const { options } = table
  if (!encryptionOptions.some((name) => options[name] !== undefined)) return undefined
  const refuse = (name: string, value: string, known: string): void => {
    const details = { table: table.name, option: name, value, known }
    errors.push(new MillraceError('MR-PROJECT-019', { details, place: table.source }))
  }
  const names = encryptedColumns(table)
  if (names.length === 0) refuse(option.columns, 'empty', 'columns of text or bytes, and fields below them as a.b')
  if (!schema) refuse(option.columns, format.valueFormat, 'a millrace.format whose name ends in -confluent')
  const tags: Record<string, string[]> = {}
  const fields = schema ? schemaFields(schema.type, schema.text) : []
  const skipped = format.valueFormat === 'debezium-avro-confluent' ? 1 : 0
  const nameOf = (path: readonly string[]): string => path.slice(skipped).join('.')
  for (const name of schema ? names : []) {
    const found = fields.filter(({ path }) => nameOf(path) === name)
    const sealable = [...new Set(fields.filter(({ form }) => form !== 'other').map(({ path }) => nameOf(path)))]
    if (found.length === 0 || found.some(({ form }) => form === 'other'))
      refuse(option.columns, name, sealable.join(', '))
    else if (format.keyColumns?.some((index) => format.schema.fields[index]!.name === name))
      refuse(option.columns, name, 'columns outside of the key, which is not encrypted')
    for (const { fullName } of found) tags[fullName] = [tag]
  }
  const kek = options[option.kek] ?? defaultKek
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(kek)) refuse(option.kek, kek, 'letters, digits, "_" and "-"')
  const algorithm = options[option.algorithm] ?? defaultAlgorithm
  if (!dekAlgorithms.some((known) => known === algorithm)) refuse(option.algorithm, algorithm, dekAlgorithms.join(', '))
  const state = options[option.state] ?? 'clear'
  if (state !== 'clear') refuse(option.state, state, 'clear: pipelines may keep what erasing a person does not reach')
  const subject = options[option.subject]
  if (subject !== undefined) checkSubject(subject, { names, table, isWritten, refuse })
  const byPerson = { 'millrace.dek.subject': subject ?? '', 'encrypt.dek.expiry.days': neverDays }
  return {
    metadata: { tags },
    ruleSet: {
      domainRules: [
        {
          name: 'millraceEncrypt',
          kind: 'TRANSFORM',
          mode: 'WRITEREAD',
          type: 'ENCRYPT',
          tags: [tag],
          params: {
            'encrypt.kek.name': kek,
            'encrypt.kms.type': 'local-kms',
            'encrypt.kms.key.id': kek,
            'encrypt.dek.algorithm': algorithm,
            ...(subject === undefined ? {} : byPerson),
          },
          onFailure: 'ERROR,ERROR',
          disabled: false,
        },
      ],
    },
  }
}

function checkSubject(
  subject: string,
  {
    names,
    table,
    isWritten,
    refuse,
  }: {
    names: readonly string[]
    table: TableDefinition
    isWritten: boolean
    refuse: (name: string, value: string, known: string) => void
  },
): void {
  const columns = [...subject.matchAll(/\{([^{}]+)\}/g)].map(([, column]) => column!)
  // A value that is sealed must not stand in the name of its key.
  const usable = table.schema.fields.flatMap(({ name }) => (names.includes(name) ? [] : [name]))
  if (columns.length === 0 || columns.some((column) => !usable.includes(column)))
    refuse(option.subject, subject, `a text with {column} in it, of ${usable.join(', ')}`)
  // Confluent's serializers have one key for a subject.
  if (!isWritten)
    refuse(option.subject, subject, 'tables that a pipeline or a capture writes; services have one key for a topic')
}

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
