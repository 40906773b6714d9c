// A thread's end of the rings to the log worker. In a worker the body's step() calls poll() and uses submit/outcome; on
// the main thread the client runs its own loop, and promises resolve from there.
import { assert, Doorbell, MillraceError, RingReader, RingWriter, type RingShare } from '../base/index.ts'
import type { CommitGroup, CommitOutcome, LastCommit, TopicPartition } from '../model/index.ts'
import { ringLimits } from './limits.ts'
import type {
  AppendAllOutcome,
  AppendOptions,
  AppendOutcome,
  ChangeOutcome,
  DeleteRecordsOutcome,
  EndedTransaction,
  EndTransaction,
  EndTransactionOutcome,
  LogClient,
  LogShare,
  NewRecords,
  NewTopic,
  OpenTransaction,
  ProducerDescription,
  ProducersOutcome,
  TopicInfo,
  TopicOutcome,
} from './log-types.ts'
import {
  decodeReply,
  encodeRequest,
  MessageAssembler,
  MessageSender,
  type Advance,
  type Reply,
  type Request,
} from './messages.ts'
import { OwnersReader, TopicsReader, type PublishedTopic } from './share.ts'

/** Plain and cloneable: how a thread reaches the log. One client at a time uses it. */
export interface LogClientPort {
  readonly name: string
  readonly share: LogShare
  /** Rung for replies and for advances; hand `new Doorbell(port.bell)` to startWorker, so that the body wakes. */
  readonly bell: SharedArrayBuffer
  readonly requests: RingShare
  readonly replies: RingShare
}

/**
 * Opens a client over its port.
 * @param options.loop true (default) runs poll() from an own asynchronous loop whenever the bell rings: for threads with an
 *   event loop. Workers whose body steps hand in false and call poll() in step().
 * @param options.onFault told what a callback of onAdvance threw: the others are told all the same, and the client goes on.
 *   Without it poll() throws it, and a loop ends with it
 */
export function openLogClient(
  port: LogClientPort,
  options: { loop?: boolean; onFault?: (error: unknown) => void } = {},
): LogClient {
  return new Client(port, options)
}

const throwOn = (error: unknown): never => {
  throw error
}

type OnAdvance = (topic: string, partition: number, endOffset: number) => void

class Client implements LogClient {
  readonly #requests: MessageSender
  readonly #replies: RingReader
  readonly #assembler = new MessageAssembler()
  readonly #bell: Doorbell
  readonly #owners: OwnersReader
  readonly #topics: TopicsReader
  /** What to do with a reply, by request number. */
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  readonly #underWay = new Set<string>()
  readonly #outcomes = new Map<string, CommitOutcome>()
  readonly #callbacks: OnAdvance[] = []
  #slotNames = new Map<number, { topic: string; partition: number }>()
  #slotNamesOf: readonly PublishedTopic[] | undefined
  #number = 0
  #closed = false
  readonly #onFault: (error: unknown) => void

