// The thread of the generator. With a database it waits for sockets, so it steps with the event loop.
import { nodeClock, runWorker } from '../base/index.ts'
import { openLogClient } from '../log/index.ts'
import { createGeneratorBody } from './generator.ts'
import type { GeneratorDescription } from './start.ts'

await runWorker<GeneratorDescription>(({ spec, log }, { bell, report }) => {
  const client = openLogClient(log, { loop: false })
  const body = createGeneratorBody({ spec, commit: client, clock: nodeClock, wake: () => bell.ring(), report })
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
