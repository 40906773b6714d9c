// Which topics a subscription's regular expression means (KIP-848). Matching is linear in the pattern and the names; a large
// pattern over many topics is matched in slices, so that others get their turn. Kept until the topics change.
import type { Clock } from '../../../base/index.ts'
import { compileSized } from '../pattern.ts'

export interface TopicNames {
  /** Another one as soon as any topic is. */
  readonly version: unknown
  readonly names: readonly string[]
}

interface Entry {
  readonly version: unknown
  readonly names: Promise<readonly string[]>
}

export interface TopicPatternsOptions {
  readonly clock: Clock
  /** Characters of a pattern, and instructions of what it compiles to. */
  readonly lengthMax: number
  readonly programMax: number
  /** Patterns whose topics are kept. */
  readonly keptMax: number
  /** Steps of matching (instructions times characters) before others get a turn. */
  readonly sliceSteps: number
}

export class TopicPatterns {
  readonly #options: TopicPatternsOptions
  readonly #kept = new Map<string, Entry>()

  constructor(options: TopicPatternsOptions) {
    this.#options = options
  }

  /** Whether the text is a pattern that is served. */
  isValid(text: string): boolean {
    return this.#compile(text) !== null
  }

  #compile(text: string): ReturnType<typeof compileSized> {
    return text.length > this.#options.lengthMax ? null : compileSized(text, this.#options.programMax)
  }

  /** Names of the topics that match as a whole, sorted; none for a text that is no pattern. */
  async resolve(text: string, topics: TopicNames): Promise<readonly string[]> {
    let entry = this.#kept.get(text)
    if (entry?.version !== topics.version) {
      entry = { version: topics.version, names: this.#match(text, topics.names) }
      this.#kept.delete(text)
      this.#kept.set(text, entry)
      if (this.#kept.size > this.#options.keptMax) this.#kept.delete(this.#kept.keys().next().value!)
    }
    return entry!.names
  }

  async #match(text: string, names: readonly string[]): Promise<readonly string[]> {
    const { clock, sliceSteps } = this.#options
    const pattern = this.#compile(text)
    if (!pattern) return []
    const found: string[] = []
    let steps = 0
    for (const name of names) {
      steps += pattern.size * (name.length + 1)
      if (steps > sliceSteps) {
        steps = 0
        await new Promise<void>((turn) => clock.after(0, turn))
      }
      if (pattern.matches(name)) found.push(name)
    }
    return found.toSorted()
  }
}
