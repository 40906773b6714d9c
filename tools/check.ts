// npm run check: format, lint, types, the rules of the house, and the unit tests; in under a minute. Quick steps run two at
// a time, then the tests, which use all cores. Each step says ✔ or ✖; what failed is printed after all have run.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const modules = join(root, 'node_modules')

interface Step {
  readonly name: string
  readonly help: string
  readonly arguments: readonly string[]
}

// Each tool's own entry, run by this very Node: nothing depends on PATH.
const quick: readonly Step[] = [
  { name: 'format', help: 'npm run format', arguments: [join(modules, 'oxfmt', 'bin', 'oxfmt'), '--check', '.'] },
  { name: 'lint', help: '', arguments: [join(modules, 'oxlint', 'bin', 'oxlint')] },
  { name: 'types', help: '', arguments: [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'] },
  { name: 'tidy', help: 'the rules: tools/tidy/rules.ts', arguments: [join(root, 'tools', 'tidy.ts')] },
]
const tests: Step = { name: 'unit tests', help: '', arguments: [join(root, 'tools', 'test.ts'), 'src/'] }

interface Outcome {
  readonly step: Step
  readonly ok: boolean
  readonly output: string
}

function runStep(step: Step): Promise<Outcome> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, step.arguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (bytes: Buffer): void => void (output += bytes.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const end = (ok: boolean): void => {
      console.log(`${ok ? '✔' : '✖'} ${step.name}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
      resolve({ step, ok, output })
    }
    child.on('error', (error) => {
      output += error.message
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })
}

const outcomes: Outcome[] = []
const waiting = [...quick]
const lane = async (): Promise<void> => {
  for (let step = waiting.shift(); step; step = waiting.shift()) outcomes.push(await runStep(step))
}
await Promise.all([lane(), lane()])
outcomes.push(await runStep(tests))

const failed = outcomes.filter((outcome) => !outcome.ok)
for (const { step, output } of failed) {
  const help = step.help === '' ? '' : ` (${step.help})`
  console.log(`\n── ${step.name}${help} ${'─'.repeat(60)}\n${output.trimEnd()}`)
}
if (failed.length > 0) console.log(`\nfailed: ${failed.map((outcome) => outcome.step.name).join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
