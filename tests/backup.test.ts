// Backups beside a running node: what is restored goes on where the cut was taken, to the same end; and what would do harm is
// refused with what to do.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { copyExample, millrace, millraceCommand, plainEnvironment, temporaryFolder, waitUntil } from './kit.ts'

interface Summary {
  readonly sequence: number
  readonly recoveryPoint: string
  readonly owners: Readonly<Record<string, number>>
  readonly topics: readonly { readonly name: string; readonly ends: readonly number[] }[]
}

const recordsOf = ({ topics }: Summary): number =>
  topics.reduce((sum, { ends }) => sum + ends.reduce((a, b) => a + b, 0), 0)

async function succeed(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await millrace(words)
  assert.equal(code, 0, `millrace ${words.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

test('a demo is killed and its data is lost; restored from a backup taken beside it, it comes to results that agree', async () => {
  const folder = copyExample()
  const place = temporaryFolder()
  const [data, copy, restored] = ['data', 'copy', 'restored'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  const run = ['demo', '--once', '--events', '20000', '--seed', '7']
  const child = spawn(millraceCommand[0]!, [...millraceCommand.slice(1), ...run, '--data', data, folder], {
    env: { ...process.env, ...plainEnvironment },
    stdio: 'ignore',
  })
  await waitUntil('something to back up', () => existsSync(join(data, 'log', 'checkpoint')), { pollMs: 5 })
  const passes: Summary[] = []
  while (passes.length < 2 || (child.exitCode === null && passes.length < 6 && recordsOf(passes.at(-1)!) < 20_000)) {
    const said = await succeed(['backup', folder, '--data', data, '--to', copy, '--json'])
    passes.push(JSON.parse(said) as Summary)
  }
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  rmSync(data, { recursive: true })
  assert.deepEqual(
    passes.map((pass) => pass.sequence),
    passes.map((pass) => pass.sequence).toSorted((a, b) => a - b),
    'each pass is at least as new as the one before',
  )

  const said = await succeed(['restore', folder, '--data', restored, '--from', copy, '--json'])
  assert.deepEqual(JSON.parse(said), passes.at(-1))
  const again = await millrace(['restore', folder, '--data', restored, '--from', copy])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^error: There is data in .*log already\. \[MR-DEPLOY-012\]$/m)
  // The demo's own note of which run this is lies beside the data.
  const finished = await millrace([...run, '--data', restored, folder])
  assert.equal(finished.code, 0, finished.stdout + finished.stderr)
  assert.match(finished.stdout, /Every row agrees/)
})

test('what is no place for a backup, and no whole backup, is refused with what to do', async () => {
  const folder = copyExample()
  const place = temporaryFolder()
  const data = join(place, 'data')
  const nothing = await millrace(['backup', folder, '--data', data, '--to', join(place, 'copy')])
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /MR-LOG-003/)
  await succeed(['demo', '--once', '--events', '500', '--data', data, folder])
  const refusal = async (words: readonly string[]): Promise<string> => {
    const { code, stderr } = await millrace([...words, '--data', data])
    assert.equal(code, 1, stderr)
    return /\[(MR-[A-Z]+-\d+)\]/.exec(stderr)?.[1] ?? stderr
  }
  const other = join(place, 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'thesis.txt'), 'mine')
  assert.equal(await refusal(['backup', folder, '--to', other]), 'MR-DEPLOY-009')
  assert.equal(await refusal(['backup', folder, '--to', join(data, 'copy')]), 'MR-DEPLOY-009')
  assert.equal(await refusal(['restore', folder, '--from', other]), 'MR-DEPLOY-011')

  const copy = join(place, 'copy')
  await succeed(['backup', folder, '--data', data, '--to', copy])
  // Another project's data, and this project's from another beginning, never replace it, nor is it laid into another's folder.
  const fresh = join(place, 'fresh')
  await succeed(['demo', '--once', '--events', '500', '--data', fresh, folder])
  const otherCluster = await millrace(['backup', folder, '--data', fresh, '--to', copy])
  assert.match(
    otherCluster.stderr,
    /holds a backup of checkout \(cluster .*\), and this is checkout .*\[MR-DEPLOY-022\]/s,
  )
  const loans = copyExample()
  const yaml = join(loans, 'millrace.yaml')
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('name: checkout', 'name: loans'))
  const otherProject = await millrace(['backup', loans, '--data', fresh, '--to', copy])
  assert.match(otherProject.stderr, /MR-DEPLOY-022/)
  const wrongFolder = await millrace(['restore', loans, '--from', copy, '--data', join(place, 'loans')])
  assert.match(wrongFolder.stderr, /is a backup of project checkout, and this folder is project loans.*MR-DEPLOY-023/s)
  assert.equal(existsSync(join(place, 'loans', 'log')), false)

  const harmed = join(place, 'harmed')
  cpSync(copy, harmed, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(harmed, 'backup.json'), 'utf8')) as {
    log: { stored: string }[]
  }
  rmSync(join(harmed, 'data', manifest.log.find(({ stored }) => stored.endsWith('.segment'))!.stored))
  const target = ['--data', join(place, 'restored')]
  const short = await millrace(['restore', folder, '--from', harmed, ...target])
  assert.equal(short.code, 1)
  assert.match(short.stderr, /MR-LOG-006/)
  const early = await millrace(['dev', folder, ...target])
  assert.equal(early.code, 1)
  assert.match(early.stderr, /A restore into .*restored did not come to its end\. \[MR-DEPLOY-013\]/)
  // What came to nothing is no data: the whole backup goes into the same place.
  const text = await succeed(['restore', folder, '--from', copy, ...target])
  assert.match(text, /restored to .*restored: all that was acknowledged before 20/)
  assert.match(text, /^checkout_events +\d+/m)
})
