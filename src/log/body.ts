// The log worker's body: takes requests from all clients' rings, stages them as one group, syncs once, answers. While a
// sync runs, requests gather in the rings: that is the group commit, without any added wait.
import { assert, Doorbell, RingReader, RingWriter, type Body, type RingShare } from '../base/index.ts'
import type { CommitOutcome } from '../model/index.ts'
import { defaultLimits, type LogLimits } from './limits.ts'
import type { Log, Refusal } from './log-types.ts'
import {
  decodeRequest,
  encodeAdvances,
  encodeReply,
  MessageAssembler,
  MessageSender,
  type Reply,
  type Request,
} from './messages.ts'

/** One client's rings, from the worker's side. */
export interface ClientRings {
  readonly requests: RingShare
  readonly replies: RingShare
  /** Rung when partitions advance. */
  readonly bell: SharedArrayBuffer
}

interface Client {
  readonly requests: RingReader
  readonly replies: MessageSender
  readonly assembler: MessageAssembler
  readonly bell: Doorbell
  follows: boolean
}

interface Answer {
  readonly client: Client
  readonly number: number
  readonly reply: Reply
}

/** How the last group that had something to write ended. */
export type WritesState = 'synced' | 'full' | 'failed'

export class LogBody implements Body {
  readonly #log: Log
  readonly #onWrites: (state: WritesState) => void
  #writes: WritesState = 'synced'
  readonly #limits: LogLimits
  readonly #clients: Client[]
  readonly #answers: Answer[] = []
  #first = 0

