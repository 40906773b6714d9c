// From files to a checked project. Pure: the files are handed in. Every mistake of every file is reported at once; what can
// still be understood is. Order of files has no meaning.
import { MillraceError, type Place } from '../base/index.ts'
import type { AccessRule } from '../model/index.ts'
import { analyze, type SqlProject, type TableDefinition } from '../sql/index.ts'
import type { ContractRule } from '../validate/index.ts'
import { accessNotices, checkAccess } from './access.ts'
import { contractNotices, readContractTable, type Notice } from './contract.ts'
import { didYouMean } from './field-mistakes.ts'
import { readSecurity, type SecurityResource } from './security.ts'
import { readResources, type BrokenResource, type ProjectFile, type Resource } from './yaml.ts'

export interface OwnerResource {
  readonly name: string
  readonly contact: string
  readonly runbook: string | null
}

export interface SourceResource {
  readonly name: string
  readonly owner: string
  readonly type: 'mysql'
  /** null when the variable it names is not set. */
  readonly url: string | null
  readonly heartbeat: {
    readonly everyMs: number
    readonly tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  } | null
  /** database.table → table of the folder. */
  readonly tables: Readonly<Record<string, string>>
  readonly place: Place
}

export interface GeneratorSettings {
  readonly seed: number
  readonly ratePerSecond: number
}

export interface EnvironmentResource {
  readonly name: string
  readonly topics: 'embedded' | 'kafka'
  readonly pipelines: 'embedded' | 'flink'
  readonly kafka: { readonly bootstrap: string } | null
  readonly lakePath: string
  readonly durability: 'synced' | 'interval' | 'os'
  /** Partitions of topics whose table declares none. */
  readonly partitions: number
  readonly generators: Readonly<Record<string, GeneratorSettings>>
  readonly access: readonly AccessRule[]
  /** null: nothing but the door on this machine, for everybody on it. */
  readonly security: SecurityResource | null
  /** What it says that seems to be meant otherwise. */
  readonly notices: readonly Notice[]
}

export interface ContractResource {
  readonly id: string
  readonly version: string
  readonly status: string
  readonly owner: string
  readonly tables: readonly string[]
  /** table → column → classification */
  readonly classifications: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly rules: readonly ContractRule[]
  /** What it says and nobody here runs. */
  readonly notices: readonly Notice[]
}

export interface SloResource {
  readonly name: string
  readonly owner: string
  readonly asset: string
  readonly metric: 'freshness_seconds'
  readonly objectives: readonly {
    readonly op: 'lte' | 'lt' | 'gte' | 'gt'
    readonly value: number
    readonly target: number
  }[]
  readonly windowMs: number
  readonly place: Place
}

export interface TestResource {
  readonly name: string
  readonly given: readonly {
    readonly table: string
    readonly rows?: readonly Readonly<Record<string, unknown>>[]
    readonly watermark?: string
  }[]
  readonly expect: readonly { readonly table: string; readonly rows: readonly Readonly<Record<string, unknown>>[] }[]
  readonly place: Place
}

export interface Project {
  readonly name: string
  readonly owner: string
  readonly sql: SqlProject
  readonly owners: readonly OwnerResource[]
  readonly sources: readonly SourceResource[]
  readonly environments: readonly EnvironmentResource[]
  readonly contracts: readonly ContractResource[]
  readonly slos: readonly SloResource[]
  readonly tests: readonly TestResource[]
  /** table → owner: its contract's team, else its source's owner, else the project's. */
  readonly tableOwners: ReadonlyMap<string, string>
  readonly errors: readonly MillraceError[]
}

/** Stands for an owner that a file should name and does not. */
const nobody = 'nobody'

const defaultEnvironment: EnvironmentResource = {
  name: 'local',
  topics: 'embedded',
  pipelines: 'embedded',
  kafka: null,
  lakePath: '.millrace/lake',
  durability: 'synced',
  partitions: 1,
  generators: {},
  access: [],
  security: null,
  notices: [],
}

type Loose = Readonly<Record<string, any>> // eslint-disable-line -- checked by the kind's JSON Schema before

/**
 * @param files all *.sql and *.yaml of the folder (others are ignored)
 * @param variables what `${NAME}` means, usually the process's environment
 */
