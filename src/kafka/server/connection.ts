// One client's connection: frames in, answers out in the order of the requests. Invariants: at most requestsInFlightMax
// requests are held, else the socket is not read; nothing new is begun while the peer does not read its answers; requests
// that may not overlap begin only when all before them are answered (as in Kafka, where one at a time is served).
// Bytes that make no sense end the connection: the stream cannot be trusted after them.
import { BytesError, MillraceError } from '../../base/index.ts'
import type { Connection } from '../../base/index.ts'
import { apis, decodeRequestHeader, encodeResponseFrame, kafkaErrors, WireReader } from '../wire/index.ts'
import type { RequestHeader } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import { FrameAssembler } from './frames.ts'
import type { Client, Handler } from './handler.ts'

interface Pending {
  readonly header: RequestHeader
  readonly handler: Handler
  readonly request: unknown
  readonly size: number
  begun: boolean
  /** Frame parts once answered; empty when there is no answer to send. */
  answer: Uint8Array[] | undefined
}

export interface ConnectionOptions {
  readonly broker: Broker
  readonly handlers: ReadonlyMap<number, Handler>
  readonly connection: Connection
  onClose(): void
  /** A fault of ours in a handler; the connection is closed. */
  onFault(error: unknown): void
}

export class ClientConnection {
  readonly #options: ConnectionOptions
  readonly #frames: FrameAssembler
  readonly #client: Client
  readonly #queue: Pending[] = []
  #queuedBytes = 0
  #closed = false
  #paused = false
  /** The peer reads slower than we answer. */
  #blocked = false
  #cancelRetry: (() => void) | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { connection, broker } = options
    this.#frames = new FrameAssembler(broker.limits.requestBytesMax)
    this.#client = {
      principal: { name: 'User:anonymous' },
      remote: connection.remote,
      localHost: connection.localHost,
      localPort: connection.localPort,
      clientId: '',
      disconnect: () => this.#close(),
      onClose: new Set(),
    }
    connection.onData = (bytes) => this.#receive(bytes)
    connection.onDrain = () => {
      this.#blocked = false
      this.#advance()
    }
    connection.onClose = () => this.#ended()
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return
    try {
      for (const frame of this.#frames.push(bytes)) this.#accept(frame)
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      this.#refuse('bytes')
      return
    }
    this.#advance()
  }

  #accept(frame: Uint8Array): void {
    if (this.#closed) return
    const { broker, handlers } = this.#options
    const reader = new WireReader(frame, broker.limits.requestElementsMax)
    const header = decodeRequestHeader(reader)
    const handler = handlers.get(header.apiKey)
    this.#client.clientId = header.clientId ?? ''
    if (!handler || header.version < handler.api.versionMin || header.version > handler.api.versionMax) {
      if (header.apiKey !== apis.apiVersions.key || !handler) return this.#refuse('version')
      // A client newer than we are learns what we know from an answer in version 0.
      const { key: apiKey, versionMin: minVersion, versionMax: maxVersion } = apis.apiVersions
      const response = { errorCode: kafkaErrors.unsupportedVersion, apiKeys: [{ apiKey, minVersion, maxVersion }] }
      const answer = this.#encode(handler, { ...header, version: 0 }, response)
      this.#queue.push({ header, handler, request: undefined, size: 0, begun: true, answer })
      return
    }
    const request = handler.api.decodeRequest(reader, header.version)
    this.#queue.push({ header, handler, request, size: frame.length, begun: false, answer: undefined })
    this.#queuedBytes += frame.length
  }

  /** Sends what is answered, begins what may begin, and reads on or stops reading. */
  #advance(): void {
    do {
      while (!this.#closed && !this.#blocked && this.#queue[0]?.answer) {
        const { answer, size } = this.#queue.shift()!
        this.#queuedBytes -= size
        for (const part of answer!) if (!this.#options.connection.write(part)) this.#blocked = true
      }
    } while (!this.#closed && !this.#blocked && this.#beginNext())
    if (!this.#closed) this.#regulate()
  }

  /** Begins what may begin now; true when the first in turn was answered at once. */
  #beginNext(): boolean {
    for (let i = 0; i < this.#queue.length && !this.#closed; i++) {
      const pending = this.#queue[i]!
      if (!pending.begun) {
        if (i > 0 && !pending.handler.overlaps) return false
        if (pending.handler.overlaps && this.#logIsFull()) return false
        this.#begin(pending)
        if (i === 0 && pending.answer) return true
      }
      if (!pending.handler.overlaps) return false
    }
    return false
  }

  /** Produce requests wait while the log is behind; the socket is not read then, which slows the client. */
  #logIsFull(): boolean {
    const { log, limits, clock } = this.#options.broker
    if (log.pendingBytes <= limits.logPendingBytesMax) return false
    this.#cancelRetry ??= clock.after(5, () => {
      this.#cancelRetry = undefined
      this.#advance()
    })
    return true
  }

  #begin(pending: Pending): void {
    pending.begun = true
    const { broker } = this.#options
    const { handler, header, request } = pending
    const finish = (response: unknown): void => {
      if (this.#closed) return
      pending.answer = response === undefined ? [] : this.#encode(handler, header, response)
      broker.meter.add('millrace_broker_requests_total', { api: handler.api.name }, 1)
    }
    try {
      const response = handler.handle(broker, this.#client, request, header.version)
      if (!(response instanceof Promise)) return finish(response)
      response.then(
        (value) => {
          finish(value)
          this.#advance()
        },
        (error: unknown) => this.#fault(error),
      )
    } catch (error) {
      this.#fault(error)
    }
  }

  #encode(handler: Handler, header: RequestHeader, response: unknown): Uint8Array[] {
    const { version, correlationId } = header
    return encodeResponseFrame(handler.api, { version, correlationId }, (writer) =>
      handler.api.encodeResponse(writer, version, response),
    )
  }

  #regulate(): void {
    const { connection, broker } = this.#options
    const { requestsInFlightMax, requestBytesInFlightMax } = broker.limits
    const full = this.#queue.length >= requestsInFlightMax || this.#queuedBytes >= requestBytesInFlightMax
    if (full === this.#paused) return
    this.#paused = full
    if (full) connection.pause()
    else connection.resume()
  }

  #refuse(reason: string): void {
    this.#options.broker.meter.add('millrace_broker_errors_total', { api: 'connection', error: reason }, 1)
    this.#close()
  }

  /** The world's faults that a handler did not answer (a damaged file) and ours: no answer could be trusted. */
  #fault(error: unknown): void {
    this.#refuse(error instanceof MillraceError ? error.code : 'fault')
    this.#options.onFault(error)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.connection.destroy()
  }

  #ended(): void {
    this.#closed = true
    this.#cancelRetry?.()
    this.#queue.length = 0
    for (const run of Array.from(this.#client.onClose)) run()
    this.#options.onClose()
  }
}
