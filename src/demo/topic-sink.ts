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
  readonly #damaged: { readonly table: ServiceName; readonly partition: number; readonly writer: RecordBatchWriter }[] =
    []
  /** Time of the last heartbeat row, per table; it is the before image of the next. */
  readonly #beats = new Map<string, number>()
  #n = 0
  #timeMs = 0

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

  /** The event that is told next, and its records' time. */
  at(n: number, timeMs: number): void {
    this.#n = n
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
    // Without a key; the event's number decides, so that a repetition writes the same.
    const partition = this.#n % this.#spec.topics[table].partitionCount
    let place = this.#damaged.find((d) => d.table === table && d.partition === partition)
    if (!place) this.#damaged.push((place = { table, partition, writer: new RecordBatchWriter() }))
    place.writer.append(null, bytes, this.#timeMs)
  }

  /** The records since the last call. */
  take(): Append[] {
    const appends = [...this.#outputs.values()].flatMap((output) => {
      const taken = output.take()
      if (output.failure) throw output.failure
      return taken
    })
    for (const { table, partition, writer } of this.#damaged) {
      const batches = writer.finish()
      if (batches) appends.push({ topic: this.#spec.topics[table].format.topic, partition, batches })
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
