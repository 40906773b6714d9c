// What tidy knows of one source file: imports, worker entries, functions with their length, uses of the outside world.
// Facts only; what is allowed is decided in rules.ts.
import { parseSync } from 'oxc-parser'

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** A `new URL('./…', import.meta.url)`, and whether it is handed to startWorker or preloadWorker. */
export interface UrlEntry extends Import {
  readonly startsWorker: boolean
}

export interface FunctionSize {
  readonly name: string
  readonly line: number
  readonly lines: number
}

export interface OutsideUse {
  /** As written in tidy-allowed.txt: 'Date.now', 'node:fs', … */
  readonly what: string
  readonly line: number
}

export interface Facts {
  /** Relative to the root, with '/'. */
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly urls: readonly UrlEntry[]
  readonly functions: readonly FunctionSize[]
  readonly outside: readonly OutsideUse[]
  /** Lines with a note of unfinished work. */
  readonly unfinished: readonly number[]
  /** A syntax error, as the parser says it. */
  readonly broken: string | undefined
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const outsideCalls = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const outsideMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.getRandomValues',
  'crypto.randomUUID',
])
const outsideModules = new Set([
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:tls',
  'node:dgram',
  'node:http',
  'node:https',
  'node:timers',
  'node:timers/promises',
  'node:child_process',
])
// Put together here, so that this file does not find itself.
const unfinishedWord = new RegExp(
  `\\b(${['TO', 'FIX'].map((start, index) => start + ['DO', 'ME'][index]).join('|')})\\b`,
)

/** Parses one file. Cost: one parse and one walk, some milliseconds for 600 lines. */
export function readFacts(path: string, source: string): Facts {
  const texts = source.split('\n')
  const starts = [0]
  for (const text of texts) starts.push(starts.at(-1)! + text.length + 1)
  const lineAt = (offset: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
  const parsed = parseSync(path, source)
  const found = new Walk(lineAt)
  found.visit(parsed.program as unknown as Node, undefined)
  const unfinished: number[] = []
  texts.forEach((text, index) => {
    if (unfinishedWord.test(text)) unfinished.push(index + 1)
  })
  return {
    path,
    lines: texts.at(-1) === '' ? texts.length - 1 : texts.length,
    imports: found.imports,
    urls: found.urls,
    functions: found.functions,
    outside: found.outside,
    unfinished,
    broken: parsed.errors.find((error) => error.severity === 'Error')?.message,
  }
}

/** One pass over a syntax tree. */
class Walk {
  readonly imports: Import[] = []
  readonly urls: UrlEntry[] = []
  readonly functions: FunctionSize[] = []
  readonly outside: OutsideUse[] = []
  readonly #lineAt: (offset: number) => number

  constructor(lineAt: (offset: number) => number) {
    this.#lineAt = lineAt
  }

  visit(node: Node, parent: Node | undefined): void {
    this.#look(node, parent)
    for (const key in node) {
      const child = node[key]
      if (Array.isArray(child)) {
        for (const item of child) if (isNode(item)) this.visit(item, node)
      } else if (isNode(child)) this.visit(child, node)
    }
  }

  #look(node: Node, parent: Node | undefined): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ImportExpression':
      case 'TSImportType':
        this.#import(node)
        break
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.functions.push({
          name: functionName(node, parent),
          line: this.#lineAt(node.start),
          lines: this.#lineAt(node.end) - this.#lineAt(node.start) + 1,
        })
        break
      case 'NewExpression':
        this.#construction(node, parent)
        break
      case 'CallExpression': {
        const name = nameOf(node['callee'])
        if (name !== undefined && outsideCalls.has(name)) this.#use(name, node)
        break
      }
      case 'MemberExpression': {
        const name = `${nameOf(node['object'])}.${nameOf(node['property'])}`
        // `typeof Date.now` in a type is no use, but nobody writes that.
        if (node['computed'] !== true && outsideMembers.has(name)) this.#use(name, node)
        break
      }
      default:
    }
  }

  #import(node: Node): void {
    const source = node['source'] ?? node['argument']
    if (!isNode(source)) return
    const literal = source.type === 'TSLiteralType' && isNode(source['literal']) ? source['literal'] : source
    const specifier = literal['value']
    if (typeof specifier !== 'string') return
    this.imports.push({ specifier, line: this.#lineAt(node.start) })
    const isType = node['importKind'] === 'type' || node['exportKind'] === 'type' || node.type === 'TSImportType'
    if (outsideModules.has(specifier) && !isType) this.#use(specifier.replace('/promises', ''), node)
  }

  #construction(node: Node, parent: Node | undefined): void {
    const name = nameOf(node['callee'])
    const parameters = node['arguments'] as readonly Node[]
    if (name === 'Date' && parameters.length === 0) this.#use('new Date()', node)
    if (name === 'Worker') this.#use('new Worker', node)
    const first = parameters[0]
    if (name === 'URL' && parameters.length === 2 && first?.type === 'Literal' && typeof first['value'] === 'string') {
      this.urls.push({
        specifier: first['value'],
        line: this.#lineAt(node.start),
        startsWorker:
          parent?.type === 'CallExpression' &&
          ['startWorker', 'preloadWorker'].includes(nameOf(parent['callee']) ?? ''),
      })
    }
  }

  #use(what: string, node: Node): void {
    this.outside.push({ what, line: this.#lineAt(node.start) })
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : undefined
}

function functionName(node: Node, parent: Node | undefined): string {
  const named = nameOf(node['id']) ?? nameOf(parent?.['id']) ?? nameOf(parent?.['key'])
  return named ?? 'a function without a name'
}
