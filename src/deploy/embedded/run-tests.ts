// A folder's tests: given rows go into topics of a log in memory, the pipelines between the given and the expected tables run as they
// do in a node, and the rows of the expected tables are compared. Nothing touches the disk; a test takes milliseconds.
import { createMemoryDisk, MillraceError, nodeRandom, type Clock } from '../../base/index.ts'
import { createTestRun, type TestRun } from '../../engine/index.ts'
import { createEncoder, schemaTextFor, type TopicFormat } from '../../format/index.ts'
import { decompressRecords } from '../../kafka/wire/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import {
  BatchBuilder,
  fromPlainValue,
  RecordBatchWriter,
  toPlainValue,
  type PlainValue,
  type RegisteredSchema,
  type SchemaIds,
  type Value,
} from '../../model/index.ts'
import { resolveProject, type Desired, type Project, type TestResource } from '../../project/index.ts'
import { pipelineSpecs } from './specs.ts'
import { currentRows, topicRows } from './topic-rows.ts'

export interface TestResult {
  readonly name: string
  readonly passed: boolean
  readonly elapsedMs: number
  readonly differences: readonly {
    readonly table: string
    readonly missing: readonly Row[]
    readonly unexpected: readonly Row[]
  }[]
}

export type Row = Readonly<Record<string, PlainValue>>

/** As a person wrote it. */
type Given = Readonly<Record<string, unknown>>

/** A clock that stands: tests are in event time. */
const testClock: Clock = { nowMs: () => Date.UTC(2026, 0, 1), monotonicMs: () => 0, after: () => () => {} }

/** Runs every test of a project. Throws MillraceError where a row cannot be written (MR-PROJECT-020, with its place). */
export function runTests(project: Project, environment: string): TestResult[] {
  const mistakes: MillraceError[] = []
  const desired = withoutReaderSchemas(resolveProject(project, environment, mistakes))
  if (mistakes.length > 0) throw new AggregateError(mistakes)
  return project.tests.map((test) => {
    const beganMs = performance.now()
    const differences = runTest(test, project, desired)
    return { name: test.name, passed: differences.length === 0, elapsedMs: performance.now() - beganMs, differences }
  })
}

interface Bench {
  readonly log: LocalLog
  readonly schemaIds: SchemaIds
  readonly formats: ReadonlyMap<string, TopicFormat>
  readonly idOf: (topic: string) => number
}

function runTest(test: TestResource, project: Project, desired: Desired): TestResult['differences'] {
  const bench = makeBench(project, desired)
  const given = new Set(test.given.map((g) => g.table))
  const expected = new Set(test.expect.map((e) => e.table))
  const runs = startRuns(bench, desired, given, expected)
  for (const entry of test.given) {
    const format = bench.formats.get(entry.table)!
    if (entry.rows) appendRows(bench, format, entry.rows, test)
    for (const run of runs) {
      run.run.read()
      if (entry.watermark !== undefined) run.run.watermark(format.topic, watermarkMs(entry.watermark, test))
      // In order of the pipelines: what one writes, the next reads.
      for (const { topic, partition, batches } of run.run.seal(testClock.nowMs()))
        bench.log.appendNow(topic, partition, batches)
    }
  }
  return test.expect.flatMap(({ table, rows }) => {
    const format = bench.formats.get(table)!
    const difference = compareRows(
      foundRows(bench, format),
      rows.map((row) => normalize(row, format, test)),
    )
    return difference ? [{ table, ...difference }] : []
  })
}

function makeBench(project: Project, desired: Desired): Bench {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: testClock, random: nodeRandom, durability: 'os' }), disk)
  const schemas: RegisteredSchema[] = []
  const subjects = new Map<string, number>()
  const formats = new Map<string, TopicFormat>()
  for (const table of project.sql.tables) {
    const format = desired.topics.find((t) => t.name === (table.options['millrace.topic'] ?? table.name))!.format!
    formats.set(table.name, format)
    log.createTopicNow({ name: format.topic, partitionCount: 1 })
    const text = schemaTextFor(format)
    if (!text) continue
    schemas.push({ id: schemas.length + 1, type: text.type, text: text.text })
    subjects.set(text.subject, schemas.length)
  }
  const schemaIds: SchemaIds = {
    byId: (id) => schemas[id - 1],
    latest: (subject) => {
      const id = subjects.get(subject)
      return id === undefined ? undefined : { ...schemas[id - 1]!, version: 1 }
    },
  }
  return { log, schemaIds, formats, idOf: (topic) => subjects.get(`${topic}-value`) ?? 0 }
}

