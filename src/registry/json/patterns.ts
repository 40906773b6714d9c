// Regular expressions of schemas, tried only where no text can make them run away: a schema comes from anybody, and a
// pattern like ^(a+)+$ takes longer than the universe on forty letters.
// Reference: JSON Schema 2020-12 core 6.4 (ECMA-262, unanchored).

const known = new Map<string, RegExp | null>()
const knownMax = 1_000

/** True, false, or undefined where it is not tried: no regular expression, or one that could run away. */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  let expression = known.get(pattern)
  if (expression === undefined) {
    expression = isTame(pattern) ? compile(pattern) : null
    if (known.size >= knownMax) known.clear()
    known.set(pattern, expression)
  }
  if (expression === null || text.length > textMax) return undefined
  return expression.test(text)
}

/**
 * Whether every text matches for sure: an empty match at the beginning, as in `a*` or `^a*`, is one in any text where nothing
 * asks what follows it.
 */
export function matchesEverything(pattern: string): boolean {
  if (pattern === '$' || pattern === '.*$' || pattern === '^.*') return true
  return !/\$|\\[bB]/.test(pattern) && matchesPattern(pattern, '') === true
}

const patternMax = 1_000
const textMax = 1_000

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return null
  }
}

/**
 * No repeated group has a repetition or a choice inside, nothing refers back or looks around, and at most two repetitions
 * have no upper end: then the time is polynomial with a small exponent.
 */
function isTame(pattern: string): boolean {
  if (pattern.length > patternMax || /\\[1-9k]|\(\?[=!<]/.test(pattern)) return false
  const plain = pattern.replaceAll(/\\./gu, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  const repeats = plain.match(/[*+]|\{\d+,\}/g) ?? []
  if (repeats.length > 2) return false
  if ((plain.match(/\{(\d+)(?:,\d*)?\}/g) ?? []).some((bounds) => Number(/\d+/.exec(bounds)![0]) > 1_000)) return false
  // Groups from the inside out: what is left of one is x when it may be repeated, ! when it may not.
  let rest = plain
  for (let before = ''; before !== rest;) {
    before = rest
    rest = rest.replaceAll(/\((?:\?:)?([^()]*)\)/g, (_group, inside: string) => (/[*+?{|!]/.test(inside) ? '!' : 'x'))
  }
  return !/!(?:[*+]|\{)/.test(rest)
}
