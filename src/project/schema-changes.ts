// What the changes of schemas in a plan mean: to the pipelines, quarantines and lake tables of the project that read the
// topic, and to the rows that are already in it. Pure: applied texts and samples are handed in.
import { explainChange, type ChangeExplanation, type SchemaReader, type TopicSample } from '../registry/index.ts'
import type { PlanNode } from '../sql/index.ts'
import type { Applied } from './diff.ts'
import type { Desired } from './resolve.ts'

/** Topics whose schema is not what was applied: those that a sample is wanted of. */
export function topicsWithChangedSchema(desired: Desired, applied: Applied): string[] {
  return changedSchemas(desired, applied).map(({ topic }) => topic)
}

/** One explanation for each schema that changes, in the order of the folder's subjects. */
export function explainSchemaChanges(
  desired: Desired,
  applied: Applied,
  samples: ReadonlyMap<string, TopicSample>,
): ChangeExplanation[] {
  return changedSchemas(desired, applied).map(({ subject, type, topic, text, oldText }) => {
    const lakeTable = desired.lakeTables.find((table) => table.topic.topic === topic)?.name
    const sample = samples.get(topic)
    return explainChange({
      subject,
      type,
      oldText,
      newText: text,
      readers: readersOf(desired, topic),
      ...(sample && { sample: sample.sample, writers: sample.writers }),
      ...(lakeTable !== undefined && { lakeTable }),
    })
  })
}

function changedSchemas(desired: Desired, applied: Applied): (Desired['schemas'][number] & { oldText: string })[] {
  return desired.schemas.flatMap((schema) => {
    const before = applied.get(`schema/${schema.subject}`)
    if (before === undefined) return []
    const { type, text } = JSON.parse(before) as { type: string; text: string }
    return type !== schema.type || text === schema.text ? [] : [{ ...schema, oldText: text }]
  })
}

/** Who reads the topic, with the columns that its plan or rules take. Lake tables are answered for by themselves. */
export function readersOf(desired: Desired, topic: string): SchemaReader[] {
  const pipelines = desired.pipelines.flatMap(({ name, plan, inputs }): SchemaReader[] => {
    const tables = plan.inputs.filter((_, i) => inputs[i]?.topic === topic)
    const columns = new Set(tables.flatMap((table) => scannedColumns(plan.root, table)))
    return columns.size === 0 ? [] : [{ kind: 'pipeline', name, columns: [...columns] }]
  })
  const quarantines = desired.quarantines.flatMap(({ name, input, rules }): SchemaReader[] => {
    if (input.topic !== topic) return []
    const named = input.schema.fields.flatMap(({ name: column }) =>
      rules.some(({ text }) => new RegExp(`(?<![\\w.])\`?${escape(column)}\`?(?!\\w)`).test(text)) ? [column] : [],
    )
    return named.length === 0 ? [] : [{ kind: 'quarantine', name, columns: named }]
  })
  return [...pipelines, ...quarantines]
}

const escape = (name: string): string => name.replaceAll(/[^\w]/g, '\\$&')

/** Names of the columns that scans of the table take. */
function scannedColumns(root: PlanNode, table: string): string[] {
  const found: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const node = value as Partial<PlanNode>
    if (node.kind === 'TableSourceScan' && node.table === table)
      found.push(...(node.schema?.fields ?? []).map(({ name }) => name))
    for (const inner of Object.values(value)) visit(inner)
  }
  visit(root)
  return found
}
