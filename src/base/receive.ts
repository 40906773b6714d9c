// Receiving without fresh memory: Node gives each read of a socket 64 KiB of its own, which keeps the garbage collector busy
// for longer than everything that is done with the bytes. Here all sockets read into one buffer, whose bytes are handed on
// before the next read. Invariant: where Node does not offer what this needs, a socket stays as it is and works all the same.
//
// Node lets a socket read into a given buffer ('onread') only where it is made by hand, which a server does not: so what the
// server accepted is taken over by a second socket, as Node itself does with sockets that come from another process.
import { Socket, type SocketConstructorOpts } from 'node:net'

interface Handle {
  useUserBuffer?: unknown
  readStop?: () => number
}
interface Inner {
  _handle?: Handle | null
  _server?: unknown
  server?: unknown
}

const readBytes = 256 << 10
let buffer: Uint8Array | undefined

/**
 * Takes over a socket that a server with pauseOnConnect has accepted, and reads it into a buffer shared by all.
 * @returns the socket to use from now on, or undefined when `accepted` is to be used as it is
 */
export function receiveShared(accepted: Socket, onData: (bytes: Uint8Array) => void): Socket | undefined {
  const inner = accepted as unknown as Inner
  const handle = inner._handle
  // Windows hands the buffer to the kernel before anything has arrived.
  if (process.platform === 'win32' || typeof handle?.useUserBuffer !== 'function') return undefined
  const shared = (buffer ??= new Uint8Array(readBytes))
  const options: SocketConstructorOpts = {
    readable: true,
    writable: true,
    onread: {
      buffer: shared,
      callback(size) {
        onData(shared.subarray(0, size))
        return true
      },
    },
  }
  const socket = new Socket(Object.assign(options, { handle }))
  const { _server, server } = inner
  // The server counts its open sockets by these.
  Object.assign(socket, { _server, server })
  inner._handle = null
  inner._server = null
  return socket
}
