// The command line as a person and as a script meets it: help with examples that work, exit codes, output for people and for programs.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { helpText } from '../src/cli/arguments.ts'
import { commands } from '../src/cli/commands/index.ts'
import type { MessageShape, TableShape, TopicShape } from '../src/console-api/index.ts'
import { runProgram, type RunResult } from '../peers/run-program.ts'
import { startMillrace, type Millrace } from '../tools/millrace-process.ts'
import {
  copyExample,
  getJson,
  millrace,
  millraceCommand,
  plainEnvironment,
  root,
  temporaryFolder,
  waitUntil,
} from './kit.ts'

const escapes = new RegExp(`${String.fromCharCode(27)}\\[`)
let project: string
let node: Millrace

before(async () => {
  project = copyExample()
  // Enriched checkouts come when the watermark has passed them; everything that the commands below show is there then.
  const streams = join(project, 'sql', 'streams.sql')
  writeFileSync(streams, readFileSync(streams, 'utf8').replaceAll("INTERVAL '10' SECOND", "INTERVAL '1' SECOND"))
  node = await startMillrace({ project, env: plainEnvironment })
  const isThere = (items: readonly { name: string; records?: string; rows?: string }[], name: string): boolean =>
    items.some((item) => item.name === name && Number(item.records ?? item.rows) > 0)
  await waitUntil('enriched checkouts, and rows in the lake', async () => {
    const [topics, tables] = await Promise.all([
      getJson<readonly TopicShape[]>(node.ports.console, '/api/topics'),
      getJson<readonly TableShape[]>(node.ports.console, '/api/tables'),
    ])
    return isThere(topics, 'checkouts_enriched') && isThere(tables, 'loan_balance')
  })
})
after(() => node?.stop())

