// Backups of a data folder beside a running node or not, and their restore. A backup folder holds `data/` (the log and the
// pipelines' state, see log/backup.ts), `lake/` (files and the catalog) and backup.json, which names every file with the bytes
// that count; replacing it is what makes a pass count.
// Invariant: the lake is copied before the log, so that no table is ahead of its topic: after a restore tables catch up.
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeText, MillraceError, openNodeDisk, replaceFile } from '../../base/index.ts'
import { LogBackup, lockDataFolder, restoreLog, type CopiedFile, type LogCut, type LogStart } from '../../log/index.ts'
import { copyCatalog } from '../../tables/index.ts'
import { beginLine, readLineage, refuseFork, type Lineage } from './backup-lineage.ts'
import { version } from './version.ts'

export const manifestName = 'backup.json'
const formatVersion = 2
export const catalogName = 'catalog.sqlite'
const clusterIdName = 'cluster-id'
/** In a data folder while a restore into it is not finished. */
const unfinishedName = 'unfinished-restore'
/** Passes until one catches up with the log: the first copies everything, later ones what was written meanwhile. */
const passesMax = 50

/** What backup.json says. */
export interface BackupManifest {
  readonly magic: 'millrace-backup'
  readonly formatVersion: number
  readonly version: string
  readonly project: string
  /** ISO 8601: what was acknowledged before is in it. */
  readonly recoveryPoint: string
  readonly sequence: number
  readonly topics: LogCut['topics']
  /** Who commits, and how far each had come: pipelines, captured databases, the generator. */
  readonly owners: Readonly<Record<string, { readonly epoch: number; readonly position: string }>>
  readonly log: readonly CopiedFile[]
  readonly lake: readonly CopiedFile[]
  readonly clusterId: string | null
  /** Older ones do not say these three. */
  readonly lineage?: Lineage
  readonly syncedSequence?: number
  readonly start?: LogStart
}

export interface BackupSource {
  readonly project: string
  readonly data: string
  /** Absolute; null when there is none on this machine. */
  readonly lake: string | null
}

export interface Backup {
  /** Brings the folder up to now. When it throws or dies, the folder holds the pass before. Throws MR-DEPLOY-010, -022, -032, MR-LOG-003, -006. */
  pass(): Promise<BackupManifest>
  close(): void
}

/**
 * One backup folder, locked until closed. A lock file, lock.pid and format.json lie in its data/ too.
 * Throws MR-DEPLOY-009 (the folder is something else), -022 (another's backup), -032 (of another line), MR-BASE-005 (another backup runs into it), -003.
 */
export function openBackup(source: BackupSource, to: string): Backup {
  refuseSource(source)
  refuseFolder(source, to)
  const before = readManifest(to)
  if (before) refuseOther(source, before, to)
  const data = join(to, 'data')
  const lock = lockDataFolder(data)
  const disk = openNodeDisk(to)
  let last = readManifest(to)
  const log = new LogBackup({ from: openNodeDisk(source.data), to: openNodeDisk(data), copied: last?.log ?? [] })
  const lake = new LakeBackup(source.lake, join(to, 'lake'), last?.lake ?? [])
  return {
    async pass() {
      // Again: another one may have written it before this one had the lock, and the data may be another's by now.
      if (last) refuseOther(source, last, to)
      const lakeFiles = lake.pass()
      const { cut, atMs } = await cutOf(() => log.pass())
      const manifest = manifestOf(source, { cut, atMs, lakeFiles })
      replaceFile(disk, manifestName, encodeText(`${JSON.stringify(manifest)}\n`))
      last = manifest
      log.sweep(cut)
      lake.sweep(lakeFiles)
      return manifest
    },
    close: () => lock.release(),
  }
}

/** Passes until one catches up. Throws MR-DEPLOY-010. @param copy one of them; undefined when the log moved on meanwhile */
export async function cutOf(
  copy: () => LogCut | undefined | Promise<LogCut | undefined>,
): Promise<{ cut: LogCut; atMs: number }> {
  for (let pass = 0; pass < passesMax; pass++) {
    const atMs = Date.now()
    const cut = await copy()
    if (cut) return { cut, atMs }
    await sleep(10)
  }
  throw new MillraceError('MR-DEPLOY-010', { details: { passes: passesMax } })
}

