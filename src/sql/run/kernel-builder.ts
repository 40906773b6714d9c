// Writes the body of one kernel: statements, fresh locals, constants. Values live in locals by representation, so that nothing is
// boxed where a lane type has a plain JavaScript value:
// - bool: boolean · number: int8 to int32, float · long: 64-bit as bigint (wrapped) · wide: bigint beyond 64 bits
// - span: bytes in a buffer, not copied · text: a JavaScript string · boxed: any other value
// `nul` is the name of a local boolean, or 'false' or 'true' when it is known.
import { layoutOf, type LogicalType } from '../../model/index.ts'

export type Representation = 'bool' | 'number' | 'long' | 'wide' | 'span' | 'text' | 'boxed'

export interface Operand {
  readonly as: Representation
  /** A local or literal; for spans the buffer. */
  readonly value: string
  readonly nul: string
  /** Spans only. */
  readonly from?: string
  readonly to?: string
}

/** How values of a type are held when they are computed (columns and literals of text are spans instead). */
export function representationOf(type: LogicalType): Representation {
  switch (layoutOf(type)) {
    case 'bool':
      return 'bool'
    case 'int8':
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
      return 'number'
    case 'int64':
      return 'long'
    case 'int128':
      return 'wide'
    case 'bytes':
      return type.kind === 'CHAR' || type.kind === 'VARCHAR' ? 'text' : 'boxed'
    default:
      return 'boxed'
  }
}

const defaults: Readonly<Record<Representation, string>> = {
  bool: 'false',
  number: '0',
  long: '0n',
  wide: '0n',
  span: 'emptyBytes',
  text: "''",
  boxed: 'null',
}
export const defaultOf = (as: Representation): string => defaults[as]

export class KernelBuilder {
  readonly constants: unknown[] = []
  readonly prologue: string[] = []
  #lines: string[] = []
  #next = 0
  #indent = 2
  /** Operands known in this block and those around it, by what they compute. */
  #known: Map<string, Operand>[] = [new Map()]
  readonly #columns = new Set<number>()

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#indent) + text)
  }

  fresh(prefix: string): string {
    return `${prefix}${this.#next++}`
  }

  /** A value that the kernel captures. */
  constant(value: unknown): string {
    return `constants[${this.constants.push(value) - 1}]`
  }

  /** A captured value in a local outside of the loop. */
  hoisted(value: unknown, prefix = 'k'): string {
    const name = this.fresh(prefix)
    this.prologue.push(`const ${name} = ${this.constant(value)}`)
    return name
  }

  /** `header {` … `}` with a scope of its own. */
  block(header: string, body: () => void): void {
    this.line(`${header} {`)
    this.#indent++
    this.#known.push(new Map())
    body()
    this.#known.pop()
    this.#indent--
    this.line('}')
  }

  recall(key: string): Operand | undefined {
    for (let i = this.#known.length - 1; i >= 0; i--) {
      const operand = this.#known[i]!.get(key)
      if (operand) return operand
    }
    return undefined
  }

  remember(key: string, operand: Operand): Operand {
    this.#known.at(-1)!.set(key, operand)
    return operand
  }

  local(prefix: string, expression: string): string {
    const name = this.fresh(prefix)
    this.line(`const ${name} = ${expression}`)
    return name
  }

  /** A result that branches assign: declares its locals with defaults. */
  result(as: Representation, nul: string): Operand {
    const value = this.fresh('v')
    const isNull = this.fresh('n')
    this.line(`let ${value} = ${defaultOf(as)}, ${isNull} = ${nul}`)
    if (as !== 'span') return { as, value, nul: isNull }
    const [from, to] = [this.fresh('f'), this.fresh('t')]
    this.line(`let ${from} = 0, ${to} = 0`)
    return { as, value, nul: isNull, from, to }
  }

  assign(target: Operand, source: Operand): void {
    this.line(`${target.value} = ${source.value}; ${target.nul} = ${source.nul}`)
    if (target.as === 'span') this.line(`${target.from} = ${source.from}; ${target.to} = ${source.to}`)
  }

  /** One column's value in this row. */
  column(index: number, type: LogicalType): Operand {
    const key = `column ${index}`
    const known = this.recall(key)
    if (known) return known
    const c = `c${index}`
    if (!this.#columns.has(index)) {
      this.#columns.add(index)
      this.prologue.push(
        `const ${c} = columns[${index}], ${c}v = ${c}.values, ${c}o = ${c}.offsets, ${c}n = ${c}.validity`,
      )
    }
    const nul = this.local('n', `${c}n !== null && (${c}n[i >> 3] & (1 << (i & 7))) === 0`)
    return this.remember(key, this.#readLane(c, type, nul))
  }

  #readLane(c: string, type: LogicalType, nul: string): Operand {
    switch (layoutOf(type)) {
      case 'bool':
        return { as: 'bool', value: this.local('v', `(${c}v[i >> 3] & (1 << (i & 7))) !== 0`), nul }
      case 'int8':
      case 'int16':
      case 'int32':
      case 'float32':
      case 'float64':
        return { as: 'number', value: this.local('v', `${c}v[i]`), nul }
      case 'int64':
        return { as: 'long', value: this.local('v', `${c}v[i]`), nul }
      case 'int128':
        return { as: 'wide', value: this.local('v', `readWide(${c}v, i)`), nul }
      case 'bytes':
        if (type.kind === 'CHAR' || type.kind === 'VARCHAR')
          return {
            as: 'span',
            value: `${c}v`,
            from: this.local('f', `${c}o[i]`),
            to: this.local('t', `${c}o[i + 1]`),
            nul,
          }
        return { as: 'boxed', value: this.local('v', `valueAt(${c}, i)`), nul }
      default:
        return { as: 'boxed', value: this.local('v', `valueAt(${c}, i)`), nul }
    }
  }

  /** A span as a JavaScript string. */
  asText(operand: Operand): Operand {
    if (operand.as !== 'span') return operand
    const key = `text of ${operand.value} ${operand.from} ${operand.to}`
    return (
      this.recall(key) ??
      this.remember(key, {
        as: 'text',
        value: this.local('s', `readText(${operand.value}, ${operand.from}, ${operand.to})`),
        nul: operand.nul,
      })
    )
  }

  /** Whether any is NULL, as one name. */
  anyNull(operands: readonly Operand[]): string {
    const names = [...new Set(operands.map((o) => o.nul))].filter((n) => n !== 'false')
    if (names.includes('true')) return 'true'
    if (names.length <= 1) return names[0] ?? 'false'
    return this.local('n', names.join(' || '))
  }

  body(): string {
    return this.#lines.join('\n')
  }
}
