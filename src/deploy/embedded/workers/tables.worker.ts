// The thread of all lake tables of a node.
import { nodeClock, nodeRandom, openNodeDisk, runWorker } from '../../../base/index.ts'
import { decompressRecords } from '../../../kafka/wire/index.ts'
import { openLogReader } from '../../../log/index.ts'
import { schemaIdsFromLog } from '../../../registry/index.ts'
import { createTablesBody, openCatalog } from '../../../tables/index.ts'
import type { TablesDescription } from './descriptions.ts'

await runWorker<TablesDescription>(({ log, lake, specs, options }, { report }) => {
  const reader = openLogReader(log, openNodeDisk(log.folder), { decompress: decompressRecords })
  return createTablesBody({
    specs,
    catalog: openCatalog(lake),
    reader,
    schemaIds: schemaIdsFromLog(reader),
    topicId: (topic) => reader.topic(topic)?.id,
    clock: nodeClock,
    random: nodeRandom,
    decompress: decompressRecords,
    options,
    report,
  })
})
