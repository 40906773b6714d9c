// A raw client for this room's own tests: any API in any version, and bytes that no client would send.
import type { Connection, Net } from '../../base/index.ts'
import { decodeResponseHeader, encodeRequestFrame, WireReader } from '../wire/index.ts'
import { FrameAssembler } from './frames.ts'

interface ClientApi<Request, Response> {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  readonly flexibleFrom: number
  encodeRequest(writer: never, version: number, request: Request): void
  decodeResponse(reader: WireReader, version: number): Response
}

export class TestClient {
  readonly #connection: Connection
  readonly #frames = new FrameAssembler(1 << 30)
  readonly #waiting: ((frame: Uint8Array) => void)[] = []
  readonly closed: Promise<void>
  #next = 1

  constructor(connection: Connection) {
    this.#connection = connection
    connection.onData = (bytes) => {
      for (const frame of this.#frames.push(bytes)) this.#waiting.shift()?.(frame.bytes)
    }
    this.closed = new Promise((resolve) => {
      connection.onClose = resolve
    })
  }

  static async connect(net: Net, port: number): Promise<TestClient> {
    return new TestClient(await net.connect({ host: '127.0.0.1', port }))
  }

  /** The frame's parts of a request, sent or not. */
  encode<Request, Response>(api: ClientApi<Request, Response>, version: number, request: Request): Uint8Array {
    const header = { version, correlationId: this.#next++, clientId: 'test' }
    const parts = encodeRequestFrame(api, header, (writer) => api.encodeRequest(writer as never, version, request))
    return new Uint8Array(Buffer.concat(parts))
  }

  call<Request, Response>(api: ClientApi<Request, Response>, version: number, request: Request): Promise<Response> {
    const correlationId = this.#next
    this.#connection.write(this.encode(api, version, request))
    return this.answer(api, version, correlationId)
  }

  /** The next answer, to a request sent with `send`. */
  answer<Response>(api: ClientApi<never, Response>, version: number, correlationId: number): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((frame) => {
        try {
          const reader = new WireReader(frame)
          decodeResponseHeader(reader, api, version, correlationId)
          resolve(api.decodeResponse(reader, version))
        } catch (error) {
          reject(error as Error)
        }
      })
    })
  }

  send(bytes: Uint8Array): void {
    this.#connection.write(bytes)
  }

  destroy(): void {
    this.#connection.destroy()
  }
}
