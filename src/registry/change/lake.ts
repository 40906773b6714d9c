// Whether a lake table can follow a change of its columns: by Iceberg's rules of schema evolution, where old files stay as
// they are.
// Reference: Apache Iceberg table specification, "Schema Evolution" (v2; column ids keep renamed columns apart).
import type { Column } from './columns.ts'

export interface LakeStep {
  readonly action: 'add' | 'drop' | 'rename' | 'promote' | 'make-optional' | 'refused'
  readonly column: string
  /** A sentence for a person. */
  readonly reason: string
}

/** The steps that the table takes; those that are refused need a new table or a column of another name. */
export function lakeSteps(old: readonly Column[], now: readonly Column[]): LakeStep[] {
  const steps: LakeStep[] = []
  const before = new Map(old.map((column) => [column.name, column]))
  const kept = new Set<string>()
  for (const column of now) {
    const renamed = column.aliases.find((alias) => before.has(alias))
    const from = before.get(column.name) ?? (renamed === undefined ? undefined : before.get(renamed))
    if (!from) {
      steps.push(added(column))
      continue
    }
    kept.add(from.name)
    if (from.name !== column.name)
      steps.push({
        action: 'rename',
        column: column.name,
        reason: `${from.name} is renamed to ${column.name}; old files keep it`,
      })
    steps.push(...changed(from, column))
  }
  for (const { name } of old)
    if (!kept.has(name))
      steps.push({ action: 'drop', column: name, reason: `${name} is dropped; old snapshots still have it` })
  return steps
}

function added({ name, type, nullable, hasDefault }: Column): LakeStep {
  // A required column has no value in old files, unless the table's format (v3) keeps a default.
  if (!nullable && !hasDefault)
    return {
      action: 'refused',
      column: name,
      reason: `${name} is required, and rows that are there have no value for it`,
    }
  return {
    action: 'add',
    column: name,
    reason: `${name} (${type}) is added as optional; rows that are there read NULL`,
  }
}

function changed(old: Column, now: Column): LakeStep[] {
  const steps: LakeStep[] = []
  if (old.type !== now.type) {
    const allowed = isPromotion(old.type, now.type)
    steps.push({
      action: allowed ? 'promote' : 'refused',
      column: now.name,
      reason: allowed
        ? `${now.name} becomes ${now.type} from ${old.type}, which Iceberg reads from old files`
        : `${now.name} cannot become ${now.type} from ${old.type}: Iceberg widens int to long, float to double and the precision of a decimal only`,
    })
  }
  if (old.nullable && !now.nullable)
    steps.push({
      action: 'refused',
      column: now.name,
      reason: `${now.name} was optional and may be NULL in rows that are there`,
    })
  if (!old.nullable && now.nullable)
    steps.push({ action: 'make-optional', column: now.name, reason: `${now.name} may be NULL from now on` })
  return steps
}

function isPromotion(from: string, to: string): boolean {
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) return true
  const [old, now] = [from, to].map((type) => /^decimal\((\d+),(\d+)\)$/.exec(type))
  return !!old && !!now && old[2] === now[2] && Number(now[1]) >= Number(old[1])
}
