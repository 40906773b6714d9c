// Keys of fields for encoders and decoders in any thread: tails _dek_registry_keys by itself, and opens DEKs with the local
// key service. A DEK that was deleted softly still opens what it sealed; one that was deleted for good does not exist.
import { randomBytes } from 'node:crypto'
import { localKms, localKmsType, makeKeyMaterial, type FieldCipher, type LocalSecret } from '../../format/index.ts'
import {
  keysTopicName,
  type EncryptionRule,
  type ErasedKey,
  type FieldKey,
  type FieldKeys,
  type TopicReader,
} from '../../model/index.ts'
import { keysTail } from '../tail.ts'
import { closedKey, closedReason } from './closed-keys.ts'
import { dekRecord, type Dek, type DekId, type Kek } from './key-records.ts'
import { secretOf } from './key-registry.ts'
import { KeyState } from './key-state.ts'

export interface FieldKeysOptions {
  /** Of the local key service; absent: no key can be opened, and rules fail. */
  readonly localSecret?: LocalSecret | undefined
  /** For the age of keys. */
  readonly nowMs: () => number
  /** Keys, nonces and versions; absent: the system's. */
  readonly random?: (size: number) => Uint8Array
}

/** Versions of keys by person are drawn from here on; those below are counted up. */
export const drawnVersionMin = 1 << 20
const drawnVersions = 1 << 30
/** A new version of a key lies so far above the last one, by chance: writers who renew it at once do not take the same. */
const renewalStepMax = 1 << 20
const drawsMax = 16

/** Never waits. Throws MR-REGISTRY-003. */
export function fieldKeysFromLog(reader: TopicReader, options: FieldKeysOptions): FieldKeys {
  const { localSecret, nowMs, random = randomBytes } = options
  const state = new KeyState()
  const erased = new ErasedKeys()
  const tail = keysTail(reader, state, (id, offset) => (id ? erased.add(id, offset) : erased.clear()))
  let isHeld = false
  const look = (): void => {
    if (!isHeld) tail.poll()
  }
  const services = new Map<LocalSecret, FieldCipher>()

  const serviceOf = (kek: Kek): FieldCipher | string => {
    if (kek.kmsType !== localKmsType)
      return `key ${kek.name} is in ${kek.kmsType}, and this node has the local key service only`
    const secret = secretOf(kek, localSecret)
    if (secret === undefined) return 'this node has no secret for the local key service'
    let service = services.get(secret)
    if (!service) services.set(secret, (service = localKms(secret, random)))
    return service
  }
  const opened = (kek: Kek, dek: Dek): FieldKey | string => {
    const service = serviceOf(kek)
    if (typeof service === 'string') return service
    const material = service.open(Buffer.from(dek.encryptedKeyMaterial ?? '', 'base64'))
    if (!material) return closedReason(dek)
    return { version: dek.version, material, createdMs: dek.timestampMs ?? 0 }
  }
  const kekOf = ({ problem, kekName, kmsType, kmsKeyId }: EncryptionRule): Kek | string => {
    if (problem !== null) return problem
    const kek = state.kek(kekName, false)
    if (!kek) return `there is no key ${kekName} to open keys with`
    // A rule that means another key than the one of this name must not use it.
    const isMeant = (kmsType ?? kek.kmsType) === kek.kmsType && (kmsKeyId ?? kek.kmsKeyId) === kek.kmsKeyId
    return isMeant ? kek : `key ${kekName} is ${kek.kmsType}://${kek.kmsKeyId}, not what its rule says`
  }

  return {
    nowMs,
    revision() {
      look()
      return state.revision
    },
    hold() {
      tail.poll()
      isHeld = true
      return tail.next
    },
    release: () => void (isHeld = false),
    erasedFrom: (from) => erased.from(from),
    find(rule, subject, version) {
      look()
      const kek = kekOf(rule)
      if (typeof kek === 'string') return kek
      const { kekName, algorithm } = rule
      const id = { kekName, subject, algorithm, version }
      const dek = state.dek(id, version !== -1)
      if (dek || version !== -1 || rule.keySubject === null) return dek && opened(kek, dek)
      // A person's key that is deleted softly seals on: what is written until it is deleted for good goes with it. A new key
      // beside it would outlive the erasure.
      const marked = state.dek(id, true)
      const key = marked && opened(kek, marked)
      return typeof key === 'string' ? undefined : key
    },
    wasErased({ kekName, algorithm }, subject, version) {
      look()
      return erased.has({ kekName, algorithm, subject, version })
    },
    findAll(rule, version) {
      look()
      const kek = kekOf(rule)
      if (typeof kek === 'string') return kek
      const deks = state.deksOfVersion({ kekName: rule.kekName, algorithm: rule.algorithm, version })
      if (deks.length === 0) return 'its key is not there (any more)'
      const keys = deks.map((dek) => opened(kek, dek))
      const open = keys.filter((key) => typeof key !== 'string')
      return open.length > 0 ? open : (keys[0] as string)
    },
    make(rule, subject) {
      const kek = kekOf(rule)
      if (typeof kek === 'string') return kek
      const service = serviceOf(kek)
      if (typeof service === 'string') return service
      const closed = closedKey(state, kek.name, service)
      if (closed) return closedReason(closed)
      const material = makeKeyMaterial(rule.algorithm, random)
      const version = newVersion(state, rule, subject, () => Buffer.from(random(4)).readUInt32BE())
      const encryptedKeyMaterial = Buffer.from(service.seal(material)).toString('base64')
      const dek: Dek = {
        kekName: rule.kekName,
        subject,
        algorithm: rule.algorithm,
        version,
        encryptedKeyMaterial,
        deleted: false,
      }
      const { key, value } = dekRecord(dek, dek)
      return { key: { version, material, createdMs: nowMs() }, record: { topic: keysTopicName, key, value: value! } }
    },
  }
}

