// What to try first beside a node that has just started. Invariant: each line works as it stands, and none is about a topic of
// the platform itself, which says nothing to whoever asks for it.
import type { Desired } from '../project/index.ts'

/** @param place of the project, as the commands take it; `elsewhere` the option for its data, or empty */
export function firstSteps(
  { topics, lakeTables }: Pick<Desired, 'topics' | 'lakeTables'>,
  place: { readonly at: string; readonly elsewhere: string },
): string[] {
  const { at, elsewhere } = place
  // What has rows at once: a window or a join as of event time waits for its watermark first.
  const live = topics.find((t) => t.role === 'service')?.name ?? topics[0]?.name
  if (live === undefined) return [`topics ${at}${elsewhere}`, `check ${at}`]
  const table = lakeTables.at(-1)?.name ?? live
  return [
    `topics ${at} ${live} --limit 3${elsewhere}`,
    `explore ${at}${elsewhere} "SELECT COUNT(*) AS n FROM ${table}"`,
    `catalog ${at} ${table}`,
  ]
}