export function manifestOf(
  source: BackupSource,
  found: { cut: LogCut; atMs: number; lakeFiles: readonly CopiedFile[] },
): BackupManifest {
  const { cut } = found
  return {
    magic: 'millrace-backup',
    formatVersion,
    version: version(),
    project: source.project,
    recoveryPoint: new Date(found.atMs).toISOString(),
    sequence: cut.sequence,
    syncedSequence: cut.syncedSequence,
    start: cut.start,
    topics: cut.topics,
    owners: Object.fromEntries(
      [...cut.owners].map(([owner, { epoch, position }]) => [
        owner,
        { epoch, position: Buffer.from(position).toString('base64') },
      ]),
    ),
    log: cut.files,
    lake: found.lakeFiles,
    clusterId: clusterIdIn(source.data),
    lineage: readLineage(openNodeDisk(source.data), source.data),
  }
}

/** Throws MR-LOG-003. */
export function refuseSource({ data }: BackupSource): void {
  if (!existsSync(join(data, 'log')))
    throw new MillraceError('MR-LOG-003', { details: { path: data, reason: 'there is none' } })
}

/**
 * What was backed up there must be this project's data, and what this folder goes on from. Throws MR-DEPLOY-022, -032.
 * @param last what counts there
 */
export function refuseOther(source: BackupSource, last: BackupManifest, place: string): void {
  const clusterId = clusterIdIn(source.data)
  if (
    last.project === source.project &&
    (last.clusterId === null || clusterId === null || last.clusterId === clusterId)
  )
    return refuseFork(openNodeDisk(source.data), last, { data: source.data, place })
  throw new MillraceError('MR-DEPLOY-022', {
    details: {
      place,
      project: `${last.project} (cluster ${last.clusterId ?? 'unknown'})`,
      ours: `${source.project} (cluster ${clusterId ?? 'unknown'})`,
    },
  })
}

function clusterIdIn(data: string): string | null {
  const path = join(data, clusterIdName)
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null
}

function refuseFolder({ data }: BackupSource, to: string): void {
  const refuse = (problem: string): never => {
    throw new MillraceError('MR-DEPLOY-009', { details: { path: to, problem } })
  }
  if (!relative(resolve(data), resolve(to)).startsWith('..')) refuse('lies in the data folder')
  if (!existsSync(to)) return
  if (!statSync(to).isDirectory()) refuse('is a file')
  const names = readdirSync(to)
  // One that died before its first pass was whole has data/ only.
  const isOurs = names.includes(manifestName) || names.every((name) => name === 'data' || name === 'lake')
  if (!isOurs) refuse('holds something else')
}

/** Lake files never change once they are there; the catalog says which of them count. */
class LakeBackup {
  readonly #from: string | null
  readonly #to: string
  readonly #copied: Map<string, number>

  constructor(from: string | null, to: string, copied: readonly CopiedFile[]) {
    this.#from = from
    this.#to = to
    this.#copied = new Map(copied.map(({ stored, size }) => [stored, size]))
  }

