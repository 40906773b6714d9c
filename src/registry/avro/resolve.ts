// Reads one record that one Avro schema wrote with another, straight from the specification: to tell whether rows that are
// in a topic can be read with a schema that is not there yet. It is slow and keeps to limits whatever the bytes say. A
// union of the reader takes the first branch that reads the value at hand.
// Reference: Apache Avro 1.12 specification, "Binary encoding" and "Schema Resolution".
import type { AvroType } from '../../format/index.ts'
import { registryLimits } from '../limits.ts'
import { checkAvroDefault } from './defaults.ts'

/** The bytes cannot be read; the message says why. */
export class Unresolved extends Error {}

/** The value, or throws Unresolved. O(bytes), bounded by limits.validationStepsMax. */
export function resolveAvro(reader: AvroType, writer: AvroType, bytes: Uint8Array): unknown {
  const run = new Reading(bytes)
  const value = run.read(writer, 0)
  if (run.position !== bytes.length) throw new Unresolved(`${bytes.length - run.position} bytes are left`)
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
  #steps = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  read(type: AvroType, depth: number): unknown {
    if (++this.#steps > registryLimits.validationStepsMax || depth > registryLimits.depthMax * 4)
      throw new Unresolved('it has too many or too deeply nested values')
    switch (type.kind) {
      case 'null':
        return null
      case 'boolean':
        return this.#take(1)[0] === 1
      case 'int':
      case 'long':
        return this.#varint()
      case 'float':
        this.#take(4)
        return this.#view.getFloat32(this.position - 4, true)
      case 'double':
        this.#take(8)
        return this.#view.getFloat64(this.position - 8, true)
      case 'bytes':
      case 'string':
        return this.#take(Number(this.#varint()))
      case 'fixed':
        return this.#take(type.size)
      case 'enum':
        return this.#one(type.symbols)
      case 'array':
        return this.#blocks(() => this.read(type.items, depth + 1))
      case 'map':
        return this.#blocks(() => [this.#take(Number(this.#varint())), this.read(type.values, depth + 1)])
      case 'union': {
        const branch = Number(this.#varint())
        const inner = type.branches[branch]
        if (!inner) throw new Unresolved(`there is no branch ${branch} at byte ${this.position}`)
        return { branch, value: this.read(inner, depth + 1) } satisfies Branch
      }
      case 'record':
        return type.fields.map((field) => this.read(field.type, depth + 1))
    }
  }

  #one(list: readonly string[]): string {
    const index = Number(this.#varint())
    const found = list[index]
    if (found === undefined) throw new Unresolved(`there is no symbol ${index} at byte ${this.position}`)
    return found
  }

  #varint(): bigint {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0]!
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return (result >> 1n) ^ -(result & 1n)
    }
    throw new Unresolved(`a number of more than ten bytes at byte ${this.position}`)
  }

  #take(size: number): Uint8Array {
    if (size < 0 || size > this.#bytes.length - this.position)
      throw new Unresolved(`it ends early, at byte ${this.position}`)
    this.position += size
    return this.#bytes.subarray(this.position - size, this.position)
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
