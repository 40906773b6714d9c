// The thread of one source's capture. It waits for sockets, so it steps with the event loop.
import { nodeClock, nodeRandom, runWorker } from '../base/index.ts'
import { openLogClient } from '../log/index.ts'
import { createCaptureBody } from './capture.ts'
import type { CaptureDescription } from './start.ts'

await runWorker<CaptureDescription>(({ spec, log }, { bell, report }) => {
  const client = openLogClient(log, { loop: false })
  const body = createCaptureBody({
    spec,
    commit: client,
    clock: nodeClock,
    random: nodeRandom,
    wake: () => bell.ring(),
    report,
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
}, 'async')
