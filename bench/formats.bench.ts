// Formats: records into column batches of 2,048 rows and back, one thread, beside the library that a TypeScript program
// would use. A figure is rows a second of one pass over all batches of a shape; ours ends at a finished batch on shared
// memory, the peers as peers.ts says.
import { compare, type Contestant } from './harness.ts'
import {
  avscEnvelopes,
  avscPeers,
  jsonParseAndFill,
  jsonStringify,
  jsonStringifyFromRows,
  type Run,
} from './formats/peers.ts'
import { protobufEsPeers } from './formats/protobuf-peers.ts'
import { makeShapes, type Shape } from './formats/shapes.ts'
import { checkWork, makeDecodeRun, makeEncodeRun, makeWork } from './formats/work.ts'

const rowsOfShape = 2048 * 8
const passes = 4

interface Options {
  readonly rounds: number
}

/** One table: ours and its peers doing the same. */
interface Case {
  readonly title: string
  readonly ours: Run
  readonly peers: Readonly<Record<string, Run>>
}

/** Prints a table per format, direction, set of columns and shape. FORMATS narrows it: FORMATS='avro decode payments'. */
export async function bench({ rounds }: Options): Promise<void> {
  const wanted = (process.env['FORMATS'] ?? '').split(' ')
  const shapes = makeShapes(rowsOfShape)
  for (const shape of shapes) {
    for (const cases of [avroCases, changeCases, protobufCases, jsonCases]) {
      for (const one of cases(shape)) {
        if (wanted.every((word) => one.title.includes(word))) await run(one, rounds)
      }
    }
  }
}

function avroCases(shape: Shape): Case[] {
  const work = makeWork(shape, 'avro-confluent')
  const all = shape.schema.fields.map((_, i) => i)
  checkWork(shape, work, all)
  checkWork(shape, work, shape.narrow)
  const avsc = avscPeers(shape, work)
  return [
    { title: `avro decode all, ${shape.name}`, ours: makeDecodeRun(work, all), peers: { avsc: avsc.decode } },
    {
      title: `avro decode narrow, ${shape.name}`,
      ours: makeDecodeRun(work, shape.narrow),
      peers: { avsc: avsc.decode, 'avsc, resolving': avsc.decodeNarrow },
    },
    { title: `avro encode, ${shape.name}`, ours: makeEncodeRun(work), peers: { avsc: avsc.encode } },
  ]
}

function protobufCases(shape: Shape): Case[] {
  const work = makeWork(shape, 'protobuf-confluent')
  const all = shape.schema.fields.map((_, i) => i)
  checkWork(shape, work, all)
  checkWork(shape, work, shape.narrow)
  const es = protobufEsPeers(work)
  const peer = (run: Run): Record<string, Run> => ({ 'protobuf-es': run })
  return [
    { title: `protobuf decode all, ${shape.name}`, ours: makeDecodeRun(work, all), peers: peer(es.decode) },
    { title: `protobuf decode narrow, ${shape.name}`, ours: makeDecodeRun(work, shape.narrow), peers: peer(es.decode) },
    { title: `protobuf encode, ${shape.name}`, ours: makeEncodeRun(work), peers: peer(es.encode) },
  ]
}

/** Inserts in Debezium's envelope: what captured tables are read from. */
function changeCases(shape: Shape): Case[] {
  const work = makeWork(shape, 'debezium-avro-confluent')
  const all = shape.schema.fields.map((_, i) => i)
  checkWork(shape, work, all)
  return [
    {
      title: `avro changes decode all, ${shape.name}`,
      ours: makeDecodeRun(work, all),
      peers: { avsc: avscEnvelopes(work) },
    },
  ]
}

function jsonCases(shape: Shape): Case[] {
  const work = makeWork(shape, 'json')
  const all = shape.schema.fields.map((_, i) => i)
  checkWork(shape, work, all)
  checkWork(shape, work, shape.narrow)
  return [
    {
      title: `json decode all, ${shape.name}`,
      ours: makeDecodeRun(work, all),
      peers: { 'JSON.parse and fill': jsonParseAndFill(shape, all, work) },
    },
    {
      title: `json decode narrow, ${shape.name}`,
      ours: makeDecodeRun(work, shape.narrow),
      peers: { 'JSON.parse and fill': jsonParseAndFill(shape, shape.narrow, work) },
    },
    {
      title: `json encode, ${shape.name}`,
      ours: makeEncodeRun(work),
      peers: { 'JSON.stringify': jsonStringify(work), 'the same from rows': jsonStringifyFromRows(shape) },
    },
  ]
}

const contestant = (name: string, pass: Run): Contestant => ({
  name,
  measure: () => {
    const start = performance.now()
    for (let i = 0; i < passes; i++) pass()
    return Promise.resolve({ rate: (rowsOfShape * passes * 1000) / (performance.now() - start) })
  },
})

/** Rounds are many and short: only their table is printed. */
const printTable = (line: string): void => {
  if (!line.startsWith('  ')) console.log(line)
}

async function run(one: Case, rounds: number): Promise<void> {
  await compare(
    {
      title: one.title,
      command: `FORMATS='${one.title.replace(/,.*/, '')}' npm run bench -- formats --rounds ${rounds}`,
      figures: [{ name: 'rate', unit: 'rows/s', better: 'higher' }],
      ours: contestant('millrace', one.ours),
      peers: Object.entries(one.peers).map(([name, pass]) => contestant(name, pass)),
      rounds,
      warmUps: 2,
    },
    printTable,
  )
}