test('the overview names every command; --version is the package’s', async () => {
  const ran = await millrace(['--help'])
  assert.equal(ran.code, 0)
  for (const [name, { summary }] of Object.entries(commands))
    assert.match(ran.stdout, new RegExp(`^ {2}${name} +${summary}$`, 'm'))
  assert.doesNotMatch(ran.stdout, escapes, 'colour is for terminals')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  assert.deepEqual(await millrace(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('every command’s help has its options and an example that calls it', async () => {
  for (const [name, { load }] of Object.entries(commands)) {
    const text = helpText(await load())
    assert.match(text, new RegExp(`^millrace ${name}\\b`))
    assert.match(text, / {2}--json +output for programs\n/)
    assert.match(text, new RegExp(`\\nExample: millrace ${name}\\b.*\\n$`))
  }
  const help = await millrace(['topics', '--help'])
  assert.deepEqual([help.code, help.stderr], [0, ''])
  assert.match(help.stdout, /^millrace topics \[FOLDER\] \[TOPIC\]\n/)
})

for (const [words, said] of [
  [[], /^millrace: a streaming data platform/],
  [['tropics'], /^millrace: there is no command 'tropics'\. Did you mean topics\?/],
  [
    ['topics', '--limitt', '3'],
    /^millrace topics: Unknown option '--limitt'; did you mean --limit\?\nTry: millrace topics --help\n$/,
  ],
  [['check', 'one', 'two'], /^millrace check: too many words: two\nTry: /],
  [['dev', '--kafka-port', 'nine'], /^millrace dev: --kafka-port takes a port number, not 'nine'\n/],
  [['explore'], /^millrace explore: a SELECT is wanted\n/],
  [['demo', '--events', '-1'], /^millrace demo: /],
] as const) {
  test(`a wrong word on the command line is exit code 2: millrace ${words.join(' ')}`, async () => {
    const ran = await millrace([...words])
    assert.equal(ran.code, 2, ran.stderr)
    assert.match(words.length === 0 ? ran.stdout : ran.stderr, said)
  })
}

interface Case {
  readonly words: (folder: string) => readonly string[]
  readonly text: RegExp
  /** What the parsed --json output must hold. */
  readonly json: (value: any) => boolean // eslint-disable-line -- output of many shapes
}

const cases: Readonly<Record<string, Case>> = {
  check: {
    words: (f) => ['check', f],
    text: /^ok {2}checkout: 10 tables, 4 pipelines, 1 contract, 1 SLO, \d+ tests\n$/,
    json: (v) => v.length === 0,
  },
  test: {
    words: (f) => ['test', f],
    text: /^✔ .+ \d+ ms\n[^✖]*\n\d+ passed, 0 failed\n$/,
    json: (v) => v.length >= 5 && v.every((r: { passed: boolean }) => r.passed),
  },
  explain: {
    words: (f) => ['explain', f, 'approval_rate'],
    text: /approval_rate/,
    json: (v) => JSON.stringify(v).includes('approval_rate'),
  },
  'catalog of everything': {
    words: (f) => ['catalog', f],
    text: /^asset +role +owner .*\n(.*\n)*checkouts_enriched +written/,
    json: (v) => v.length === 10,
  },
  'catalog of one asset': {
    words: (f) => ['catalog', f, 'checkouts_enriched'],
    text: /^country +STRING +\S+ +users\.country +/m,
    json: (v) => v.columns.find((c: { name: string }) => c.name === 'country').upstream[0].table === 'users',
  },
  'catalog by words': {
    words: (f) => ['catalog', f, 'loan'],
    text: /^loan_balance /m,
    json: (v) => v.some((a: { name: string }) => a.name === 'loan_balance'),
  },
  topics: {
    words: (f) => ['topics', f],
    text: /^topic +role +owner +partitions +offsets +offsets\/s .*\n(.*\n)*checkout_events +service +checkout +4 +[\d,]+ /,
    json: (v: TopicShape[]) => Number(v.find((t) => t.name === 'orders')!.offsets) > 0,
  },
  'topics, one': {
    words: (f) => ['topics', f, 'checkouts_enriched', '--limit', '3'],
    text: /^(\d{4}-\d\d-\d\dT[\d:.]+Z 0:\d+ \+I \{.*"checkout_id".*\}\n){3}$/,
    json: (v: MessageShape[]) => v.length === 3 && typeof v[0]!.value === 'object',
  },
  pipelines: {
    words: (f) => ['pipelines', f],
    text: /^pipeline +state .*\ncheckouts_enriched +running +checkout_events, users, merchants /,
    json: (v) => v.filter((p: { kind: string }) => p.kind === 'query').length === 4,
  },
  tables: {
    words: (f) => ['tables', f],
    text: /^table +namespace +mode .*\n(.*\n)*loan_balance +checkout +upsert /,
    json: (v) => v.length === 2,
  },
  schemas: {
    words: (f) => ['schemas', f],
    text: /^checkout_events-value +1 +\d+ +AVRO$/m,
    json: (v) => v.every((s: { schema: string }) => JSON.parse(s.schema)),
  },
  lag: {
    words: (f) => ['lag', f],
    text: /^millrace\.checkouts_enriched +checkout_events +0 /m,
    json: (v) => v.some((g: { group: string }) => g.group === 'millrace.loan_balance'),
  },
  explore: {
    words: (f) => ['explore', f, 'SELECT COUNT(*) AS n FROM loan_balance'],
    text: /^ *n\n[1-9]\d*\n1 row; read [\d,]+ rows?, .+ ms\n$/,
    json: (v) => Number(v.rows[0][0]) > 0,
  },
}
for (const [name, { words, text, json }] of Object.entries(cases)) {
  test(`${name}: for people, and for programs`, async () => {
    const [shown, parsed] = await Promise.all([millrace(words(project)), millrace([...words(project), '--json'])])
    assert.deepEqual([shown.code, shown.stderr], [0, ''], shown.stderr)
    assert.match(shown.stdout, text)
    assert.doesNotMatch(shown.stdout, escapes)
    assert.deepEqual([parsed.code, parsed.stderr], [0, ''])
    assert.ok(json(JSON.parse(parsed.stdout)), parsed.stdout.slice(0, 2000))
  })
}

test('commands find a node that keeps its data elsewhere, and say it when there is none', async () => {
  const none = await millrace(['topics', temporaryFolder()])
  assert.equal(none.code, 1)
  assert.match(
    none.stderr,
    /^error: No node of this folder is running .+ \[MR-CLI-001\]\n {2}Start it in another terminal: millrace dev /,
  )
  const found = await millrace(['topics', temporaryFolder(), '--data', node.data])
  assert.deepEqual([found.code, found.stderr], [0, ''])
})

test('a question that cannot be answered says why, and what to do', async () => {
  const ran = await millrace(['explore', project, 'SELECT * FROM nothing'])
  assert.equal(ran.code, 1)
  assert.match(
    ran.stderr,
    /^error: There is no topic or table nothing\. \[MR-EXPLORE-002\]\n {2}Known are: .*checkouts_enriched/,
  )
  const topic = await millrace(['topics', project, 'nothing'])
  assert.equal(topic.code, 1)
  assert.match(topic.stderr, /^error: There is no .*nothing.* \[MR-\w+-\d+\]\n {2}\S/)
})

test('a reader that leaves early (| head) ends it quietly', { skip: process.platform === 'win32' }, async () => {
  const command = [...millraceCommand, 'catalog', project, '--json'].map((word) => `'${word}'`).join(' ')
  const ran = await runProgram('bash', ['-c', `${command} | head -n 1; exit "\${PIPESTATUS[0]}"`], {
    env: plainEnvironment,
  })
  assert.deepEqual(ran, { code: 0, stdout: '[\n', stderr: '' })
})

test('colour on a terminal, unless NO_COLOR is set', async (t) => {
  if (spawnSync('script', ['--version']).status !== 0) return t.diagnostic('no script(1) here to make a terminal')
  const shown = (env: Readonly<Record<string, string>>): Promise<RunResult> =>
    runProgram('script', ['-qec', [...millraceCommand, '--help'].join(' '), '/dev/null'], {
      env: { ...plainEnvironment, TERM: 'xterm', ...env },
    })
  assert.match((await shown({})).stdout, escapes)
  assert.doesNotMatch((await shown({ NO_COLOR: '1' })).stdout, escapes)
})

test('plan, apply: 3 while there are changes, 0 when there are none, 4 when one is refused; plan.lock stays the same', async () => {
  const folder = copyExample()
  const lock = join(folder, 'plan.lock')
  rmSync(lock, { force: true })
  const first = await millrace(['plan', folder])
  assert.equal(first.code, 3, first.stderr)
  assert.match(first.stdout, /^\+ topic checkout_events {2}4 partitions/m)
  assert.match(
    first.stdout,
    /\n\d+ to create, 0 to update, 0 to delete in environment local\nplan\.lock written: commit it\n$/,
  )
  const written = readFileSync(lock, 'utf8')
  assert.equal(written, readFileSync(join(root, 'examples', 'checkout', 'plan.lock'), 'utf8'))
  assert.equal(existsSync(join(folder, '.millrace')), false, 'plan only looks')

  const again = await millrace(['plan', folder, '--json'])
  assert.equal(again.code, 3)
  const { changes, lockChanged } = JSON.parse(again.stdout) as { changes: unknown[]; lockChanged: boolean }
  assert.deepEqual([changes.length > 20, lockChanged, readFileSync(lock, 'utf8')], [true, false, written])

  const applied = await millrace(['apply', folder])
  assert.deepEqual([applied.code, applied.stderr], [0, ''])
  const nothing = await millrace(['plan', folder])
  assert.deepEqual([nothing.code, nothing.stdout], [0, 'ok  environment local is what the folder says\n'])

  const streams = join(folder, 'sql', 'streams.sql')
  const text = readFileSync(streams, 'utf8')
  writeFileSync(streams, text.replace('HASH(user_id) INTO 4', 'HASH(user_id) INTO 2'))
  const refused = await millrace(['plan', folder])
  assert.equal(refused.code, 4)
  assert.match(
    refused.stdout,
    /^~ topic checkout_events {2}partitions 4 → 2\n {4}not possible: partitions cannot be taken away/m,
  )
  const notApplied = await millrace(['apply', folder])
  assert.equal(notApplied.code, 4)
  assert.match(notApplied.stderr, /\n {2}\S/)
  assert.equal((await millrace(['dev', folder])).code, 4, 'dev does not start what is refused')

  writeFileSync(streams, text)
  assert.equal((await millrace(['plan', folder, '--check'])).code, 0)
})

test('plan asks the running node what it runs', async () => {
  // Its plan.lock is the example's, and its SQL is not: --check says so.
  const ran = await millrace(['plan', project, '--check'])
  assert.deepEqual(ran, {
    code: 3,
    stdout: 'ok  environment local is what the folder says\nplan.lock is not what the folder says: run millrace plan\n',
    stderr: '',
  })
})

test('init makes a project that checks, and leaves a full folder alone', async () => {
  const folder = temporaryFolder()
  const made = await millrace(['init', 'my shop'], { cwd: folder })
  assert.deepEqual([made.code, made.stderr], [0, ''])
  assert.match(made.stdout, /^my shop is made\. Try next:\n/)
  const checked = await millrace(['check', 'my shop'], { cwd: folder })
  assert.match(checked.stdout, /^ok {2}my-shop: /)
  const again = await millrace(['init', 'my shop'], { cwd: folder })
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^error: The folder my shop is not empty\. \[MR-CLI-002\]\n {2}Name a new folder/)
})
