// State files of pipelines that keep what encrypted columns said: each is sealed as a whole, with a key of its own that the
// node's secret wraps, so that a copy of the disk without the secret shows nothing.
// Layout (big-endian): magic "MRSEALD1" (8 bytes), u16 format version, u16 least reader version, u16 size of the wrapped key, the
// wrapped key; then the segment in blocks of 64 KiB, each 16 bytes longer than what it holds; the last one is marked as such.
// Invariant: what a file is to be (size and CRC of the bytes as they lie) is in its commit, whether it is sealed or not.
import { ByteReader, BytesError, ByteWriter, concatBytes, crc32c, emptyBytes, type DiskFile } from '../../base/index.ts'
import {
  blockCipher,
  blockTagBytes,
  currentSecret,
  localKms,
  newBlockKey,
  type BlockCipher,
  type LocalSecret,
} from '../../format/index.ts'

const magic = 'MRSEALD1'
const formatVersion = 1
const readerVersionMin = 1
const headBytesMin = 14
const wrappedBytesMax = 1024
const blockBytes = 64 << 10

/** Wraps the keys of files. */
export interface StateSeal {
  wrap(key: Uint8Array): Uint8Array
  /** undefined: no secret of this node opens it. `isOld`: the newest does not. */
  unwrap(wrapped: Uint8Array): { readonly key: Uint8Array; readonly isOld: boolean } | undefined
}

export function stateSealOf(secret: LocalSecret): StateSeal {
  const [current, all] = [localKms(currentSecret(secret)), localKms(secret)]
  return {
    wrap: (key) => current.seal(key),
    unwrap(wrapped) {
      const key = current.open(wrapped)
      if (key) return { key, isOld: false }
      const old = all.open(wrapped)
      return old && { key: old, isOld: true }
    },
  }
}

/** A sealed file cannot be opened: there is no secret, or it is another one. */
export class SealClosed extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'SealClosed'
  }
}

/** Bytes of a segment in, bytes of its file out. */
export class SealingWriter {
  readonly #cipher: BlockCipher
  #head: Uint8Array
  readonly #block = new Uint8Array(blockBytes)
  #used = 0
  #index = 0

  constructor(seal: StateSeal) {
    const key = newBlockKey()
    const wrapped = seal.wrap(key)
    const writer = new ByteWriter(headBytesMin + wrapped.length)
    writer.text(magic)
    writer.uint16(formatVersion)
    writer.uint16(readerVersionMin)
    writer.uint16(wrapped.length)
    writer.raw(wrapped)
    this.#head = writer.copy()
    this.#cipher = blockCipher(key, this.#head)!
  }

