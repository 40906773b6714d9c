// Reads what one Avro schema wrote with another, straight from the specification, for tests: slow, and nothing else knows
// how it does it. A union of the reader takes the first branch that reads the value at hand.
// Reference: Apache Avro 1.12 specification, "Binary encoding" and "Schema Resolution".
import type { AvroType } from '../../format/index.ts'
import type { Draw } from '../draw-testing.ts'
import { checkAvroDefault } from './defaults.ts'

export class Unresolved extends Error {}

/** The value, or throws Unresolved. */
export function resolveAvro(reader: AvroType, writer: AvroType, bytes: Uint8Array): unknown {
  const run = new Reading(bytes)
  const value = run.read(writer)
  if (run.position !== bytes.length) throw new Unresolved('bytes are left')
  return resolve(reader, writer, value)
}

/** The branch of a union that was written, with its value. */
interface Branch {
  readonly branch: number
  readonly value: unknown
}

class Reading {
  position = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  read(type: AvroType): unknown {
    switch (type.kind) {
      case 'null':
        return null
      case 'boolean':
        return this.#bytes[this.position++] === 1
      case 'int':
      case 'long':
        return this.#varint()
      case 'float':
        return this.#view.getFloat32((this.position += 4) - 4, true)
      case 'double':
        return this.#view.getFloat64((this.position += 8) - 8, true)
      case 'bytes':
      case 'string':
        return this.#take(Number(this.#varint()))
      case 'fixed':
        return this.#take(type.size)
      case 'enum':
        return type.symbols[Number(this.#varint())]
      case 'array':
        return this.#blocks(() => this.read(type.items))
      case 'map':
        return this.#blocks(() => [this.#take(Number(this.#varint())), this.read(type.values)])
      case 'union': {
        const branch = Number(this.#varint())
        return { branch, value: this.read(type.branches[branch]!) } satisfies Branch
      }
      case 'record':
        return type.fields.map((field) => this.read(field.type))
    }
  }

  #varint(): bigint {
    let result = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.position++]!
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return (result >> 1n) ^ -(result & 1n)
    }
  }

  #take(size: number): Uint8Array {
    return this.#bytes.subarray(this.position, (this.position += size))
  }

  #blocks(item: () => unknown): unknown[] {
    const items: unknown[] = []
    for (;;) {
      let count = Number(this.#varint())
      if (count === 0) return items
      if (count < 0) {
        count = -count
        this.#varint()
      }
      for (; count > 0; count--) items.push(item())
    }
  }
}

const promoted: Readonly<Record<string, string>> = {
  int: 'long float double',
  long: 'float double',
  float: 'double',
  string: 'bytes',
  bytes: 'string',
}

function resolve(reader: AvroType, writer: AvroType, value: unknown): unknown {
  if (writer.kind === 'union') {
    const { branch, value: inner } = value as Branch
    return resolve(reader, writer.branches[branch]!, inner)
  }
  if (reader.kind === 'union') {
    for (const branch of reader.branches) {
      try {
        return resolve(branch, writer, value)
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error
      }
    }
    throw new Unresolved(`no branch reads ${writer.kind}`)
  }
  if (reader.kind !== writer.kind) {
    if (promoted[writer.kind]?.split(' ').includes(reader.kind)) return value
    throw new Unresolved(`${writer.kind} as ${reader.kind}`)
  }
  if ('name' in reader && 'name' in writer) {
    const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
    if (last(reader.name) !== last(writer.name) && !reader.aliases.includes(writer.name))
      throw new Unresolved(`${writer.name} as ${reader.name}`)
  }
  if (reader.kind === 'fixed' && writer.kind === 'fixed' && reader.size !== writer.size) throw new Unresolved('size')
  if (reader.kind === 'enum') {
    if (reader.symbols.includes(value as string)) return value
    if (reader.default !== null) return reader.default
    throw new Unresolved(`symbol ${String(value)}`)
  }
  if (reader.kind === 'array' && writer.kind === 'array')
    return (value as unknown[]).map((item) => resolve(reader.items, writer.items, item))
  if (reader.kind === 'map' && writer.kind === 'map')
    return (value as [unknown, unknown][]).map(([key, item]) => [key, resolve(reader.values, writer.values, item)])
  if (reader.kind === 'record' && writer.kind === 'record') return resolveRecord(reader, writer, value as unknown[])
  return value
}

function resolveRecord(
  reader: AvroType & { kind: 'record' },
  writer: AvroType & { kind: 'record' },
  values: readonly unknown[],
): unknown {
  return reader.fields.map((field) => {
    const found = writer.fields.flatMap((written, i) =>
      written.name === field.name || field.aliases.includes(written.name) ? i : [],
    )
    if (found.length > 1) throw new Unresolved(`${field.name} is there twice`)
    if (found.length === 1) return resolve(field.type, writer.fields[found[0]!]!.type, values[found[0]!])
    if (!field.hasDefault || checkAvroDefault(field.type, field.default) !== undefined)
      throw new Unresolved(`${field.name} is missing`)
    return field.default
  })
}

/** Bytes of some value of the type. */
export function drawAvro(type: AvroType, draw: Draw): Uint8Array {
  const bytes: number[] = []
  write(type, draw, bytes, 0)
  return Uint8Array.from(bytes)
}

const depthMax = 6

function write(type: AvroType, draw: Draw, bytes: number[], depth: number): void {
  const varint = (value: number): void => {
    let rest = value < 0 ? -value * 2 - 1 : value * 2
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    bytes.push(rest)
  }
  const text = (): void => {
    const size = draw.below(4)
    varint(size)
    for (let i = 0; i < size; i++) bytes.push(97 + draw.below(26))
  }
  const blocks = (item: () => void): void => {
    const count = depth >= depthMax ? 0 : draw.below(3)
    if (count > 0) varint(count)
    for (let i = 0; i < count; i++) item()
    bytes.push(0)
  }
  switch (type.kind) {
    case 'null':
      return
    case 'boolean':
      return void bytes.push(draw.below(2))
    case 'int':
      return varint(draw.below(2_000) - 1_000)
    case 'long':
      return varint(draw.pick([0, -1, 2 ** 31, 2 ** 40, -(2 ** 40)]))
    case 'float':
    case 'double': {
      const view = new DataView(new ArrayBuffer(8))
      const value = draw.below(100) / 4
      if (type.kind === 'float') view.setFloat32(0, value, true)
      else view.setFloat64(0, value, true)
      for (let i = 0; i < (type.kind === 'float' ? 4 : 8); i++) bytes.push(view.getUint8(i))
      return
    }
    case 'bytes':
    case 'string':
      return text()
    case 'fixed':
      for (let i = 0; i < type.size; i++) bytes.push(draw.below(256))
      return
    case 'enum':
      return varint(draw.below(type.symbols.length))
    case 'array':
      return blocks(() => write(type.items, draw, bytes, depth + 1))
    case 'map':
      return blocks(() => {
        text()
        write(type.values, draw, bytes, depth + 1)
      })
    case 'union': {
      const empty = type.branches.findIndex(({ kind }) => kind === 'null')
      const branch = depth >= depthMax && empty >= 0 ? empty : draw.below(type.branches.length)
      varint(branch)
      return write(type.branches[branch]!, draw, bytes, depth + 1)
    }
    case 'record':
      for (const field of type.fields) write(field.type, draw, bytes, depth + 1)
  }
}
