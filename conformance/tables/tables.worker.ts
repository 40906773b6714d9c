// The tables worker of these checks: JSON topics, so no registry.
import { runWorker } from '../../src/base/index.ts'
import { tablesWorkerBody, type TablesWorkerDescription } from '../../src/tables/index.ts'

const none = { byId: () => undefined, latest: () => undefined }
await runWorker<TablesWorkerDescription>((description, context) => tablesWorkerBody(description, context, { schemaIds: () => none }))
