// npm run bench -- NAME [--rounds N]: runs bench/NAME.bench.ts. Without a name: lists them.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const names = globSync('*.bench.ts', { cwd: import.meta.dirname })
  .map((file) => file.replace('.bench.ts', ''))
  .toSorted()
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const [name = ''] = positionals
const rounds = Number(values.rounds)
if (!names.includes(name) || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`usage: npm run bench -- NAME [--rounds N]\n  ${names.join('\n  ')}`)
  process.exitCode = 2
} else {
  const { bench } = (await import(join(import.meta.dirname, `${name}.bench.ts`))) as {
    bench(options: { rounds: number }): Promise<void>
  }
  await bench({ rounds })
}
