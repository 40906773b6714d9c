// For worker.test.ts: answers what it is sent, and fails when told so.
import { runWorker } from './worker.ts'

await runWorker<{ greeting: string }>(({ greeting }, { report }) => {
  const inbox: string[] = []
  return {
    command(message: string) {
      inbox.push(message)
    },
    step() {
      const message = inbox.shift()
      if (message === undefined) return false
      if (message === 'fail') throw new Error('told to fail')
      report(`${greeting} ${message}`)
      return true
    },
    idleMs: () => Infinity,
    close: () => report('closed'),
  }
})
