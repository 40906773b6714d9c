// From a folder on disk to a checked project.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { MillraceError } from '../../base/index.ts'
import { loadProject, type Project, type ProjectFile } from '../../project/index.ts'

const ignored = new Set(['node_modules', '.millrace', '.git', 'dist'])

/** Every .sql and .yaml file of a folder. Throws MR-PROJECT-017 when it is not a project's. */
export function readFolder(folder: string): ProjectFile[] {
  const root = resolve(folder)
  if (!existsSync(join(root, 'millrace.yaml'))) throw new MillraceError('MR-PROJECT-017', { details: { path: folder } })
  const files: ProjectFile[] = []
  const visit = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (!ignored.has(entry.name)) visit(path)
      } else if (/\.(sql|ya?ml)$/.test(entry.name)) {
        files.push({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') })
      }
    }
  }
  visit(root)
  return files
}

/** The project of a folder, or an AggregateError of all its mistakes. */
export function openProject(folder: string): Project {
  const project = loadProject(readFolder(folder), process.env)
  if (project.errors.length > 0) {
    throw new AggregateError(project.errors, `${project.errors.length} mistakes in ${folder}`)
  }
  return project
}
