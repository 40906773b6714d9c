// The registry of keys: which keys of key services (KEKs) wrap which keys for data (DEKs). It keeps DEKs wrapped; of a KEK
// that is `shared` it wraps and opens them for its clients, with the local key service's secret.
// Invariant: a write is a decision on the durable state, one after another; an answer comes only after its record is durable
// and was read back. Key material that is not wrapped is never kept and never logged.
// Reference: Confluent AbstractDekRegistry.
import { assert } from '../../base/index.ts'
import {
  currentSecret,
  localKms,
  localKmsType,
  makeKeyMaterial,
  type DekAlgorithm,
  type LocalSecret,
} from '../../format/index.ts'
import type { TopicReader } from '../../model/index.ts'
import { registryLimits } from '../limits.ts'
import type { SchemasRecord } from '../records.ts'
import { refusals } from '../registry-types.ts'
import { keysTail, type TopicHealth, type TopicTail } from '../tail.ts'
import { closedKey, closedReason } from './closed-keys.ts'
import { dekRecord, kekRecord, sortedProps, type Dek, type DekId, type Kek } from './key-records.ts'
import { KeyState } from './key-state.ts'

export interface KeyRegistryOptions {
  readonly reader: TopicReader
  /** Appends records to partition 0 of _dek_registry_keys, all or none; the first's offset once they are durable and readable. */
  readonly append: (records: readonly SchemasRecord[]) => Promise<number>
  /** Of the local key service; absent: this node can neither wrap nor open keys. */
  readonly secret?: LocalSecret
  /** Keys and nonces, cryptographically strong; absent: the system's. */
  readonly random?: (size: number) => Uint8Array
}

export interface Rewrapped {
  readonly wrapped: number
  readonly closed: number
  readonly parted: number
}

export type KekRequest = Omit<Kek, 'timestampMs'>
export type KekChange = Partial<Pick<Kek, 'kmsProps' | 'doc' | 'shared'>>
export type DekRequest = Omit<Dek, 'timestampMs'>

/** A DEK as it is answered: with its key material where the KEK is shared. */
export type OpenDek = Dek & { readonly keyMaterial?: string }

/** What the local key service's secret is for a KEK. */
export function secretOf(kek: Kek, secret: LocalSecret | undefined): LocalSecret | undefined {
  return kek.kmsProps['secret'] ?? secret
}

export class KeyRegistry {
  readonly #state = new KeyState()
  readonly #tail: TopicTail
  readonly #options: KeyRegistryOptions
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Reads _dek_registry_keys as far as it can be read. */
  constructor(options: KeyRegistryOptions) {
    this.#options = options
    this.#tail = keysTail(options.reader, this.#state)
    this.#tail.health()
  }

  /** What of _dek_registry_keys cannot be read; never throws. */
  health(): TopicHealth {
    return this.#tail.health()
  }

  /** Everything as of now; refreshed by each call. Do not keep it. */
  state(): KeyState {
    this.#tail.poll()
    return this.#state
  }

  /**
   * A key of one of these KEKs that this node's secret does not open, where it opens none of that KEK. KEKs of other key
   * services and without a secret are not looked at. Throws MR-REGISTRY-003.
   */
  closedKey(kekNames: Iterable<string>): Dek | undefined {
    this.#tail.poll()
    for (const name of kekNames) {
      const kek = this.#state.kek(name, false)
      const secret = kek?.kmsType === localKmsType ? secretOf(kek, this.#options.secret) : undefined
      const closed = secret === undefined ? undefined : closedKey(this.#state, name, localKms(secret))
      if (closed) return closed
    }
    return undefined
  }

  /** Whether this node has a secret for keys of the local key service. */
  get hasSecret(): boolean {
    return this.#options.secret !== undefined
  }

  async createKek(request: KekRequest): Promise<Kek> {
    const kek = { ...request, kmsType: kmsTypeName(request.kmsType), kmsProps: sortedProps(request.kmsProps) }
    await this.#write((state) => {
      if (state.kekCount >= registryLimits.keysMax) throw refusals.tooManyKeys(registryLimits.keysMax)
      const old = state.kek(kek.name, true)
      // The same as one that was deleted: that one comes back.
      if (old && (old.deleted === kek.deleted || !sameKek(old, kek))) throw refusals.keyExists(kek.name)
      return [kekRecord(kek.name, kek)]
    })
    return this.#state.kek(kek.name, true)!
  }