  /** @param onWrites told when writes begin to be refused, and when they go on */
  constructor(
    log: Log,
    clients: readonly ClientRings[],
    limits: Partial<LogLimits> = {},
    onWrites: (state: WritesState) => void = () => {},
  ) {
    this.#log = log
    this.#onWrites = onWrites
    this.#limits = { ...defaultLimits, ...limits }
    this.#clients = clients.map((rings) => ({
      requests: new RingReader(rings.requests),
      replies: new MessageSender(new RingWriter(rings.replies)),
      assembler: new MessageAssembler(),
      bell: new Doorbell(rings.bell),
      follows: false,
    }))
  }

  step(): boolean {
    for (const client of this.#clients) client.replies.pump()
    const worked = this.#gather()
    if (worked) this.#finishGroup()
    const maintained = this.#log.maintain()
    // Retention moves starts; compaction and checkpoints move nothing.
    for (const { bell } of this.#sendAdvances()) bell.ring()
    return worked || maintained
  }

  idleMs(): number {
    return this.#log.idleMs()
  }

  /** Stages what has arrived, the clients in turn, up to the group's limits. */
  #gather(): boolean {
    const { groupBytesMax, groupRequestsMax } = this.#limits
    const clients = this.#clients
    this.#first = (this.#first + 1) % Math.max(1, clients.length)
    let taken = 0
    for (let i = 0; i < clients.length; i++) {
      const client = clients[(this.#first + i) % clients.length]!
      // A client that does not take its replies is not listened to.
      while (client.replies.pendingBytes === 0 && taken < groupRequestsMax && this.#log.stagedBytes < groupBytesMax) {
        const frame = client.requests.tryRead()
        if (!frame) break
        const message = client.assembler.take(frame)
        if (message) this.#handle(client, message)
        client.requests.release()
        taken++
      }
    }
    return taken > 0
  }

  #handle(client: Client, message: Uint8Array): void {
    const { number, request } = decodeRequest(message)
    if (request.kind === 'follow') client.follows = true
    else this.#answers.push({ client, number, reply: this.#stage(request) })
  }

  #stage(request: Exclude<Request, { kind: 'follow' }>): Reply {
    const log = this.#log
    switch (request.kind) {
      case 'append': {
        const outcome = log.append(request.topic, request.partition, request.batches, request)
        if (!outcome.ok) return refusal(outcome)
        return done({
          offset: outcome.baseOffset,
          logAppendTimeMs: outcome.logAppendTimeMs,
          logStartOffset: outcome.logStartOffset,
        })
      }
      case 'appendAll': {
        const outcome = log.appendAll(request.appends)
        return outcome.ok ? done({ data: outcome.baseOffsets }) : refusal(outcome)
      }
      case 'endTransaction': {
        const outcome = log.endTransaction(request.end)
        return outcome.ok ? done({ data: outcome.ended }) : refusal(outcome)
      }
      case 'openTransactions':
        return done({ data: log.openTransactions().map(plainId) })
      case 'producers': {
        const outcome = log.producers(request.topic, request.partition)
        return outcome.ok ? done({ data: outcome.producers.map(plainId) }) : refusal(outcome)
      }
      case 'commit': {
        const commit = log.commit(request.group)
        return done({ commit })
      }
      case 'createTopic': {
        const outcome = log.createTopic(request.topic)
        return outcome.ok ? done({ id: outcome.id }) : refusal(outcome)
      }
      case 'deleteTopic':
        return plain(log.deleteTopic(request.name))
      case 'alterTopic':
        return plain(log.alterTopic(request.name, request.configs))
      case 'addPartitions':
        return plain(log.addPartitions(request.name, request.count))
      case 'deleteRecords': {
        const outcome = log.deleteRecords(request.topic, request.partition, request.before)
        return outcome.ok ? done({ logStartOffset: outcome.logStartOffset }) : refusal(outcome)
      }
      case 'nextProducerId': {
        const outcome = log.nextProducerId()
        return outcome.ok ? done({ offset: Number(outcome.producerId) }) : refusal(outcome)
      }
    }
  }

  #finishGroup(): void {
    const hasWritten = this.#log.stagedBytes > 0
    const synced = this.#log.sync()
    if (hasWritten && synced !== this.#writes) this.#onWrites((this.#writes = synced))
    const toRing = this.#sendAdvances()
    for (const { client, number, reply } of this.#answers) {
      client.replies.send([encodeReply(number, synced === 'synced' ? reply : unwritten(reply, synced))], true)
      toRing.add(client)
    }
    this.#answers.length = 0
    // Once each, when all is there: waking a thread costs more than what it is woken for.
    for (const { bell } of toRing) bell.ring()
  }

  /** @returns whom to wake: all, when something has grown */
  #sendAdvances(): Set<Client> {
    const advances = this.#log.takeAdvances()
    if (advances.length === 0) return new Set()
    const note = encodeAdvances(advances)
    for (const client of this.#clients) if (client.follows) client.replies.send([note], true)
    return new Set(this.#clients)
  }

  close(): void {
    // What has arrived whole is still written; its senders may be waiting.
    while (this.#gather()) this.#finishGroup()
    assert(this.#answers.length === 0, 'all that was asked is answered')
    this.#log.close()
  }
}

function done(fields: Partial<Extract<Reply, { ok: true }>>): Reply {
  return {
    ok: true,
    offset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    id: '',
    commit: undefined,
    data: undefined,
    ...fields,
  }
}
/** Ids are below 2^53, and a reply's data is JSON. */
const plainId = <T extends { producerId: bigint }>(one: T): Omit<T, 'producerId'> & { producerId: number } => ({
  ...one,
  producerId: Number(one.producerId),
})
const refusal = (outcome: Refusal): Reply => ({ ...outcome, commit: undefined })
const plain = (outcome: { ok: true } | Refusal): Reply => (outcome.ok ? done({}) : refusal(outcome))

const fullMessage = 'no room left on the disk; nothing was written, try again'
const failedMessage = 'the disk failed; the log takes no writes until restart'

/** What was staged was not written after all: not even a refusal stands, since what it rests on may have been staged, too. */
function unwritten(reply: Reply, why: 'full' | 'failed'): Reply {
  const message = why === 'full' ? fullMessage : failedMessage
  if (!reply.commit) return { ok: false, error: 56, message, commit: undefined }
  const commit: CommitOutcome = { ok: false, reason: why === 'full' ? 'retry' : 'failed', message }
  return { ...reply, commit }
}
