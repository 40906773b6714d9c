// "Did you mean": the known name that a slip of the fingers lies from the one that was written. The one place for it, of commands,
// options, fields, tables and functions alike.
// Reference: optimal string alignment distance (Damerau 1964): a letter wrong, missing, too many, or two swapped count one.

/**
 * The nearest name, whatever its case; undefined when nothing is near: more than a third of the letters are wrong.
 * Of equally near ones the first. Cost: O(candidates · length²); names from outside are cut at 200 letters.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const written = name.slice(0, lettersMax).toLowerCase()
  let best: string | undefined
  let bestDistance = (written.length < 3 ? 0 : Math.max(1, Math.floor(written.length / 3))) + 1
  for (const candidate of candidates) {
    const found = distance(written, candidate.slice(0, lettersMax).toLowerCase())
    if (found < bestDistance) {
      best = candidate
      bestDistance = found
    }
  }
  return best
}

const lettersMax = 200

function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = swapped ? Math.min(least, before[j - 2]! + 1) : least
    }
    before = row
    row = next
  }
  return row[b.length]!
}
