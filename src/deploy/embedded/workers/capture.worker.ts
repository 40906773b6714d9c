// The thread of one source's capture: fields that a topic's rule set encrypts are sealed before they reach the log.
import { nodeClock, openNodeDisk, runWorker } from '../../../base/index.ts'
import { createCaptureWorkerBody, type CaptureDescription } from '../../../capture/index.ts'
import { decompressRecords } from '../../../kafka/wire/index.ts'
import { openLogReader } from '../../../log/index.ts'
import { schemaIdsFromLog } from '../../../registry/index.ts'
import { localSecrets } from '../local-secret.ts'

await runWorker<CaptureDescription>((description, ports) => {
  const { share } = description.log
  const reader = openLogReader(share, openNodeDisk(share.folder), { decompress: decompressRecords })
  const schemaIds = schemaIdsFromLog(reader, {
    localSecret: localSecrets(),
    nowMs: () => nodeClock.nowMs(),
  })
  return createCaptureWorkerBody(description, { ...ports, schemaIds })
}, 'async')
