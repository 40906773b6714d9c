// Debezium's envelope in JSON: finds before, after and op wherever they stand, with or without the schema around them
// ({"schema": …, "payload": …}), then reads the images that count.
// Reference: Debezium 3.6 change events; Flink 2.3 DebeziumJsonDeserializationSchema.
import { asDamage } from './damage.ts'
import { compileJsonEnvelopeKernel } from './json/envelope-kernel.ts'
import { JsonRowReader } from './json/read.ts'
import { learnEnvelope } from './json/template.ts'
import { changeKind, type RecordColumns, type Schema } from '../model/index.ts'
import type { Stage } from './stage.ts'
import { setImages } from './images.ts'
import type { KernelRuns } from './wasm/input.ts'
import type { RecordKernel } from './wasm/record-kernel.ts'

const letters = { before: encode('before'), after: encode('after'), op: encode('op'), payload: encode('payload') }

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** After so many runs without a record another template is learned; not for ever. */
const idleMax = 8
const learningsMax = 4

/** Where the parts of an envelope begin; -1: not there or null. */
interface Envelope {
  before: number
  after: number
  /** A character code; 0: not there. */
  op: number
  /** Where a payload object begins. */
  payload: number
}

export class DebeziumJsonReader {
  readonly #rows: JsonRowReader
  readonly #stage: Stage

  readonly #columns: Schema
  readonly #kernelAfter: number
  #count = 0
  /** Undefined until it is compiled; null: only the plain reader can. */
  #kernel: RecordKernel | null | undefined
  #learnings = 0
  /** Runs in a row that ended before their first record. */
  #idle = 0

  /** @param kernelAfter records that are read plainly before a kernel is compiled */
  constructor(columns: Schema, stage: Stage, kernelAfter: number) {
    this.#columns = columns
    this.#kernelAfter = kernelAfter
    this.#rows = new JsonRowReader(columns, stage, { times: 'debezium' })
    this.#stage = stage
  }

  /** Appends the changes of one envelope to the stage; how many rows. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.#count++
    const { scanner } = this.#rows
    scanner.set(bytes, from, to)
    let envelope = this.#envelope(0)
    scanner.finish()
    if (envelope.op === 0 && envelope.payload >= 0) {
      scanner.set(bytes, envelope.payload, to)
      envelope = this.#envelope(1)
    }
    scanner.at = from
    const image = (at: number) => (row: number) => {
      scanner.at = at
      this.#rows.readObject(row, 1)
    }
    return setImages(this.#stage, envelope.op, from, {
      before: envelope.before < 0 ? null : image(envelope.before),
      after: envelope.after < 0 ? null : image(envelope.after),
    })
  }

  /** Runs of envelopes as the one that was learned from has them. */
  run(runs: KernelRuns, records: RecordColumns, from: number, to: number): number {
    if (this.#kernel === null || records.valueLength[from]! < 0 || this.#count < this.#kernelAfter) return from
    if (this.#idle >= idleMax && this.#learnings < learningsMax) this.#kernel = undefined
    if (this.#kernel === undefined && !this.#learn(records, from)) return from
    const next = runs.run(this.#kernel!, records, from, to, changeKind.insert)
    this.#idle = next > from ? 0 : this.#idle + 1
    return next
  }

  #learn({ bytes, valueStart, valueLength }: RecordColumns, index: number): boolean {
    const start = valueStart[index]!
    try {
      const template = learnEnvelope(this.#columns, bytes, start, start + valueLength[index]!)
      if (!template) return false
      this.#learnings++
      this.#idle = 0
      this.#kernel = compileJsonEnvelopeKernel(this.#columns, this.#stage, template)
    } catch (error) {
      // A damaged record teaches nothing; it is refused in its turn.
      asDamage(error)
      return false
    }
    return this.#kernel !== null
  }

  #envelope(depth: number): Envelope {
    const { scanner } = this.#rows
    const envelope: Envelope = { before: -1, after: -1, op: 0, payload: -1 }
    if (scanner.peek() !== 123) scanner.fail('no JSON object')
    scanner.at++
    if (scanner.peek() === 125) {
      scanner.at++
      return envelope
    }
    do {
      scanner.key()
      const part = this.#part()
      const present = scanner.peek() !== 110
      const start = scanner.at
      if (part === 'op' && present) {
        if (scanner.peek() !== 34) scanner.fail('its op is no string')
        scanner.string()
        envelope.op = scanner.textTo - scanner.textFrom === 1 ? scanner.text[scanner.textFrom]! : 255
      } else {
        scanner.skip(depth + 1)
        if (part !== null && part !== 'op') envelope[part] = present ? start : -1
      }
    } while (!scanner.next(125))
    return envelope
  }

  #part(): keyof typeof letters | null {
    const { text, textFrom, textTo } = this.#rows.scanner
    for (const part of ['before', 'after', 'op', 'payload'] as const) {
      const name = letters[part]
      if (name.length === textTo - textFrom && name.every((byte, i) => text[textFrom + i] === byte)) return part
    }
    return null
  }
}
