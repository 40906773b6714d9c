// The rules of the house, over the facts of all files. Pure: facts in, findings out. The storeys come from the table in
// docs/ARCHITECTURE.md, so that map and check cannot disagree.
import { posix } from 'node:path'
import type { Facts, Import } from './facts.ts'

export interface Finding {
  readonly path: string
  /** 0 when it concerns the whole file or folder. */
  readonly line: number
  readonly message: string
}

export interface Room {
  /** Its folder below src/ ('kafka/wire'), or a file there ('index.ts'). */
  readonly name: string
  readonly storey: number
}

/** One line of tidy-allowed.txt: a file that may use one thing of the outside world, and why. */
export interface Allowance {
  readonly path: string
  readonly what: string
  readonly reason: string
}

export interface House {
  readonly rooms: readonly Room[]
  readonly files: readonly Facts[]
  readonly allowances: readonly Allowance[]
  /** Line counts of README.md files by folder relative to the root ('src/base'). */
  readonly readmes: ReadonlyMap<string, number>
  /** Packages that the published package brings. */
  readonly dependencies: ReadonlySet<string>
}

export const limits = {
  /** Longer files hide more than one thing. */
  fileLinesMax: 600,
  /** STYLE's advice is 70. */
  functionLinesMax: 100,
  readmeLinesMax: 40,
} as const

/**
 * Reads the storeys from the map's table: rows `| number | rooms in backticks | … |`.
 * @throws Error when there is no such table: without it nothing could be checked
 */
export function parseStoreys(markdown: string): Room[] {
  const rooms: Room[] = []
  for (const line of markdown.split('\n')) {
    const row = /^\|\s*(\d+)\s*\|([^|]*)\|/.exec(line)
    if (!row) continue
    for (const [, name] of row[2]!.matchAll(/`([^`]+)`/g)) {
      for (const room of expandBraces(name!)) rooms.push({ name: room, storey: Number(row[1]) })
    }
  }
  if (rooms.length === 0) throw new Error('docs/ARCHITECTURE.md has no table of storeys (rows `| 3 | `rooms` | … |`)')
  return rooms
}

/** Reads tidy-allowed.txt: `path  what  reason …` a line, '#' begins a comment line. */
export function parseAllowances(text: string): Allowance[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [path = '', what = '', ...reason] = line.trim().split(/\s\s+/)
      return { path, what, reason: reason.join(' ') }
    })
}

/** All findings, ordered by file and line. */
export function findAll(house: House): Finding[] {
  const findings = [
    ...house.files.flatMap((file) => findInFile(file)),
    ...findImports(house),
    ...findWorkers(house),
    ...findDead(house),
    ...findOutside(house),
    ...findRooms(house),
  ]
  return findings.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
}

export function isTest(path: string): boolean {
  return /\.(test|bench)\.ts$/.test(path)
}

function isGenerated(path: string): boolean {
  return path.split('/').includes('generated')
}

function findInFile(file: Facts): Finding[] {
  const { path } = file
  const findings: Finding[] = []
  if (file.broken !== undefined) findings.push({ path, line: 0, message: `cannot be parsed: ${file.broken}` })
  for (const line of file.unfinished) {
    findings.push({ path, line, message: 'a note of unfinished work: finish it, or write it where work is planned' })
  }
  if (isGenerated(path)) return findings
  if (file.lines > limits.fileLinesMax) {
    findings.push({ path, line: 0, message: `${file.lines} lines, at most ${limits.fileLinesMax}: divide it` })
  }
  if (isTest(path)) return findings
  for (const { name, line, lines } of file.functions) {
    if (lines <= limits.functionLinesMax) continue
    findings.push({ path, line, message: `${name} has ${lines} lines, at most ${limits.functionLinesMax}: divide it` })
  }
  return findings
}

function findImports(house: House): Finding[] {
  const findings: Finding[] = []
  const paths = new Set(house.files.map((file) => file.path))
  for (const file of house.files) {
    if (!file.path.startsWith('src/')) continue
    const room = roomOf(house.rooms, file.path)
    if (!room) {
      findings.push({ path: file.path, line: 0, message: 'lies in no room that docs/ARCHITECTURE.md names' })
      continue
    }
    for (const item of file.imports) {
      const message = item.specifier.startsWith('.')
        ? importProblem(house.rooms, paths, file.path, room, item)
        : packageProblem(house.dependencies, file.path, item.specifier)
      if (message !== undefined) findings.push({ path: file.path, line: item.line, message })
    }
  }
  return findings
}

function importProblem(
  rooms: readonly Room[],
  paths: ReadonlySet<string>,
  from: string,
  room: Room,
  item: Import,
): string | undefined {
  const target = resolve(from, item.specifier)
  if (target.endsWith('.worker.ts'))
    return `imports ${item.specifier}: a worker's entry is only ever started, with startWorker`
  if (!target.endsWith('.ts')) return undefined
  if (!target.startsWith('src/')) return `imports ${target}: nothing in src/ may depend on what lies beside it`
  if (!paths.has(target)) return `imports ${target}, which is not there`
  const other = roomOf(rooms, target)
  if (!other || other.name === room.name) return undefined
  if (other.storey > room.storey) {
    return `${room.name} (storey ${room.storey}) imports ${other.name} (storey ${other.storey}): imports go downward`
  }
  if (other.storey === room.storey) {
    return `${room.name} imports ${other.name}, of the same storey (${room.storey}): never sideways`
  }
  if (target !== faceOf(other)) return `imports ${target}: another room is entered only through ${faceOf(other)}`
  return undefined
}

function packageProblem(dependencies: ReadonlySet<string>, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:') || isTest(from)) return undefined
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  if (dependencies.has(name)) return undefined
  return `imports ${name}, which is not among the dependencies of package.json: the published package would not run`
}

function findWorkers(house: House): Finding[] {
  const findings: Finding[] = []
  const started = new Set<string>()
  for (const file of house.files) {
    if (!file.path.startsWith('src/')) continue
    for (const url of file.urls) {
      if (!url.specifier.endsWith('.ts')) continue
      const { path } = file
      if (!url.specifier.endsWith('.worker.ts')) {
        const message = `names ${url.specifier} by URL: only *.worker.ts are started that way (the build renames them)`
        findings.push({ path, line: url.line, message })
      } else if (!url.startsWorker) {
        findings.push({
          path,
          line: url.line,
          message: `${url.specifier} must be handed straight to startWorker or preloadWorker`,
        })
      } else started.add(resolve(path, url.specifier))
    }
    if (file.path === 'src/base/worker.ts') continue
    for (const use of file.outside) {
      if (use.what !== 'new Worker') continue
      findings.push({ path: file.path, line: use.line, message: 'starts a thread by itself: use startWorker of base' })
    }
  }
  for (const file of house.files) {
    if (!file.path.startsWith('src/') || !file.path.endsWith('.worker.ts') || started.has(file.path)) continue
    const call = `startWorker(new URL('./${posix.basename(file.path)}', import.meta.url), …)`
    findings.push({ path: file.path, line: 0, message: `no file starts this worker with ${call}` })
  }
  return findings
}

function isNeeded(path: string): boolean {
  const isEntry = path === 'src/index.ts' || path === 'src/cli/main.ts' || path.endsWith('.worker.ts')
  return !path.startsWith('src/') || isEntry || isTest(path)
}

/** Files of src/ that nothing needs: not the library, the program, a worker, a test, nor a check beside src/. */
function findDead(house: House): Finding[] {
  const byPath = new Map(house.files.map((file) => [file.path, file]))
  const waiting = house.files.filter((file) => isNeeded(file.path))
  const reached = new Set(waiting.map((file) => file.path))
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    for (const { specifier } of [...file.imports, ...file.urls]) {
      if (!specifier.startsWith('.')) continue
      const target = byPath.get(resolve(file.path, specifier))
      if (!target || reached.has(target.path)) continue
      reached.add(target.path)
      waiting.push(target)
    }
  }
  return house.files
    .filter((file) => !reached.has(file.path))
    .map((file) => ({ path: file.path, line: 0, message: 'nothing imports this file: use it or remove it' }))
}

