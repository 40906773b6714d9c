// Regular expressions that clients send, matched in time linear in the text: a hostile pattern costs nothing but its answer.
// JavaScript's own engine backtracks and is never given one. The common part of RE2's syntax (what Kafka takes): literals, '.',
// classes, \d \w \s and their opposites, groups, '|', '*', '+', '?', '{n,m}', lazy or not, '^', '$', (?i) and (?s) at the start.
// Reference: RE2's syntax; Thompson's construction.

const repeatMax = 1000
const programMax = 20_000

/** Ranges of code points, inclusive, in pairs. */
type Ranges = readonly number[]

type Node =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly from: number; readonly to: number }
  | { readonly kind: 'begin' | 'end' }

type Instruction =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'begin' | 'end' | 'match' }

class PatternError extends Error {}

const lastCodePoint = 0x10ffff
const digits = [48, 57]
const words = [48, 57, 65, 90, 95, 95, 97, 122]
const spaces = [9, 10, 12, 13, 32, 32]
const escapes: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, v: 11, a: 7 }

/** A test of whole texts; null when the pattern is not one, or asks for more than is known here. */
export function compilePattern(pattern: string): ((text: string) => boolean) | null {
  return compileSized(pattern, programMax)?.matches ?? null
}

/** As compilePattern; a test costs `size` steps a character at most. @param sizeMax a larger one is refused */
export function compileSized(
  pattern: string,
  sizeMax: number,
): { readonly size: number; matches(text: string): boolean } | null {
  try {
    const parser = new Parser(pattern)
    const program: Instruction[] = []
    emit(parser.parse(), program)
    program.push({ kind: 'match' })
    if (program.length > sizeMax) return null
    return {
      size: program.length,
      matches: (text) => matches(program, parser.ignoresCase ? text.toLowerCase() : text),
    }
  } catch (error) {
    if (error instanceof PatternError) return null
    throw error
  }
}

class Parser {
  ignoresCase = false
  readonly #text: readonly string[]
  #at = 0
  #depth = 0
  #dotAll = false

  constructor(pattern: string) {
    this.#text = [...pattern]
  }

