// The log worker's entry: builds its ports from the description and steps the body.
import { MillraceError, nodeClock, nodeRandom, openNodeDisk, runWorker } from '../base/index.ts'
import { LogBody } from './body.ts'
import { createLog } from './core.ts'
import type { LogWorkerDescription, LogWorkerReport } from './start.ts'

await runWorker<LogWorkerDescription>((description, context) => {
  const { share, durability, clients, limits } = description
  const report = (message: LogWorkerReport): void => context.report(message)
  const disk = openNodeDisk(share.folder)
  try {
    const log = createLog({ disk, clock: nodeClock, random: nodeRandom, limits, durability, share })
    report({ kind: 'opened', damages: log.damages() })
    return new LogBody(log, clients, limits, (state) => report({ kind: 'writes', state }))
  } catch (error) {
    // The code crosses as data: an Error posted to another thread arrives as a plain one.
    if (error instanceof MillraceError) report({ kind: 'refused', code: error.code, details: error.details })
    throw error
  }
})
