import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preloadWorker, startWorker, type MillraceError } from './index.ts'

function start(): {
  handle: ReturnType<typeof startWorker>
  reports: unknown[]
  failed: Promise<MillraceError>
  heard: (count: number) => Promise<void>
} {
  const reports: unknown[] = []
  let wake = (): void => {}
  let fail: (error: MillraceError) => void = () => {}
  const failed = new Promise<MillraceError>((resolve) => void (fail = resolve))
  const handle = startWorker(new URL('./echo.worker.ts', import.meta.url), {
    name: 'echo',
    description: { greeting: 'hello' },
    onReport(message) {
      reports.push(message)
      wake()
    },
    onFailure: (error) => fail(error),
  })
  const heard = async (count: number): Promise<void> => {
    while (reports.length < count) await new Promise<void>((resolve) => void (wake = resolve))
  }
  return { handle, reports, failed, heard }
}

test('a worker takes commands in order while it blocks, and closes its body when stopped', async () => {
  const { handle, reports, heard } = start()
  await handle.ready
  for (let i = 0; i < 20; i++) handle.send(`message ${i}`)
  await heard(20)
  await handle.stop()
  await handle.stop()
  assert.deepEqual(reports, [...Array.from({ length: 20 }, (_, i) => `hello message ${i}`), 'closed'])
})

test('a body that throws is told once, by name and reason', async () => {
  const { handle, failed } = start()
  handle.send('fail')
  const error = await failed
  assert.equal(error.code, 'MR-BASE-004')
  assert.match(error.message, /echo.*told to fail/)
  await handle.stop()
})

test('a preloaded worker that is not needed ends; this file could not end otherwise', () => {
  const worker = preloadWorker(new URL('./echo.worker.ts', import.meta.url), 'echo')
  worker.discard()
  worker.discard()
  assert.throws(() => worker.start({ description: {}, onFailure: () => {} }), /is started once/)
})
