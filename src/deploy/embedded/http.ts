// A node's three HTTP doors, and the console's files.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StaticFiles } from '../../console-api/index.ts'

/** The built console: three folders up from src/deploy/embedded as from dist/deploy/embedded. Empty when it is not built. */
export function consoleFiles(): StaticFiles {
  const root = fileURLToPath(new URL('../../../console/dist', import.meta.url))
  const files = new Map<string, Uint8Array>()
  if (!existsSync(root)) return files
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(
      path
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
      readFileSync(path),
    )
  }
  return files
}
