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

interface Waiting {
  readonly answer: (frame: Uint8Array) => void
  readonly lose: (error: Error) => void
}

export class WireClient {
  readonly #connection: Connection
  readonly #waiting: Waiting[] = []
  #received = new Uint8Array(0)
  #correlationId = 0
  isClosed = false

  private constructor(connection: Connection) {
    this.#connection = connection
    connection.onData = (bytes) => this.#receive(bytes)
    connection.onClose = () => {
      this.isClosed = true
      for (const { lose } of this.#waiting.splice(0)) lose(new ConnectionLost('the connection was cut'))
    }
  }

  /** @throws ConnectionLost when nobody listens */
  static async open(net: Net): Promise<WireClient> {
    try {
      return new WireClient(await net.connect({ host: '127.0.0.1', port: nodePort }))
    } catch {
      throw new ConnectionLost('nobody listens')
    }
  }

  /** @throws ConnectionLost */
  call<Request, Response>(api: Call<Request, Response>, version: number, request: Request): Promise<Response> {
    const correlationId = ++this.#correlationId
    const header = { version, correlationId, clientId: 'sim' }
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new ConnectionLost('the connection was cut'))
      const parts = encodeRequestFrame(api, header, (writer) => api.encodeRequest(writer, version, request))
      for (const part of parts) this.#connection.write(part)
      const answer = (frame: Uint8Array): void => {
        try {
          const reader = new WireReader(frame)
          decodeResponseHeader(reader, api, version, correlationId)
          resolve(api.decodeResponse(reader, version))
        } catch (error) {
          reject(error as Error)
        }
      }
      this.#waiting.push({ answer, lose: reject })
    })
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
