// Runs test files on node:test, one process a file, and counts. One line a file as it ends; what a file printed is shown
// only when it failed. Invariant: a file that ran no test, a crash after the last test and a cut-off file are failures,
// never silence. Follows node:test's event stream (https://nodejs.org/api/test.html#class-testsstream).
import { readFileSync } from 'node:fs'
import { run } from 'node:test'
import { relative, sep } from 'node:path'
import { inspect } from 'node:util'

/** A test that was skipped or marked as unfinished, and in which file. */
export interface Skip {
  readonly file: string
  readonly name: string
}

export interface TestCounts {
  passed: number
  failed: number
  /** Skipped tests that nobody has allowed; they are counted in `failed` too. */
  readonly forbiddenSkips: Skip[]
  skipped: number
}

export interface TestRunOptions {
  readonly root: string
  /** Absolute paths. */
  readonly files: readonly string[]
  /** How many files at once. */
  readonly concurrency: number
  /** Longest time for one file; its process is ended then and the file has failed. */
  readonly fileTimeoutMs: number
  /** Ends everything at once; what was running has failed. */
  readonly signal?: AbortSignal
  /** Tells whether a skip is known and accepted. */
  readonly isSkipAllowed?: (skip: Skip) => boolean
  readonly print?: (line: string) => void
  /** Told of each test that ended, suites not: `path` is its suites' names and its own, outermost first. */
  readonly onTest?: (ended: EndedTest) => void
}

export interface EndedTest {
  /** Relative to the root. */
  readonly file: string
  readonly path: readonly string[]
  readonly passed: boolean
}

const outputCharactersMax = 20_000

interface FileState {
  passed: number
  failed: number
  skipped: number
  output: string
  startedAt: number
}

// The part of node:test's event data that is read here.
interface EventData {
  readonly name?: string
  readonly file?: string
  readonly line?: number
  readonly skip?: string | boolean
  readonly todo?: string | boolean
  readonly message?: string
  readonly nesting?: number
  readonly details?: {
    readonly type?: string
    readonly passed?: boolean
    readonly error?: Error & { failureType?: string }
  }
}

/**
 * Runs the files and prints as it goes.
 * @returns the counts; a todo test counts as a skip, a suite does not count by itself
 */
export async function runTests(options: TestRunOptions): Promise<TestCounts> {
  const print = options.print ?? ((line) => process.stdout.write(`${line}\n`))
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0, forbiddenSkips: [] }
  const waiting = [...options.files]
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await runFile(file, options, counts, print)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency) }, lane))
  return counts
}

// One run() a file: its signal then ends just that file's process, which run()'s own timeout does not.
async function runFile(
  file: string,
  options: TestRunOptions,
  counts: TestCounts,
  print: (line: string) => void,
): Promise<void> {
  const shown = relative(options.root, file).split(sep).join('/')
  const state: FileState = { passed: 0, failed: 0, skipped: 0, output: '', startedAt: performance.now() }
  const timeout = AbortSignal.timeout(options.fileTimeoutMs)
  const nested: NestedTest[] = []
  const stream = run({
    files: [file],
    cwd: options.root,
    concurrency: 1,
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      ...preloads(file).map((name) => `--import=${new URL(name, import.meta.url).href}`),
    ],
  })
  for await (const event of stream) {
    const data = event.data as EventData
    if (data.file === undefined) continue
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr':
        if (state.output.length < outputCharactersMax) state.output += data.message ?? ''
        break
      case 'test:diagnostic':
        print(`    ${data.message ?? ''}`)
        break
      case 'test:complete':
        if (options.onTest && data.name !== file) noteNested(nested, data)
        if (data.name === file) endFile(shown, data, { state, counts, print, timedOut: timeout.aborted })
        else endTest(shown, data, { state, counts, print, options })
        break
      default:
    }
  }
  for (const { path, passed } of nested) options.onTest?.({ file: shown, path, passed })
}

interface NestedTest {
  path: readonly string[]
  readonly nesting: number
  readonly passed: boolean
}

