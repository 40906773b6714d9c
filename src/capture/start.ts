// What starts capture's worker: its entry is where the registry is known, too.
import { Doorbell, type MillraceError, type WorkerOptions } from '../base/index.ts'
import type { LogClientPort } from '../log/index.ts'
import type { CaptureReport, CaptureSpec } from './capture-types.ts'

/** What crosses to the worker: it builds its own ports. */
export interface CaptureDescription {
  readonly spec: CaptureSpec
  readonly log: LogClientPort
}

/** For startWorker. @param options.onFailure the worker is gone then: our own fault, or a commit that failed for good */
export function captureWorkerOptions(options: {
  readonly spec: CaptureSpec
  readonly log: LogClientPort
  readonly onReport: (report: CaptureReport) => void
  readonly onFailure: (error: MillraceError) => void
}): WorkerOptions & { readonly name: string } {
  const { spec, log, onReport, onFailure } = options
  return {
    name: `capture/${spec.source}`,
    description: { spec, log } satisfies CaptureDescription,
    bell: new Doorbell(log.bell),
    onReport: (message) => onReport(message as CaptureReport),
    onFailure,
  }
}
