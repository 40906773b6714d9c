// What a project means in one environment: the topics, pipelines, quarantines and lake tables that should be there. Pure.
import { MillraceError } from '../base/index.ts'
import { checkTopicFormat, parseAvroSchema, schemaTextFor, type CsvOptions, type TopicFormat } from '../format/index.ts'
import { lockText, type PipelinePlan, type TableDefinition } from '../sql/index.ts'
import { quarantineTopicOf, type ContractRule } from '../validate/index.ts'
import { encryptionOf, type SchemaRules } from './encryption.ts'
import { didYouMean } from './field-mistakes.ts'
import { byPlace, type EnvironmentResource, type Project } from './load.ts'
import { refuseUnownedState } from './sealed-state.ts'
import { unknownOptions } from './table-options.ts'

export type TableRole = 'captured' | 'written' | 'service'

export interface DesiredTopic {
  readonly name: string
  readonly owner: string
  /** captured from a database, written by a pipeline, or produced by services. */
  readonly role: TableRole | 'quarantine'
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  /** null for quarantine topics, whose bytes are their origin's. */
  readonly format: TopicFormat | null
}

export interface DesiredPipeline {
  readonly name: string
  readonly owner: string
  readonly plan: PipelinePlan
  /** The pipeline's section of plan.lock. */
  readonly lock: string
  readonly inputs: readonly TopicFormat[]
  readonly sink: TopicFormat
}

export interface DesiredQuarantine {
  readonly name: string
  readonly table: string
  readonly input: TopicFormat
  readonly rules: readonly ContractRule[]
  readonly quarantineTopic: string
}

export interface DesiredLakeTable {
  readonly name: string
  readonly namespace: string
  readonly owner: string
  readonly mode: 'append' | 'upsert'
  readonly table: TableDefinition
  readonly topic: TopicFormat
}

export interface Desired {
  readonly environment: EnvironmentResource
  readonly topics: readonly DesiredTopic[]
  readonly schemas: readonly {
    readonly subject: string
    readonly type: 'AVRO' | 'JSON' | 'PROTOBUF'
    readonly text: string
    readonly topic: string
    /** Columns that are encrypted; absent: none. */
    readonly rules?: SchemaRules
  }[]
  readonly pipelines: readonly DesiredPipeline[]
  readonly quarantines: readonly DesiredQuarantine[]
  readonly lakeTables: readonly DesiredLakeTable[]
}

const valueFormats = [
  'avro-confluent',
  'protobuf-confluent',
  'json',
  'debezium-avro-confluent',
  'debezium-json',
  'json-confluent',
  'csv',
  'raw',
] as const
const lakeModes = ['append', 'upsert'] as const

/** Throws MR-PROJECT-018 for an unknown environment; mistakes in table options are added to `errors`. */
export function resolveProject(project: Project, environmentName: string, errors: MillraceError[]): Desired {
  const environment = project.environments.find((e) => e.name === environmentName)
  if (!environment) {
    throw new MillraceError('MR-PROJECT-018', {
      details: {
        name: environmentName,
        known: project.environments.map((e) => e.name).join(', '),
        instead: didYouMean(
          environmentName,
          project.environments.map((e) => e.name),
        ),
      },
    })
  }
  const captured = new Set(project.sources.flatMap((s) => Object.values(s.tables)))
  const written = new Set(project.sql.pipelines.map((p) => p.sink.table))
  const roleOf = (table: string): TableRole =>
    captured.has(table) ? 'captured' : written.has(table) ? 'written' : 'service'
  const formats = new Map(project.sql.tables.map((t) => [t.name, topicFormatOf(t, roleOf(t.name), errors)]))
  const ownerOf = (table: string): string => project.tableOwners.get(table) ?? project.owner
  const topics: DesiredTopic[] = project.sql.tables.map((table) => ({
    name: formats.get(table.name)!.topic,
    owner: ownerOf(table.name),
    role: roleOf(table.name),
    partitionCount: captured.has(table.name) ? 1 : (table.distribution?.buckets ?? environment.partitions),
    configs: topicConfigsOf(table, roleOf(table.name)),
    format: formats.get(table.name)!,
  }))
  const quarantines = quarantinesOf(project, formats, roleOf)
  for (const quarantine of quarantines) {
    topics.push({
      name: quarantine.quarantineTopic,
      owner: ownerOf(quarantine.table),
      role: 'quarantine',
      partitionCount: 1,
      configs: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
      format: null,
    })
  }
  checkTables(project, formats, errors)
  refuseUnownedState(project.sql.pipelines, project.sql.tables, errors)
  const pipelines = project.sql.pipelines.map((plan): DesiredPipeline => ({
    name: plan.name,
    owner: ownerOf(plan.sink.table),
    plan,
    lock: lockText(plan),
    inputs: plan.inputs.map((input) => formats.get(input)!),
    sink: formats.get(plan.sink.table)!,
  }))
  const lakeTables = lakeTablesOf(project, formats, ownerOf, errors)
  const schemas = schemasOf(project, formats, roleOf, errors)
  errors.sort(byPlace)
  return {
    environment,
    topics,
    schemas,
    pipelines,
    quarantines,
    lakeTables,
  }
}

