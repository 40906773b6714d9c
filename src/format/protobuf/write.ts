// Generates the function that writes one row of a batch in Protobuf's encoding, by the schema that derive.ts makes of the same
// columns. Fields go out in the order of their numbers; a column that is NOT NULL and zero is left out, as proto3 has it. No
// object a row.
// Reference: protobuf.dev "Encoding"; derive.ts for numbers, wrappers and well-known types.
import { MillraceError } from '../../base/index.ts'
import { ticksPerSecond, type Column, type Field, type LogicalType, type Schema } from '../../model/index.ts'
import { CodeBuilder } from '../code-builder.ts'
import { civilFromDays } from '../temporal.ts'
import type { ProtoWriter } from './bytes-writer.ts'
import { wire } from './cursor.ts'

/** Writes one row. */
export type RowWriter = (out: ProtoWriter, row: number) => void

/** Binds a writer to a batch's columns; cheap, once a batch. */
export type BindWriter = (columns: readonly Column[]) => RowWriter

/** Generates the writer of a message of these columns. O(columns). */
export function compileRowWriter(schema: Schema): { bind: BindWriter; text: string } {
  const writer = new Generator()
  writer.fields(schema.fields, (i) => `C[${i}]`, 'row', '')
  const text = `${writer.bindings.join('\n')}\nreturn function write(out, row) {\n  let x = 0\n${writer.code.text()}\n}`
  const make = new Function('C', 'R', text) as (columns: readonly Column[], helpers: typeof writers) => RowWriter
  return { bind: (columns) => make(columns, writers), text }
}

type Presence = 'explicit' | 'implicit'

class Generator {
  readonly code = new CodeBuilder()
  readonly bindings: string[] = []

  /** @param columnAt an expression that gives a field's Column at binding time */
  fields(fields: readonly Field[], columnAt: (i: number) => string, row: string, outer: string): void {
    fields.forEach(({ name, type }, i) => {
      const path = outer === '' ? name : `${outer}.${name}`
      this.#field(type, i + 1, this.#bind(columnAt(i)), row, path)
    })
  }

