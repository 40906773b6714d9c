// Backups to a bucket. What a folder's backup appends to files lies here in parts, an object each, since objects are never
// appended to; backup.json names them, and putting it is what makes a pass count. Many small parts at a file's end are put
// together again. Invariant: what the backup.json in force names is never changed nor removed; it is only replaced over the one
// that this process has read or written, so two backups into one place do not mix.
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync, statSync, globSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encodeText, MillraceError, openNodeDisk, type Disk } from '../../base/index.ts'
import { CutPlan, type CopiedFile, type CopyStep, type LogCut } from '../../log/index.ts'
import { copyCatalog } from '../../tables/index.ts'
import {
  catalogName,
  cutOf,
  manifestName,
  manifestOf,
  parseManifest,
  refuseOther,
  refuseSource,
  type Backup,
  type BackupManifest,
  type BackupSource,
} from './backup.ts'
import type { ObjectStore } from './object-store.ts'

interface Part {
  readonly key: string
  readonly size: number
}

/** backup.json of a bucket: with the parts of each file, by the name it is stored under ('data/…', 'lake/…'). */
interface ObjectManifest extends BackupManifest {
  readonly parts: Readonly<Record<string, readonly Part[]>>
}

const partBytes = 8 << 20
/** So many parts below partBytes at a file's end are put together by the next pass. */
const smallPartsMax = 16

/** The parts of all files, those in force and those of the pass under way. */
class Parts {
  readonly #store: ObjectStore
  readonly #parts: Map<string, Part[]>

  constructor(store: ObjectStore, known: ObjectManifest['parts']) {
    this.#store = store
    this.#parts = new Map(Object.entries(known).map(([stored, parts]) => [stored, [...parts]]))
  }

  sizeOf(stored: string): number | undefined {
    return this.#parts.get(stored)?.reduce((sum, { size }) => sum + size, 0)
  }

  /** Puts bytes [at, size) behind those that are there. @returns false when the file has fewer */
  async append(disk: Disk, path: string, stored: string, size: number): Promise<boolean> {
    const parts = this.#withoutSmallEnd(stored)
    const source = disk.open(path, 'read')
    try {
      let at = parts.reduce((sum, part) => sum + part.size, 0)
      while (at < size) {
        const bytes = new Uint8Array(Math.min(partBytes, size - at))
        let filled = 0
        while (filled < bytes.length) {
          const count = source.read(bytes.subarray(filled), at + filled)
          if (count === 0) return false
          filled += count
        }
        parts.push(await this.#put(`${stored}/${at}-${at + filled}`, bytes))
        at += filled
      }
    } finally {
      source.close()
    }
    this.#parts.set(stored, parts)
    return true
  }

  async whole(stored: string, bytes: Uint8Array): Promise<void> {
    const parts: Part[] = []
    for (let at = 0; at === 0 || at < bytes.length; at += partBytes) {
      const part = bytes.subarray(at, at + partBytes)
      parts.push(await this.#put(`${stored}/${at}-${at + part.length}`, part))
    }
    this.#parts.set(stored, parts)
  }

  async #put(key: string, bytes: Uint8Array): Promise<Part> {
    await this.#store.put(key, bytes)
    return { key, size: bytes.length }
  }

  #withoutSmallEnd(stored: string): Part[] {
    const parts = this.#parts.get(stored) ?? []
    const firstSmall = parts.findLastIndex(({ size }) => size >= partBytes) + 1
    return parts.length - firstSmall >= smallPartsMax ? parts.slice(0, firstSmall) : [...parts]
  }

