// A transactional producer and its coordinator in the simulation: numbered transactions over several partitions and a group's
// offsets, committed, aborted, left open by a crash and then fenced; zombies that go on with the old epoch are refused.
import { MillraceError } from '../src/base/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { coordinatorPartition, encodeOffsetRecord, offsetsTopic, type LogClient } from '../src/log/index.ts'
import { ledger, ledgerState } from './ledger.ts'
import { tagText, type LogChecker } from './log-checker.ts'
import type { SeededRandom } from './random.ts'
import type { Actor } from './scenario.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export type TransactionNotes = Pick<
  LogChecker,
  'noteTransaction' | 'noteInTransaction' | 'noteEnded' | 'noteProducerId'
>

interface Options {
  readonly transactions: number
  /** Number of the last one before; 0 when left out. */
  readonly after?: number
  readonly random: SeededRandom
  /** Told of each transaction as it goes; in another process it passes the word on. */
  readonly checker: TransactionNotes
  readonly nowMs: () => number
}

export class TransactionActor implements Actor {
  readonly name: string
  readonly #options: Options
  #client: LogClient | undefined
  #producerId: bigint | undefined
  #epoch = 0
  /** The number of the transaction that is next, or under way. */
  #number = 0
  #busy = false
  #isTaken = false
  #failure: unknown

  constructor(name: string, options: Options) {
    this.name = name
    this.#options = options
    this.#number = options.after ?? 0
  }

  attach(client: LogClient): void {
    this.#client = client
    this.#busy = false
    this.#isTaken = false
  }

  get done(): boolean {
    return this.#number >= this.#options.transactions
  }

  step(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    const client = this.#client!
    client.poll()
    const isThere = [ledger, ledgerState, offsetsTopic].every(({ name }) => client.topic(name) !== undefined)
    if (!isThere || this.#busy || this.done) return false
    this.#busy = true
    const isMine = (): boolean => this.#client === client
    const work = this.#isTaken ? this.#transact(client, isMine) : this.#takeOver(client)
    work.then(
      () => {
        if (isMine()) this.#busy = false
      },
      (error: unknown) => {
        // The log was stopped, or is full: again in a later step.
        if (!(error instanceof MillraceError)) this.#failure = error
        if (isMine()) this.#busy = false
      },
    )
    return true
  }

  /** After a start: whatever is open is aborted in a higher epoch, which fences who wrote it. */
  async #takeOver(client: LogClient): Promise<void> {
    const { checker } = this.#options
    if (this.#producerId === undefined) {
      const id = await client.nextProducerId()
      checker.noteProducerId(id)
      this.#producerId ??= id
    }
    const open = (await client.openTransactions()).find(({ producerId }) => producerId === this.#producerId)
    // Above any epoch of an end whose answer was lost.
    const epoch = this.#epoch + 2
    if (open && !(await this.#end(client, { commits: false, epoch, offset: undefined }))) return
    this.#epoch = epoch
    this.#number++
    this.#isTaken = true
  }

  async #transact(client: LogClient, isMine: () => boolean): Promise<void> {
    const { random, checker } = this.#options
    const number = this.#number
    const epoch = this.#epoch
    const sequences = [0, 0]
    checker.noteTransaction(this.name, number)
    let isWhole = true
    let isInFirst = false
    const count = 1 + random.below(4)
    for (let i = 0; i < count && isWhole; i++) {
      const partition = random.below(2)
      const value = tagText({ by: this.name, number: number * 10 + i })
      const batch = this.#batch([{ key: null, value: encode(value) }], epoch, sequences[partition]!++)
      const outcome = await client.append(ledger.name, partition, batch, { fromZero: true })
      if (!isMine()) return
      if (outcome.ok && partition === 0) isInFirst = true
      if (outcome.ok) checker.noteInTransaction(this.name, number, { partition, offset: outcome.baseOffset, value })
      else isWhole = false
    }
    const offset = isWhole && random.chance(0.6) ? number : undefined
    if (offset !== undefined) {
      const { partition, batch } = this.#offsetBatch(epoch, offset)
      isWhole = (await client.append(offsetsTopic.name, partition, batch)).ok
      if (!isMine()) return
    }
    const commits = isWhole && random.chance(0.6)
    // Where it had written the log itself refuses the old epoch; elsewhere the coordinator does.
    const isZombie = isInFirst && random.chance(0.2)
    while (!(await this.#end(client, { commits, epoch: epoch + 1, offset }))) {
      if (!isMine()) return
      // Gives up: whoever comes next aborts it.
      if (random.chance(0.3)) return void (this.#isTaken = false)
    }
    if (!isMine()) return
    this.#epoch = epoch + 1
    this.#number++
    if (!isZombie) return
    const late = this.#batch([{ key: null, value: encode(`${this.name}#late`) }], epoch, sequences[0]!)
    const outcome = await client.append(ledger.name, 0, late)
    if (outcome.ok) throw new Error(`${this.name}: a record of epoch ${epoch} was taken after its transaction ended`)
  }

  /** @returns false when nothing was written, or nobody knows */
  async #end(
    client: LogClient,
    { commits, epoch, offset }: { commits: boolean; epoch: number; offset: number | undefined },
  ): Promise<boolean> {
    const { checker, nowMs } = this.#options
    const number = this.#number
    const state = `${commits ? 'commit' : 'abort'} ${tagText({ by: this.name, number })}`
    const record = { key: null, value: encode(state), timestampMs: nowMs() }
    const outcome = await client.endTransaction({
      producerId: this.#producerId!,
      producerEpoch: epoch,
      coordinatorEpoch: 0,
      commits,
      appends: [{ topic: ledgerState.name, partition: 0, batches: encodeRecordBatch([record]) }],
    })
    if (!outcome.ok) return false
    checker.noteEnded(this.name, number, { commits, offset })
    return true
  }

  #offsetBatch(epoch: number, offset: number): { partition: number; batch: Uint8Array } {
    const place = { group: this.name, topic: 'input', partition: 0 }
    const record = { ...place, offset, leaderEpoch: -1, metadata: '', commitTimestampMs: this.#options.nowMs() }
    const partition = coordinatorPartition(this.name, offsetsTopic.partitionCount)
    return { partition, batch: this.#batch([encodeOffsetRecord(record)], epoch, -1) }
  }

  #batch(
    records: readonly { key: Uint8Array | null; value: Uint8Array }[],
    producerEpoch: number,
    baseSequence: number,
  ): Uint8Array {
    const timestampMs = this.#options.nowMs()
    return encodeRecordBatch(
      records.map((record) => ({ ...record, timestampMs })),
      { producerId: this.#producerId!, producerEpoch, baseSequence, transactional: true },
    )
  }
}