export function loadProject(
  files: readonly ProjectFile[],
  variables: Readonly<Record<string, string | undefined>>,
): Project {
  const errors: MillraceError[] = []
  const broken: BrokenResource[] = []
  const resources = files
    .filter((f) => /\.ya?ml$/.test(f.path))
    .flatMap((file) => readResources(file, variables, errors, broken))
  const of = (kind: string): Resource[] => resources.filter((r) => r.kind === kind)
  const brokenOf = (kind: string): Loose[] =>
    broken.filter((r) => r.kind === kind).map((r) => (r.content ?? {}) as Loose)
  const projects = of('Project')
  const brokenProjects = brokenOf('Project')
  if (projects.length > 1 || (projects.length === 0 && brokenProjects.length === 0))
    errors.push(
      new MillraceError(projects.length === 0 ? 'MR-PROJECT-006' : 'MR-PROJECT-007', {
        place: projects[1]?.place ?? { file: 'millrace.yaml', line: 1, column: 1 },
      }),
    )
  refuseTwice(resources, errors)
  const root = (projects[0]?.content ?? brokenProjects[0]) as Loose | undefined
  const { name, owner: rootOwner } = (root?.['metadata'] ?? {}) as { name?: unknown; owner?: unknown }
  const projectOwner = typeof rootOwner === 'string' ? rootOwner : nobody

  const owners = of('Owner').map((r) => readOwner(r.content as Loose))
  const brokenOwners = brokenOf('Owner').map((content) => content['metadata']?.name as unknown)
  const checkOwner = ownerCheck({
    known: brokenOwners.every((name) => typeof name === 'string')
      ? [...owners.map((o) => o.name), ...brokenOwners]
      : null,
    projectOwner,
    isProjectBroken: brokenProjects.length > 0,
    errors,
  })
  if (projects[0]) checkOwner(projectOwner, projects[0], ['metadata', 'owner'])

  const contractResources = of('DataContract')
  const sqlFiles = files.filter((f) => f.path.endsWith('.sql')).map((f) => ({ file: f.path, text: f.text }))
  const brokenSources = brokenOf('Source')
  const captured = [...of('Source').map((r) => r.content as Loose), ...brokenSources].flatMap((content) =>
    Object.values((content['spec']?.tables ?? {}) as Record<string, unknown>).filter(
      (table) => typeof table === 'string',
    ),
  )
  const sql = analyze(sqlFiles, { captured })
  errors.push(...sql.errors)
  const tables = new Map(sql.tables.map((t) => [t.name, t]))
  const contracts = contractResources.map((r) => readContract(r, tables, projectOwner, checkOwner, errors))
  const sources = of('Source').map((r) => readSource(r, tables, projectOwner, checkOwner, errors))
  const tableOwners = new Map<string, string>(sql.tables.map((t) => [t.name, projectOwner]))
  for (const source of sources) for (const table of Object.values(source.tables)) tableOwners.set(table, source.owner)
  for (const contract of contracts) for (const table of contract.tables) tableOwners.set(table, contract.owner)

  return {
    name: typeof name === 'string' ? name : 'unnamed',
    owner: projectOwner,
    sql,
    owners,
    sources,
    environments: readEnvironments(
      of('Environment'),
      [...sources.map((s) => s.name), ...brokenSources.map((content) => String(content['metadata']?.name))],
      errors,
    ),
    contracts,
    slos: of('SLO').map((r) => readSlo(r, tables, projectOwner, checkOwner, errors)),
    tests: of('Test').map((r) => readTest(r, tables, errors)),
    tableOwners,
    errors: errors.sort(byPlace),
  }
}

/** Order of errors as a person reads them: by file, line, column. */
export function byPlace(a: MillraceError, b: MillraceError): number {
  const [p, q] = [a.place, b.place]
  if (!p || !q) return p ? -1 : q ? 1 : 0
  return p.file < q.file ? -1 : p.file > q.file ? 1 : p.line - q.line || p.column - q.column
}

function refuseTwice(resources: readonly Resource[], errors: MillraceError[]): void {
  const seen = new Map<string, Resource>()
  for (const resource of resources) {
    if (resource.kind === 'Project') continue
    const content = resource.content as Loose
    const key = `${resource.kind} ${content['metadata']?.name ?? content['id']}`
    const before = seen.get(key)
    if (before)
      errors.push(
        new MillraceError('MR-PROJECT-009', {
          details: { what: key, file: before.place.file, line: before.place.line },
          place: resource.placeOf(['metadata', 'name']),
        }),
      )
    else seen.set(key, resource)
  }
}

function readOwner(content: Loose): OwnerResource {
  return { name: content['metadata'].name, contact: content['spec'].contact, runbook: content['spec'].runbook ?? null }
}

