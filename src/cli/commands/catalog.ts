import { downstreamOf, searchCatalog, upstreamOf, type Asset, type Catalog } from '../../catalog/index.ts'
import { catalogOf, openProject } from '../../deploy/embedded/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, dim, print, printJson, printTable, yellow } from '../output.ts'

export const catalog: Command = {
  name: 'catalog',
  summary: 'Lists assets; with words, those that match; with one asset’s name, its columns and where each comes from.',
  operands: '[FOLDER] [WORDS]',
  operandsMax: 20,
  options: {},
  example: 'millrace catalog examples/checkout loan_balance',
  async run({ operands, options }) {
    const compiled = catalogOf(openProject(operands[0] ?? '.'))
    const words = operands.slice(1).join(' ')
    const exact = compiled.assets.find((a) => a.name === words)
    const found = exact ? [exact] : words === '' ? compiled.assets : searchCatalog(compiled, words)
    if (found.length === 0) throw new UsageError(`nothing matches '${words}'`)
    if (options['json']) printJson(exact ? describe(compiled, exact) : found)
    else if (exact) printAsset(compiled, exact)
    else printList(found)
    return 0
  },
}

function printList(assets: readonly Asset[]): void {
  printTable(
    ['asset', 'role', 'owner', 'columns', 'written by', 'read by', 'lake'],
    assets.map((a) => [
      a.name,
      a.role,
      a.owner,
      a.columns.length,
      a.origin ?? (a.writers.join(', ') || 'services'),
      a.readers.join(', ') || '-',
      a.lake ?? '-',
    ]),
  )
}

function describe(compiled: Catalog, asset: Asset): object {
  return {
    ...asset,
    columns: asset.columns.map((c) => ({
      ...c,
      upstream: upstreamOf(compiled, { table: asset.name, column: c.name }),
      downstream: downstreamOf(compiled, { table: asset.name, column: c.name }),
    })),
  }
}

function printAsset(compiled: Catalog, asset: Asset): void {
  print(
    `${bold(asset.name)}  ${asset.role}, owned by ${asset.owner}${asset.contact ? ` (${asset.contact})` : ''}  ${dim(`${asset.place.file}:${asset.place.line}`)}`,
  )
  if (asset.comment) print(asset.comment)
  if (asset.origin) print(`captured from ${asset.origin}`)
  if (asset.writers.length > 0) print(`written by ${asset.writers.join(', ')}`)
  print(
    `read by ${asset.readers.join(', ') || 'no pipeline'}${asset.lake ? `; kept as ${asset.lake} table in the lake` : ''}`,
  )
  for (const rule of asset.rules) print(`rule ${rule}`)
  print()
  const refs = (list: readonly { table: string; column: string }[]): string =>
    list.map((r) => `${r.table}.${r.column}`).join(', ') || '-'
  printTable(
    ['column', 'type', 'class', 'comes from', 'reaches'],
    asset.columns.map((c) => [
      c.key ? `${c.name} (key)` : c.name,
      c.type,
      c.classification ? yellow(c.classification) : '-',
      refs(upstreamOf(compiled, { table: asset.name, column: c.name })),
      refs(downstreamOf(compiled, { table: asset.name, column: c.name })),
    ]),
  )
}
