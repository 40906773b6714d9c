// The ports on a real machine. The only file of the lower storeys that touches node:fs and node:net.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
  constants,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { getSystemErrorMessage } from 'node:util'
import { MillraceError } from './errors.ts'
import type { Clock, Connection, Disk, DiskFile, Listener, ListenOptions, Net, Random } from './ports.ts'
import { receiveShared } from './receive.ts'
import { contextOf, distinguishedName, type TlsMaterial, type TlsSettings } from './tls.ts'

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export const nodeRandom: Random = {
  uint32: () => randomBytes(4).readUInt32LE(),
  fraction: () => Math.random(),
  bytes: (size) => new Uint8Array(randomBytes(size)),
}

function diskError(action: string, path: string, cause: unknown): MillraceError {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') return new MillraceError('MR-BASE-002', { details: { path }, cause })
  return new MillraceError('MR-BASE-003', { details: { action, path, reason: reasonOf(cause) }, cause })
}

/** 'permission denied (EACCES)' */
function reasonOf(cause: unknown): string {
  const { code, errno } = cause as NodeJS.ErrnoException
  return code === undefined || errno === undefined ? String(cause) : `${getSystemErrorMessage(errno)} (${code})`
}

/** The size of the disk that a folder is on, and what anybody may still write to it; undefined when it does not say. Cost: a system call. */
export function nodeDiskSpace(folder: string): { totalBytes: number; usableBytes: number } | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(folder)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  } catch {
    return undefined
  }
}

class NodeFile implements DiskFile {
  readonly #fd: number
  readonly #path: string

  constructor(fd: number, path: string) {
    this.#fd = fd
    this.#path = path
  }

  #guard<T>(action: string, run: () => T): T {
    try {
      return run()
    } catch (cause) {
      throw diskError(action, this.#path, cause)
    }
  }

  size(): number {
    return this.#guard('measure', () => fstatSync(this.#fd).size)
  }
  read(into: Uint8Array, position: number): number {
    return this.#guard('read', () => readSync(this.#fd, into, 0, into.length, position))
  }
  write(bytes: Uint8Array, position: number): void {
    this.#guard('write', () => {
      let at = 0
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at, bytes.length - at, position + at)
    })
  }
  sync(): void {
    this.#guard('sync', () => fdatasyncSync(this.#fd))
  }
  truncate(size: number): void {
    this.#guard('truncate', () => ftruncateSync(this.#fd, size))
  }
  close(): void {
    this.#guard('close', () => closeSync(this.#fd))
  }
}

const openFlags = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
}

/** Not mkdir's own recursive mode: that tries for ever where nothing can be made (below /proc). */
function makeRoot(root: string): void {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(root) !== root) makeRoot(dirname(root))
  try {
    mkdirSync(root)
  } catch (cause) {
    // Another process may have been first.
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw diskError('make the folder', root, cause)
  }
}

