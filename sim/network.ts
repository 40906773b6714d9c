// A simulated network with the vices of real ones: bytes come in any pieces and late, a peer may be slow, a connection is cut
// with what was under way on it lost. Only step() delivers, so a run is decided by its seed alone.
// What is delivered is scribbled over afterwards: a receiver that keeps it without a copy shows at once.
import type { Connection, Listener, ListenOptions, Net } from '../src/base/index.ts'
import type { SeededRandom } from './random.ts'

/** Above it a writer is told that its peer reads slowly. */
const queuedBytesMax = 64 << 10

export interface SimulatedNetwork extends Net {
  readonly name: string
  /** Probability, at each step of each connection, that it is cut. */
  cutChance: number
  readonly cuts: number
  /** Delivers some of what waits. */
  step(): boolean
  /** The process that listened is gone: its ends hear nothing more, the peers' ends are closed at the next step. */
  dropServer(): void
}

export function createNetwork(random: SeededRandom): SimulatedNetwork {
  return new SimNetwork(random)
}

interface Piece {
  readonly bytes: Uint8Array
  readonly done: (() => void) | undefined
}

/** One end. What it writes waits in `#queue` until the other end is handed it. */
class End implements Connection {
  readonly remote: string
  readonly localHost = '127.0.0.1'
  readonly localPort: number
  peer!: End
  onData: (bytes: Uint8Array) => void = () => {}
  onDrain: () => void = () => {}
  onClose: () => void = () => {}
  isClosed = false
  /** Its process is gone. */
  isDead = false
  #isPaused = false
  #isEnding = false
  #wantsDrain = false
  #queue: Piece[] = []
  #queuedBytes = 0
  #at = 0

  constructor(remote: string, localPort: number) {
    this.remote = remote
    this.localPort = localPort
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (this.isClosed) {
      done?.()
      return true
    }
    this.#queue.push({ bytes, done })
    this.#queuedBytes += bytes.length
    this.#wantsDrain = this.#queuedBytes > queuedBytesMax
    return !this.#wantsDrain
  }
  pause(): void {
    this.#isPaused = true
  }
  resume(): void {
    this.#isPaused = false
  }
  end(): void {
    this.#isEnding = true
  }
  destroy(): void {
    this.close()
  }

  /** Both ends hear of it at their next step. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const { done } of this.#queue.splice(0)) done?.()
    this.peer.close()
  }

  /** Hands the other end some of what waits. */
  deliver(random: SeededRandom): boolean {
    if (this.isClosed || this.peer.#isPaused) return false
    const first = this.#queue[0]
    if (!first) {
      if (this.#isEnding) this.close()
      return this.#isEnding
    }
    const left = first.bytes.length - this.#at
    const size = random.chance(0.6) ? left : random.below(left + 1)
    const handed = first.bytes.slice(this.#at, this.#at + size)
    this.#at += size
    this.#queuedBytes -= size
    if (this.#at === first.bytes.length) {
      this.#queue.shift()
      this.#at = 0
      first.done?.()
    }
    if (!this.peer.isDead && handed.length > 0) this.peer.onData(handed)
    handed.fill(0xaa)
    if (this.#wantsDrain && this.#queuedBytes <= queuedBytesMax / 2 && !this.isClosed) {
      this.#wantsDrain = false
      if (!this.isDead) this.onDrain()
    }
    return true
  }
}

class SimNetwork implements SimulatedNetwork {
  readonly name = 'network'
  cutChance = 0
  cuts = 0
  readonly #random: SeededRandom
  readonly #listeners = new Map<number, (connection: Connection) => void>()
  /** The client's end of each open connection, then those that have not heard that it is closed. */
  #clients: End[] = []
  #closing: End[] = []
  #nextPort = 40_000

  constructor(random: SeededRandom) {
    this.#random = random
  }

  listen({ port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    this.#listeners.set(port, accept)
    return Promise.resolve({
      port,
      close: async () => {
        if (this.#listeners.get(port) === accept) this.#listeners.delete(port)
      },
    })
  }

  async connect({ port }: { host: string; port: number }): Promise<Connection> {
    const accept = this.#listeners.get(port)
    if (!accept) throw new Error('connection refused')
    const from = this.#nextPort++
    const client = new End(`127.0.0.1:${port}`, from)
    const server = new End(`127.0.0.1:${from}`, port)
    client.peer = server
    server.peer = client
    this.#clients.push(client)
    accept(server)
    return client
  }

  step(): boolean {
    const random = this.#random
    let worked = false
    for (const client of this.#clients) {
      if (this.cutChance > 0 && random.chance(this.cutChance)) {
        this.cuts++
        client.close()
      }
      const ends = random.chance(0.5) ? [client, client.peer] : [client.peer, client]
      for (const end of ends) while (random.chance(0.75) && end.deliver(random)) worked = true
      if (client.isClosed) this.#closing.push(client, client.peer)
    }
    this.#clients = this.#clients.filter(({ isClosed }) => !isClosed)
    for (const end of this.#closing.splice(0)) if (!end.isDead) end.onClose()
    return worked
  }

  dropServer(): void {
    this.#listeners.clear()
    for (const client of this.#clients) {
      client.peer.isDead = true
      client.close()
    }
  }
}
