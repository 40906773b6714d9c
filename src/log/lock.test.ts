import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { lockDataFolder } from './index.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('a folder is taken by one at a time; the other is told the pid; released it is free', () => {
  const lock = lockDataFolder(folder)
  assert.throws(() => lockDataFolder(folder), {
    code: 'MR-BASE-005',
    details: { path: folder, pid: String(process.pid) },
  })
  lock.release()
  lock.release()
  lockDataFolder(folder).release()
})

test('a process that is killed frees its folder, and no sooner: the garbage collector does not', async (t) => {
  const program = `
    import { lockDataFolder } from ${JSON.stringify(import.meta.resolve('./lock.ts'))}
    lockDataFolder(${JSON.stringify(folder)})
    for (let i = 0; i < 5; i++) await new Promise((turn) => setImmediate(turn)).then(gc)
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  assert.throws(() => lockDataFolder(folder), {
    code: 'MR-BASE-005',
    details: { path: folder, pid: String(child.pid) },
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  lockDataFolder(folder).release()
})

test('a folder of a newer or a much older program is refused, and one that is no data folder too', () => {
  const write = (text: string): void => writeFileSync(join(folder, 'format.json'), text)
  write('{"magic":"millrace-data","formatVersion":9,"minimumReaderVersion":9}')
  assert.throws(() => lockDataFolder(folder), { code: 'MR-BASE-006' })
  write('{"magic":"millrace-data","formatVersion":9,"minimumReaderVersion":1}')
  lockDataFolder(folder).release()
  write('{"magic":"millrace-data","formatVersion":0,"minimumReaderVersion":0}')
  assert.throws(() => lockDataFolder(folder), { code: 'MR-BASE-007' })
  write('something else')
  assert.throws(() => lockDataFolder(folder), { code: 'MR-BASE-007' })
})
