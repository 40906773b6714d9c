// Generates the function that writes one row of a batch in Avro's binary encoding, by the schema that derive.ts makes of the
// same columns: a nullable value is a union of null and it, ticks of times are the lanes' own. No object a row.
// Reference: Apache Avro 1.12 "Binary Encoding"; Flink 2.3 RowDataToAvroConverters.
import { MillraceError } from '../../base/index.ts'
import type { Column, LogicalType, Schema } from '../../model/index.ts'
import { CodeBuilder } from '../code-builder.ts'

/** A growing buffer with Avro's encodings. */
export class AvroWriter {
  bytes = new Uint8Array(1024)
  position = 0
  #view = new DataView(this.bytes.buffer)

  room(size: number): void {
    if (this.position + size <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.position + size, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.position++] = value
  }

  int(value: number): void {
    this.room(5)
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 127) {
      this.bytes[this.position++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.position++] = rest
  }

  /** The long in two words at words[at]: low, high. */
  long(words: Int32Array, at: number): void {
    const low = words[at]!
    const high = words[at + 1]!
    if (high === low >> 31 && low >= -0x40000000 && low < 0x40000000) return this.int(low)
    this.room(10)
    const sign = high >> 31
    let a = (low << 1) ^ sign
    let b = ((high << 1) | (low >>> 31)) ^ sign
    while (b !== 0 || (a & ~127) !== 0) {
      this.bytes[this.position++] = (a & 127) | 128
      a = (a >>> 7) | (b << 25)
      b >>>= 7
    }
    this.bytes[this.position++] = a
  }

  float(value: number): void {
    this.room(4)
    this.#view.setFloat32(this.position, value, true)
    this.position += 4
  }

  double(value: number): void {
    this.room(8)
    this.#view.setFloat64(this.position, value, true)
    this.position += 8
  }

  slice(source: Uint8Array, from: number, to: number): void {
    const size = to - from
    this.int(size)
    this.room(size)
    const { bytes, position } = this
    if (size > 48) bytes.set(source.subarray(from, to), position)
    else for (let i = 0; i < size; i++) bytes[position + i] = source[from + i]!
    this.position += size
  }

  /** The unscaled value in `count` words (2 or 4) at words[at]: its length, then the fewest bytes, big-endian. */
  decimal(words: Int32Array, at: number, count: number): void {
    this.room(1 + count * 4)
    const sign = words[at + count - 1]! >> 31
    // Bytes from the top that only repeat the sign are left out, but for one whose top bit says it.
    let size = count * 4
    while (size > 1) {
      const byte = byteOf(words, at, size - 1)
      const below = byteOf(words, at, size - 2)
      if (byte !== (sign & 255) || ((below ^ sign) & 128) !== 0) break
      size--
    }
    this.bytes[this.position++] = size << 1
    for (let i = size - 1; i >= 0; i--) this.bytes[this.position++] = byteOf(words, at, i)
  }
}

function byteOf(words: Int32Array, at: number, i: number): number {
  return (words[at + (i >> 2)]! >> ((i & 3) << 3)) & 255
}

/** Writes one row. */
export type RowWriter = (out: AvroWriter, row: number) => void

/** Binds a writer to a batch's columns; cheap, once a batch. */
export type BindWriter = (columns: readonly Column[]) => RowWriter

/** Generates the writer of a record of these columns. O(columns). */
export function compileRowWriter(schema: Schema): { bind: BindWriter; text: string } {
  const code = new CodeBuilder()
  const bindings: string[] = []
  schema.fields.forEach((field, i) => emitValue(code, bindings, field.type, `C[${i}]`, 'row', field.name))
  const text = `${bindings.join('\n')}\nreturn function write(out, row) {\n${code.text()}\n}`
  const make = new Function('C', 'R', text) as (columns: readonly Column[], readers: typeof helpers) => RowWriter
  return { bind: (columns) => make(columns, helpers), text }
}