  /** What can be written of the file now: a new array. */
  push(bytes: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [this.#head]
    this.#head = emptyBytes
    for (let from = 0; from < bytes.length;) {
      // A full block is sealed when more comes: only then is it not the last.
      if (this.#used === blockBytes) {
        out.push(this.#cipher.seal(this.#block, this.#index++, false))
        this.#used = 0
      }
      const size = Math.min(blockBytes - this.#used, bytes.length - from)
      this.#block.set(bytes.subarray(from, from + size), this.#used)
      this.#used += size
      from += size
    }
    return concatBytes(out)
  }

  /** The rest. */
  finish(): Uint8Array {
    return concatBytes([this.#head, this.#cipher.seal(this.#block.subarray(0, this.#used), this.#index, true)])
  }
}

/** Reads a state file from its start to its end, sealed or not: the segment's bytes. */
export class StateFileSource {
  readonly #handle: Pick<DiskFile, 'read'>
  readonly #size: number
  readonly #cipher: BlockCipher | undefined
  /** True when it is to be written anew with the newest secret. */
  readonly isOld: boolean
  /** Bytes of the file that were read. */
  #at = 0
  #crc = 0
  #index = 0
  /** What of the block at hand was not taken yet. */
  #plain: Uint8Array = emptyBytes

  /** @param seal absent: none can be opened. Throws BytesError for damage, SealClosed. */
  constructor(handle: Pick<DiskFile, 'read'>, size: number, seal: StateSeal | undefined) {
    this.#handle = handle
    this.#size = size
    const start = new Uint8Array(Math.min(headBytesMin, size))
    readFully(handle, start, 0)
    const reader = new ByteReader(start)
    if (start.length < headBytesMin || reader.text(magic.length) !== magic) {
      this.isOld = false
      return
    }
    reader.uint16()
    if (reader.uint16() > formatVersion) throw new BytesError('only a newer program can open it', magic.length)
    const wrapped = reader.uint16()
    // There is a last block, though it may hold nothing: a file that was cut off before it is no empty one.
    if (wrapped > wrappedBytesMax || headBytesMin + wrapped + blockTagBytes > size)
      throw new BytesError('its key is damaged', magic.length)
    const head = new Uint8Array(headBytesMin + wrapped)
    this.#take(head)
    if (!seal) throw new SealClosed('this node has no secret')
    const opened = seal.unwrap(head.subarray(headBytesMin))
    const cipher = opened && blockCipher(opened.key, head)
    if (!cipher) throw new SealClosed('no secret of this node opens it')
    this.isOld = opened!.isOld
    this.#cipher = cipher
  }

  get isSealed(): boolean {
    return this.#cipher !== undefined
  }

  get atEnd(): boolean {
    return this.#plain.length === 0 && this.#at === this.#size
  }

  /** CRC-32C of the file's bytes that were read. */
  get crc(): number {
    return this.#crc
  }

  /** Fills a part of `into`; 0 at the end only. Throws BytesError. */
  read(into: Uint8Array): number {
    if (this.atEnd || into.length === 0) return 0
    if (!this.#cipher) {
      const part = into.subarray(0, Math.min(into.length, this.#size - this.#at))
      this.#take(part)
      return part.length
    }
    while (this.#plain.length === 0) {
      if (this.#at === this.#size) return 0
      const sealed = new Uint8Array(Math.min(blockBytes + blockTagBytes, this.#size - this.#at))
      this.#take(sealed)
      const plain = this.#cipher.open(sealed, this.#index++, this.#at === this.#size)
      if (!plain) throw new BytesError('a sealed block is damaged', this.#at - sealed.length)
      this.#plain = plain
    }
    const size = Math.min(into.length, this.#plain.length)
    into.set(this.#plain.subarray(0, size))
    this.#plain = this.#plain.subarray(size)
    return size
  }

  #take(into: Uint8Array): void {
    readFully(this.#handle, into, this.#at)
    this.#crc = crc32c(into, this.#crc)
    this.#at += into.length
  }
}

function readFully(handle: Pick<DiskFile, 'read'>, into: Uint8Array, position: number): void {
  for (let at = 0; at < into.length;) {
    const count = handle.read(into.subarray(at), position + at)
    if (count === 0) throw new BytesError('it ends early', position + at)
    at += count
  }
}

/** A whole segment's bytes as its file's. */
export function sealWhole(bytes: Uint8Array, seal: StateSeal): Uint8Array {
  const writer = new SealingWriter(seal)
  return concatBytes([writer.push(bytes), writer.finish()])
}

/**
 * The segment's bytes of a whole file, which are the file's own where it is not sealed.
 * Throws BytesError for damage, SealClosed. `isOld`: the newest secret does not open it
 */
export function openWhole(
  bytes: Uint8Array,
  seal: StateSeal | undefined,
): { readonly bytes: Uint8Array; readonly isOld: boolean } {
  const source = new StateFileSource({ read: (into, position) => copy(bytes, into, position) }, bytes.length, seal)
  if (!source.isSealed) return { bytes, isOld: false }
  const plain = new Uint8Array(bytes.length)
  let at = 0
  while (!source.atEnd) at += source.read(plain.subarray(at))
  return { bytes: plain.subarray(0, at), isOld: source.isOld }
}

function copy(from: Uint8Array, into: Uint8Array, position: number): number {
  const part = from.subarray(position, position + into.length)
  into.set(part)
  return part.length
}