  pass(): readonly CopiedFile[] {
    if (this.#from === null || !existsSync(join(this.#from, catalogName))) return []
    mkdirSync(this.#to, { recursive: true })
    // First what counts, then the files: they are a superset of what it names.
    const stored = `catalog-${Date.now()}.sqlite`
    rmSync(join(this.#to, stored), { force: true })
    copyCatalog(join(this.#from, catalogName), join(this.#to, stored))
    syncPath(join(this.#to, stored))
    const size = statSync(join(this.#to, stored)).size
    this.#copied.set(stored, size)
    const files: CopiedFile[] = [{ path: catalogName, stored, size }]
    const folders = new Set<string>([this.#to])
    for (const path of globSync('*/**/*', { cwd: this.#from })) {
      const copied = this.#file(path, folders)
      if (copied) files.push(copied)
    }
    for (const folder of folders) syncPath(folder)
    return files
  }

  /** undefined for a folder, and for what went away meanwhile: no table in the catalog's copy needs it. */
  #file(path: string, folders: Set<string>): CopiedFile | undefined {
    const source = join(this.#from!, path)
    const found = statSync(source, { throwIfNoEntry: false })
    if (!found?.isFile()) return undefined
    if (this.#copied.get(path) !== found.size) {
      const target = join(this.#to, path)
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(source, target)
      syncPath(target)
      for (let folder = dirname(target); folder.startsWith(this.#to); folder = dirname(folder)) folders.add(folder)
      this.#copied.set(path, found.size)
    }
    return { path, stored: path, size: found.size }
  }

  sweep(files: readonly CopiedFile[]): void {
    const named = new Set(files.map(({ stored }) => stored))
    for (const stored of this.#copied.keys()) {
      if (named.has(stored)) continue
      rmSync(join(this.#to, stored), { force: true })
      this.#copied.delete(stored)
    }
  }
}

function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** undefined when there is none. Throws as parseManifest does. */
function readManifest(folder: string): BackupManifest | undefined {
  const path = join(folder, manifestName)
  return existsSync(path) ? parseManifest(readFileSync(path, 'utf8'), folder) : undefined
}

/** Throws MR-DEPLOY-011 when it is damaged, MR-BASE-006 for a newer one. @param path of the backup, for messages */
export function parseManifest(text: string, path: string): BackupManifest {
  let manifest: Partial<BackupManifest>
  try {
    manifest = JSON.parse(text) as Partial<BackupManifest>
  } catch (cause) {
    throw new MillraceError('MR-DEPLOY-011', { details: { path, reason: `${manifestName} is damaged` }, cause })
  }
  if (manifest.magic !== 'millrace-backup')
    throw new MillraceError('MR-DEPLOY-011', { details: { path, reason: `${manifestName} is another program’s` } })
  if ((manifest.formatVersion ?? 0) > formatVersion)
    throw new MillraceError('MR-BASE-006', {
      details: { path, found: `backup format ${manifest.formatVersion}`, known: `format ${formatVersion}` },
    })
  return manifest as BackupManifest
}

/**
 * Lays a backup out as a data folder and a lake, which a node then opens as after a crash. When it dies on the way, no node
 * starts there, and the same call begins again. Throws MR-DEPLOY-011 (no whole backup), -012 (there is data already), -023,
 * MR-LOG-006, MR-BASE-005, -003.
 */
export function restoreBackup(
  from: string,
  to: { readonly data: string; readonly lake: string | null; readonly project?: string },
): BackupManifest {
  const manifest = readManifest(from)
  if (!manifest)
    throw new MillraceError('MR-DEPLOY-011', { details: { path: from, reason: `there is no ${manifestName}` } })
  if (to.project !== undefined && to.project !== manifest.project)
    throw new MillraceError('MR-DEPLOY-023', { details: { place: from, project: manifest.project, ours: to.project } })
  const lock = lockDataFolder(to.data)
  try {
    const data = openNodeDisk(to.data)
    if (!data.exists(unfinishedName)) {
      const taken = [join(to.data, 'log'), ...(to.lake === null ? [] : [join(to.lake, catalogName)])].find(existsSync)
      if (taken !== undefined) throw new MillraceError('MR-DEPLOY-012', { details: { path: taken } })
      replaceFile(data, unfinishedName, encodeText(`${from}\n`))
    }
    if (manifest.clusterId !== null) replaceFile(data, clusterIdName, encodeText(`${manifest.clusterId}\n`))
    if (to.lake !== null) restoreLake(join(from, 'lake'), to.lake, manifest.lake)
    for (const folder of ['log', 'state']) data.remove(folder)
    beginLine(data, manifest)
    restoreLog({ from: openNodeDisk(join(from, 'data')), to: data, files: manifest.log })
    data.remove(unfinishedName)
    data.syncFolder('')
  } finally {
    lock.release()
  }
  return manifest
}

/** A node must not begin an empty log beside tables that were restored. Throws MR-DEPLOY-013. */
export function refuseUnfinishedRestore(data: string): void {
  const path = join(data, unfinishedName)
  if (!existsSync(path)) return
  throw new MillraceError('MR-DEPLOY-013', { details: { path: data, from: readFileSync(path, 'utf8').trim() } })
}

function restoreLake(from: string, to: string, files: readonly CopiedFile[]): void {
  const folders = new Set<string>()
  for (const { path, stored, size } of files.toSorted(
    (a, b) => Number(a.path === catalogName) - Number(b.path === catalogName),
  )) {
    const source = join(from, stored)
    if (statSync(source, { throwIfNoEntry: false })?.size !== size)
      throw new MillraceError('MR-DEPLOY-011', {
        details: { path: from, reason: `${stored} is missing or has another size` },
      })
    const target = join(to, path)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(source, target)
    syncPath(target)
    for (let folder = dirname(target); folder.startsWith(to); folder = dirname(folder)) folders.add(folder)
  }
  for (const folder of folders) syncPath(folder)
}