type CheckOwner = (owner: string, r: Resource, path: readonly (string | number)[]) => string

/** Says of a resource that it names no owner, or one that is not there; of those that could not be read, nothing. */
function ownerCheck(of: {
  /** null: not every Owner could be read. */
  known: readonly string[] | null
  projectOwner: string
  isProjectBroken: boolean
  errors: MillraceError[]
}): CheckOwner {
  return (owner, r, path) => {
    const { known, errors } = of
    const place = r.placeOf(path)
    if (owner === nobody) {
      const details = { kind: r.kind, path: path.join('.') }
      if (!of.isProjectBroken) errors.push(new MillraceError('MR-PROJECT-021', { details, place }))
    } else if (owner === of.projectOwner && r.kind !== 'Project') {
      // Said of the Project already.
    } else if (known && !known.includes(owner)) {
      const details = { owner, known: known.join(', ') || 'none', instead: didYouMean(owner, known) }
      errors.push(new MillraceError('MR-PROJECT-008', { details, place }))
    }
    return owner
  }
}

type Tables = ReadonlyMap<string, TableDefinition>

function checkTable(table: string, tables: Tables, place: Place, errors: MillraceError[]): TableDefinition | undefined {
  const found = tables.get(table)
  if (!found)
    errors.push(
      new MillraceError('MR-PROJECT-010', {
        details: {
          table,
          known: [...tables.keys()].sort().join(', ') || 'none',
          instead: didYouMean(table, tables.keys()),
        },
        place,
      }),
    )
  return found
}

function checkColumn(table: TableDefinition, column: string, place: Place, errors: MillraceError[]): void {
  const known = table.schema.fields.map((f) => f.name)
  if (!known.includes(column)) {
    errors.push(
      new MillraceError('MR-PROJECT-011', {
        details: { table: table.name, column, known: known.join(', '), instead: didYouMean(column, known) },
        place,
      }),
    )
  }
}

function readSource(
  r: Resource,
  tables: Tables,
  projectOwner: string,
  checkOwner: CheckOwner,
  errors: MillraceError[],
): SourceResource {
  const content = r.content as Loose
  const { spec, metadata } = content as { spec: Loose; metadata: Loose }
  for (const [from, to] of Object.entries(spec['tables'] as Record<string, string>)) {
    const table = checkTable(to, tables, r.placeOf(['spec', 'tables', from]), errors)
    if (table && !table.primaryKey)
      errors.push(
        new MillraceError('MR-PROJECT-012', { details: { table: to }, place: r.placeOf(['spec', 'tables', from]) }),
      )
    if (!/^[^.]+\.[^.]+$/.test(from))
      errors.push(
        new MillraceError('MR-PROJECT-005', {
          details: { kind: 'Source', where: `spec.tables.${from}`, reason: 'must be database.table' },
          place: r.placeOf(['spec', 'tables', from]),
        }),
      )
  }
  const heartbeat = spec['heartbeat'] as { every: string; tables: Record<string, Record<string, unknown>> } | undefined
  for (const [name, row] of Object.entries(heartbeat?.tables ?? {})) {
    const table = checkTable(name, tables, r.placeOf(['spec', 'heartbeat', 'tables', name]), errors)
    if (table)
      for (const column of Object.keys(row))
        checkColumn(table, column, r.placeOf(['spec', 'heartbeat', 'tables', name, column]), errors)
  }
  return {
    name: metadata['name'],
    owner: checkOwner(metadata['owner'] ?? projectOwner, r, ['metadata', 'owner']),
    type: 'mysql',
    url: spec['url'] ?? null,
    heartbeat: heartbeat ? { everyMs: parseDurationMs(heartbeat.every), tables: heartbeat.tables } : null,
    tables: spec['tables'],
    place: r.place,
  }
}