const helpers = {
  isNull(validity: Uint8Array | null, row: number): boolean {
    return validity !== null && (validity[row >> 3]! & (1 << (row & 7))) === 0
  },
  words(column: Column): Int32Array {
    const lanes = column.values as BigInt64Array
    return new Int32Array(lanes.buffer, lanes.byteOffset, lanes.length * 2)
  },
  nullRefused(name: string): never {
    const reason = 'it is null, and the column is NOT NULL'
    throw new MillraceError('MR-FORMAT-008', { details: { column: name, format: 'avro', reason } })
  },
}

/** @param from an expression that gives the Column at binding time */
function emitValue(
  code: CodeBuilder,
  bindings: string[],
  type: LogicalType,
  from: string,
  row: string,
  path: string,
): void {
  if (type.kind === 'NULL') return
  const c = code.fresh('c')
  bindings.push(`const ${c} = ${from}, ${c}v = ${c}.validity, ${c}x = ${c}.values, ${c}o = ${c}.offsets`)
  if (type.nullable) {
    code.line(`if (R.isNull(${c}v, ${row})) out.byte(0)`)
    code.open('else {')
    code.line('out.byte(2)')
  } else {
    code.line(`if (R.isNull(${c}v, ${row})) R.nullRefused(${JSON.stringify(path)})`)
    code.open('{')
  }
  emitPresent(code, bindings, type, c, row, path)
  code.close()
}

function emitPresent(
  code: CodeBuilder,
  bindings: string[],
  type: LogicalType,
  c: string,
  row: string,
  path: string,
): void {
  switch (type.kind) {
    case 'BOOLEAN':
      return code.line(`out.byte((${c}x[${row} >> 3] >> (${row} & 7)) & 1)`)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'DATE':
    case 'TIME':
      return code.line(`out.int(${c}x[${row}])`)
    case 'BIGINT':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      bindings.push(`const ${c}w = R.words(${c})`)
      return code.line(`out.long(${c}w, ${row} * 2)`)
    case 'FLOAT':
      return code.line(`out.float(${c}x[${row}])`)
    case 'DOUBLE':
      return code.line(`out.double(${c}x[${row}])`)
    case 'DECIMAL': {
      const words = type.precision <= 18 ? 2 : 4
      bindings.push(`const ${c}w = R.words(${c})`)
      return code.line(`out.decimal(${c}w, ${row} * ${words}, ${words})`)
    }
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return code.line(`out.slice(${c}x, ${c}o[${row}], ${c}o[${row} + 1])`)
    case 'ROW':
      type.fields.forEach((field, i) =>
        emitValue(code, bindings, field.type, `${c}.children[${i}]`, row, `${path}.${field.name}`),
      )
      return
    case 'ARRAY':
    case 'MAP':
      return emitBlocks(code, bindings, type, c, row, path)
    default:
      // derive.ts has refused the type before.
      return code.line(`throw new Error(${JSON.stringify(`${path}: ${type.kind}`)})`)
  }
}

function emitBlocks(
  code: CodeBuilder,
  bindings: string[],
  type: LogicalType & { kind: 'ARRAY' | 'MAP' },
  c: string,
  row: string,
  path: string,
): void {
  const at = code.fresh('at')
  const end = code.fresh('end')
  code.line(`const ${end} = ${c}o[${row} + 1]`)
  code.line(`let ${at} = ${c}o[${row}]`)
  code.line(`if (${end} > ${at}) out.int(${end} - ${at})`)
  code.open(`for (; ${at} < ${end}; ${at}++) {`)
  if (type.kind === 'ARRAY') emitValue(code, bindings, type.element, `${c}.children[0]`, at, `${path}[]`)
  else {
    // A map's key is a plain string whatever the column says of NULL.
    const key = { ...type.key, nullable: false }
    emitValue(code, bindings, key, `${c}.children[0].children[0]`, at, `${path}{key}`)
    emitValue(code, bindings, type.value, `${c}.children[0].children[1]`, at, `${path}{}`)
  }
  code.close()
  code.line('out.byte(0)')
}
