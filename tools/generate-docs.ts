// Writes what documents repeat from code: docs/guide/errors.md from the error table, docs/guide/kinds.md and schemas/*.json
// from the kinds, and the table of endpoints inside docs/guide/registry.md from the registry's routes.
//   node tools/run.mjs tools/generate-docs.ts [--check]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorTable } from '../src/base/index.ts'
import { metricTable } from '../src/ops/index.ts'
import { kinds, tableOptionRows } from '../src/project/index.ts'
import { differences } from '../conformance/registry/second-steps.ts'
import { registryDoors } from '../src/registry/index.ts'

const root = join(import.meta.dirname, '..')

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { text, help, retriable }]) =>
      `| \`${code}\` | ${cell(text)} | ${cell(help)}${retriable ? ' (may succeed later by itself)' : ''} |`,
  )
  return `# Errors\n\nEvery error has a code, says what happened, where (file, line and column for anything a person wrote), and what to do. Codes are never reused.\n\n| Code | What happened | What to do |\n|---|---|---|\n${rows.join('\n')}\n`
}

function kindsPage(): string {
  const rows = kinds.map(
    (k) =>
      `| \`${k.kind}\` | \`${k.apiVersion}${k.apiVersion.endsWith('.') ? '…' : ''}\` | ${cell(k.summary)} | [schema](../../schemas/${fileOf(k.kind)}) |`,
  )
  return `# Kinds of resource\n\nOne resource a YAML document, told by \`apiVersion\` and \`kind\`. Editors complete a file that begins with\n\`# yaml-language-server: $schema=…/schemas/project.json\` (or the kind's own).\n\n| Kind | apiVersion | What it is | JSON Schema |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function metricsPage(): string {
  const rows = Object.entries(metricTable).map(([name, { type, help }]) => `| \`${name}\` | ${type} | ${cell(help)} |`)
  return `# Metrics\n\n\`GET /metrics\` on the console's port, in Prometheus' text format.\n\n| Name | Type | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`
}

/** The guide with the parts between its marks made anew; what people wrote around them stays. */
function registryPage(): string {
  const path = join(root, 'docs/guide/registry.md')
  const rows = registryDoors().map(({ method, pattern, parameters = [], difference = 'as Confluent’s' }) => {
    const names = parameters.map((name) => `\`${name}\``).join(', ')
    return `| \`${method} ${pattern}\` | ${names} | ${cell(difference)} |`
  })
  const endpoints = `| Endpoint | Query parameters | Difference |\n|---|---|---|\n${rows.join('\n')}\n`
  const others = differences.map(
    (one) => `| ${one.step} | \`${cell(one.millrace)}\` | \`${cell(one.apicurio)}\` | ${one.right}: ${cell(one.why)} |`,
  )
  const second = `| Step | Millrace | Apicurio 2.6 | Who is right |\n|---|---|---|---|\n${others.join('\n')}\n`
  const page = between(path, readFileSync(path, 'utf8'), {
    begin: '<!-- endpoints: generated from the routes -->',
    end: '<!-- end of endpoints -->',
    table: endpoints,
  })
  return between(path, page, {
    begin: '<!-- differences: generated from conformance/registry/second-steps.ts -->',
    end: '<!-- end of differences -->',
    table: second,
  })
}

/** The guide with its table of options made anew. */
function projectPage(): string {
  const path = join(root, 'docs/guide/project.md')
  const rows = tableOptionRows.map(({ name, meaning }) => `| \`${name}\` | ${cell(meaning)} |`)
  return between(path, readFileSync(path, 'utf8'), {
    begin: '<!-- options: generated from src/project/table-options.ts -->',
    end: '<!-- end of options -->',
    table: `| Option | Meaning |\n|---|---|\n${rows.join('\n')}\n`,
  })
}

function between(path: string, page: string, part: { begin: string; end: string; table: string }): string {
  const from = page.indexOf(part.begin)
  const to = page.indexOf(part.end)
  if (from < 0 || to < from) throw new Error(`${path} lacks the marks ${part.begin} and ${part.end}`)
  return `${page.slice(0, from)}${part.begin}\n\n${part.table}\n${page.slice(to)}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const fileOf = (kind: string): string => `${kind.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.json`

/** Path → content of everything that is generated. */
export function generatedDocuments(): Map<string, string> {
  const documents = new Map([
    ['docs/guide/errors.md', errorsPage()],
    ['docs/guide/kinds.md', kindsPage()],
    ['docs/guide/metrics.md', metricsPage()],
    ['docs/guide/project.md', projectPage()],
    ['docs/guide/registry.md', registryPage()],
  ])
  for (const kind of kinds)
    documents.set(
      `schemas/${fileOf(kind.kind)}`,
      `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: kind.kind, description: kind.summary, ...kind.schema }, null, 2)}\n`,
    )
  return documents
}

function main(): void {
  const check = process.argv.includes('--check')
  let stale = 0
  for (const [path, content] of generatedDocuments()) {
    const whole = join(root, path)
    let before = ''
    try {
      before = readFileSync(whole, 'utf8')
    } catch {
      // Not there yet: it is written below, or counts as stale.
    }
    if (before === content) continue
    stale++
    if (check)
      process.stderr.write(`${path} is not what the code says; run: node tools/run.mjs tools/generate-docs.ts\n`)
    else {
      mkdirSync(dirname(whole), { recursive: true })
      writeFileSync(whole, content)
    }
  }
  if (check && stale > 0) process.exitCode = 1
}

if (import.meta.main) main()
