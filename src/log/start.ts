// Starts the log's thread and hands out what others need of it: shared memory for readers, rings for clients.
import { createRing, Doorbell, MillraceError, startWorker, type ErrorCode } from '../base/index.ts'
import type { ClientRings, WritesState } from './body.ts'
import type { LogClientPort } from './client.ts'
import { defaultLimits, ringLimits, type LogLimits } from './limits.ts'
import type { Damage, Durability, LogShare } from './log-types.ts'
import { createShare } from './share.ts'

/** From which the worker builds its ports and its body. */
export interface LogWorkerDescription {
  readonly share: LogShare
  readonly durability: Durability
  readonly clients: readonly ClientRings[]
  readonly limits: Partial<LogLimits>
}

/** What the worker tells the main thread. */
export type LogWorkerReport =
  | { readonly kind: 'opened'; readonly damages: readonly Damage[] }
  | { readonly kind: 'writes'; readonly state: WritesState }
  /** The folder cannot be opened: an error of the world, by code. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly details: MillraceError['details'] }

export interface LogWorker {
  readonly share: LogShare
  /** Partitions found damaged at the start. */
  readonly damages: readonly Damage[]
  /** A client's end, for whichever thread it runs in. Asserts that the name was given at the start. */
  clientPort(name: string): LogClientPort
  /** Writes what has arrived, checkpoints, ends the thread. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts the log in a thread of its own and waits until it is recovered. Rejects with MR-LOG-003 (not whole), MR-BASE-002
 * (full), MR-BASE-003, MR-BASE-006 (newer), or MR-BASE-004 when the thread could not start.
 * @param options.folder the data folder, absolute; locked by the caller (lockDataFolder)
 * @param options.clients a name for each thread that will write; one port each
 * @param options.onWrites writes begin to be refused ('full': until there is room, 'failed': until the next start), or go on
 * @param options.onFailure after the start, the thread is gone: close the clients, since nothing will be answered
 */
export async function startLogWorker(options: {
  folder: string
  durability: Durability
  clients: readonly string[]
  limits?: Partial<LogLimits>
  onFailure: (error: MillraceError) => void
  onWrites?: (state: WritesState) => void
}): Promise<LogWorker> {
  const { folder, durability, limits = {} } = options
  const share = createShare(folder, limits.partitionsMax ?? defaultLimits.partitionsMax)
  const bell = new Doorbell()
  const ports = new Map(options.clients.map((name) => [name, createLogPort(name, share, bell)]))
  const description: LogWorkerDescription = { share, durability, clients: [...ports.values()].map(ringsOf), limits }
  let damages: readonly Damage[] = []
  let refused: MillraceError | undefined
  let isUp = false
  const handle = startWorker(new URL('./log.worker.ts', import.meta.url), {
    name: 'log',
    description,
    bell,
    onReport(message) {
      const report = message as LogWorkerReport
      if (report.kind === 'opened') damages = report.damages
      else if (report.kind === 'writes') options.onWrites?.(report.state)
      else refused = new MillraceError(report.code, { details: report.details })
    },
    onFailure: (error) => {
      if (isUp) options.onFailure(error)
    },
  })
  try {
    await handle.ready
  } catch (error) {
    throw refused ?? error
  }
  isUp = true
  return {
    share,
    damages,
    clientPort(name) {
      const port = ports.get(name)
      if (!port) throw new Error(`the log was started without a client ${name}`)
      return port
    },
    stop: () => handle.stop(),
  }
}

const ringsOf = ({ requests, replies, bell }: LogClientPort): ClientRings => ({ requests, replies, bell })

/**
 * Rings for one client.
 * @param workerBell rung when the client has written, or has made room
 * @param sizes smaller rings, for tests
 */
export function createLogPort(
  name: string,
  share: LogShare,
  workerBell: Doorbell,
  sizes: { requestRingBytes: number; replyRingBytes: number } = ringLimits,
): LogClientPort {
  const bell = new Doorbell()
  return {
    name,
    share,
    bell: bell.share,
    requests: createRing(sizes.requestRingBytes, workerBell, bell),
    replies: createRing(sizes.replyRingBytes, bell, workerBell),
  }
}
