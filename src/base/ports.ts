// The outside world as core code sees it: a clock, random numbers, a disk, a network. Core code is handed these; the
// simulation hands in its own. Descriptions, not ports, cross threads: each worker builds its own ports.
import type { TlsMaterial, TlsSettings } from './tls.ts'

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may step back. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never back; for durations. */
  monotonicMs(): number
  /** Calls once after at least `delayMs`; the result cancels. Only for loops at the edge, never in step(). */
  after(delayMs: number, run: () => void): () => void
}

export interface Random {
  /** Uniform in [0, 2^32). */
  uint32(): number
  /** Uniform in [0, 1). */
  fraction(): number
  bytes(size: number): Uint8Array
}

/** An open file. Positions and sizes in bytes. Errors are MillraceError MR-BASE-002 (full) or MR-BASE-003. */
export interface DiskFile {
  size(): number
  /** Reads up to into.length bytes from `position`; the count read, 0 at the end. */
  read(into: Uint8Array, position: number): number
  /** Writes all bytes or throws. Not durable before sync(). */
  write(bytes: Uint8Array, position: number): void
  /** fdatasync: what was written before is on disk when it returns. */
  sync(): void
  truncate(size: number): void
  close(): void
}

/**
 * A folder tree, synchronous: it is used in workers, where waiting is allowed. Paths are relative to the root it was
 * built on, with '/' and without '..'. Names become durable only by syncFolder.
 */
export interface Disk {
  /** 'read' and 'write' want an existing file; 'create' makes it when missing and opens for reading and writing. */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile
  exists(path: string): boolean
  /** Names in a folder, sorted; empty when the folder is missing. */
  list(folder: string): string[]
  /** Makes the folder and its parents; fine when it exists. */
  makeFolder(folder: string): void
  /** Replaces `to` when it exists. */
  rename(from: string, to: string): void
  /** A file, or a folder with all in it; fine when missing. */
  remove(path: string): void
  syncFolder(folder: string): void
}

export interface Connection {
  readonly remote: string
  /** The address of ours that the peer connected to, without brackets or the IPv4-mapped prefix. */
  readonly localHost: string
  readonly localPort: number
  /** Over TLS with a client's certificate that is trusted: its subject, as RFC 2253 writes it. */
  readonly peerSubject?: string
  /**
   * Queues bytes; false when the peer reads slower than we write: wait for onDrain. Owns `bytes` until `done` is called,
   * once: they were taken, or the connection is gone.
   */
  write(bytes: Uint8Array, done?: () => void): boolean
  /** Stops and resumes delivery of onData. */
  pause(): void
  resume(): void
  end(): void
  destroy(): void
  /** `bytes` are the receiver's during the call only: what it keeps it copies. */
  onData: (bytes: Uint8Array) => void
  onDrain: () => void
  onClose: () => void
}

export interface Listener {
  readonly port: number
  /** For connections from now on. Only where it listens with TLS; what is given has been checked. */
  setTls?(material: TlsMaterial): void
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** For MR-BASE-001: what listens here and which option changes the port. */
  readonly what: string
  readonly option: string
  readonly tls?: TlsSettings
  /**
   * Asked as soon as a peer has connected, before any handshake: undefined closes it at once, else what is called once when
   * it has gone. `remote` is its address without port.
   */
  readonly admit?: (remote: string) => (() => void) | undefined
}

export interface Net {
  /** Port 0 takes a free one. Rejects with MR-BASE-001 when the port is in use. */
  listen(options: ListenOptions, accept: (c: Connection) => void): Promise<Listener>
  connect(options: { host: string; port: number }): Promise<Connection>
}

/** Reads a whole file. @returns undefined when it does not exist */
export function readWholeFile(disk: Disk, path: string): Uint8Array | undefined {
  if (!disk.exists(path)) return undefined
  const file = disk.open(path, 'read')
  try {
    const bytes = new Uint8Array(file.size())
    let at = 0
    while (at < bytes.length) {
      const n = file.read(bytes.subarray(at), at)
      if (n === 0) return bytes.subarray(0, at)
      at += n
    }
    return bytes
  } finally {
    file.close()
  }
}

/** Replaces a file so that after a crash either the old or the new content is there, whole, and durable on return. */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`
  const file = disk.open(temporary, 'create')
  try {
    file.truncate(0)
    file.write(bytes, 0)
    file.sync()
  } finally {
    file.close()
  }
  disk.rename(temporary, path)
  disk.syncFolder(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
}
