// From a folder on disk to a checked project; and to the running node of a folder.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { errorTable, MillraceError, type ErrorCode } from '../base/index.ts'
import type { ErrorShape } from '../console-api/index.ts'
import { loadProject, type Project, type ProjectFile } from '../project/index.ts'

const ignored = new Set(['node_modules', '.millrace', '.git', 'dist'])

/** Every .sql and .yaml file of a folder. Throws MR-PROJECT-017 when it is not a project's. */
export function readFolder(folder: string): ProjectFile[] {
  const root = resolve(folder)
  if (!existsSync(join(root, 'millrace.yaml'))) throw new MillraceError('MR-PROJECT-017', { details: { path: folder } })
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(sql|ya?ml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(root, path).split(sep).some((part) => ignored.has(part)))
    .sort()
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
}

/** The project of a folder, or an AggregateError of all its mistakes. */
export function openProject(folder: string): Project {
  const project = loadProject(readFolder(folder), process.env)
  if (project.errors.length > 0) throw new AggregateError(project.errors, `${project.errors.length} mistakes in ${folder}`)
  return project
}

interface NodeFile {
  readonly pid: number
  readonly ports: { readonly kafka: number; readonly registry: number; readonly catalog: number; readonly console: number }
}

/** What .millrace/node.json says, when that process lives. Throws MR-CLI-001. */
export function runningNode(folder: string): NodeFile {
  const path = join(process.env['MILLRACE_DATA'] ?? join(folder, '.millrace'), 'node.json')
  const found = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as NodeFile) : undefined
  if (found && isAlive(found.pid)) return found
  throw new MillraceError('MR-CLI-001', { details: { folder } })
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
export async function ask<T>(folder: string, path: string, body?: unknown, port: 'console' | 'registry' | 'catalog' = 'console'): Promise<T> {
  const url = `http://127.0.0.1:${runningNode(folder).ports[port]}${path}`
  let response: Response
  try {
    response = await fetch(url, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  } catch (cause) {
    throw new MillraceError('MR-CLI-003', { details: { url, reason: (cause as Error).message, folder }, cause })
  }
  const answer = (await response.json()) as T | ErrorShape
  if (response.ok) return answer as T
  const { error } = answer as ErrorShape
  if (error && error.code in errorTable) throw new MillraceError(error.code as ErrorCode, { details: error.details, ...(error.place ? { place: error.place } : {}) })
  throw new MillraceError('MR-CLI-003', { details: { url, reason: error?.message ?? response.statusText, folder } })
}
