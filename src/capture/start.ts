// Starts capture's worker from a plain description.
import { Doorbell, startWorker, type MillraceError, type WorkerHandle } from '../base/index.ts'
import type { LogClientPort } from '../log/index.ts'
import type { CaptureReport, CaptureSpec } from './capture-types.ts'

/** What crosses to the worker: it builds its own ports. */
export interface CaptureDescription {
  readonly spec: CaptureSpec
  readonly log: LogClientPort
}

/** @param onFailure the worker is gone then: our own fault, or a commit that failed for good */
export function startCaptureWorker(options: {
  spec: CaptureSpec
  log: LogClientPort
  onReport: (report: CaptureReport) => void
  onFailure: (error: MillraceError) => void
  /** The worker's file, where it is not this room's own: one that knows the registry. */
  entry?: URL
}): WorkerHandle {
  const description: CaptureDescription = { spec: options.spec, log: options.log }
  return startWorker(options.entry ?? new URL('./capture.worker.ts', import.meta.url), {
    name: `capture/${options.spec.source}`,
    description,
    bell: new Doorbell(options.log.bell),
    onReport: (message) => options.onReport(message as CaptureReport),
    onFailure: options.onFailure,
  })
}