  constructor(port: LogClientPort, options: { loop?: boolean; onFault?: (error: unknown) => void }) {
    this.#onFault = options.onFault ?? throwOn
    this.#requests = new MessageSender(new RingWriter(port.requests))
    this.#replies = new RingReader(port.replies)
    this.#bell = new Doorbell(port.bell)
    this.#owners = new OwnersReader(port.share)
    this.#topics = new TopicsReader(port.share)
    if (options.loop ?? true) void this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const seen = this.#bell.seen()
      this.poll()
      await this.#bell.waitAsync(seen)
    }
  }

  poll(): void {
    this.#requests.pump()
    for (let frame = this.#replies.tryRead(); frame; frame = this.#replies.tryRead()) {
      const message = this.#assembler.take(frame)
      const decoded = message && decodeReply(message)
      this.#replies.release()
      if (!decoded) continue
      if ('advances' in decoded) this.#tell(decoded.advances)
      else this.#settle(decoded.number, decoded.reply)
    }
  }

  #settle(number: number, reply: Reply): void {
    const settle = this.#waiting.get(number)
    // A client before this one on the same port may have asked; its answers are nobody's.
    if (!settle) return
    this.#waiting.delete(number)
    settle(reply)
  }

  #tell(advances: readonly Advance[]): void {
    const topics = this.#topics.read()
    if (topics !== this.#slotNamesOf) {
      this.#slotNamesOf = topics
      this.#slotNames = new Map(
        topics.flatMap(({ name, slots }) =>
          slots.map((slot, partition) => [slot, { topic: name, partition }] as const),
        ),
      )
    }
    for (const { slot, endOffset } of advances) {
      const place = this.#slotNames.get(slot)
      if (place) for (const callback of this.#callbacks) this.#call(callback, place, endOffset)
    }
  }

  #call(callback: OnAdvance, { topic, partition }: TopicPartition, endOffset: number): void {
    try {
      callback(topic, partition, endOffset)
    } catch (error) {
      this.#onFault(error)
    }
  }

  onAdvance(callback: OnAdvance): void {
    if (this.#callbacks.push(callback) === 1) this.#requests.send(encodeRequest(0, { kind: 'follow' }))
  }

  topic(name: string): TopicInfo | undefined {
    const found = this.#topics.read().find((one) => one.name === name)
    if (!found) return undefined
    const { slots: _, ...info } = found
    return info
  }

  get pendingBytes(): number {
    return this.#requests.pendingBytes
  }

  #ask(request: Request): Promise<Reply> {
    if (this.#closed) return Promise.resolve(noAnswer('this client of the log is closed'))
    if (this.#requests.pendingBytes > ringLimits.pendingBytesMax)
      return Promise.resolve(noAnswer('too much waits to be written; nothing was, try again'))
    return new Promise((resolve) => this.#send(request, resolve))
  }

  #send(request: Request, settle: (reply: Reply) => void): void {
    this.#number = this.#number === 0xffffffff ? 1 : this.#number + 1
    this.#waiting.set(this.#number, settle)
    this.#requests.send(encodeRequest(this.#number, request))
  }

  async append(
    topic: string,
    partition: number,
    batches: Uint8Array,
    { fromZero = false }: AppendOptions = {},
  ): Promise<AppendOutcome> {
    const reply = await this.#ask({ kind: 'append', topic, partition, batches, fromZero })
    if (!reply.ok) return refusal(reply)
    return {
      ok: true,
      baseOffset: reply.offset,
      logAppendTimeMs: reply.logAppendTimeMs,
      logStartOffset: reply.logStartOffset,
    }
  }

  async appendAll(appends: readonly NewRecords[]): Promise<AppendAllOutcome> {
    const reply = await this.#ask({ kind: 'appendAll', appends })
    return reply.ok ? { ok: true, baseOffsets: reply.data as readonly number[] } : refusal(reply)
  }
  async endTransaction(request: EndTransaction): Promise<EndTransactionOutcome> {
    const reply = await this.#ask({ kind: 'endTransaction', end: request })
    return reply.ok ? { ok: true, ended: reply.data as readonly EndedTransaction[] } : refusal(reply)
  }
  async openTransactions(): Promise<readonly OpenTransaction[]> {
    const reply = await this.#ask({ kind: 'openTransactions' })
    if (!reply.ok) throw new MillraceError('MR-LOG-005', { details: { reason: reply.message } })
    return (reply.data as { producerId: number; producerEpoch: number; partitions: TopicPartition[] }[]).map((one) => ({
      ...one,
      producerId: BigInt(one.producerId),
    }))
  }
  async producers(topic: string, partition: number): Promise<ProducersOutcome> {
    const reply = await this.#ask({ kind: 'producers', topic, partition })
    if (!reply.ok) return refusal(reply)
    const known = reply.data as (Omit<ProducerDescription, 'producerId'> & { producerId: number })[]
    return { ok: true, producers: known.map((one) => ({ ...one, producerId: BigInt(one.producerId) })) }
  }

  async createTopic(topic: NewTopic): Promise<TopicOutcome> {
    const reply = await this.#ask({ kind: 'createTopic', topic })
    return reply.ok ? { ok: true, id: reply.id } : refusal(reply)
  }
  async deleteTopic(name: string): Promise<ChangeOutcome> {
    return change(await this.#ask({ kind: 'deleteTopic', name }))
  }
  async alterTopic(name: string, configs: Readonly<Record<string, string>>): Promise<ChangeOutcome> {
    return change(await this.#ask({ kind: 'alterTopic', name, configs }))
  }
  async addPartitions(name: string, count: number): Promise<ChangeOutcome> {
    return change(await this.#ask({ kind: 'addPartitions', name, count }))
  }
  async deleteRecords(topic: string, partition: number, before: number): Promise<DeleteRecordsOutcome> {
    const reply = await this.#ask({ kind: 'deleteRecords', topic, partition, before })
    return reply.ok ? { ok: true, logStartOffset: reply.logStartOffset } : refusal(reply)
  }
  async nextProducerId(): Promise<bigint> {
    const reply = await this.#ask({ kind: 'nextProducerId' })
    if (!reply.ok) throw new MillraceError('MR-LOG-005', { details: { reason: reply.message } })
    return BigInt(reply.offset)
  }

  submit(group: CommitGroup): boolean {
    const { owner } = group
    assert(!this.#underWay.has(owner), `one group of ${owner} at a time is under way`)
    this.#requests.pump()
    if (this.#closed || this.#requests.pendingBytes > 0) return false
    this.#underWay.add(owner)
    this.#send({ kind: 'commit', group }, (reply) => {
      this.#underWay.delete(owner)
      this.#outcomes.set(
        owner,
        reply.commit ?? { ok: false, reason: 'failed', message: reply.ok ? 'no outcome' : reply.message },
      )
    })
    return true
  }

  outcome(owner: string): CommitOutcome | undefined {
    if (this.#underWay.has(owner)) this.poll()
    const outcome = this.#outcomes.get(owner)
    this.#outcomes.delete(owner)
    return outcome
  }

  last(owner: string): LastCommit | undefined {
    return this.#owners.last(owner)
  }

  close(): void {
    if (this.#closed) return
    this.poll()
    this.#closed = true
    for (const settle of this.#waiting.values()) settle(noAnswer('the log was stopped before it answered'))
    this.#waiting.clear()
    // Ends the loop at once instead of at its next look.
    this.#bell.ring()
  }
}

const noAnswer = (message: string): Reply => ({ ok: false, error: 56, message, commit: undefined })
const refusal = ({ error, message }: Extract<Reply, { ok: false }>): Extract<AppendOutcome, { ok: false }> => ({
  ok: false,
  error,
  message,
})
const change = (reply: Reply): ChangeOutcome => (reply.ok ? { ok: true } : refusal(reply))