function readEnvironments(
  resources: readonly Resource[],
  sources: readonly string[],
  errors: MillraceError[],
): EnvironmentResource[] {
  const environments = resources.map((r): EnvironmentResource => {
    const { metadata, spec } = r.content as { metadata: Loose; spec: Loose }
    const generators: Record<string, GeneratorSettings> = {}
    for (const [source, settings] of Object.entries((spec['sources'] ?? {}) as Record<string, Loose>)) {
      if (!sources.includes(source))
        errors.push(
          new MillraceError('MR-PROJECT-013', {
            details: { source, known: sources.join(', ') || 'none', instead: didYouMean(source, sources) },
            place: r.placeOf(['spec', 'sources', source]),
          }),
        )
      generators[source] = {
        seed: settings['generator'].seed ?? 1,
        ratePerSecond: settings['generator'].ratePerSecond ?? 100,
      }
    }
    if ((spec['topics'] ?? 'embedded') === 'kafka' && !spec['kafka'])
      errors.push(new MillraceError('MR-PROJECT-014', { place: r.placeOf(['spec', 'topics']) }))
    const access = (spec['access'] ?? []) as readonly AccessRule[]
    checkAccess(r, access, errors)
    const security = readSecurity(r, parseDurationMs, errors)
    return {
      ...defaultEnvironment,
      name: metadata['name'],
      topics: spec['topics'] ?? 'embedded',
      pipelines: spec['pipelines'] ?? 'embedded',
      kafka: spec['kafka'] ?? null,
      lakePath: spec['tables']?.path ?? defaultEnvironment.lakePath,
      durability: spec['durability'] ?? 'synced',
      partitions: spec['partitions'] ?? 1,
      generators,
      access,
      security,
      notices: accessNotices(r, metadata['name'], access, security),
    }
  })
  // A folder that has environments has no other: one whose name is misspelt would start without its doors and rules.
  return environments.length > 0 ? environments : [defaultEnvironment]
}

function readContract(
  r: Resource,
  tables: Tables,
  projectOwner: string,
  checkOwner: CheckOwner,
  errors: MillraceError[],
): ContractResource {
  const content = r.content as Loose
  const team = content['team']
  const owner: string = (Array.isArray(team) ? team[0]?.name : team?.name) ?? projectOwner
  checkOwner(owner, r, ['team', 'name'])
  const rules: ContractRule[] = []
  const notices: Notice[] = contractNotices(r)
  const classifications: Record<string, Record<string, string>> = {}
  const objects = (content['schema'] ?? []) as Loose[]
  objects.forEach((object, i) => {
    const table = checkTable(object['name'], tables, r.placeOf(['schema', i, 'name']), errors)
    if (!table) return
    ;((object['properties'] ?? []) as Loose[]).forEach((property, j) => {
      checkColumn(table, property['name'], r.placeOf(['schema', i, 'properties', j, 'name']), errors)
      if (property['classification'])
        (classifications[table.name] ??= {})[property['name']] = property['classification']
    })
    rules.push(...readContractTable({ resource: r, table, object: i, errors, notices }, content['id']))
  })
  return {
    id: content['id'],
    version: content['version'],
    status: content['status'],
    owner,
    tables: objects.map((o) => o['name']),
    classifications,
    rules,
    notices,
  }
}

function readSlo(
  r: Resource,
  tables: Tables,
  projectOwner: string,
  checkOwner: CheckOwner,
  errors: MillraceError[],
): SloResource {
  const { metadata, spec } = r.content as { metadata: Loose; spec: Loose }
  const { asset, metric } = spec['indicator'].spec.thresholdMetric.metricSource.spec
  checkTable(
    asset,
    tables,
    r.placeOf(['spec', 'indicator', 'spec', 'thresholdMetric', 'metricSource', 'spec', 'asset']),
    errors,
  )
  return {
    name: metadata['name'],
    owner: checkOwner(metadata['labels']?.owner ?? projectOwner, r, ['metadata', 'labels', 'owner']),
    asset,
    metric,
    objectives: spec['objectives'],
    windowMs: parseDurationMs(spec['timeWindow']?.[0]?.duration ?? '1d'),
    place: r.place,
  }
}

function readTest(r: Resource, tables: Tables, errors: MillraceError[]): TestResource {
  const { metadata, given, expect } = r.content as { metadata: Loose; given: Loose[]; expect: Loose[] }
  for (const [part, entries] of [
    ['given', given],
    ['expect', expect],
  ] as const) {
    entries.forEach((entry, i) => {
      const table = checkTable(entry['table'], tables, r.placeOf([part, i, 'table']), errors)
      if (!table) return
      ;((entry['rows'] ?? []) as Loose[]).forEach((row, j) => {
        for (const column of Object.keys(row))
          checkColumn(table, column, r.placeOf([part, i, 'rows', j, column]), errors)
      })
    })
  }
  return {
    name: metadata['name'],
    given: given as unknown as TestResource['given'],
    expect: expect as unknown as TestResource['expect'],
    place: r.place,
  }
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** '10s' → 10000. The form is checked before. */
function parseDurationMs(text: string): number {
  const [, digits, unit] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(digits ?? 0) * (unitMs[unit ?? 'ms'] ?? 1)
}
