// The thread of all pipelines of a node: builds its ports from the description and steps the engine's body.
import { nodeClock, openNodeDisk, runWorker } from '../../../base/index.ts'
import { createPipelinesBody } from '../../../engine/index.ts'
import { decompressRecords } from '../../../kafka/wire/index.ts'
import { openLogClient, openLogReader } from '../../../log/index.ts'
import { createMeterBuffer } from '../../../ops/index.ts'
import { schemaIdsFromLog } from '../../../registry/index.ts'
import { localSecret } from '../local-secret.ts'
import type { PipelinesDescription } from './descriptions.ts'

await runWorker<PipelinesDescription>(({ log, specs, options }, { report }) => {
  const disk = openNodeDisk(log.share.folder)
  const reader = openLogReader(log.share, disk, { decompress: decompressRecords })
  const meter = createMeterBuffer()
  return createPipelinesBody({
    specs,
    reader,
    commit: openLogClient(log, { loop: false }),
    // Lake tables and the console get none: what is sealed stays so there.
    schemaIds: schemaIdsFromLog(reader, { localSecret: localSecret(), nowMs: () => nodeClock.nowMs() }),
    clock: nodeClock,
    disk,
    decompress: decompressRecords,
    meter,
    options,
    report: (message) => report({ ...message, metrics: meter.drain() }),
  })
})
