// Shop events as records: captured tables in Debezium's envelope, service events plain; and a sink for tests and files needs no records.
import { assert, MillraceError } from '../base/index.ts'
import { captureLimits, TableOutput, type Append } from '../capture/index.ts'
import { changeKind, describeType, RecordBatchWriter, type Value } from '../model/index.ts'
import type { GeneratorSpec } from './generator-types.ts'
import { capturedNames, serviceNames, shopColumns, type CapturedName, type ServiceName, type ShopSink } from './shop.ts'

const columnTypes: Readonly<Record<string, string>> = {
  user_id: 'BIGINT NOT NULL',
  merchant_id: 'BIGINT NOT NULL',
  loan_id: 'BIGINT NOT NULL',
  payment_id: 'BIGINT NOT NULL',
  amount: 'DECIMAL(12, 2) NOT NULL',
  principal: 'DECIMAL(12, 2) NOT NULL',
  updated_at: 'TIMESTAMP(3) NOT NULL',
  event_time: 'TIMESTAMP(3) NOT NULL',
  paid_at: 'TIMESTAMP(3) NOT NULL',
}

/** Throws MR-DEMO-001 when a table's columns are not those that the generator fills. */
export function checkShopTables(spec: GeneratorSpec): void {
  for (const name of [...capturedNames, ...serviceNames]) {
    const wanted = shopColumns[name].map((column) => `${column} ${columnTypes[column] ?? 'STRING NOT NULL'}`).join(', ')
    const found = spec.topics[name].format.schema.fields.map((f) => `${f.name} ${describeType(f.type)}`).join(', ')
    if (found !== wanted) throw new MillraceError('MR-DEMO-001', { details: { table: name, found, wanted } })
  }
}

/** Gathers records until take(). @param withDatabaseRows false: a real database has them */
export class TopicSink implements ShopSink {
  readonly #spec: GeneratorSpec
  readonly #withDatabaseRows: boolean
  readonly #outputs: ReadonlyMap<string, TableOutput>
  readonly #damaged = new Map<ServiceName, RecordBatchWriter>()
  /** Time of the last heartbeat row, per table; it is the before image of the next. */
  readonly #beats = new Map<string, number>()
  #timeMs = 0
  #damagedCount = 0

  constructor(spec: GeneratorSpec, withDatabaseRows: boolean) {
    this.#spec = spec
    this.#withDatabaseRows = withDatabaseRows
    this.#outputs = new Map(
      [...capturedNames, ...serviceNames].map((name) => {
        const { format, schemaId, partitionCount } = spec.topics[name]
        return [name, new TableOutput({ source: name, format, schemaId, partitionCount }, captureLimits)]
      }),
    )
  }

  /** Record time of what follows. */
  at(timeMs: number): void {
    this.#timeMs = timeMs
  }

  /** @param timeMs of the last heartbeat that was told before, 0 for none */
  beaten(table: 'users' | 'merchants', timeMs: number): void {
    this.#beats.set(table, timeMs)
  }

  change(table: CapturedName, before: readonly Value[] | null, after: readonly Value[] | null): void {
    if (!this.#withDatabaseRows) return
    const output = this.#output(table)
    if (before && after) {
      output.builder.appendRow(before, changeKind.updateBefore)
      output.builder.appendRow(after, changeKind.updateAfter)
    } else if (after) output.builder.appendRow(after, changeKind.insert)
    else if (before) output.builder.appendRow(before, changeKind.delete)
    output.stamp(this.#timeMs)
  }

  heartbeat(table: 'users' | 'merchants', timeMs: number): void {
    const last = this.#beats.get(table) ?? 0
    this.#beats.set(table, timeMs)
    this.change(table, last > 0 ? heartbeatRow(last) : null, heartbeatRow(timeMs))
  }

  event(table: ServiceName, row: readonly Value[]): void {
    const output = this.#output(table)
    output.builder.appendRow(row)
    output.stamp(this.#timeMs)
  }

  undecodable(table: ServiceName, bytes: Uint8Array): void {
    let writer = this.#damaged.get(table)
    if (!writer) this.#damaged.set(table, (writer = new RecordBatchWriter()))
    writer.append(null, bytes, this.#timeMs)
  }

  /** The records since the last call. */
  take(): Append[] {
    const appends = [...this.#outputs.values()].flatMap((output) => {
      const taken = output.take()
      if (output.failure) throw output.failure
      return taken
    })
    for (const [table, writer] of this.#damaged) {
      const batches = writer.finish()
      const { format, partitionCount } = this.#spec.topics[table]
      if (batches) appends.push({ topic: format.topic, partition: this.#damagedCount++ % partitionCount, batches })
    }
    return appends
  }

  #output(table: CapturedName | ServiceName): TableOutput {
    const output = this.#outputs.get(table)
    assert(output, 'every table of the shop has an output')
    if (output.isFull) output.flush()
    return output
  }
}

/** Row 0 of users and merchants, which have the same column types. */
export function heartbeatRow(timeMs: number): Value[] {
  return [0n, '', '', BigInt(timeMs)]
}
