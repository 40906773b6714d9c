// Whether two schemas say the same word for word, what they refer to included. Annotations do not count.
import type { SchemaNode } from './document.ts'
import { sameValue, isRecord } from './values.ts'

const annotations: ReadonlySet<string> = new Set(
  '$schema $id $comment title description default examples readOnly writeOnly deprecated definitions $defs'.split(' '),
)
const pairsMax = 20_000
/** References inside each other. */
const depthMax = 64

/** False where it takes too long to tell. @param onCost told how many pairs were looked at */
export function sameSchema(a: SchemaNode, b: SchemaNode, onCost?: (pairs: number) => void): boolean {
  const run = new Same()
  const same = run.nodes(a, b)
  onCost?.(run.pairs)
  return same
}

class Same {
  readonly #seen = new Map<unknown, Set<unknown>>()
  pairs = 0
  #depth = 0

  nodes(a: SchemaNode, b: SchemaNode): boolean {
    if (this.#depth >= depthMax) return false
    this.#depth++
    const same = this.#schemas(a, a.schema, b, b.schema)
    this.#depth--
    return same
  }

  /** @param from the nodes that they stand in, for what references in them lead to */
  #schemas(fromA: SchemaNode, a: unknown, fromB: SchemaNode, b: unknown): boolean {
    if (a === b && fromA.document === fromB.document) return true
    if (!isRecord(a) || !isRecord(b)) return this.#lists(fromA, a, fromB, b)
    const known = this.#seen.get(a)
    if (known?.has(b)) return true
    if (++this.pairs > pairsMax) return false
    if (known) known.add(b)
    else this.#seen.set(a, new Set([b]))
    if (a['$id'] !== undefined || b['$id'] !== undefined) {
      if (a !== fromA.schema || b !== fromB.schema) return false
    }
    const keys = Object.keys(a).filter((key) => !annotations.has(key))
    const others = Object.keys(b).filter((key) => !annotations.has(key))
    if (keys.length !== others.length) return false
    return keys.every((key) => {
      if (!Object.hasOwn(b, key)) return false
      if (key === '$ref' && typeof a[key] === 'string' && typeof b[key] === 'string') {
        const [x, y] = [fromA.document.resolve(fromA, a[key]), fromB.document.resolve(fromB, b[key])]
        // A metaschema is the same for both, though nobody has it here.
        if (typeof x === 'string' && typeof y === 'string')
          return a[key] === b[key] && /^https?:\/\/json-schema\.org\//.test(a[key])
        return typeof x === 'object' && typeof y === 'object' && this.nodes(x, y)
      }
      if (key === '$dynamicRef' || key === '$recursiveRef' || key === '$dynamicAnchor') return false
      return this.#schemas(fromA, a[key], fromB, b[key])
    })
  }

  #lists(fromA: SchemaNode, a: unknown, fromB: SchemaNode, b: unknown): boolean {
    if (!Array.isArray(a) || !Array.isArray(b)) return sameValue(a, b)
    return a.length === b.length && a.every((item, i) => this.#schemas(fromA, item, fromB, b[i]))
  }
}
