// From a folder to its running node.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTable, MillraceError, type ErrorCode } from '../base/index.ts'
import type { ErrorShape } from '../console-api/index.ts'
import type { CommandInput, OptionDeclaration } from './arguments.ts'

interface NodeFile {
  readonly pid: number
  readonly ports: {
    readonly kafka: number
    readonly registry: number
    readonly catalog: number
    readonly console: number
  }
}

/** The option of every command that asks a running node. */
export const dataOption: Readonly<Record<'data', OptionDeclaration>> = {
  data: { type: 'string', value: 'FOLDER', help: 'where the node keeps its data (FOLDER/.millrace)' },
}

/** Which node is meant: that of a folder, found by what it left in its data folder. */
export interface NodePlace {
  readonly folder: string
  readonly data?: string
}

export function nodePlace(folder: string | undefined, options: CommandInput['options']): NodePlace {
  const { data } = options
  return { folder: folder ?? '.', ...(typeof data === 'string' ? { data } : {}) }
}

/** What node.json in the data folder says, when that process lives. Throws MR-CLI-001. */
function runningNode({ folder, data }: NodePlace): NodeFile {
  const found = livingNode(join(data ?? process.env['MILLRACE_DATA'] ?? join(folder, '.millrace'), 'node.json'))
  if (found) return found
  throw new MillraceError('MR-CLI-001', { details: { folder } })
}

/** What a node.json says, when the process that it names lives. */
export function livingNode(path: string): NodeFile | undefined {
  if (!existsSync(path)) return undefined
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as NodeFile
    return isAlive(found.pid) ? found : undefined
  } catch (error) {
    // Cut off by a crash while it was written.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Asks the running node. Throws the node's own error, or MR-CLI-003 when it does not answer. */
export async function ask<T>(
  place: NodePlace,
  path: string,
  body?: unknown,
  port: 'console' | 'registry' | 'catalog' = 'console',
): Promise<T> {
  const { folder } = place
  const url = `http://127.0.0.1:${runningNode(place).ports[port]}${path}`
  let response: Response
  let answer: T | ErrorShape
  try {
    response = await fetch(
      url,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    )
    answer = (await response.json()) as T | ErrorShape
  } catch (cause) {
    throw new MillraceError('MR-CLI-003', { details: { url, reason: (cause as Error).message, folder }, cause })
  }
  if (response.ok) return answer as T
  const { error } = answer as ErrorShape
  if (error && error.code in errorTable)
    throw new MillraceError(error.code as ErrorCode, {
      details: error.details,
      ...(error.place ? { place: error.place } : {}),
    })
  throw new MillraceError('MR-CLI-003', { details: { url, reason: error?.message ?? response.statusText, folder } })
}