  #bind(column: string): string {
    const c = this.code.fresh('c')
    this.bindings.push(
      `const ${c} = ${column}, ${c}v = ${c}.validity, ${c}x = ${c}.values, ${c}o = ${c}.offsets, ${c}w = R.words(${c})`,
    )
    return c
  }

  /** A column with the number of its field. */
  #field(type: LogicalType, number: number, c: string, row: string, path: string): void {
    const { code } = this
    if (type.nullable) {
      code.open(`if (!R.isNull(${c}v, ${row})) {`)
      this.#present(type, number, c, row, path, 'explicit')
      code.close()
    } else {
      code.line(`if (R.isNull(${c}v, ${row})) R.nullRefused(${JSON.stringify(path)})`)
      this.#present(type, number, c, row, path, 'implicit')
    }
  }

  #present(type: LogicalType, number: number, c: string, row: string, path: string, presence: Presence): void {
    const { code } = this
    if (type.kind !== 'ARRAY' && type.kind !== 'MAP') return this.#single(type, number, c, row, path, presence)
    if (presence === 'implicit') return this.#list(type, number, c, row, path)
    const start = this.#open(number)
    this.#list(type, 1, c, row, path)
    code.line(`out.close(${start})`)
  }

  #tag(number: number, type: number): void {
    const tag = number * 8 + type
    this.code.line(tag < 128 ? `out.byte(${tag})` : `out.uint(${tag})`)
  }

  #open(number: number): string {
    this.#tag(number, wire.bytes)
    const start = this.code.fresh('start')
    this.code.line(`const ${start} = out.open()`)
    return start
  }

  #single(type: LogicalType, number: number, c: string, row: string, path: string, presence: Presence): void {
    const { code } = this
    const scalar = scalarOf(type, c, row)
    if (scalar) {
      const { wireType, zero, write } = scalar
      if (presence === 'implicit') code.open(`if (!(${zero})) {`)
      this.#tag(number, wireType)
      code.line(write)
      if (presence === 'implicit') code.close()
      return
    }
    const start = this.#open(number)
    this.#message(type, c, row, path)
    code.line(`out.close(${start})`)
  }

  #message(type: LogicalType, c: string, row: string, path: string): void {
    const { code } = this
    switch (type.kind) {
      case 'ROW':
        return this.fields(type.fields, (i) => `${c}.children[${i}]`, row, path)
      case 'DATE':
        return code.line(`R.date(out, ${c}x[${row}])`)
      case 'TIME':
        return code.line(`R.time(out, ${c}x[${row}])`)
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return code.line(
          `R.timestamp(out, ${c}w, ${row} * 2, ${ticksPerSecond(type.precision)}, ${JSON.stringify(path)})`,
        )
      case 'DECIMAL': {
        const words = type.precision <= 18 ? 2 : 4
        return code.line(`R.decimal(out, ${c}w, ${row} * ${words}, ${words}, ${type.scale})`)
      }
      default:
        // derive.ts has refused the type before.
        return code.line(`throw new Error(${JSON.stringify(`${path}: ${type.kind}`)})`)
    }
  }

  /** The list as a repeated field. */
  #list(type: LogicalType & { kind: 'ARRAY' | 'MAP' }, number: number, c: string, row: string, path: string): void {
    const { code } = this
    const at = code.fresh('at')
    const end = code.fresh('end')
    code.line(`const ${end} = ${c}o[${row} + 1]`)
    code.line(`let ${at} = ${c}o[${row}]`)
    const child = this.#bind(`${c}.children[0]`)
    if (type.kind === 'MAP') {
      code.open(`for (; ${at} < ${end}; ${at}++) {`)
      const start = this.#open(number)
      const parts = [type.key, type.value]
      parts.forEach((part, i) =>
        this.#field(part, i + 1, this.#bind(`${child}.children[${i}]`), at, `${path}${i === 0 ? '{key}' : '{}'}`),
      )
      code.line(`out.close(${start})`)
      return code.close()
    }
    const { element } = type
    const isList = element.kind === 'ARRAY' || element.kind === 'MAP'
    const elementPath = `${path}[]`
    const scalar = element.nullable || isList ? undefined : scalarOf(element, child, at)
    if (scalar && scalar.wireType !== wire.bytes) {
      code.open(`if (${at} < ${end}) {`)
      const start = this.#open(number)
      code.open(`for (; ${at} < ${end}; ${at}++) {`)
      code.line(`if (R.isNull(${child}v, ${at})) R.nullRefused(${JSON.stringify(elementPath)})`)
      code.line(scalar.write)
      code.close()
      code.line(`out.close(${start})`)
      return code.close()
    }
    code.open(`for (; ${at} < ${end}; ${at}++) {`)
    if (element.nullable || isList) {
      const start = this.#open(number)
      this.#field(element, 1, child, at, elementPath)
      code.line(`out.close(${start})`)
    } else {
      code.line(`if (R.isNull(${child}v, ${at})) R.nullRefused(${JSON.stringify(elementPath)})`)
      // Elements are written whatever they are.
      this.#single(element, number, child, at, elementPath, 'explicit')
    }
    code.close()
  }
}

interface Scalar {
  readonly wireType: number
  /** A condition. */
  readonly zero: string
  readonly write: string
}