function schemasOf(
  project: Project,
  formats: ReadonlyMap<string, TopicFormat>,
  roleOf: (table: string) => TableRole,
  errors: MillraceError[],
): Desired['schemas'] {
  return project.sql.tables.flatMap((table) => {
    const format = formats.get(table.name)!
    const schema = schemaTextFor(format)
    const rules = encryptionOf(table, format, { schema, isWritten: roleOf(table.name) !== 'service', errors })
    return schema ? [{ ...schema, topic: format.topic, ...(rules ? { rules } : {}) }] : []
  })
}

const csvOptionNames = {
  'millrace.csv.field-delimiter': 'fieldDelimiter',
  'millrace.csv.quote-character': 'quoteCharacter',
  'millrace.csv.escape-character': 'escapeCharacter',
  'millrace.csv.null-literal': 'nullLiteral',
  'millrace.csv.array-element-delimiter': 'arrayElementDelimiter',
} as const
const csvDisableQuotes = 'millrace.csv.disable-quote-character'
const csvAllowComments = 'millrace.csv.allow-comments'
const readerSchemaOptions = ['avro-confluent.schema', 'value.avro-confluent.schema'] as const
const topicNamePattern = /^[a-zA-Z0-9._-]{1,249}$/

/** What no single table can know: names that are taken, options that nobody reads, formats that cannot hold the table. */
function checkTables(project: Project, formats: ReadonlyMap<string, TopicFormat>, errors: MillraceError[]): void {
  const owners = new Map<string, string>()
  for (const table of project.sql.tables) {
    const place = table.source
    const { topic } = formats.get(table.name)!
    const taken = owners.get(topic)
    if (taken !== undefined)
      errors.push(new MillraceError('MR-PROJECT-023', { details: { topic, table: taken }, place }))
    else owners.set(topic, table.name)
    if (topic.startsWith('_') || topic.endsWith(quarantineTopicOf('')))
      errors.push(
        new MillraceError('MR-PROJECT-022', {
          details: { topic, reason: 'is a name that Millrace keeps for itself' },
          place,
        }),
      )
    else if (!topicNamePattern.test(topic) || topic === '.' || topic === '..')
      errors.push(
        new MillraceError('MR-PROJECT-022', {
          details: { topic, reason: 'may have letters, digits, ".", "_" and "-" only' },
          place,
        }),
      )
    errors.push(...unknownOptions(table))
    try {
      checkTopicFormat(formats.get(table.name)!)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      errors.push(new MillraceError(error.code, { details: error.details, place, cause: error }))
    }
  }
}

/** Service topics are guarded: undecodable bytes and broken rules go to quarantine. Ours and captured ones are ours to get right. */
function quarantinesOf(
  project: Project,
  formats: ReadonlyMap<string, TopicFormat>,
  roleOf: (table: string) => TableRole,
): DesiredQuarantine[] {
  const rules = project.contracts.flatMap((c) => c.rules)
  return project.sql.tables
    .filter((table) => roleOf(table.name) === 'service' || rules.some((r) => r.table === table.name))
    .map((table) => ({
      // Not the table's name: a pipeline that writes the table has that one.
      name: quarantineTopicOf(formats.get(table.name)!.topic),
      table: table.name,
      input: formats.get(table.name)!,
      rules: rules.filter((r) => r.table === table.name),
      quarantineTopic: quarantineTopicOf(formats.get(table.name)!.topic),
    }))
}

