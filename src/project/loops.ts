// Pipelines that read what they write, by themselves, over a view, or one through the other. As in Flink over Kafka that is no
// mistake of SQL: a counter of attempts with a WHERE comes to rest. Where nothing on the way holds a record back it never does, and
// fills the disk: that is said, and needs an approval.
import type { PipelinePlan, PlanNode } from '../sql/index.ts'
import type { Notice } from './contract.ts'

export interface Loop {
  /** In the order in which a record meets them, from the first in the folder's files. */
  readonly pipelines: readonly PipelinePlan[]
  /** 'a → b → a' */
  readonly path: string
  /** Each record makes another for certain: no condition, inner join, aggregate or deduplication is on the way. */
  readonly isEndless: boolean
}

/** The shortest loop through each pipeline that is in one, each loop once. Cost: O(pipelines² + plan nodes). */
export function findLoops(plans: readonly PipelinePlan[]): Loop[] {
  const free = new Map(plans.map((plan) => [plan, freeInputs(plan.root)]))
  const loops = new Map<string, Loop>()
  for (const plan of plans) {
    const endless = loopThrough(plan, plans, (other) => free.get(other)!)
    const pipelines = endless ?? loopThrough(plan, plans, (other) => new Set(other.inputs))
    if (!pipelines) continue
    const key = pipelines
      .map(({ name }) => name)
      .toSorted()
      .join(' ')
    const tables = pipelines.map(({ sink }) => sink.table)
    const path = [tables.at(-1)!, ...tables].join(' → ')
    if (!loops.has(key)) loops.set(key, { pipelines, path, isEndless: endless !== undefined })
  }
  return [...loops.values()]
}

/** For people: what goes round, and what to write instead. */
export function loopNotices(plans: readonly PipelinePlan[]): Notice[] {
  return findLoops(plans).map(({ pipelines, path, isEndless }) => {
    const [first] = pipelines
    const { file, line, column } = first!.source
    const names = pipelines.map(({ name }) => name).join(', ')
    const what = `${pipelines.length === 1 ? `pipeline ${names} reads what it writes` : `pipelines ${names} read each other`} (${path})`
    const how = isEndless
      ? 'and nothing on the way holds a record back: each makes another, without end; write into a table that is not read on the way (INSERT INTO another table), or add a WHERE that lets ever fewer through'
      : 'so that a record goes round until a WHERE, a join or an aggregate drops it; if that is not meant, write into a table that is not read on the way'
    return { text: `${what}, ${how}`, place: { file, line, column } }
  })
}

/** From the pipeline over those that read what it writes back to it. */
function loopThrough(
  start: PipelinePlan,
  plans: readonly PipelinePlan[],
  inputsOf: (plan: PipelinePlan) => ReadonlySet<string>,
): PipelinePlan[] | undefined {
  const paths: PipelinePlan[][] = [[start]]
  const seen = new Set([start])
  for (const path of paths) {
    const { table } = path.at(-1)!.sink
    if (inputsOf(start).has(table)) return path
    for (const next of plans) {
      if (seen.has(next) || !inputsOf(next).has(table)) continue
      seen.add(next)
      paths.push([...path, next])
    }
  }
  return undefined
}

/** Tables whose every record gives a row at the root. */
function freeInputs(root: PlanNode): Set<string> {
  const tables = new Set<string>()
  const visit = (node: PlanNode): void => {
    switch (node.kind) {
      case 'TableSourceScan':
        tables.add(node.table)
        return
      case 'Calc':
        return node.condition === null ? visit(node.input) : undefined
      case 'Exchange':
      case 'ChangelogNormalize':
        return visit(node.input)
      case 'Union':
        return node.inputs.forEach(visit)
      case 'TemporalJoin':
        return node.joinType === 'left' ? visit(node.left) : undefined
      case 'Join':
        if (node.joinType === 'left' || node.joinType === 'full') visit(node.left)
        if (node.joinType === 'right' || node.joinType === 'full') visit(node.right)
        return
      default:
        // Aggregates and deduplication: a row only where something changes.
        return
    }
  }
  visit(root)
  return tables
}
