import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverFolder, startGuarded, waitUntilReady, logHas } from './guarded.ts'

const folder = serverFolder('guard', undefined)
after(() => folder.remove())

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function untilDead(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid) && tries < 200; tries++) await sleep(50)
  assert.equal(isAlive(pid), false, `process ${pid} still runs`)
}

test('stop ends the command and what it started', async () => {
  const log = join(folder.path, 'stop.log')
  const server = await startGuarded({
    name: 'sleeper',
    command: 'bash',
    args: ['-c', 'sleep 300 & echo $!; wait'],
    log,
  })
  await waitUntilReady(server, () => logHas(log, '\n'))
  assert.equal(isAlive(server.pid), true)
  await server.stop()
  assert.equal(server.isRunning(), false)
  await untilDead(server.pid)
  await server.stop()
})

test('a command that ignores TERM is killed after the grace', async () => {
  const log = join(folder.path, 'stubborn.log')
  const args = ['-c', "trap '' TERM; echo ready; while true; do sleep 0.2; done"]
  const server = await startGuarded({ name: 'stubborn', command: 'bash', args, log, graceSeconds: 1 })
  await waitUntilReady(server, () => logHas(log, 'ready'))
  await server.stop()
  await untilDead(server.pid)
})

test('a command that is only stopped for a while goes on', async () => {
  const log = join(folder.path, 'paused.log')
  const args = ['-c', 'echo ready; while true; do sleep 0.1; echo going on; done']
  const server = await startGuarded({ name: 'paused', command: 'bash', args, log })
  await waitUntilReady(server, () => logHas(log, 'ready'))
  process.kill(-server.pid, 'SIGSTOP')
  const isStopped = (): boolean => / T /.test(readFileSync(`/proc/${server.pid}/stat`, 'utf8'))
  while (!isStopped()) await sleep(10)
  const saidBefore = readFileSync(log, 'utf8').length
  process.kill(-server.pid, 'SIGCONT')
  await waitUntilReady(server, () => readFileSync(log, 'utf8').length > saidBefore + 40)
  await server.stop()
})

test('a command that ends while starting is reported with its last words', async () => {
  const log = join(folder.path, 'failing.log')
  const server = await startGuarded({ name: 'failing', command: 'bash', args: ['-c', 'echo cannot bind; exit 7'], log })
  await assert.rejects(
    waitUntilReady(server, () => false),
    /failing ended while starting[^]*cannot bind/,
  )
  assert.equal(await server.ended, 7)
})

test('the command ends when its starter is killed', async () => {
  const log = join(folder.path, 'orphan.log')
  const source = `
    import { startGuarded } from ${JSON.stringify(new URL('guarded.ts', import.meta.url).href)}
    const server = await startGuarded({ name: 'orphan', command: 'sleep', args: ['300'], log: ${JSON.stringify(log)} })
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) =>
    starter.stdout.once('data', (line: Buffer) => resolve(Number(line.toString()))),
  )
  assert.equal(isAlive(pid), true)
  starter.kill('SIGKILL')
  await untilDead(pid)
})
