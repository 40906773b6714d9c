// franz-go's own tests that say something about a broker, against any broker.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPeer } from '../install.ts'
import { runProgram } from '../run-program.ts'

export interface FranzGoOptions {
  readonly bootstrap: string
  /** How many records each end-to-end test moves; 20,000 when not given. */
  readonly records?: number
  readonly timeoutMs?: number
  /** Names; all when not given. */
  readonly tests?: readonly string[]
}

export interface FranzGoOutcome {
  /** 'unfinished': the program ended, or was ended, before the test did. */
  readonly outcome: 'pass' | 'fail' | 'skip' | 'unfinished'
  /** What the test and its parts printed. */
  readonly output: string
}

/** The names of the tests that check a broker, as broker-tests.txt has them. */
export const franzGoTests: readonly string[] = readFileSync(join(import.meta.dirname, 'broker-tests.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')

/** Runs them, as concurrently as they allow: 75 to 90 s, most of it waiting. @throws PeerUnavailable */
export async function runFranzGoTests(options: FranzGoOptions): Promise<ReadonlyMap<string, FranzGoOutcome>> {
  const home = await installPeer('franz-go')
  const timeoutMs = options.timeoutMs ?? 240_000
  const env = {
    KGO_SEEDS: options.bootstrap,
    KGO_TEST_RF: '1',
    KGO_TEST_RECORDS: String(options.records ?? 20_000),
    KGO_LOG_LEVEL: 'none',
  }
  const names = options.tests ?? franzGoTests
  const only = `^(${names.join('|')})$`
  // Its own time limit comes first: it then says which tests hang.
  const args = ['-test.v', '-test.run', only, '-test.timeout', `${Math.floor(timeoutMs / 1000) - 5}s`]
  const { stdout, stderr } = await runProgram(join(home, 'kgo.test'), args, { env, timeoutMs, cwd: home })
  return readOutcomes(`${stdout}${stderr}`, names)
}

/**
 * Reads the output of `kgo.test -test.v`. A part's lines ('    --- FAIL: TestGroupETL/range') belong to its test. What the
 * program prints beside (a panic) is shown with each test that did not end.
 */
function readOutcomes(printed: string, names: readonly string[]): Map<string, FranzGoOutcome> {
  const outcomes = new Map<string, FranzGoOutcome>()
  const texts = new Map<string, string>()
  let current = ''
  for (const line of printed.split('\n')) {
    const begun = /^=== (?:RUN|CONT|PAUSE|NAME) +([^/\s]+)/.exec(line)
    const ended = /^--- (PASS|FAIL|SKIP): (\S+)/.exec(line)
    if (begun) current = begun[1]!
    else if (ended) {
      current = ended[2]!
      const outcome = ended[1]!.toLowerCase() as 'pass' | 'fail' | 'skip'
      outcomes.set(current, { outcome, output: texts.get(current) ?? '' })
    } else texts.set(current, `${texts.get(current) ?? ''}${line}\n`)
  }
  for (const name of names) {
    const known = outcomes.get(name)
    const output = known ? (texts.get(name) ?? '') : `${texts.get(name) ?? ''}${printed.slice(-4000)}`
    outcomes.set(name, { outcome: known?.outcome ?? 'unfinished', output })
  }
  return outcomes
}
