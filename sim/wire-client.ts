// A client's connection to the simulated node: requests in Kafka's bytes, several under way, answers paired by correlation id.
// It checks what any client relies on: answers come in the order of the requests, each is one of ours.
import type { Connection, Net } from '../src/base/index.ts'
import { decodeResponseHeader, encodeRequestFrame, WireReader, WireWriter, type Api } from '../src/kafka/wire/index.ts'

/** The node's port in the simulation. */
export const nodePort = 9092

/** The connection was cut, or the node is not there: what was asked may have happened or not. */
export class ConnectionLost extends Error {}

interface Call<Request, Response> extends Api {
  encodeRequest(writer: WireWriter, version: number, request: Request): void
  decodeResponse(reader: WireReader, version: number): Response
}

export interface WireClientOptions {
  readonly port?: number
  readonly clientId?: string
  readonly nowMs?: () => number
  /** Called for each answer that says for how long the client is held back. */
  readonly onThrottle?: (throttleTimeMs: number) => void
}

interface Waiting {
  readonly answer: (frame: Uint8Array) => void
  readonly lose: (error: Error) => void
}

export class WireClient {
  readonly #connection: Connection
  readonly #options: WireClientOptions
  readonly #waiting: Waiting[] = []
  #received = new Uint8Array(0)
  #correlationId = 0
  isClosed = false
  /** What is sent from now on has no answer before it. */
  #heldUntilMs = -Infinity

  private constructor(connection: Connection, options: WireClientOptions) {
    this.#connection = connection
    this.#options = options
    connection.onData = (bytes) => this.#receive(bytes)
    connection.onClose = () => {
      this.isClosed = true
      for (const { lose } of this.#waiting.splice(0)) lose(new ConnectionLost('the connection was cut'))
    }
  }

  /** @throws ConnectionLost when nobody listens */
  static async open(net: Net, options: WireClientOptions = {}): Promise<WireClient> {
    try {
      return new WireClient(await net.connect({ host: '127.0.0.1', port: options.port ?? nodePort }), options)
    } catch {
      throw new ConnectionLost('nobody listens')
    }
  }

  /** @throws ConnectionLost */
  call<Request, Response>(api: Call<Request, Response>, version: number, request: Request): Promise<Response> {
    const correlationId = ++this.#correlationId
    const { clientId = 'sim', nowMs = () => 0 } = this.#options
    const header = { version, correlationId, clientId }
    const sentMs = nowMs()
    const heldUntilMs = this.#heldUntilMs
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new ConnectionLost('the connection was cut'))
      const parts = encodeRequestFrame(api, header, (writer) => api.encodeRequest(writer, version, request))
      for (const part of parts) this.#connection.write(part)
      const answer = (frame: Uint8Array): void => {
        try {
          const reader = new WireReader(frame)
          decodeResponseHeader(reader, api, version, correlationId)
          const response = api.decodeResponse(reader, version)
          this.#noteThrottle(response as { throttleTimeMs?: number }, sentMs, heldUntilMs)
          resolve(response)
        } catch (error) {
          reject(error as Error)
        }
      }
      this.#waiting.push({ answer, lose: reject })
    })
  }

  /** A node that holds a client back does not read it for that long after the answer that says so (KIP-219). */
  #noteThrottle({ throttleTimeMs = 0 }: { throttleTimeMs?: number }, sentMs: number, heldUntilMs: number): void {
    const { nowMs = () => 0, onThrottle, clientId } = this.#options
    if (nowMs() < heldUntilMs) throw new Error(`${clientId} is answered ${heldUntilMs - nowMs()} ms too early`)
    if (throttleTimeMs <= 0) return
    this.#heldUntilMs = Math.max(this.#heldUntilMs, sentMs + throttleTimeMs)
    onThrottle?.(throttleTimeMs)
  }

  close(): void {
    this.#connection.destroy()
  }

  #receive(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#received.length + bytes.length)
    all.set(this.#received)
    all.set(bytes, this.#received.length)
    let at = 0
    while (all.length - at >= 4) {
      const length = new DataView(all.buffer).getInt32(at)
      if (all.length - at - 4 < length) break
      const waiting = this.#waiting.shift()
      if (!waiting) throw new Error('an answer that nobody asked for')
      waiting.answer(all.slice(at + 4, at + 4 + length))
      at += 4 + length
    }
    this.#received = all.slice(at)
  }
}
