// The options of CREATE TABLE that are Millrace's own: their names, what the guide says of them, and what a misspelt one is.
// An option that nobody reads is a mistake: one of encryption would leave its columns in clear.
import { MillraceError, nearest } from '../base/index.ts'
import type { TableDefinition } from '../sql/index.ts'

export interface TableOption {
  readonly name: string
  /** For the guide. */
  readonly meaning: string
}

export const tableOptions = [
  { name: 'millrace.lake', meaning: '`append` or `upsert`: keep the topic as an Iceberg table' },
  {
    name: 'millrace.format',
    meaning:
      '`avro-confluent` (default), `protobuf-confluent`, `json`, `debezium-avro-confluent` (default of captured tables), `debezium-json`, `json-confluent`, `csv`, `raw`',
  },
  { name: 'millrace.topic', meaning: 'the topic’s name, where it is not the table’s' },
  {
    name: 'millrace.encrypt.columns',
    meaning:
      'columns of text or bytes that are [encrypted](encryption.md) in the topic, and fields of rows as `home.street`',
  },
  {
    name: 'millrace.encrypt.subject',
    meaning: 'whose key: a text with `{column}` in it, such as `customer-{customer_id}`; without it the topic has one',
  },
  { name: 'millrace.encrypt.kek', meaning: 'name of the key that wraps the keys (`millrace`)' },
  {
    name: 'millrace.encrypt.state',
    meaning: '`clear`: state of pipelines may keep values whose person cannot be told; erasure does not reach those',
  },
  { name: 'millrace.encrypt.algorithm', meaning: '`AES256_GCM` (default), `AES128_GCM`, `AES256_SIV`' },
  { name: 'millrace.csv.field-delimiter', meaning: 'Flink’s option of its `csv` format, as are the next six (`,`)' },
  { name: 'millrace.csv.quote-character', meaning: 'around what holds a delimiter (`"`)' },
  { name: 'millrace.csv.disable-quote-character', meaning: '`true`: a quote is a character like others' },
  { name: 'millrace.csv.escape-character', meaning: 'before a character that would mean something (none)' },
  { name: 'millrace.csv.null-literal', meaning: 'text of NULL (an empty field)' },
  { name: 'millrace.csv.array-element-delimiter', meaning: 'between elements of an array (`;`)' },
  { name: 'millrace.csv.allow-comments', meaning: '`true`: lines that begin with `#` are no rows' },
] as const satisfies readonly TableOption[]

const prefix = 'millrace.'
const topicSetting = 'millrace.topic.'
const names: readonly string[] = tableOptions.map(({ name }) => name)

/** For the guide: all of them, settings of the topic and Flink's own option that counts here too. */
export const tableOptionRows: readonly TableOption[] = [
  ...tableOptions,
  { name: `${topicSetting}KEY`, meaning: "a topic setting: `'millrace.topic.retention.ms' = '86400000'`" },
  {
    name: 'avro-confluent.schema',
    meaning: 'Flink’s: the reader’s Avro schema of a topic that services write (also with `value.` before it)',
  },
]

/** Options that nobody reads: those under `millrace.`, and those that look like one without it or with another beginning. */
export function unknownOptions(table: TableDefinition): MillraceError[] {
  return Object.keys(table.options).flatMap((option) => {
    if (names.includes(option) || option.startsWith(topicSetting)) return []
    const near = nearestOption(option)
    if (near === undefined && !option.startsWith(prefix)) return []
    const known = `${names.join(', ')}, ${topicSetting}SETTING`
    const details = {
      table: table.name,
      option: 'the option',
      value: option,
      known: near === undefined ? known : `${near} (did you mean it?); all: ${known}`,
    }
    return [new MillraceError('MR-PROJECT-019', { details, place: table.source })]
  })
}

/** What was meant: a slip of the fingers, or a name without its beginning. */
function nearestOption(option: string): string | undefined {
  const lower = option.toLowerCase()
  const short = names.find((name) => name === `${prefix}${lower}` && name.split('.').length > 2)
  return short ?? (lower.startsWith('mil') ? nearest(lower, names) : undefined)
}