function lakeTablesOf(
  project: Project,
  formats: ReadonlyMap<string, TopicFormat>,
  ownerOf: (table: string) => string,
  errors: MillraceError[],
): DesiredLakeTable[] {
  return project.sql.tables.flatMap((table) => {
    const mode = table.options['millrace.lake']
    if (mode === undefined) return []
    if (!(lakeModes as readonly string[]).includes(mode) || (mode === 'upsert' && !table.primaryKey)) {
      errors.push(
        new MillraceError('MR-PROJECT-019', {
          details: {
            table: table.name,
            option: 'millrace.lake',
            value: mode,
            known: 'append; upsert (with a primary key)',
          },
          place: table.source,
        }),
      )
      return []
    }
    return [
      {
        name: table.name,
        namespace: project.name,
        owner: ownerOf(table.name),
        mode: mode as 'append' | 'upsert',
        table,
        topic: formats.get(table.name)!,
      },
    ]
  })
}

function topicFormatOf(table: TableDefinition, role: TableRole, errors: MillraceError[]): TopicFormat {
  const wanted =
    table.options['millrace.format'] ?? (role === 'captured' ? 'debezium-avro-confluent' : 'avro-confluent')
  if (!(valueFormats as readonly string[]).includes(wanted)) {
    errors.push(
      new MillraceError('MR-PROJECT-019', {
        details: { table: table.name, option: 'millrace.format', value: wanted, known: valueFormats.join(', ') },
        place: table.source,
      }),
    )
  }
  const readerSchema = readerSchemaOf(table, role, wanted, errors)
  const indexOf = (column: string): number => table.schema.fields.findIndex((f) => f.name === column)
  const keyNames = table.primaryKey ?? table.distribution?.columns ?? null
  const keyColumns = keyNames && keyNames.length > 0 ? keyNames.map(indexOf) : null
  return {
    topic: table.options['millrace.topic'] ?? table.name,
    schema: table.schema,
    keyColumns,
    keyFormat: keyColumns && keyColumns.length > 1 ? 'json' : 'raw',
    valueFormat: wanted as TopicFormat['valueFormat'],
    primaryKey: table.primaryKey ? table.primaryKey.map(indexOf) : null,
    ...(wanted === 'csv' ? { csv: csvOptionsOf(table) } : {}),
    ...(readerSchema === undefined ? {} : { readerSchema }),
  }
}

/** Flink's option of the format, plain or as the value's; only where others write, since we write what the columns say. */
function readerSchemaOf(
  table: TableDefinition,
  role: TableRole,
  format: string,
  errors: MillraceError[],
): string | undefined {
  const option = readerSchemaOptions.find((name) => table.options[name] !== undefined)
  if (option === undefined) return undefined
  const refuse = (reason: string): undefined => {
    const details = { table: table.name, option, reason }
    errors.push(new MillraceError('MR-PROJECT-032', { details, place: table.source }))
    return undefined
  }
  if (format !== 'avro-confluent') return refuse(`the format is ${format}, not avro-confluent`)
  if (role !== 'service') return refuse('Millrace writes this topic itself, with the schema of its columns')
  const text = table.options[option]!
  try {
    const parsed = parseAvroSchema(text)
    return parsed.kind === 'record' ? text : refuse('it is no record')
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return refuse(error.message)
  }
}

/** Flink's options of the format, under millrace.csv. */
function csvOptionsOf({ options }: TableDefinition): Partial<CsvOptions> {
  const csv: Partial<Record<keyof CsvOptions, string | boolean | null>> = {}
  for (const [option, name] of Object.entries(csvOptionNames))
    if (options[option] !== undefined) csv[name] = options[option]
  if (options[csvDisableQuotes] === 'true') csv.quoteCharacter = null
  if (options[csvAllowComments] === 'true') csv.allowComments = true
  return csv as Partial<CsvOptions>
}

/** Append topics keep a week, questions go back years in the lake; what is state (captured, upsert) is kept. */
function topicConfigsOf(table: TableDefinition, role: TableRole): Record<string, string> {
  const configs: Record<string, string> =
    role === 'captured'
      ? { 'cleanup.policy': 'delete', 'retention.ms': '-1' }
      : table.primaryKey
        ? { 'cleanup.policy': 'compact' }
        : { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }
  for (const [option, value] of Object.entries(table.options)) {
    if (option.startsWith('millrace.topic.')) configs[option.slice('millrace.topic.'.length)] = value
  }
  return configs
}
