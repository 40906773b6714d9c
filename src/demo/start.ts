// Starts the generator's worker from a plain description.
import { Doorbell, startWorker, type MillraceError, type WorkerHandle } from '../base/index.ts'
import type { LogClientPort } from '../log/index.ts'
import type { GeneratorReport, GeneratorSpec } from './generator-types.ts'

/** What crosses to the worker: it builds its own ports. */
export interface GeneratorDescription {
  readonly spec: GeneratorSpec
  readonly log: LogClientPort
}

/** @param onFailure the worker is gone then: our own fault, or a commit that failed for good */
export function startGeneratorWorker(options: {
  spec: GeneratorSpec
  log: LogClientPort
  onReport: (report: GeneratorReport) => void
  onFailure: (error: MillraceError) => void
}): WorkerHandle {
  const description: GeneratorDescription = { spec: options.spec, log: options.log }
  return startWorker(new URL('./generator.worker.ts', import.meta.url), {
    name: `generator/${options.spec.source}`,
    description,
    bell: new Doorbell(options.log.bell),
    onReport: (message) => options.onReport(message as GeneratorReport),
    onFailure: options.onFailure,
  })
}