function scalarOf(type: LogicalType, c: string, row: string): Scalar | undefined {
  switch (type.kind) {
    case 'BOOLEAN': {
      const value = `(${c}x[${row} >> 3] >> (${row} & 7)) & 1`
      return { wireType: wire.varint, zero: `(${value}) === 0`, write: `out.byte(${value})` }
    }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return { wireType: wire.varint, zero: `${c}x[${row}] === 0`, write: `out.int(${c}x[${row}])` }
    case 'BIGINT':
      return {
        wireType: wire.varint,
        zero: `${c}w[${row} * 2] === 0 && ${c}w[${row} * 2 + 1] === 0`,
        write: `out.halves(${c}w[${row} * 2], ${c}w[${row} * 2 + 1])`,
      }
    case 'FLOAT':
      return { wireType: wire.fixed32, zero: `Object.is(${c}x[${row}], 0)`, write: `out.float(${c}x[${row}])` }
    case 'DOUBLE':
      return { wireType: wire.fixed64, zero: `Object.is(${c}x[${row}], 0)`, write: `out.double(${c}x[${row}])` }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return {
        wireType: wire.bytes,
        zero: `${c}o[${row}] === ${c}o[${row} + 1]`,
        write: `out.slice(${c}x, ${c}o[${row}], ${c}o[${row} + 1])`,
      }
    default:
      return undefined
  }
}

const noWords = new Int32Array(0)

/** A varint field, left out where it is zero. */
function varintField(out: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  out.byte(tag)
  out.int(value)
}

const writers = {
  isNull(validity: Uint8Array | null, row: number): boolean {
    return validity !== null && (validity[row >> 3]! & (1 << (row & 7))) === 0
  },
  words(column: Column): Int32Array {
    if (column.layout !== 'int64' && column.layout !== 'int128') return noWords
    const lanes = column.values as BigInt64Array
    return new Int32Array(lanes.buffer, lanes.byteOffset, lanes.length * 2)
  },
  nullRefused(name: string): never {
    refuseValue(name, 'it is null, and the column is NOT NULL')
  },
  date(out: ProtoWriter, days: number): void {
    const { year, month, day } = civilFromDays(days)
    varintField(out, 8, year)
    varintField(out, 16, month)
    varintField(out, 24, day)
  },
  time(out: ProtoWriter, millis: number): void {
    const seconds = Math.floor(millis / 1000)
    varintField(out, 8, Math.floor(seconds / 3600))
    varintField(out, 16, Math.floor(seconds / 60) % 60)
    varintField(out, 24, seconds % 60)
    varintField(out, 32, (millis % 1000) * 1e6)
  },
  timestamp(out: ProtoWriter, words: Int32Array, at: number, ticks: number, path: string): void {
    const low = words[at]!
    const high = words[at + 1]!
    let seconds: number
    let fraction: number
    if (high >= -0x200000 && high < 0x200000) {
      const value = high * 4294967296 + (low >>> 0)
      seconds = Math.floor(value / ticks)
      fraction = value - seconds * ticks
    } else {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0)
      const rest = BigInt.asUintN(64, ((value % BigInt(ticks)) + BigInt(ticks)) % BigInt(ticks))
      seconds = Number((value - rest) / BigInt(ticks))
      fraction = Number(rest)
    }
    if (seconds < -62135596800 || seconds > 253402300799) refuseValue(path, 'it lies outside of the years 1 to 9999')
    if (seconds !== 0) {
      out.byte(8)
      out.integer(seconds)
    }
    varintField(out, 16, fraction * (1e9 / ticks))
  },
  /** The unscaled value in `count` words (2 or 4) at words[at]: the fewest bytes, big-endian; then the scale. */
  decimal(out: ProtoWriter, words: Int32Array, at: number, count: number, scale: number): void {
    out.room(2 + count * 4)
    const sign = words[at + count - 1]! >> 31
    let size = count * 4
    while (size > 1) {
      const byte = byteOf(words, at, size - 1)
      const below = byteOf(words, at, size - 2)
      if (byte !== (sign & 255) || ((below ^ sign) & 128) !== 0) break
      size--
    }
    out.byte(10)
    out.byte(size)
    for (let i = size - 1; i >= 0; i--) out.bytes[out.position++] = byteOf(words, at, i)
    varintField(out, 16, scale)
  },
}

function byteOf(words: Int32Array, at: number, i: number): number {
  return (words[at + (i >> 2)]! >> ((i & 3) << 3)) & 255
}

function refuseValue(column: string, reason: string): never {
  throw new MillraceError('MR-FORMAT-008', { details: { column, format: 'protobuf', reason } })
}
