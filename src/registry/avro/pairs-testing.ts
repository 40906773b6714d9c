// Pairs of Avro schemas, the second made from the first by a few changes, as people make them. Everything follows from a
// seed: promotions, unions, names with and without namespaces, aliases, defaults, enums, fixed, recursion.
import type { Draw } from '../draw-testing.ts'

type Json = string | Json[] | { [key: string]: unknown }

export interface AvroPair {
  readonly old: Json
  readonly now: Json
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']
const fieldNames = ['a', 'b', 'c', 'd', 'e']
const symbols = ['A', 'B', 'C', 'D']

export function makeAvroPair(draw: Draw): AvroPair {
  const maker = new Maker(draw)
  const old = maker.record('Root', 3)
  const now = structuredClone(old)
  for (let n = draw.below(3) + (draw.chance(0.9) ? 1 : 0); n > 0; n--) maker.change(now)
  return { old, now }
}

interface Named {
  [key: string]: unknown
  type: string
  name: string
}

class Maker {
  readonly #draw: Draw
  #count = 0
  /** Records that are open: a field may refer to one of them. */
  readonly #open: string[] = []

  constructor(draw: Draw) {
    this.#draw = draw
  }

  type(depth: number): Json {
    const { chance, below, pick } = this.#draw
    if (depth === 0 || chance(0.4)) return pick(primitives)
    const kind = below(9)
    if (kind < 2) return this.record(`R${this.#count++}`, depth - 1)
    if (kind === 2) return { type: 'array', items: this.type(depth - 1) }
    if (kind === 3) return { type: 'map', values: this.type(depth - 1) }
    if (kind === 4) return this.#enum()
    if (kind === 5) return { type: 'fixed', name: this.#name('F'), size: below(4) }
    if (kind === 6 && this.#open.length > 0) return ['null', pick(this.#open)]
    return this.#union(depth)
  }

  #name(prefix: string): string {
    return `${this.#draw.pick(['', '', 'n.', 'm.'])}${prefix}${this.#count++}`
  }

  #enum(): Json {
    const { chance, pick } = this.#draw
    const listed = symbols.filter(() => chance(0.6))
    if (listed.length === 0) listed.push('A')
    return { type: 'enum', name: this.#name('E'), symbols: listed, ...(chance(0.3) ? { default: pick(listed) } : {}) }
  }

  #union(depth: number): Json {
    const branches: Json[] = []
    for (let n = 1 + this.#draw.below(4); n > 0; n--) this.addBranch(branches, depth - 1)
    return branches
  }

  addBranch(branches: Json[], depth: number): void {
    const branch = this.type(depth)
    if (Array.isArray(branch)) return
    const key = keyOf(branch)
    if (!branches.some((other) => keyOf(other) === key))
      branches.splice(this.#draw.below(branches.length + 1), 0, branch)
  }

  record(name: string, depth: number): Named {
    const { chance, below } = this.#draw
    const full = `${this.#draw.pick(['', '', 'n.'])}${name}`
    this.#open.push(full)
    const fields: unknown[] = []
    for (const field of fieldNames.slice(0, 1 + below(4))) fields.push(this.field(field, depth))
    this.#open.pop()
    return { type: 'record', name: full, ...(chance(0.1) ? { aliases: [`old.${name}`] } : {}), fields }
  }

  field(name: string, depth: number): unknown {
    const type = this.type(depth)
    const fallback = this.#draw.chance(0.5) ? this.value(type) : undefined
    return { name, type, ...(fallback === undefined ? {} : { default: fallback }) }
  }

  /** A default of the type; undefined where none is written down easily. */
  value(type: Json): unknown {
    if (Array.isArray(type)) return type.length === 0 ? undefined : this.value(type[0]!)
    const name = typeof type === 'string' ? type : (type['type'] as string)
    const samples: Record<string, unknown> = {
      null: null,
      boolean: true,
      int: 1,
      long: 2,
      float: 1.5,
      double: 2.5,
      bytes: 'ÿ',
      string: 's',
      array: [],
      map: {},
    }
    if (Object.hasOwn(samples, name)) return samples[name]
    if (typeof type === 'string') return undefined
    if (name === 'enum') return this.#draw.pick(type['symbols'] as string[])
    if (name === 'fixed') return 'x'.repeat(type['size'] as number)
    return undefined
  }

  change(root: Named): void {
    const { below, pick, chance } = this.#draw
    const types: { type: Json; set: (type: Json) => void }[] = []
    const named: Named[] = []
    collect(root, () => undefined, types, named)
    const record = pick(named.filter(({ type }) => type === 'record'))
    const fields = record['fields'] as Record<string, unknown>[]
    const kind = below(9)
    if (kind === 0) {
      const name = pick(fieldNames)
      if (!fields.some((field) => field['name'] === name))
        fields.splice(below(fields.length + 1), 0, this.field(name, 1) as Record<string, unknown>)
    } else if (kind === 1 && fields.length > 1) {
      // Only what defines no name that others use.
      const i = below(fields.length)
      if (!JSON.stringify(fields[i]).includes('"name":"')) fields.splice(i, 1)
      else if (!/"(record|enum|fixed)"/.test(JSON.stringify(fields[i]))) fields.splice(i, 1)
    } else if (kind === 2 && fields.length > 0) {
      const field = pick(fields)
      const before = field['name'] as string
      const name = pick(fieldNames)
      if (fields.some((other) => other['name'] === name)) return
      field['name'] = name
      if (chance(0.6)) field['aliases'] = [before, ...(chance(0.2) ? [pick(fieldNames)] : [])]
    } else if (kind === 3) this.#changeNamed(pick(named), JSON.stringify(root))
    else if (kind === 4 && fields.length > 0) {
      const field = pick(fields)
      if (chance(0.5)) delete field['default']
      else {
        const value = this.value(field['type'] as Json)
        if (value !== undefined) field['default'] = value
      }
    } else this.#changeType(types)
  }

  #changeNamed(type: Named, text: string): void {
    const { pick, chance, below } = this.#draw
    const { name } = type
    const last = name.slice(name.lastIndexOf('.') + 1)
    // Names inside a record may lean on its namespace, and others on its name.
    const alone = text.split(`${last}"`).length === 2 && !/\["null","/.test(JSON.stringify(type))
    if (alone && chance(0.4)) {
      type.name = pick([`k.${last}`, last, `Z${last}`, `k.Z${last}`])
      if (chance(0.5)) type['aliases'] = [name]
      return
    }
    if (type.type === 'fixed' && chance(0.5)) type['size'] = below(4)
    else if (type.type === 'enum' && chance(0.7)) {
      const listed = type['symbols'] as string[]
      const symbol = pick(symbols)
      if (!listed.includes(symbol)) listed.splice(below(listed.length + 1), 0, symbol)
      else if (listed.length > 1 && type['default'] !== symbol) listed.splice(listed.indexOf(symbol), 1)
      else type['default'] = symbol
    } else type['aliases'] = [type.name, 'q.Z']
  }

  #changeType(types: { type: Json; set: (type: Json) => void }[]): void {
    const { pick, chance, below } = this.#draw
    if (types.length === 0) return
    const { type, set } = pick(types)
    if (Array.isArray(type)) {
      if (chance(0.5) && type.length > 1) {
        const i = below(type.length)
        if (typeof type[i] === 'string') type.splice(i, 1)
      } else this.addBranch(type, 1)
      return
    }
    if (typeof type !== 'string') return
    const up: Record<string, string[]> = {
      int: ['long', 'float', 'double'],
      long: ['float', 'double', 'int'],
      float: ['double'],
      string: ['bytes'],
      bytes: ['string'],
      double: ['float'],
    }
    if (chance(0.2)) set(type === 'null' ? ['null', 'int'] : ['null', type])
    else set(chance(0.8) && up[type] ? pick(up[type]) : pick(primitives))
  }
}

const keyOf = (type: Json): string =>
  typeof type === 'string'
    ? type
    : Array.isArray(type)
      ? ''
      : ((type['name'] as string | undefined) ?? (type['type'] as string))

function collect(
  type: Json,
  set: (type: Json) => void,
  types: { type: Json; set: (type: Json) => void }[],
  named: Named[],
): void {
  if (typeof type === 'string' || Array.isArray(type)) types.push({ type, set })
  if (typeof type === 'string') return
  if (Array.isArray(type)) {
    type.forEach((branch) => typeof branch !== 'string' && collect(branch, () => undefined, types, named))
    return
  }
  const node = type
  if (typeof node['name'] === 'string') named.push(node as Named)
  if (node['type'] === 'array') collect(node['items'] as Json, (inner) => (node['items'] = inner), types, named)
  if (node['type'] === 'map') collect(node['values'] as Json, (inner) => (node['values'] = inner), types, named)
  if (node['type'] === 'record')
    for (const field of node['fields'] as Record<string, unknown>[])
      collect(
        field['type'] as Json,
        (inner) => {
          field['type'] = inner
          delete field['default']
        },
        types,
        named,
      )
}
