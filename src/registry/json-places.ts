// Where in a JSON text a JSON pointer's value begins: one pass over the text, only when there is something to say. The
// text was parsed before, so that it is JSON; a pointer that leads further than the text does gives its deepest part.
// Reference: RFC 8259, RFC 6901.
import { assert } from '../base/index.ts'
import type { ComparedTexts, Difference, SchemaPlace } from './difference.ts'

/** A step of a JSON pointer, escaped. */
export function pointerStep(name: string | number): string {
  return typeof name === 'number' ? `/${name}` : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

const unescapeStep = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')

/** Differences with their places in both texts. Both must be JSON, or a bare name as Avro allows. O(texts × pointers) */
export function withPlaces(differences: readonly Difference[], texts: ComparedTexts): Difference[] {
  const { reading } = texts
  const readerPlaces = new Places(texts.reader, reading)
  const writerPlaces = new Places(texts.writer, reading === 'new' ? 'old' : 'new')
  return differences.map((difference) => ({
    ...difference,
    places: [readerPlaces.of(difference.path), writerPlaces.of(difference.writerPath ?? '')],
  }))
}

class Places {
  readonly #text: string
  readonly #name: 'new' | 'old'
  readonly #known = new Map<string, SchemaPlace>()

  constructor(text: string, name: 'new' | 'old') {
    this.#text = text
    this.#name = name
  }

  of(pointer: string): SchemaPlace {
    let place = this.#known.get(pointer)
    if (!place) this.#known.set(pointer, (place = { text: this.#name, ...placeOf(this.#text, pointer), path: pointer }))
    return place
  }
}

/** Line and column, both from 1, of what a pointer leads to. */
export function placeOf(text: string, pointer: string): { line: number; column: number } {
  const steps = pointer === '' ? [] : pointer.slice(1).split('/').map(unescapeStep)
  let at = skipSpace(text, 0)
  for (const step of steps) {
    const inner = text[at] === '{' ? findMember(text, at, step) : text[at] === '[' ? findItem(text, at, step) : -1
    if (inner < 0) break
    at = inner
  }
  let line = 1
  let start = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', start)) {
    line++
    start = next + 1
  }
  return { line, column: at - start + 1 }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++
  return at
}

/** Behind the string that begins at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Behind the value that begins at `from`, without recursion. */
function skipValue(text: string, from: number): number {
  let depth = 0
  let at = from
  do {
    const c = text[at]
    if (c === '"') at = skipString(text, at)
    else {
      if (c === '{' || c === '[') depth++
      else if (c === '}' || c === ']') depth--
      at++
    }
    if (depth === 0 && c !== '"' && c !== '}' && c !== ']')
      while (at < text.length && !',]} \t\n\r'.includes(text[at]!)) at++
  } while (depth > 0 && at < text.length)
  return at
}

/** The last member of that name, as JSON.parse takes it; -1: none. */
function findMember(text: string, from: number, name: string): number {
  let found = -1
  let at = skipSpace(text, from + 1)
  while (text[at] === '"') {
    const end = skipString(text, at)
    const key = JSON.parse(text.slice(at, end)) as string
    at = skipSpace(text, end)
    assert(text[at] === ':', 'a text that was parsed is JSON')
    at = skipSpace(text, at + 1)
    if (key === name) found = at
    at = skipSpace(text, skipValue(text, at))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}

function findItem(text: string, from: number, step: string): number {
  if (!/^\d+$/.test(step)) return -1
  let at = skipSpace(text, from + 1)
  for (let i = Number(step); text[at] !== ']' && at < text.length; i--) {
    if (i === 0) return at
    at = skipSpace(text, skipValue(text, at))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return -1
}