/** Keys that were deleted for good, in the order of their records. */
class ErasedKeys {
  readonly #list: (ErasedKey & { readonly offset: number })[] = []
  readonly #versions = new Set<string>()

  add(id: DekId, offset: number): void {
    const { kekName, algorithm, subject } = id
    this.#list.push({ kekName, algorithm, subject, offset })
    this.#versions.add(nameOf(id))
  }

  clear(): void {
    this.#list.length = 0
    this.#versions.clear()
  }

  has(id: Omit<DekId, 'algorithm'> & { readonly algorithm: string }): boolean {
    return this.#versions.has(nameOf(id))
  }

  from(offset: number): readonly ErasedKey[] {
    // Those that nobody has asked for yet are the last.
    let first = this.#list.length
    while (first > 0 && this.#list[first - 1]!.offset >= offset) first--
    return this.#list.slice(first)
  }
}

const nameOf = (id: Omit<DekId, 'algorithm'> & { readonly algorithm: string }): string =>
  JSON.stringify([id.kekName, id.algorithm, id.subject, id.version])

/** Above the subject's last one, since the newest is the highest; for a person, one that no key of the KEK is known to have. */
function newVersion(
  state: KeyState,
  { kekName, algorithm, keySubject }: EncryptionRule,
  subject: string,
  draw: () => number,
): number {
  const last = state.dek({ kekName, subject, algorithm, version: -1 }, true)?.version ?? 0
  if (keySubject === null) return last + 1 + (draw() % renewalStepMax)
  for (let tries = 1; ; tries++) {
    const version =
      last < drawnVersionMin ? drawnVersionMin + (draw() % drawnVersions) : last + 1 + (draw() % renewalStepMax)
    // Of two with one version both are tried here, but Confluent's clients get neither.
    if (tries === drawsMax || state.deksOfVersion({ kekName, algorithm, version }).length === 0) return version
  }
}
