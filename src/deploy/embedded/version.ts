import { readFileSync } from 'node:fs'

let known: string | undefined

/** The version of this package, from its package.json: three folders up from src/deploy/embedded as from dist/deploy/embedded. */
export function version(): string {
  known ??= (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
  return known
}
