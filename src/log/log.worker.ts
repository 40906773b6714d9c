// The log worker's entry: builds its ports from the description and steps the body.
import { nodeClock, nodeRandom, openNodeDisk, runWorker } from '../base/index.ts'
import { LogBody } from './body.ts'
import { createLog } from './core.ts'
import type { LogWorkerDescription, LogWorkerReport } from './start.ts'

await runWorker<LogWorkerDescription>((description, context) => {
  const { share, durability, clients, limits } = description
  const log = createLog({
    disk: openNodeDisk(share.folder),
    clock: nodeClock,
    random: nodeRandom,
    limits,
    durability,
    share,
  })
  const report: LogWorkerReport = { kind: 'opened', damages: log.damages() }
  context.report(report)
  return new LogBody(log, clients, limits)
})