function findOutside(house: House): Finding[] {
  const findings: Finding[] = []
  const used = new Set<Allowance>()
  for (const file of house.files) {
    const room = file.path.startsWith('src/') ? roomOf(house.rooms, file.path) : undefined
    if (!room || room.storey < 1 || room.storey > 5 || isTest(file.path)) continue
    for (const use of file.outside) {
      if (use.what === 'new Worker') continue
      const allowance = house.allowances.find((one) => one.path === file.path && one.what === use.what)
      if (allowance) used.add(allowance)
      else {
        const message = `uses ${use.what} directly: core code is handed Clock, Random, Disk and Net (src/base/ports.ts)`
        findings.push({ path: file.path, line: use.line, message })
      }
    }
  }
  for (const allowance of house.allowances) {
    const { path, what, reason } = allowance
    if (reason === '')
      findings.push({ path, line: 0, message: `tidy-allowed.txt allows ${what} here without a reason` })
    else if (!used.has(allowance)) {
      findings.push({ path, line: 0, message: `tidy-allowed.txt allows ${what} here, which is not used: take it out` })
    }
  }
  return findings
}

function findRooms(house: House): Finding[] {
  const findings: Finding[] = []
  const paths = new Set(house.files.map((file) => file.path))
  for (const room of house.rooms) {
    const path = `src/${room.name}`
    if (room.name.endsWith('.ts') || !house.files.some((file) => file.path.startsWith(`${path}/`))) continue
    if (room.name !== 'cli' && !paths.has(`${path}/index.ts`)) {
      findings.push({ path, line: 0, message: 'has no index.ts: a room has one face' })
    }
    const readmeLines = house.readmes.get(path)
    if (readmeLines === undefined) {
      findings.push({ path, line: 0, message: 'has no README.md: what it owns, its invariants, its limits' })
    } else if (readmeLines > limits.readmeLinesMax) {
      const message = `${readmeLines} lines, at most ${limits.readmeLinesMax}`
      findings.push({ path: `${path}/README.md`, line: 0, message })
    }
  }
  return findings
}

/** The room that a file of src/ lies in: the longest name that fits. */
export function roomOf(rooms: readonly Room[], path: string): Room | undefined {
  const below = path.slice('src/'.length)
  let best: Room | undefined
  for (const room of rooms) {
    if (below !== room.name && !below.startsWith(`${room.name}/`)) continue
    if (!best || room.name.length > best.name.length) best = room
  }
  return best
}

function faceOf(room: Room): string {
  return room.name.endsWith('.ts') ? `src/${room.name}` : `src/${room.name}/index.ts`
}

function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier)
}

function expandBraces(name: string): string[] {
  const braces = /^(.*)\{([^}]*)\}(.*)$/.exec(name)
  if (!braces) return [name]
  return braces[2]!.split(',').map((part) => `${braces[1]}${part.trim()}${braces[3]}`)
}