  async updateKek(name: string, change: KekChange): Promise<Kek> {
    await this.#write((state) => {
      const old = state.kek(name, false)
      if (!old) throw refusals.keyNotFound(name)
      const kek = { ...old, ...change }
      return sameKek(old, kek) ? [] : [kekRecord(name, kek)]
    })
    return this.#state.kek(name, true)!
  }

  async deleteKek(name: string, permanent: boolean): Promise<void> {
    await this.#write((state) => {
      const kek = state.kek(name, true)
      if (!kek) throw refusals.keyNotFound(name)
      if (state.dekSubjects(name, permanent).length > 0) throw refusals.keyReferenceExists(name)
      if (!permanent) return kek.deleted ? [] : [kekRecord(name, { ...kek, deleted: true })]
      if (!kek.deleted) throw refusals.keyNotSoftDeleted(name)
      return [kekRecord(name, null)]
    })
  }

  async undeleteKek(name: string): Promise<void> {
    await this.#write((state) => {
      const kek = state.kek(name, true)
      if (!kek) throw refusals.keyNotFound(name)
      return kek.deleted ? [kekRecord(name, { ...kek, deleted: false })] : []
    })
  }

  /** Throws 50070 when a key cannot be wrapped with it, 42271 when it is not shared. */
  testKek(kek: Kek): void {
    if (!kek.shared) throw refusals.invalidKey('shared')
    this.#wrap(kek, '__TEST', this.#newKey('AES256_GCM'))
  }

  /** @param rewrap an existing DEK of a shared KEK is wrapped anew, with the KEK as it is now */
  async createDek(request: DekRequest, rewrap: boolean): Promise<Dek> {
    const { kekName, subject } = request
    await this.#write((state) => {
      if (state.dekCount >= registryLimits.keysMax) throw refusals.tooManyKeys(registryLimits.keysMax)
      const kek = state.kek(kekName, request.deleted)
      if (!kek) throw refusals.keyNotFound(kekName)
      const old = state.dek(request, true)
      const isSame = old?.encryptedKeyMaterial === request.encryptedKeyMaterial
      if (!rewrap && old && (request.deleted === old.deleted || !isSame)) throw refusals.keyExists(subject)
      let { encryptedKeyMaterial } = request
      if (encryptedKeyMaterial === null) {
        if (!kek.shared) throw refusals.invalidKey('encryptedKeyMaterial')
        const key = old ? this.#unwrap(kek, old) : this.#newKey(request.algorithm)
        const closed = old ? undefined : this.closedKey([kekName])
        if (closed)
          throw refusals.dekGeneration(`Could not generate encrypted dek for ${subject}: ${closedReason(closed)}`)
        encryptedKeyMaterial = this.#wrap(kek, subject, key)
      } else if (kek.shared && old) throw refusals.keyExists(subject)
      return [dekRecord(request, { ...request, encryptedKeyMaterial })]
    })
    return this.#state.dek(request, true)!
  }

  /**
   * Wraps every key anew that only an older secret of this node opens, deleted ones included, a few at a time between other
   * writes. Ended anywhere, it goes on where it was with the next call. Throws MR-REGISTRY-003 and what a write throws.
   * @param pause between two pieces, so that others get their turn
   * @returns how many it wrapped, how many no secret of this node opens, and of those the ones whose KEK has others that open
   */
  async rewrap(pause: () => Promise<void> = async () => {}): Promise<Rewrapped> {
    const { secret } = this.#options
    if (secret === undefined) return { wrapped: 0, closed: 0, parted: 0 }
    const [current, all] = [localKms(currentSecret(secret), this.#options.random), localKms(secret)]
    const ids = this.state().localDeks()
    let wrapped = 0
    const closed = new Map<string, number>()
    const open = new Set<string>()
    for (let from = 0; from < ids.length; from += registryLimits.rewrappedAtOnce) {
      if (from > 0) await pause()
      await this.#write((state) =>
        ids.slice(from, from + registryLimits.rewrappedAtOnce).flatMap((id) => {
          const dek = state.dek(id, true)
          const sealed = Buffer.from(dek?.encryptedKeyMaterial ?? '', 'base64')
          if (!dek || sealed.length === 0) return []
          const { kekName } = dek
          const isCurrent = current.open(sealed) !== undefined
          const material = isCurrent ? undefined : all.open(sealed)
          if (isCurrent || material) open.add(kekName)
          else closed.set(kekName, (closed.get(kekName) ?? 0) + 1)
          if (!material) return []
          wrapped++
          const { timestampMs } = dek
          const record = dekRecord(dek, { ...dek, encryptedKeyMaterial: base64(current.seal(material)) })
          // A key is as old as it was: it is renewed by its age.
          return [timestampMs === undefined ? record : { ...record, timestampMs }]
        }),
      )
    }
    const counts = [...closed]
    const sum = (some: typeof counts): number => some.reduce((total, [, count]) => total + count, 0)
    return { wrapped, closed: sum(counts), parted: sum(counts.filter(([kekName]) => open.has(kekName))) }
  }

  /** All versions of a subject under one algorithm, or one of them. */
  async deleteDeks(id: Omit<DekId, 'version'> & { readonly version?: number }, permanent: boolean): Promise<void> {
    await this.#write((state) => {
      const deks = this.#named(state, id)
      if (permanent) {
        if (deks.some((dek) => !dek.deleted)) throw refusals.keyNotSoftDeleted(id.subject)
        return deks.map((dek) => dekRecord(dek, null))
      }
      return deks.filter((dek) => !dek.deleted).map((dek) => dekRecord(dek, { ...dek, deleted: true }))
    })
  }

  async undeleteDeks(id: Omit<DekId, 'version'> & { readonly version?: number }): Promise<void> {
    await this.#write((state) => {
      const deks = this.#named(state, id)
      if (state.kek(id.kekName, true)!.deleted) throw refusals.keySoftDeleted(id.kekName)
      return deks.filter((dek) => dek.deleted).map((dek) => dekRecord(dek, { ...dek, deleted: false }))
    })
  }

  /** Throws 40470. */
  #named(state: KeyState, id: Omit<DekId, 'version'> & { readonly version?: number }): Dek[] {
    const { kekName, subject, algorithm, version } = id
    if (!state.kek(kekName, true)) throw refusals.keyNotFound(kekName)
    const one = version === undefined ? undefined : state.dek({ ...id, version }, true)
    const deks = version === undefined ? state.deks(kekName, subject, algorithm, true) : one ? [one] : []
    if (deks.length === 0) throw refusals.keyNotFound(subject)
    return deks
  }

  /** The key material too, where the KEK is shared. Throws 50070. */
  open(dek: Dek): OpenDek {
    const kek = this.#state.kek(dek.kekName, true)
    if (!kek?.shared) return dek
    return { ...dek, keyMaterial: base64(this.#unwrap(kek, dek)) }
  }

  /** KEK and first DEK of a subject, made when they are not there, so that encoders find them. Throws 50070. */
  async ensure(kek: KekRequest, subject: string, algorithm: DekAlgorithm | undefined): Promise<void> {
    const orThere = async (make: Promise<unknown>): Promise<void> => {
      try {
        await make
      } catch (error) {
        if (!(error instanceof Error) || (error as { errorCode?: number }).errorCode !== 40971) throw error
      }
    }
    if (!this.state().kek(kek.name, false)) await orThere(this.createKek(kek))
    if (algorithm === undefined || this.#state.deks(kek.name, subject, algorithm, false).length > 0) return
    const made = this.#state.kek(kek.name, false)
    if (!made) throw refusals.keySoftDeleted(kek.name)
    const closed = this.closedKey([kek.name])
    if (closed) throw refusals.dekGeneration(`Could not generate encrypted dek for ${subject}: ${closedReason(closed)}`)
    const encryptedKeyMaterial = made.shared ? null : this.#wrap(made, subject, this.#newKey(algorithm))
    await orThere(
      this.createDek(
        { kekName: kek.name, subject, algorithm, version: 1, encryptedKeyMaterial, deleted: false },
        false,
      ),
    )
  }

  #newKey(algorithm: DekAlgorithm): Uint8Array {
    return makeKeyMaterial(algorithm, this.#options.random)
  }

  #wrap(kek: Kek, subject: string, key: Uint8Array): string {
    const kms = this.#kms(kek, `Could not generate encrypted dek for ${subject}`)
    return base64(kms.seal(key))
  }

  #unwrap(kek: Kek, dek: Dek): Uint8Array {
    const what = `Could not generate raw dek for ${dek.subject}`
    const key = this.#kms(kek, what).open(Buffer.from(dek.encryptedKeyMaterial ?? '', 'base64'))
    if (!key) throw refusals.dekGeneration(`${what}: decryption failed`)
    return key
  }

  #kms(kek: Kek, what: string): ReturnType<typeof localKms> {
    const url = `${kek.kmsType}://${kek.kmsKeyId}`
    if (kek.kmsType !== localKmsType)
      throw refusals.dekGeneration(`${what}: No kms client found for ${url}; this node has the local key service only`)
    const secret = secretOf(kek, this.#options.secret)
    if (secret === undefined) throw refusals.dekGeneration(`${what}: cannot load secret`)
    return localKms(secret, this.#options.random)
  }

  /** One decision after another, each on the durable state. */
  async #write(decide: (state: KeyState) => readonly SchemasRecord[]): Promise<void> {
    if (this.#waiting >= registryLimits.waitingWritesMax) throw refusals.storeFailed('too many writes are waiting')
    this.#waiting++
    const run = async (): Promise<void> => {
      this.#tail.poll()
      const records = decide(this.#state)
      if (records.length === 0) return
      const offset = await this.#options.append(records)
      this.#tail.poll()
      assert(this.#tail.next > offset, 'an acknowledged record of _dek_registry_keys can be read')
    }
    const mine = this.#last.then(run, run)
    this.#last = mine.catch(() => {})
    try {
      await mine
    } finally {
      this.#waiting--
    }
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function sameKek(a: KekRequest, b: KekRequest): boolean {
  const text = ({ name, kmsType, kmsKeyId, kmsProps, doc, shared }: KekRequest): string =>
    JSON.stringify([name, kmsType, kmsKeyId, sortedProps(kmsProps), doc, shared])
  return text(a) === text(b)
}

/** Names of cloud services in one form, as Confluent's registry has them. */
function kmsTypeName(given: string): string {
  const cloud = ['aws', 'azure', 'gcp'].find((name) => given.toLowerCase().startsWith(name))
  return cloud === undefined ? given : `${cloud}-kms`
}
