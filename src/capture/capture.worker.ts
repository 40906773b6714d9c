// The thread of one source's capture, without a registry: nothing is encrypted.
import { runWorker } from '../base/index.ts'
import type { CaptureDescription } from './start.ts'
import { createCaptureWorkerBody } from './worker-body.ts'

await runWorker<CaptureDescription>((description, ports) => createCaptureWorkerBody(description, ports), 'async')
