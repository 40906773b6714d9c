// Bytes of Avro values, drawn.
import type { AvroType } from '../../format/index.ts'
import type { Draw } from '../draw-testing.ts'

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
