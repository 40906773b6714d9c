// Verdicts over generated pairs of Avro schemas against what avsc, and a reader of our own, make of old data.
import avsc from 'avsc'
import { parseAvroSchema } from '../src/format/index.ts'
import { makeDraw } from '../src/registry/draw-testing.ts'
import { drawAvro } from '../src/registry/avro/bytes-testing.ts'
import { compareAvro } from '../src/registry/avro/compatibility.ts'
import { makeAvroPair } from '../src/registry/avro/pairs-testing.ts'
import { resolveAvro, Unresolved } from '../src/registry/avro/resolve.ts'

export interface PairReport {
  /** Skipped: avsc does not take the schema. */
  readonly verdict: 'compatible' | 'incompatible' | 'skipped'
  readonly rules: readonly string[]
  readonly witness: boolean
}

/** Throws what is wrong about the verdict. */
export function checkAvroPair(seed: number, values = 20): PairReport {
  const draw = makeDraw(seed)
  const pair = makeAvroPair(draw)
  const [old, now] = [JSON.stringify(pair.old), JSON.stringify(pair.now)]
  const [writer, reader] = [parseAvroSchema(old), parseAvroSchema(now)]
  const found = compareAvro(reader, writer, { texts: { reader: now, writer: old } }).filter(({ warning }) => !warning)
  const types = typesOf(pair.old, pair.now)
  if (!types) return { verdict: 'skipped', rules: [], witness: false }
  let witness = false
  for (let n = 0; n < values && !witness; n++) {
    const bytes = drawAvro(writer, draw)
    const failed = failureOf(reader, writer, bytes)
    if (failed === undefined) continue
    witness = true
    if (found.length === 0) throw new Error(`compatible, but ${failed}\nold ${old}\nnew ${now}`)
  }
  if (found.length === 0) {
    const failed = avscFailure(
      types,
      [1, 2, 3, 4, 5].map(() => drawAvro(writer, draw)),
    )
    if (failed !== undefined) throw new Error(`compatible, but avsc: ${failed}\nold ${old}\nnew ${now}`)
  }
  return { verdict: found.length === 0 ? 'compatible' : 'incompatible', rules: found.map(({ rule }) => rule), witness }
}

interface Types {
  readonly old: avsc.Type
  readonly now: avsc.Type
}

function typesOf(old: unknown, now: unknown): Types | undefined {
  try {
    const [a, b] = [old, now].map((schema) => avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true }))
    return { old: a!, now: b! }
  } catch {
    return undefined
  }
}

function failureOf(...given: Parameters<typeof resolveAvro>): string | undefined {
  try {
    resolveAvro(...given)
    return undefined
  } catch (error) {
    if (error instanceof Unresolved) return error.message
    throw error
  }
}

/** avsc decides on types, as we do; then it must read each value. */
function avscFailure({ old, now }: Types, bytes: readonly Uint8Array[]): string | undefined {
  try {
    const options = { ignoreNamespaces: true } as unknown as undefined
    const resolver = now.createResolver(old, options)
    for (const one of bytes) now.fromBuffer(Buffer.from(one), resolver)
    return undefined
  } catch (error) {
    const { message } = error as Error
    // A union that tries a record and gives up leaves a reader that is not finished.
    return /_read is not a function|_peek is not a function/.test(message) ? undefined : message
  }
}