  parse(): Node {
    for (let flag = this.#flags(); flag; flag = this.#flags());
    const node = this.#choice()
    if (this.#at < this.#text.length) throw new PatternError('a parenthesis without its other half')
    return node
  }

  #flags(): boolean {
    const found = /^\(\?([is]+)\)/.exec(this.#text.slice(this.#at, this.#at + 6).join(''))
    if (!found) return false
    this.ignoresCase ||= found[1]!.includes('i')
    this.#dotAll ||= found[1]!.includes('s')
    this.#at += found[0].length
    return true
  }

  #choice(): Node {
    const nodes = [this.#sequence()]
    while (this.#take('|')) nodes.push(this.#sequence())
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (
      let next = this.#text[this.#at];
      next !== undefined && next !== '|' && next !== ')';
      next = this.#text[this.#at]
    )
      nodes.push(this.#repeated())
    return { kind: 'sequence', nodes }
  }

  #repeated(): Node {
    let node = this.#atom()
    let isRepeated = false
    for (;;) {
      const range = this.#repetition()
      if (!range) return node
      if (isRepeated) throw new PatternError('a repetition of a repetition')
      isRepeated = true
      node = { kind: 'repeat', node, ...range }
      // Lazy or not makes no difference to whether a text matches.
      this.#take('?')
    }
  }

  #repetition(): { from: number; to: number } | undefined {
    if (this.#take('*')) return { from: 0, to: Infinity }
    if (this.#take('+')) return { from: 1, to: Infinity }
    if (this.#take('?')) return { from: 0, to: 1 }
    const found = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(''))
    if (!found) return undefined
    this.#at += found[0].length
    const from = Number(found[1])
    const to = found[2] === undefined ? from : found[3] === '' ? Infinity : Number(found[3])
    if (from > repeatMax || (to !== Infinity && to > repeatMax) || to < from) throw new PatternError('a repetition')
    return { from, to }
  }

  #atom(): Node {
    const next = this.#text[this.#at++]!
    if (next === '(') return this.#group()
    if (next === '[') return { kind: 'set', ranges: this.#fold(this.#class()) }
    if (next === '.') return { kind: 'set', ranges: this.#dotAll ? [0, lastCodePoint] : [0, 9, 11, lastCodePoint] }
    if (next === '^') return { kind: 'begin' }
    if (next === '$') return { kind: 'end' }
    if (next === '\\') return this.#escaped()
    if (next === '*' || next === '+' || next === '?') throw new PatternError('nothing to repeat')
    return { kind: 'set', ranges: this.#fold(single(next.codePointAt(0)!)) }
  }

  #group(): Node {
    if (++this.#depth > 100) throw new PatternError('too deep')
    if (this.#take('?')) {
      const named = /^(?::|P?<\w+>)/.exec(this.#text.slice(this.#at, this.#at + 64).join(''))
      if (!named) throw new PatternError('an unknown kind of group')
      this.#at += named[0].length
    }
    const node = this.#choice()
    if (!this.#take(')')) throw new PatternError('a group does not end')
    this.#depth--
    return node
  }

  #escaped(): Node {
    const next = this.#text[this.#at]
    if (next === 'A' || next === 'z') {
      this.#at++
      return { kind: next === 'A' ? 'begin' : 'end' }
    }
    if (next === 'Q') {
      this.#at++
      const nodes: Node[] = []
      while (this.#at < this.#text.length && !(this.#text[this.#at] === '\\' && this.#text[this.#at + 1] === 'E'))
        nodes.push({ kind: 'set', ranges: this.#fold(single(this.#text[this.#at++]!.codePointAt(0)!)) })
      this.#at += 2
      this.#at = Math.min(this.#at, this.#text.length)
      return { kind: 'sequence', nodes }
    }
    return { kind: 'set', ranges: this.#fold(this.#escapedSet()) }
  }

  #escapedSet(): Ranges {
    const next = this.#text[this.#at++]
    if (next === undefined) throw new PatternError('an escape of nothing')
    const sets: Readonly<Record<string, Ranges>> = { d: digits, w: words, s: spaces }
    const set = sets[next.toLowerCase()]
    if (set) return next === next.toLowerCase() ? set : inverted(set)
    const code = escapes[next]
    if (code !== undefined) return single(code)
    if (next === 'x') {
      const found = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
        this.#text.slice(this.#at, this.#at + 8).join(''),
      )
      const value = found ? Number.parseInt(found[1] ?? found[2]!, 16) : Infinity
      if (value > lastCodePoint) throw new PatternError('a character by its number')
      this.#at += found![0].length
      return single(value)
    }
    if (/[a-zA-Z0-9]/.test(next)) throw new PatternError(`an unknown escape ${next}`)
    return single(next.codePointAt(0)!)
  }

  #class(): Ranges {
    const isInverted = this.#take('^')
    const ranges: number[] = []
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      const from = this.#classPart()
      const isRange =
        from.length === 2 && from[0] === from[1] && this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']'
      if (!isRange) {
        ranges.push(...from)
        continue
      }
      this.#at++
      const to = this.#classPart()
      if (to.length !== 2 || to[0] !== to[1] || to[0]! < from[0]!) throw new PatternError('a range of characters')
      ranges.push(from[0]!, to[1]!)
    }
    this.#at++
    return isInverted ? inverted(ranges) : ranges
  }

  #classPart(): Ranges {
    const next = this.#text[this.#at++]
    if (next === undefined) throw new PatternError('a class does not end')
    if (next === '[' && this.#text[this.#at] === ':') throw new PatternError('a named class')
    return next === '\\' ? this.#escapedSet() : single(next.codePointAt(0)!)
  }

  /** Texts are compared in lower case then; ASCII letters only have another. */
  #fold(ranges: Ranges): Ranges {
    if (!this.ignoresCase) return ranges
    const folded = [...ranges]
    for (let i = 0; i < ranges.length; i += 2) {
      const from = Math.max(ranges[i]!, 65)
      const to = Math.min(ranges[i + 1]!, 90)
      if (from <= to) folded.push(from + 32, to + 32)
    }
    return folded
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }
}

const single = (code: number): Ranges => [code, code]

function inverted(ranges: Ranges): Ranges {
  const pairs: [number, number][] = []
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!])
  const out: number[] = []
  let next = 0
  for (const [from, to] of pairs.toSorted((a, b) => a[0] - b[0])) {
    if (from > next) out.push(next, from - 1)
    next = Math.max(next, to + 1)
  }
  if (next <= lastCodePoint) out.push(next, lastCodePoint)
  return out
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > programMax) throw new PatternError('too large')
  switch (node.kind) {
    case 'sequence':
      for (const one of node.nodes) emit(one, program)
      break
    case 'choice':
      emitChoice(node.nodes, program)
      break
    case 'repeat':
      emitRepeat(node, program)
      break
    default:
      program.push(node)
  }
}

function emitChoice(nodes: readonly Node[], program: Instruction[]): void {
  const jumps: Extract<Instruction, { kind: 'jump' }>[] = []
  nodes.forEach((node, i) => {
    if (i === nodes.length - 1) return emit(node, program)
    const split = { kind: 'split' as const, first: program.length + 1, second: -1 }
    program.push(split)
    emit(node, program)
    const jump = { kind: 'jump' as const, to: -1 }
    program.push(jump)
    jumps.push(jump)
    split.second = program.length
  })
  for (const jump of jumps) jump.to = program.length
}

function emitRepeat(node: Extract<Node, { kind: 'repeat' }>, program: Instruction[]): void {
  for (let i = 0; i < node.from; i++) emit(node.node, program)
  if (node.to === Infinity) {
    const at = program.length
    const split = { kind: 'split' as const, first: at + 1, second: -1 }
    program.push(split)
    emit(node.node, program)
    program.push({ kind: 'jump', to: at })
    split.second = program.length
    return
  }
  const splits: Extract<Instruction, { kind: 'split' }>[] = []
  for (let i = node.from; i < node.to; i++) {
    const split = { kind: 'split' as const, first: program.length + 1, second: -1 }
    program.push(split)
    splits.push(split)
    emit(node.node, program)
  }
  for (const split of splits) split.second = program.length
}

/** O(text × program): all places at once, each looked at once a character. */
function matches(program: readonly Instruction[], text: string): boolean {
  const characters = [...text]
  const seen = new Int32Array(program.length).fill(-1)
  let places: number[] = []
  let accepted = false
  const follow = (start: number, at: number, into: number[]): void => {
    const open = [start]
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (seen[place] === at) continue
      seen[place] = at
      const instruction = program[place]!
      if (instruction.kind === 'set') into.push(place)
      else if (instruction.kind === 'jump') open.push(instruction.to)
      else if (instruction.kind === 'split') open.push(instruction.second, instruction.first)
      else if (instruction.kind === 'match') accepted ||= at === characters.length
      else if (instruction.kind === 'begin' ? at === 0 : at === characters.length) open.push(place + 1)
    }
  }
  follow(0, 0, places)
  for (let at = 0; at < characters.length; at++) {
    if (places.length === 0) return false
    const code = characters[at]!.codePointAt(0)!
    const next: number[] = []
    for (const place of places) {
      if (holds((program[place] as Extract<Instruction, { kind: 'set' }>).ranges, code)) follow(place + 1, at + 1, next)
    }
    places = next
  }
  return accepted
}

function holds(ranges: Ranges, code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (ranges[i]! <= code && code <= ranges[i + 1]!) return true
  return false
}