  /** Of these files; the others are forgotten. */
  keep(stored: ReadonlySet<string>): ObjectManifest['parts'] {
    for (const one of this.#parts.keys()) if (!stored.has(one)) this.#parts.delete(one)
    return Object.fromEntries(this.#parts)
  }
}

/** Throws MR-DEPLOY-011, -019, -022, -032, MR-BASE-006, MR-LOG-003. */
export async function openObjectBackup(source: BackupSource, store: ObjectStore): Promise<Backup> {
  refuseSource(source)
  const found = await store.get(manifestName)
  let last = found && (parseManifest(Buffer.from(found.bytes).toString(), store.place) as ObjectManifest)
  if (last) refuseOther(source, last, store.place)
  const backup = new ObjectBackup(source, store, last)
  let tag: string | null = found?.tag ?? null
  return {
    async pass() {
      // The data may be another's by now.
      if (last) refuseOther(source, last, store.place)
      const { manifest, cut } = await backup.copy()
      const written = await store.put(manifestName, encodeText(`${JSON.stringify(manifest)}\n`), tag)
      if (written === undefined) throw new MillraceError('MR-DEPLOY-020', { details: { place: store.place } })
      tag = written
      last = manifest
      await backup.sweep(manifest, cut)
      return manifest
    },
    close: () => store.close(),
  }
}

class ObjectBackup {
  readonly #source: BackupSource
  readonly #store: ObjectStore
  readonly #plan: CutPlan
  readonly #parts: Parts

  constructor(source: BackupSource, store: ObjectStore, last: ObjectManifest | undefined) {
    this.#source = source
    this.#store = store
    this.#plan = new CutPlan(openNodeDisk(source.data), last?.log ?? [])
    this.#parts = new Parts(store, last?.parts ?? {})
  }

  async copy(): Promise<{ manifest: ObjectManifest; cut: LogCut }> {
    const lakeFiles = await this.#lake()
    const disk = openNodeDisk(this.#source.data)
    const { cut, atMs } = await cutOf(async () => {
      const steps = this.#plan.steps()
      let next = steps.next(true)
      while (!next.done) next = steps.next(await this.#take(disk, next.value))
      return next.value
    })
    const manifest = manifestOf(this.#source, { cut, atMs, lakeFiles })
    const named = [
      ...manifest.log.map(({ stored }) => `data/${stored}`),
      ...lakeFiles.map((one) => `lake/${one.stored}`),
    ]
    return { manifest: { ...manifest, parts: this.#parts.keep(new Set(named)) }, cut }
  }

  async #take(disk: Disk, step: CopyStep): Promise<boolean> {
    const stored = `data/${step.stored}`
    if (step.kind === 'range') return this.#parts.append(disk, step.from, stored, step.size)
    await this.#parts.whole(stored, step.bytes)
    return true
  }

  /** Before the log, and the catalog before its files: they are a superset of what it names. */
  async #lake(): Promise<CopiedFile[]> {
    const { lake } = this.#source
    if (lake === null || !existsSync(join(lake, catalogName))) return []
    const stored = `catalog-${Date.now()}.sqlite`
    const scratch = mkdtempSync(join(tmpdir(), 'millrace-backup-'))
    const files: CopiedFile[] = []
    try {
      copyCatalog(join(lake, catalogName), join(scratch, stored))
      const bytes = readFileSync(join(scratch, stored))
      await this.#parts.whole(`lake/${stored}`, bytes)
      files.push({ path: catalogName, stored, size: bytes.length })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    const disk = openNodeDisk(lake)
    for (const path of globSync('*/**/*', { cwd: lake })) {
      const found = statSync(join(lake, path), { throwIfNoEntry: false })
      if (!found?.isFile()) continue
      const isThere = this.#parts.sizeOf(`lake/${path}`) === found.size
      if (isThere || (await this.#lakeFile(disk, path, found.size)))
        files.push({ path, stored: path, size: found.size })
    }
    return files
  }

  /** @returns false for what went away meanwhile: no table in the catalog's copy needs it */
  async #lakeFile(disk: Disk, path: string, size: number): Promise<boolean> {
    return disk.exists(path) && this.#parts.append(disk, path, `lake/${path}`, size)
  }

  /** Removes what the manifest that now counts does not name, leftovers of passes that died included. */
  async sweep({ parts }: ObjectManifest, cut: LogCut): Promise<void> {
    this.#plan.dropped(cut)
    const named = new Set(Object.values(parts).flatMap((of) => of.map(({ key }) => key)))
    const isOurs = (key: string): boolean => key.startsWith('data/') || key.startsWith('lake/')
    await this.#store.remove((await this.#store.list()).filter((key) => isOurs(key) && !named.has(key)))
  }
}

/** Lays a bucket's backup out as a folder's backup. Throws MR-DEPLOY-011, -019. @param folder empty */
export async function fetchObjectBackup(store: ObjectStore, folder: string): Promise<void> {
  const refuse = (reason: string): never => {
    throw new MillraceError('MR-DEPLOY-011', { details: { path: store.place, reason } })
  }
  const found = await store.get(manifestName)
  if (!found) return refuse(`there is no ${manifestName}`)
  const manifest = parseManifest(Buffer.from(found.bytes).toString(), store.place) as ObjectManifest
  for (const [stored, parts] of Object.entries(manifest.parts)) {
    const path = join(folder, stored)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    for (const { key, size } of parts) {
      const part = await store.get(key)
      if (part?.bytes.length !== size) return refuse(`${key} is missing or has another size`)
      writeFileSync(path, part.bytes, { flag: 'a' })
    }
  }
  writeFileSync(join(folder, manifestName), found.bytes)
}
