// The peers, as their own documentation has them used. Decoding with avsc ends at its objects; with JSON.parse the objects
// are filled into columns, because that is what a program without kernels does. Encoding starts from ready objects, which
// spares the peers the way from columns to objects.
import avsc from 'avsc'
import { schemaTextFor } from '../../src/format/index.ts'
import type { LogicalType, Schema, Value } from '../../src/model/index.ts'
import type { Shape } from './shapes.ts'
import type { Work } from './work.ts'

/** One pass over all values; a number that keeps the work from being optimized away. */
export type Run = () => number

export interface AvscPeers {
  /** Type.fromBuffer. */
  readonly decode: Run
  /** The same, resolving to a record of only the narrow columns. */
  readonly decodeNarrow: Run
  readonly encode: Run
}

export function avscPeers(shape: Shape, { format, values }: Work): AvscPeers {
  interface RecordSchema {
    fields: { name: string }[]
  }
  const schema = JSON.parse(schemaTextFor(format)!.text) as RecordSchema
  const type = avsc.Type.forSchema(schema as avsc.Schema)
  const narrowNames = shape.narrow.map((i) => shape.schema.fields[i]!.name)
  const narrowSchema = { ...schema, fields: schema.fields.filter((field) => narrowNames.includes(field.name)) }
  const narrow = avsc.Type.forSchema(narrowSchema as avsc.Schema)
  const resolver = narrow.createResolver(type)
  const bodies = values.map((value) => value.subarray(5))
  const objects = bodies.map((body) => type.fromBuffer(body) as unknown)
  let kept: unknown
  return {
    decode: () => {
      for (let i = 0; i < bodies.length; i++) kept = type.fromBuffer(bodies[i]!)
      return kept === undefined ? 0 : bodies.length
    },
    decodeNarrow: () => {
      for (let i = 0; i < bodies.length; i++) kept = narrow.fromBuffer(bodies[i]!, resolver)
      return kept === undefined ? 0 : bodies.length
    },
    encode: () => {
      let size = 0
      for (let i = 0; i < objects.length; i++) size += type.toBuffer(objects[i]).length
      return size
    },
  }
}

/** Type.fromBuffer of Debezium's envelopes. */
export function avscEnvelopes({ format, values }: Work): Run {
  const type = avsc.Type.forSchema(JSON.parse(schemaTextFor(format)!.text) as avsc.Schema)
  const bodies = values.map((value) => value.subarray(5))
  let kept: unknown
  return () => {
    for (let i = 0; i < bodies.length; i++) kept = type.fromBuffer(bodies[i]!)
    return kept === undefined ? 0 : bodies.length
  }
}

type JsonObject = Record<string, unknown>
type Fill = (object: JsonObject, row: number) => void

/** JSON.parse of a Buffer's text, and a column filled per field. */
export function jsonParseAndFill(shape: Shape, columns: readonly number[], { values }: Work): Run {
  const fills = columns.map((i) => makeFill(shape.schema.fields[i]!.name, shape.schema.fields[i]!.type))
  return () => {
    for (let i = 0; i < values.length; i++) {
      const object = JSON.parse(values[i]!.toString()) as JsonObject
      for (let k = 0; k < fills.length; k++) fills[k]!(object, i & 2047)
    }
    return values.length
  }
}

const encoder = new TextEncoder()

/** Batches of 2,048 rows, written over again and again: the peer allocates no columns. */
function makeFill(name: string, type: LogicalType, rows = 2048): Fill {
  const valid = new Uint8Array(rows)
  const offsets = new Int32Array(rows + 1)
  const present = makePresentFill(name, type, rows, offsets)
  return (object, row) => {
    if (object[name] === null || object[name] === undefined) {
      valid[row] = 0
      offsets[row + 1] = offsets[row]!
    } else {
      valid[row] = 1
      present(object, row)
    }
  }
}

