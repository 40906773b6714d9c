// plan.lock: the optimized plan of each pipeline, one section per pipeline, committed beside the SQL. Text that diffs well: sorted by
// name, JSON with one field a line. What runs is the lock, never the text.
import type { Desired } from './resolve.ts'

const version = 1

export function lockFile(desired: Desired): string {
  const sections = [...desired.pipelines]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((p) => `# ${p.name}\n${p.lock.trimEnd()}\n`)
  return `# plan.lock ${version}: written by millrace plan; commit it, do not edit it.\n${sections.join('')}`
}
