// Threads. A worker's entry (`*.worker.ts`) calls runWorker with a function that builds a body from a plain description,
// with ports of its own. The body only steps; this loop is the only one that waits. The simulation steps the same bodies.
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker, isMainThread, parentPort, receiveMessageOnPort, threadId, workerData } from 'node:worker_threads'
import { assert } from './assert.ts'
import { MillraceError } from './errors.ts'
import { Doorbell } from './ring.ts'

/** What every thread's work looks like. */
export interface Body {
  /** Does a bounded piece of work without waiting; true when there may be more at once. */
  step(): boolean
  /** Milliseconds until step should be called though no bell rang; Infinity when only the bell matters. */
  idleMs(): number
  /** Takes what the main thread sent by WorkerHandle.send; called between steps. */
  command?(message: never): void
  /** Finishes what was promised (a running epoch may be dropped: it is not committed). May wait for the disk. */
  close(): void | Promise<void>
}

export interface BodyContext {
  readonly bell: Doorbell
  /** Sends a plain message to the main thread: metrics, events. */
  report(message: unknown): void
}

interface Start {
  readonly name: string
  readonly description: unknown
  readonly bell: SharedArrayBuffer
  readonly stop: SharedArrayBuffer
}

type Note = { kind: 'ready' } | { kind: 'report'; message: unknown } | { kind: 'failed'; reason: string; stack: string }

export interface WorkerHandle {
  readonly name: string
  readonly bell: Doorbell
  /** Resolves when the body stands and steps. Rejects with MR-BASE-004 when it could not be built. */
  readonly ready: Promise<void>
  /** Hands a plain message to the body's command(), in order, and wakes it. */
  send(message: unknown): void
  /** Asks the body to close and waits for the thread's end. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts a worker thread. Cost: about 30 ms; awaits nothing.
 * @param entry new URL('./x.worker.ts', import.meta.url); becomes .js in the compiled package
 * @param options.description structured-cloneable; shared memory in it is shared
 * @param options.onReport what the body reports
 * @param options.onFailure called once when the body throws; the thread is gone then
 */
export function startWorker(
  entry: URL,
  options: {
    name: string
    description: unknown
    bell?: Doorbell
    onReport?: (message: unknown) => void
    onFailure: (error: MillraceError) => void
  },
): WorkerHandle {
  const { name, description } = options
  const bell = options.bell ?? new Doorbell()
  const stopFlag = new SharedArrayBuffer(4)
  const start: Start = { name, description, bell: bell.share, stop: stopFlag }
  const url = import.meta.url.endsWith('.js') ? new URL(entry.href.replace(/\.ts$/, '.js')) : entry
  const worker = new Worker(url, { workerData: start, name, env: workerEnvironment() })
  let stopping = false
  let failed: MillraceError | undefined
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      if (failed) return
      failed = new MillraceError('MR-BASE-004', { details: { name, reason }, cause })
      reject(failed)
      options.onFailure(failed)
    }
    worker.on('message', (note: Note) => {
      if (note.kind === 'ready') resolve()
      else if (note.kind === 'report') options.onReport?.(note.message)
      else fail(note.reason, Object.assign(new Error(note.reason), { stack: note.stack }))
    })
    worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error), error))
    worker.on('exit', (code) => {
      if (!stopping) fail(`exit code ${code}`)
    })
  })
  // A failure reaches onFailure; those who do not await ready must not bring the process down.
  ready.catch(() => {})
  return {
    name,
    bell,
    ready,
    send(message) {
      worker.postMessage(message)
      bell.ring()
    },
    async stop() {
      stopping = true
      Atomics.store(new Int32Array(stopFlag), 0, 1)
      bell.ring()
      await exited
    },
  }
}

/** The process's own, with its compile cache: a thread does not inherit that, and only this variable turns it on early enough. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir()
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) }
}

/**
 * The whole of a worker's entry file. `build` may await (connections); then the loop steps until asked to stop.
 * Bodies whose ports need the event loop (sockets) are stepped with 'async' waiting.
 */
export async function runWorker<Description>(
  build: (description: Description, context: BodyContext) => Body | Promise<Body>,
  waiting: 'blocking' | 'async' = 'blocking',
): Promise<void> {
  assert(!isMainThread && parentPort, `a worker entry runs in a worker (thread ${threadId})`)
  const port = parentPort
  const start = workerData as Start
  const post = (note: Note): void => port.postMessage(note)
  const bell = new Doorbell(start.bell)
  const stop = new Int32Array(start.stop)
  // Waiting on a bell does not count as work for the event loop, which would end the thread.
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    const body = await build(start.description as Description, {
      bell,
      report: (message) => post({ kind: 'report', message }),
    })
    post({ kind: 'ready' })
    while (Atomics.load(stop, 0) === 0) {
      const seen = bell.seen()
      // Taken without the event loop, which a blocking worker does not run.
      for (let sent = receiveMessageOnPort(port); sent; sent = receiveMessageOnPort(port)) {
        assert(body.command, `the body of ${start.name} takes commands`)
        body.command(sent.message as never)
      }
      if (body.step()) {
        if (waiting === 'async') await new Promise((next) => setImmediate(next))
        continue
      }
      const idleMs = Math.min(body.idleMs(), 1000)
      if (idleMs <= 0) continue
      if (waiting === 'async') await bell.waitAsync(seen, idleMs)
      else bell.wait(seen, idleMs)
    }
    await body.close()
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    post({ kind: 'failed', reason: failure.message, stack: failure.stack ?? '' })
  }
  clearInterval(alive)
  port.close()
}
