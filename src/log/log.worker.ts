// The log worker's entry: builds its ports from the description and steps the body.
import { nodeClock, nodeRandom, openNodeDisk, runWorker } from '../base/index.ts'
import { LogBody, type ClientRings } from './body.ts'
import { createLog } from './core.ts'
import type { LogLimits } from './limits.ts'
import type { Damage, Durability, LogShare } from './log-types.ts'

export interface LogWorkerDescription {
  readonly share: LogShare
  readonly durability: Durability
  readonly clients: readonly ClientRings[]
  readonly limits: Partial<LogLimits>
}

/** What the worker tells the main thread. */
export interface LogWorkerReport {
  readonly kind: 'opened'
  readonly damages: readonly Damage[]
}

await runWorker<LogWorkerDescription>((description, context) => {
  const { share, durability, clients, limits } = description
  const log = createLog({ disk: openNodeDisk(share.folder), clock: nodeClock, random: nodeRandom, limits, durability, share })
  const report: LogWorkerReport = { kind: 'opened', damages: log.damages() }
  context.report(report)
  return new LogBody(log, clients, limits)
})
