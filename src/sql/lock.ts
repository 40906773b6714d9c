// plan.lock: a pipeline's plan as text that is stable and reads well in a diff. The statement's text and place are left out, so
// that moving or reformatting it changes nothing.
import { MillraceError } from '../base/index.ts'
import type { PipelinePlan } from './plan.ts'

const lockFormat = 1
const lineWidth = 120

/** JSON with what fits on one line, one line. Ends with a newline. */
export function lockText(plan: PipelinePlan): string {
  const { source: _, ...rest } = plan
  return `${print({ format: lockFormat, ...rest }, 0)}\n`
}

/** The plan of a lock. Throws MR-SQL-030 for a text that is none. */
export function readLock(
  text: string,
  source: PipelinePlan['source'] = { file: 'plan.lock', line: 1, column: 1, text: '' },
): PipelinePlan {
  let content: { format?: unknown; root?: unknown; name?: unknown }
  try {
    content = JSON.parse(text) as typeof content
  } catch (cause) {
    throw new MillraceError('MR-SQL-030', { details: { reason: 'it is not JSON' }, cause, place: source })
  }
  if (content?.format !== lockFormat || typeof content.root !== 'object' || typeof content.name !== 'string') {
    throw new MillraceError('MR-SQL-030', {
      details: { reason: `format ${String(content?.format)} is not ${lockFormat}` },
      place: source,
    })
  }
  const { format: _, ...plan } = content as { format: number } & Omit<PipelinePlan, 'source'>
  return { ...plan, source }
}

function print(value: unknown, indent: number): string {
  const flat = spaced(value)
  if (flat.length + indent <= lineWidth || typeof value !== 'object' || value === null) return flat
  const inner = ' '.repeat(indent + 2)
  const close = ' '.repeat(indent)
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + print(item, indent + 2)).join(',\n')}\n${close}]`
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, indent + 2)}`).join(',\n')}\n${close}}`
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(', ')} }`
}
