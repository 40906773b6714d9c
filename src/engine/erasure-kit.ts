// For tests of erasure: pipelines over tables with encrypted columns whose rows here lie in clear, and keys that are only
// deleted; what a reader without the key does not see is what a test does not write.
import assert from 'node:assert/strict'
import { createMemoryDisk, type Disk } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { LocalLog } from '../log/index.ts'
import type { ChangeKind, ErasedKey, FieldKeys, SchemaIds, Value } from '../model/index.ts'
import { analyze, sealedStateOf, sealedTable, type SqlProject } from '../sql/index.ts'
import {
  createPipelinesBody,
  stateSealOf,
  type EngineLimits,
  type PipelinesBody,
  type QueryPipelineSpec,
} from './index.ts'
import { jsonFormat, noMeter, noSchemaIds, openTestLog, readTopic, recordsOf, stepClock } from './test-kit.ts'

export const sealedTables = `
CREATE TABLE customers (customer_id BIGINT NOT NULL, email STRING, country STRING, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('millrace.encrypt.columns' = 'email', 'millrace.encrypt.subject' = 'customer-{customer_id}');
CREATE TABLE profiles (customer_id BIGINT NOT NULL, email STRING, PRIMARY KEY (customer_id) NOT ENFORCED)
WITH ('millrace.format' = 'json', 'millrace.encrypt.columns' = 'email', 'millrace.encrypt.subject' = 'customer-{customer_id}');
CREATE TABLE versions (customer_id BIGINT NOT NULL, email STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (customer_id) NOT ENFORCED)
WITH ('millrace.format' = 'json', 'millrace.encrypt.columns' = 'email', 'millrace.encrypt.subject' = 'customer-{customer_id}');
CREATE TABLE orders (order_id BIGINT NOT NULL, customer_id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts);
`

export interface ErasureRun {
  readonly disk: Disk
  readonly log: LocalLog
  readonly body: PipelinesBody
  readonly project: SqlProject
  produce(table: string, rows: readonly (readonly Value[])[], kinds?: readonly ChangeKind[]): void
  /** Steps until nothing is left to do. */
  settle(): void
  /** Deletes keys, which the pipelines have not seen yet. */
  erase(...subjects: readonly string[]): void
  /** Another process over the same disk: what was not committed never was. @param secrets others than before */
  restart(secrets?: readonly string[]): void
  /** Time goes by, and the log looks after itself as its worker does. */
  wait(ms: number): void
  /** Records of a topic from the n-th on. */
  from(table: string, n: number): unknown[]
  count(table: string): number
  /** Names of state files that hold the text. */
  filesWith(text: string): string[]
}

/** @param given.secrets state is sealed with @param given.parallelism instances of keyed operators */
export function erasureRun(
  text: string,
  limits: Partial<EngineLimits> = {},
  given: { readonly secrets?: readonly string[]; readonly parallelism?: number } = {},
): ErasureRun {
  const project = analyze([{ file: 'test.sql', text }])
  assert.deepEqual(
    project.errors.map((e) => e.message),
    [],
  )
  const clock = stepClock()
  const disk = createMemoryDisk()
  const erased: ErasedKey[] = []
  const keys: Pick<FieldKeys, 'hold' | 'release' | 'erasedFrom'> = {
    hold: () => erased.length,
    release() {},
    erasedFrom: (offset) => erased.slice(offset),
  }
  const schemaIds: SchemaIds = { ...noSchemaIds, fieldKeys: keys as FieldKeys }
  const formats = new Map(
    project.tables.map((table): [string, TopicFormat] => [
      table.name,
      jsonFormat(table.name, table.schema, table.primaryKey ? { primaryKey: [...table.primaryKey] } : {}),
    ]),
  )
  const specs = specsOf(project, formats)
  let { secrets } = given
  const { parallelism = 1 } = given
  const open = (): { log: LocalLog; body: PipelinesBody } => {
    const { log } = openTestLog({ clock, disk })
    for (const table of project.tables)
      if (log.partitionCount(table.name) === undefined) log.createTopicNow({ name: table.name, partitionCount: 1 })
    const stateSeal = secrets && stateSealOf(secrets)
    const ports = { reader: log, commit: log, schemaIds, clock, disk, meter: noMeter, stateSeal }
    return { log, body: createPipelinesBody({ specs, ...ports, options: { epochMs: 10, parallelism }, limits }) }
  }
  let now = open()
  return {
    disk,
    project,
    get log() {
      return now.log
    },
    get body() {
      return now.body
    },
    produce: (table, rows, kinds) => void now.log.appendNow(table, 0, recordsOf(formats.get(table)!, rows, kinds)),
    settle() {
      for (let i = 0; i < 12; i++) {
        while (now.body.step());
        clock.advance(11)
      }
      assert.deepEqual(
        now.body.status().map(({ name, error }) => [name, error]),
        specs.map(({ name }) => [name, null]),
      )
    },
    erase: (...subjects) =>
      void erased.push(...subjects.map((subject) => ({ kekName: 'millrace', algorithm: 'AES256_GCM', subject }))),
    restart(others) {
      secrets = others ?? secrets
      now = open()
    },
    wait(ms) {
      clock.advance(ms)
      for (let looks = 0; looks < 5; looks++) {
        while (now.log.log.maintain());
        clock.advance(60_000)
      }
    },
    from: (table, n) =>
      readTopic(now.log, table)
        .slice(n)
        .map(({ key, value }) => (value === null ? `${key} deleted` : JSON.parse(value))),
    count: (table) => now.log.endOffset(table, 0),
    filesWith: (wanted) => stateFiles(disk).filter((path) => textOf(disk, path).includes(wanted)),
  }
}

function specsOf(project: SqlProject, formats: ReadonlyMap<string, TopicFormat>): QueryPipelineSpec[] {
  const tables = new Map(project.tables.map((table) => [table.name, table]))
  return project.pipelines.map((plan): QueryPipelineSpec => {
    const sealed = sealedStateOf(plan.root, (table) => sealedTable(tables.get(table)!))
    assert.deepEqual(sealed.unowned, [])
    return {
      kind: 'query',
      name: plan.name,
      plan,
      inputs: plan.inputs.map((table) => formats.get(table)!),
      sink: { ...formats.get(plan.sink.table)!, schemaId: 1 },
      erasure: {
        sources: plan.inputs.flatMap((table) =>
          sealedTable(tables.get(table)!)
            ? [{ source: table, table, kekName: 'millrace', algorithm: 'AES256_GCM', topicSubject: `${table}-value` }]
            : [],
        ),
        slots: sealed.slots,
      },
    }
  })
}

export function stateFiles(disk: Disk): string[] {
  const below = (folder: string): string[] =>
    disk.list(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      return name.endsWith('.segment') ? [path] : below(path)
    })
  return disk.exists('state') ? below('state') : []
}

function textOf(disk: Disk, path: string): string {
  const file = disk.open(path, 'read')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  file.close()
  return Buffer.from(bytes).toString('latin1')
}