/** A disk rooted at a folder of the machine, which is made when missing. Throws MR-BASE-003 when it cannot be. */
export function openNodeDisk(root: string): Disk {
  makeRoot(root)
  const guard = <T>(action: string, path: string, run: (whole: string) => T): T => {
    const whole = join(root, path)
    try {
      return run(whole)
    } catch (cause) {
      throw diskError(action, whole, cause)
    }
  }
  return {
    open: (path, mode) => guard('open', path, (whole) => new NodeFile(openSync(whole, openFlags[mode], 0o644), whole)),
    exists: (path) => existsSync(join(root, path)),
    list: (folder) => guard('list', folder, (whole) => (existsSync(whole) ? readdirSync(whole).sort() : [])),
    makeFolder: (folder) => guard('make', folder, (whole) => void mkdirSync(whole, { recursive: true })),
    rename: (from, to) => guard('rename', from, (whole) => renameSync(whole, join(root, to))),
    remove: (path) => guard('remove', path, (whole) => rmSync(whole, { recursive: true, force: true })),
    syncFolder: (folder) =>
      guard('sync', folder, (whole) => {
        const fd = openSync(whole, constants.O_RDONLY)
        try {
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
      }),
  }
}

/** A socket as the port has it; for TLS after the handshake. */
export function wrapSocket(socket: Socket, peerSubject?: string): Connection {
  // What is written in one turn goes out together: each call of the kernel wakes the peer, which costs more than the bytes.
  let isCorked = false
  const uncork = (): void => {
    isCorked = false
    socket.uncork()
  }
  const connection: Connection = {
    remote: `${socket.remoteAddress}:${socket.remotePort}`,
    localHost: (socket.localAddress ?? '').replace(/^::ffff:/, ''),
    localPort: socket.localPort ?? 0,
    ...(peerSubject === undefined ? {} : { peerSubject }),
    write(bytes, done) {
      if (!isCorked) {
        isCorked = true
        socket.cork()
        process.nextTick(uncork)
      }
      return socket.write(bytes, done)
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    onData: () => {},
    onDrain: () => {},
    onClose: () => {},
  }
  socket.setNoDelay(true)
  // A plain Uint8Array: a Buffer's slice() is a view, which every reader of bytes would get wrong.
  socket.on('data', (bytes: Buffer) =>
    connection.onData(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  )
  socket.on('drain', () => connection.onDrain())
  // An 'error' is always followed by 'close', which is what the owner acts on.
  socket.on('error', () => socket.destroy())
  socket.on('close', () => connection.onClose())
  return connection
}

/** What a server with pauseOnConnect has accepted. @returns the socket that it is from now on */
function wrapAccepted(accepted: Socket): { socket: Socket; connection: Connection } {
  const socket = receiveShared(accepted, (bytes) => connection.onData(bytes)) ?? accepted
  const connection = wrapSocket(socket)
  socket.resume()
  return { socket, connection }
}

/** Without 'none' a client may show a certificate; one that is not trusted ends the handshake. */
function tlsServer(tls: TlsSettings, accept: (c: Connection) => void): TlsServer {
  const server = createTlsServer({
    ...contextOf(tls.material),
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
    requestCert: tls.clientCertificates !== 'none',
    // With it a client without a certificate is refused, too: so a wrong one is looked for below.
    rejectUnauthorized: tls.clientCertificates === 'required',
    handshakeTimeout: tls.handshakeMs,
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const certificate = socket.getPeerX509Certificate()
    if (certificate && !socket.authorized) return socket.destroy()
    accept(wrapSocket(socket, certificate && distinguishedName(certificate.subject)))
  })
  // The handshake failed: the client's matter.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function listen(options: ListenOptions, accept: (c: Connection) => void): Promise<Listener> {
  const { host, port, what, option, tls, admit } = options
  return new Promise<Listener>((resolve, reject) => {
    const open = new Set<Socket>()
    const secure = tls && tlsServer(tls, accept)
    const server: Server = secure ?? createServer({ pauseOnConnect: true })
    // Before any handshake.
    server.prependListener('connection', (accepted: Socket) => {
      const leave = admit ? admit((accepted.remoteAddress ?? '').replace(/^::ffff:/, '')) : (): void => {}
      if (!leave) return accepted.destroy()
      const plain = secure ? undefined : wrapAccepted(accepted)
      const socket = plain?.socket ?? accepted
      open.add(socket)
      socket.on('close', () => {
        open.delete(socket)
        leave()
      })
      if (plain) accept(plain.connection)
    })
    server.on('error', (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === 'EADDRINUSE' || cause.code === 'EACCES'
      reject(inUse ? new MillraceError('MR-BASE-001', { details: { host, port, what, option }, cause }) : cause)
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address ? address.port : port,
        ...(secure ? { setTls: (material: TlsMaterial) => secure.setSecureContext(contextOf(material)) } : {}),
        close: () =>
          new Promise((done) => {
            for (const socket of open) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}

export const nodeNet: Net = {
  listen,
  connect(options) {
    return new Promise((resolve, reject) => {
      const socket = connect(options.port, options.host)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(wrapSocket(socket))
      })
    })
  },
}
