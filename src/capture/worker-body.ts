// What the thread of one source's capture runs. It waits for sockets, so it steps with the event loop.
import { nodeClock, nodeRandom } from '../base/index.ts'
import { openLogClient } from '../log/index.ts'
import type { SchemaIds } from '../model/index.ts'
import type { CaptureReport } from './capture-types.ts'
import { createCaptureBody } from './capture.ts'
import type { CaptureDescription } from './start.ts'

export interface CaptureWorkerPorts {
  readonly bell: { ring(): void }
  readonly report: (report: CaptureReport) => void
  /** For fields that a topic's rule set encrypts; absent: none. */
  readonly schemaIds?: SchemaIds
}

/** The body for runWorker(…, 'async'). */
export function createCaptureWorkerBody(
  { spec, log }: CaptureDescription,
  { bell, report, schemaIds }: CaptureWorkerPorts,
): { step(): boolean; idleMs(): number; close(): void | Promise<void> } {
  const client = openLogClient(log, { loop: false })
  const body = createCaptureBody({
    spec,
    commit: client,
    clock: nodeClock,
    random: nodeRandom,
    wake: () => bell.ring(),
    report,
    ...(schemaIds ? { schemaIds } : {}),
  })
  return {
    step() {
      client.poll()
      try {
        return body.step()
      } catch (error) {
        // Open sockets would keep the thread alive.
        void body.close()
        throw error
      }
    },
    idleMs: () => body.idleMs(),
    close: () => body.close(),
  }
}