/** The pipelines on a way from a given to an expected table, upstream first; none that would write into a given table. */
/** A test's rows are written as the columns say, and read so. */
function withoutReaderSchemas(desired: Desired): Desired {
  const plain = ({ readerSchema: _, ...format }: TopicFormat): TopicFormat => format
  return {
    ...desired,
    topics: desired.topics.map((topic) => ({ ...topic, format: topic.format && plain(topic.format) })),
    pipelines: desired.pipelines.map((pipeline) => ({ ...pipeline, inputs: pipeline.inputs.map(plain) })),
  }
}

function startRuns(
  bench: Bench,
  desired: Desired,
  given: ReadonlySet<string>,
  expected: ReadonlySet<string>,
): { name: string; run: TestRun }[] {
  const specs = pipelineSpecs(desired, bench.idOf).filter((s) => s.kind === 'query')
  const wanted: string[] = []
  const visit = (table: string): void => {
    for (const { plan, name } of specs) {
      if (plan.sink.table !== table || given.has(table) || wanted.includes(name)) continue
      plan.inputs.forEach(visit)
      wanted.push(name)
    }
  }
  expected.forEach(visit)
  return wanted.map((name) => {
    const spec = specs.find((s) => s.name === name)!
    const ports = {
      reader: bench.log,
      schemaIds: bench.schemaIds,
      disk: createMemoryDisk(),
      decompress: decompressRecords,
    }
    return { name, run: createTestRun(spec, { ports, clockMs: testClock.nowMs(), sinkPartitions: 1 }) }
  })
}

function appendRows(bench: Bench, format: TopicFormat, rows: readonly Given[], test: TestResource): void {
  const builder = new BatchBuilder(format.schema)
  for (const row of rows) builder.appendRow(valuesOf(row, format, test))
  const batch = builder.finish()
  const writer = new RecordBatchWriter()
  createEncoder(format, { schemaId: bench.idOf(format.topic) }).encode(batch, 0, batch.rowCount, (_, key, value) =>
    writer.append(key, value, testClock.nowMs()),
  )
  const bytes = writer.finish()
  if (bytes) bench.log.appendNow(format.topic, 0, bytes)
}

/** Columns that a test leaves out are NULL, or empty where they must not be. */
function valuesOf(row: Given, format: TopicFormat, test: TestResource): Value[] {
  return format.schema.fields.map(({ name, type }) => {
    try {
      const value = fromPlainValue(row[name], type)
      return value === null && !type.nullable
        ? fromPlainValue(
            type.kind === 'VARCHAR' || type.kind === 'CHAR'
              ? ''
              : type.kind.startsWith('TIMESTAMP')
                ? '1970-01-01 00:00:00'
                : type.kind === 'BOOLEAN'
                  ? 'false'
                  : '0',
            type,
          )
        : value
    } catch (cause) {
      throw new MillraceError('MR-PROJECT-020', {
        details: { test: test.name, column: name, reason: (cause as Error).message },
        place: test.place,
        cause,
      })
    }
  })
}

function watermarkMs(text: string, test: TestResource): number {
  try {
    return Number(fromPlainValue(text, { kind: 'TIMESTAMP', precision: 3, nullable: false }))
  } catch (cause) {
    throw new MillraceError('MR-PROJECT-020', {
      details: { test: test.name, column: 'watermark', reason: (cause as Error).message },
      place: test.place,
      cause,
    })
  }
}

/** A written row with every value in the form that found rows have; only the columns that the test names are compared. */
function normalize(row: Given, format: TopicFormat, test: TestResource): Row {
  const values = valuesOf(row, format, test)
  return Object.fromEntries(
    format.schema.fields.flatMap((f, i) => (f.name in row ? [[f.name, toPlainValue(values[i]!, f.type)]] : [])),
  )
}

function foundRows(bench: Bench, format: TopicFormat): Row[] {
  const options = { reader: bench.log, format, schemaIds: bench.schemaIds }
  const rows = format.primaryKey ? currentRows(options) : topicRows(options)
  return [...rows].map((row) =>
    Object.fromEntries(format.schema.fields.map((f, i) => [f.name, toPlainValue(row[i]!, f.type)])),
  )
}

/** As multisets. */
function compareRows(
  found: readonly Row[],
  expected: readonly Row[],
): { missing: Row[]; unexpected: Row[] } | undefined {
  const left = [...found]
  const missing = expected.filter((row) => {
    const at = left.findIndex((candidate) =>
      Object.entries(row).every(([name, value]) => JSON.stringify(candidate[name]) === JSON.stringify(value)),
    )
    if (at < 0) return true
    left.splice(at, 1)
    return false
  })
  return missing.length === 0 && left.length === 0 ? undefined : { missing, unexpected: left }
}
