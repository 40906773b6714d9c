// What all records of _dek_registry_keys together say. Built by applying events in order, and only so.
import { localKmsType, type DekAlgorithm } from '../../format/index.ts'
import type { Dek, DekId, Kek, KeyEvent } from './key-records.ts'

const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const versionKey = ({ kekName, algorithm, version }: Omit<DekId, 'subject'>): string =>
  `${version}/${algorithm}/${kekName}`

export class KeyState {
  readonly #keks = new Map<string, Kek>()
  /** By name of the KEK, subject, algorithm, version. */
  readonly #deks = new Map<string, Map<string, Map<DekAlgorithm, Map<number, Dek>>>>()
  /** Of each KEK, algorithm and version: subjects, of which keys by person have one each as a rule. */
  readonly #byVersion = new Map<string, Set<string>>()
  #dekCount = 0
  #revision = 0

  /** Counts what was applied so far. */
  get revision(): number {
    return this.#revision
  }

  get kekCount(): number {
    return this.#keks.size
  }

  get dekCount(): number {
    return this.#dekCount
  }

  clear(): void {
    this.#keks.clear()
    this.#deks.clear()
    this.#byVersion.clear()
    this.#dekCount = 0
    this.#revision++
  }

  apply(event: KeyEvent): void {
    this.#revision++
    if (event.kind === 'kek') {
      if (event.value) this.#keks.set(event.name, event.value)
      else this.#keks.delete(event.name)
    } else if (event.kind === 'dek') {
      if (event.value) this.#put(event.value)
      else this.#remove(event.id)
    }
  }

  #put(dek: Dek): void {
    let subjects = this.#deks.get(dek.kekName)
    if (!subjects) this.#deks.set(dek.kekName, (subjects = new Map()))
    let algorithms = subjects.get(dek.subject)
    if (!algorithms) subjects.set(dek.subject, (algorithms = new Map()))
    let versions = algorithms.get(dek.algorithm)
    if (!versions) algorithms.set(dek.algorithm, (versions = new Map()))
    if (!versions.has(dek.version)) this.#dekCount++
    versions.set(dek.version, dek)
    const key = versionKey(dek)
    const same = this.#byVersion.get(key)
    if (same) same.add(dek.subject)
    else this.#byVersion.set(key, new Set([dek.subject]))
  }

  #remove({ kekName, subject, algorithm, version }: DekId): void {
    const subjects = this.#deks.get(kekName)
    const algorithms = subjects?.get(subject)
    const versions = algorithms?.get(algorithm)
    if (!versions?.delete(version)) return
    this.#dekCount--
    const key = versionKey({ kekName, algorithm, version })
    const same = this.#byVersion.get(key)
    same?.delete(subject)
    if (same?.size === 0) this.#byVersion.delete(key)
    if (versions.size === 0) algorithms!.delete(algorithm)
    if (algorithms!.size === 0) subjects!.delete(subject)
    if (subjects!.size === 0) this.#deks.delete(kekName)
  }

  kek(name: string, withDeleted: boolean): Kek | undefined {
    const kek = this.#keks.get(name)
    return kek && (withDeleted || !kek.deleted) ? kek : undefined
  }

  /** Sorted. */
  kekNames(withDeleted: boolean): string[] {
    const names = [...this.#keks.values()].filter((kek) => withDeleted || !kek.deleted).map((kek) => kek.name)
    return names.toSorted(ascending)
  }

  /** Names of KEKs with a DEK whose subject begins so; sorted. */
  kekNamesOf(prefixes: readonly string[], withDeleted: boolean): string[] {
    const names = [...this.#deks.keys()].filter((name) =>
      this.dekSubjects(name, withDeleted).some((subject) => prefixes.some((prefix) => subject.startsWith(prefix))),
    )
    return names.toSorted(ascending)
  }

  /** Sorted. */
  dekSubjects(kekName: string, withDeleted: boolean): string[] {
    const subjects: string[] = []
    for (const [subject, algorithms] of this.#deks.get(kekName) ?? [])
      if (
        [...algorithms.values()].some((versions) => [...versions.values()].some((dek) => withDeleted || !dek.deleted))
      )
        subjects.push(subject)
    return subjects.toSorted(ascending)
  }

  /** Those of a KEK that are not deleted and hold key material, in no order. */
  *liveDeks(kekName: string): IterableIterator<Dek> {
    for (const algorithms of this.#deks.get(kekName)?.values() ?? [])
      for (const versions of algorithms.values())
        for (const dek of versions.values()) if (!dek.deleted && dek.encryptedKeyMaterial !== null) yield dek
  }

  /** Of every key that the local key service wraps with the node's own secret, deleted ones included. */
  localDeks(): DekId[] {
    const ids: DekId[] = []
    for (const [kekName, subjects] of this.#deks) {
      const kek = this.#keks.get(kekName)
      if (kek?.kmsType !== localKmsType || kek.kmsProps['secret'] !== undefined) continue
      for (const algorithms of subjects.values())
        for (const versions of algorithms.values())
          for (const { subject, algorithm, version } of versions.values())
            ids.push({ kekName, subject, algorithm, version })
    }
    return ids
  }

  /** Ascending by version. */
  deks(kekName: string, subject: string, algorithm: DekAlgorithm, withDeleted: boolean): Dek[] {
    const versions = this.#deks.get(kekName)?.get(subject)?.get(algorithm)
    if (!versions) return []
    return [...versions.values()].filter((dek) => withDeleted || !dek.deleted).toSorted((a, b) => a.version - b.version)
  }

  /** @param id version -1: the highest one */
  dek(id: DekId, withDeleted: boolean): Dek | undefined {
    const { kekName, subject, algorithm, version } = id
    if (version === -1) return this.deks(kekName, subject, algorithm, withDeleted).at(-1)
    const dek = this.#deks.get(kekName)?.get(subject)?.get(algorithm)?.get(version)
    return dek && (withDeleted || !dek.deleted) ? dek : undefined
  }

  /** Every DEK of a KEK, algorithm and version, whatever its subject, deleted ones included. */
  deksOfVersion(id: Omit<DekId, 'subject'>): Dek[] {
    const subjects = [...(this.#byVersion.get(versionKey(id)) ?? [])]
    return subjects.map((subject) => this.dek({ ...id, subject }, true)!)
  }
}
