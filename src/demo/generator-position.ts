// The generator's position: committed with its records under the owner generator/<source>. Version 1 is read for ever.
import { decodeText, encodeText, MillraceError } from '../base/index.ts'
import type { EpochCommit } from '../model/index.ts'
import type { GeneratorPosition } from './generator-types.ts'

const version = 1

export function generatorOwner(source: string): string {
  return `generator/${source}`
}

export function encodeGeneratorPosition(position: GeneratorPosition): Uint8Array {
  return encodeText(JSON.stringify({ version, ...position }))
}

/** Throws MR-DEMO-002. */
export function decodeGeneratorPosition(bytes: Uint8Array, source: string): GeneratorPosition {
  try {
    const raw = JSON.parse(decodeText(bytes)) as GeneratorPosition & { version: number }
    if (raw.version !== version) throw new Error(`version ${raw.version}, this program reads ${version}`)
    return { seed: raw.seed, next: raw.next, line: raw.line }
  } catch (cause) {
    throw new MillraceError('MR-DEMO-002', { details: { source, reason: (cause as Error).message }, cause })
  }
}

/** What the generator of a source has committed; undefined when nothing. Throws MR-DEMO-002. */
export function generatorPosition(commit: EpochCommit, source: string): GeneratorPosition | undefined {
  const last = commit.last(generatorOwner(source))
  return last && decodeGeneratorPosition(last.position, source)
}