/** Events come as tests end, so what is inside a suite comes before it: the suite's name is put before their paths. */
function noteNested(nested: NestedTest[], data: EventData): void {
  const nesting = data.nesting ?? 0
  const name = data.name ?? ''
  if (data.details?.type !== 'suite') {
    nested.push({ path: [name], nesting, passed: data.details?.passed !== false && !isSet(data.skip) })
    return
  }
  for (let at = nested.length - 1; at >= 0 && nested[at]!.nesting > nesting; at--) {
    const inner = nested[at]!
    if (inner.nesting - inner.path.length === nesting) inner.path = [name, ...inner.path]
  }
}

function preloads(file: string): string[] {
  const usesFastCheck = readFileSync(file, 'utf8').includes("from 'fast-check'")
  return usesFastCheck ? ['./orphan.mjs', './property-seed.mjs'] : ['./orphan.mjs']
}

interface Tally {
  readonly state: FileState
  readonly counts: TestCounts
  readonly print: (line: string) => void
}

function endTest(shown: string, data: EventData, tally: Tally & { options: TestRunOptions }): void {
  const { state, counts, options, print } = tally
  const error = data.details?.error
  const isSuite = data.details?.type === 'suite'
  if (!isSuite && (isSet(data.skip) || isSet(data.todo))) {
    const skip = { file: shown, name: data.name ?? '' }
    state.skipped++
    counts.skipped++
    if (options.isSkipAllowed?.(skip)) return
    counts.forbiddenSkips.push(skip)
    state.failed++
    counts.failed++
    print(`✖ ${shown}:${data.line ?? 0} ${skip.name}\n    is skipped, and not listed in tools/allowed-skips.txt`)
    return
  }
  if (data.details?.passed !== false && error === undefined) {
    if (isSuite) return
    state.passed++
    counts.passed++
    return
  }
  // A parent that failed only because of its children says nothing new.
  if (error?.failureType === 'subtestsFailed') return
  state.failed++
  counts.failed++
  print(`✖ ${shown}:${data.line ?? 0} ${data.name ?? ''}\n${indent(describe(error))}`)
}

function endFile(shown: string, data: EventData, tally: Tally & { timedOut: boolean }): void {
  const { state, counts, print } = tally
  const error = data.details?.error
  let reason: string | undefined
  if (error && error.failureType !== 'subtestsFailed') reason = fileFailure(error, state, tally.timedOut)
  else if (state.passed + state.failed + state.skipped === 0) reason = 'holds no test'
  if (reason !== undefined) {
    state.failed++
    counts.failed++
    print(`✖ ${shown}: ${reason}`)
  }
  if (state.failed > 0 && state.output.trim() !== '') print(indent(`printed by ${shown}:\n${state.output.trimEnd()}`))
  const seconds = ((performance.now() - state.startedAt) / 1000).toFixed(1)
  const skipped = state.skipped > 0 ? `, ${state.skipped} skipped` : ''
  const failed = state.failed > 0 ? `, ${state.failed} failed` : ''
  print(`${state.failed > 0 ? '✖' : '✔'} ${shown}  ${state.passed} passed${failed}${skipped}  ${seconds} s`)
}

function fileFailure(error: Error & { failureType?: string }, state: FileState, timedOut: boolean): string {
  if (timedOut) return 'did not end within its time and was ended'
  if (error.failureType === 'testAborted') return 'was cut off'
  const after = state.passed + state.failed > 0 ? ' after its tests' : ''
  return `its process failed${after}: ${describe(error)}`
}

function describe(error: (Error & { failureType?: string }) | undefined): string {
  if (!error) return 'failed without a reason'
  const cause = error.cause ?? error
  return cause instanceof Error ? inspect(cause, { depth: 6, colors: false }) : String(cause)
}

// node:test gives '' or true when a skip has no reason, and leaves the key out when there is none.
function isSet(value: string | boolean | undefined): boolean {
  return value !== undefined && value !== false
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}

/**
 * Reads a list of accepted skips: a line is `path/of/file.test.ts: name of the test`, '#' begins a comment.
 * @returns a predicate for runTests
 */
export function parseAllowedSkips(text: string): (skip: Skip) => boolean {
  const lines = text.split('\n').map((line) => line.replace(/#.*$/, '').trim())
  const allowed = new Set(lines.filter((line) => line !== ''))
  return (skip) => allowed.has(`${skip.file}: ${skip.name}`)
}

/** The line that everything which counts tests ends with. */
export function countLine(counts: { passed: number; failed: number }): string {
  return `${counts.passed} passed, ${counts.failed} failed`
}