function makePresentFill(name: string, type: LogicalType, rows: number, offsets: Int32Array): Fill {
  const bytes = new Uint8Array(rows * 512)
  switch (type.kind) {
    case 'BIGINT': {
      const lanes = new BigInt64Array(rows)
      return (object, row) => {
        lanes[row] = BigInt(object[name] as number)
      }
    }
    case 'INT': {
      const lanes = new Int32Array(rows)
      return (object, row) => {
        lanes[row] = object[name] as number
      }
    }
    case 'DOUBLE': {
      const lanes = new Float64Array(rows)
      return (object, row) => {
        lanes[row] = object[name] as number
      }
    }
    case 'BOOLEAN':
      return (object, row) => {
        bytes[row] = object[name] === true ? 1 : 0
      }
    case 'DECIMAL': {
      const lanes = new BigInt64Array(rows)
      const factor = 10 ** type.scale
      return (object, row) => {
        lanes[row] = BigInt(Math.round((object[name] as number) * factor))
      }
    }
    case 'TIMESTAMP': {
      const lanes = new BigInt64Array(rows)
      return (object, row) => {
        lanes[row] = BigInt(Date.parse(`${(object[name] as string).replace(' ', 'T')}Z`))
      }
    }
    case 'VARCHAR':
      return (object, row) => {
        const at = row === 0 ? 0 : offsets[row]!
        offsets[row + 1] = at + encoder.encodeInto(object[name] as string, bytes.subarray(at)).written
      }
    case 'ROW': {
      const fills = type.fields.map((field) => makeFill(field.name, field.type, rows))
      return (object, row) => {
        for (const fill of fills) fill(object[name] as JsonObject, row)
      }
    }
    case 'ARRAY': {
      if (type.element.kind !== 'ROW') throw new Error('no such shape')
      const fills = type.element.fields.map((field) => makeFill(field.name, field.type, rows * 8))
      return (object, row) => {
        let at = row === 0 ? 0 : offsets[row]!
        for (const element of object[name] as JsonObject[]) {
          for (const fill of fills) fill(element, at)
          at++
        }
        offsets[row + 1] = at
      }
    }
    default:
      throw new Error('no such shape')
  }
}

/** JSON.stringify of ready objects and their UTF-8. */
export function jsonStringify({ values }: Work): Run {
  const objects = values.map((value) => JSON.parse(value.toString()) as unknown)
  return () => {
    let size = 0
    for (let i = 0; i < objects.length; i++) size += encoder.encode(JSON.stringify(objects[i])).length
    return size
  }
}

/** The same from columns: what a program has in its hand when it has what ours has. */
export function jsonStringifyFromRows(shape: Shape): Run {
  const texts = shape.schema.fields.map((field) => makePlain(field.type))
  const names = shape.schema.fields.map((field) => field.name)
  return () => {
    let size = 0
    for (const row of shape.rows) {
      const object: JsonObject = {}
      for (let i = 0; i < names.length; i++) object[names[i]!] = row[i] === null ? null : texts[i]!(row[i]!)
      size += encoder.encode(JSON.stringify(object)).length
    }
    return size
  }
}

function makePlain(type: LogicalType): (value: Value) => unknown {
  switch (type.kind) {
    case 'BIGINT':
      return Number
    case 'DECIMAL':
      return (value) => Number(value) / 10 ** type.scale
    case 'TIMESTAMP':
      return (value) => new Date(Number(value)).toISOString().replace('T', ' ').slice(0, -1)
    case 'ROW':
      return (value) => plainRow({ fields: type.fields }, value as readonly Value[])
    case 'ARRAY': {
      const element = makePlain(type.element)
      return (value) => (value as readonly Value[]).map((one) => (one === null ? null : element(one)))
    }
    default:
      return (value) => value
  }
}

function plainRow(schema: Schema, row: readonly Value[]): JsonObject {
  const object: JsonObject = {}
  schema.fields.forEach((field, i) => {
    object[field.name] = row[i] === null ? null : makePlain(field.type)(row[i]!)
  })
  return object
}
