// The thread of all pipelines of a node: builds its ports from the description and steps the engine's body.
import { nodeClock, openNodeDisk, runWorker } from '../../../base/index.ts'
import { createPipelinesBody, stateSealOf } from '../../../engine/index.ts'
import { decompressRecords } from '../../../kafka/wire/index.ts'
import { openLogClient, openLogReader } from '../../../log/index.ts'
import { createMeterBuffer } from '../../../ops/index.ts'
import { schemaIdsFromLog } from '../../../registry/index.ts'
import { localSecrets } from '../local-secret.ts'
import type { PipelinesDescription } from './descriptions.ts'

await runWorker<PipelinesDescription>(({ log, specs, options }, { report }) => {
  const disk = openNodeDisk(log.share.folder)
  const reader = openLogReader(log.share, disk, { decompress: decompressRecords })
  const meter = createMeterBuffer()
  const localSecret = localSecrets()
  return createPipelinesBody({
    specs,
    reader,
    commit: openLogClient(log, { loop: false }),
    // Lake tables and the console get none: what is sealed stays so there.
    schemaIds: schemaIdsFromLog(reader, { localSecret, nowMs: () => nodeClock.nowMs() }),
    ...(localSecret ? { stateSeal: stateSealOf(localSecret) } : {}),
    clock: nodeClock,
    disk,
    decompress: decompressRecords,
    meter,
    options,
    report: (message) => report({ ...message, metrics: meter.drain() }),
  })
})
