// Threads. A worker's entry (`*.worker.ts`) calls runWorker with a function that builds a body from a plain description,
// with ports of its own. The body only steps; this loop is the only one that waits. The simulation steps the same bodies.
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { Worker, isMainThread, parentPort, receiveMessageOnPort, threadId, workerData } from 'node:worker_threads'
import { assert } from './assert.ts'
import { MillraceError, type ErrorCode } from './errors.ts'
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
  /** Int32[2]: asked to stop; told what to do. */
  readonly flags: SharedArrayBuffer
}

/** What the thread is told once its modules are loaded. */
interface Assignment {
  readonly description: unknown
  readonly bell: SharedArrayBuffer
}

const flag = { stop: 0, assigned: 1 } as const

/** MB of a thread's heap for new objects. On a large machine V8 takes several times that, in every thread, and is not faster for it. */
const youngGenerationMb = 16

/** Of a MillraceError, what it is made of: classes do not cross threads. */
interface Failure {
  readonly reason: string
  readonly stack: string
  readonly coded: { readonly code: ErrorCode; readonly details: MillraceError['details'] } | null
}

type Note = { kind: 'ready' } | { kind: 'report'; message: unknown } | ({ kind: 'failed' } & Failure)

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

export interface WorkerOptions {
  /** Structured-cloneable; shared memory in it is shared. */
  readonly description: unknown
  readonly bell?: Doorbell
  readonly onReport?: (message: unknown) => void
  /** Called once when the body throws; the thread is gone then. */
  readonly onFailure: (error: MillraceError) => void
}

/** A thread that loads its modules while the caller is still finding out what it shall do. */
export interface PreloadedWorker {
  /** Call once. */
  start(options: WorkerOptions): WorkerHandle
  /** Ends the thread when it was not started after all; nothing when it was. Safe to call twice. */
  discard(): void
}

/**
 * Starts a worker thread. Cost: 30 to 130 ms of another thread for its modules; awaits nothing.
 * @param entry new URL('./x.worker.ts', import.meta.url), written so: the package's build looks for it
 */
export function startWorker(entry: URL, options: WorkerOptions & { readonly name: string }): WorkerHandle {
  return preloadWorker(entry, options.name).start(options)
}

export function preloadWorker(entry: URL, name: string): PreloadedWorker {
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const start: Start = { name, flags: flags.buffer }
  const resourceLimits = { maxYoungGenerationSizeMb: youngGenerationMb }
  const worker = new Worker(entry, { workerData: start, name, env: workerEnvironment(), resourceLimits })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let failure: { reason: string; cause: unknown } | undefined
  let failed = (reason: string, cause?: unknown): void => void (failure ??= { reason, cause })
  let stopping = false
  worker.on('error', (error) => failed(error instanceof Error ? error.message : String(error), error))
  worker.on('exit', (code) => {
    if (!stopping) failed(`exit code ${code}`)
  })
  const askToStop = (): void => {
    stopping = true
    Atomics.store(flags, flag.stop, 1)
    Atomics.store(flags, flag.assigned, 1)
    Atomics.notify(flags, flag.assigned)
  }
  let started = false
  return {
    start(options) {
      assert(!started && !stopping, `worker ${name} is started once`)
      started = true
      const bell = options.bell ?? new Doorbell()
      const ready = new Promise<void>((resolve, reject) => {
        let told = false
        failed = (reason, cause) => {
          if (told) return
          told = true
          const error = new MillraceError('MR-BASE-004', { details: { name, reason }, cause })
          reject(error)
          options.onFailure(error)
        }
        worker.on('message', (note: Note) => {
          if (note.kind === 'ready') resolve()
          else if (note.kind === 'report') options.onReport?.(note.message)
          else failed(note.reason, causeOf(note))
        })
        if (failure) failed(failure.reason, failure.cause)
      })
      // A failure reaches onFailure; those who do not await ready must not bring the process down.
      ready.catch(() => {})
      const assignment: Assignment = { description: options.description, bell: bell.share }
      worker.postMessage(assignment)
      Atomics.store(flags, flag.assigned, 1)
      Atomics.notify(flags, flag.assigned)
      return {
        name,
        bell,
        ready,
        send(message) {
          worker.postMessage(message)
          bell.ring()
        },
        async stop() {
          askToStop()
          bell.ring()
          await exited
        },
      }
    },
    discard() {
      if (!started) askToStop()
    },
  }
}

/** The process's own, with its compile cache: a thread does not inherit that, and only this variable turns it on early enough. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir()
  return {
    ...process.env,
    // Older Nodes call parts experimental that have since become stable. Not by execArgv, which refuses what the process itself may have.
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --disable-warning=ExperimentalWarning`,
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }),
  }
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
  const flags = new Int32Array(start.flags)
  // Taken without a listener: once a port has had one, messages that nobody listens for are dropped.
  Atomics.wait(flags, flag.assigned, 0)
  const assignment = receiveMessageOnPort(port)?.message as Assignment | undefined
  if (!assignment) return port.close()
  const bell = new Doorbell(assignment.bell)
  // Waiting on a bell does not count as work for the event loop, which would end the thread.
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    const body = await build(assignment.description as Description, {
      bell,
      report: (message) => post({ kind: 'report', message }),
    })
    post({ kind: 'ready' })
    while (Atomics.load(flags, flag.stop) === 0) {
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
    const coded = failure instanceof MillraceError ? { code: failure.code, details: failure.details } : null
    post({ kind: 'failed', reason: failure.message, stack: failure.stack ?? '', coded })
  }
  clearInterval(alive)
  port.close()
  // Whatever a failed body has left open (sockets, timers) must not keep the thread.
  setImmediate(() => process.exit())
}

function causeOf({ reason, stack, coded }: Failure): Error {
  const error = coded ? new MillraceError(coded.code, { details: coded.details }) : new Error(reason)
  return Object.assign(error, { stack })
}
