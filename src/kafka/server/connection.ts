// One client's connection: frames in, answers out in the order of the requests. Invariants: at most requestsInFlightMax
// requests are held, else the socket is not read; nothing new is begun while the peer does not read its answers; requests
// that may not overlap begin only when all before them are answered (as in Kafka, where one at a time is served).
// Until SASL is done, one request at a time is looked at, and only those that serve it. A throttled client's answer is sent,
// then its socket is not read for the time that it was told (KIP-219).
// Bytes that make no sense end the connection: the stream cannot be trusted after them.
import { BytesError, MillraceError } from '../../base/index.ts'
import type { Connection } from '../../base/index.ts'
import type { Principal } from '../../model/index.ts'
import { apis, decodeRequestHeader, encodeResponseFrame, kafkaErrors, WireReader } from '../wire/index.ts'
import type { RequestHeader } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import { FrameAssembler, type Frame } from './frames.ts'
import type { Client, Handler } from './handler.ts'
import type { SaslSession } from './security/sasl-session.ts'

interface Pending {
  readonly header: RequestHeader
  readonly handler: Handler
  readonly request: unknown
  readonly size: number
  begun: boolean
  /** Frame parts once answered; empty when there is no answer to send. */
  answer: Uint8Array[] | undefined
  readonly lease: Frame['lease']
  /** Called once when the answer's bytes are not needed any more. */
  release: (() => void) | undefined
  /** How long the client is not read after this answer. */
  throttleMs: number
}

/** What a connection shares with the others of its server. */
export interface ConnectionShare {
  /** Bytes that peers of all connections have not read yet. */
  unsentBytes: number
  /** Of requests that are held, and the whole of large ones that are being received. */
  heldBytes: number
  /** Connections whose next request has no room yet, longest first; each looks again when called. */
  readonly waiting: Set<() => void>
}

export interface ConnectionOptions {
  readonly broker: Broker
  readonly handlers: ReadonlyMap<number, Handler>
  readonly connection: Connection
  readonly share?: ConnectionShare
  /** Who the client is where it does not authenticate with SASL. */
  readonly principal?: Principal
  readonly sasl?: SaslSession
  readonly advertised?: Client['advertised']
  onClose(): void
  /** A fault of ours in a handler; the connection is closed. */
  onFault(error: unknown): void
}

const anonymous: Principal = { name: 'User:anonymous' }
/** Before work is looked for again that the log, or peers that do not read, hold back. */
const retryMs = 5
/** A large request that comes slower while others wait for its room ends its connection: 1 MB a second on the whole, */
const receivedBytesPerMsMin = 1000
/** and 100 KB a second at any time after its first five seconds: who only announces bytes holds up nobody for long. */
const progressBytesPerMsMin = 100
const progressGraceMs = 5000
/** In which a peer shall take its last answer. */
const lingerMs = 1000

export class ClientConnection {
  readonly #options: ConnectionOptions
  readonly #share: ConnectionShare
  readonly #frames: FrameAssembler
  readonly #client: Client
  readonly #queue: Pending[] = []
  /** Frames that are not looked at while an authentication goes on. */
  readonly #held: Frame[] = []
  #principal: Principal
  #queuedBytes = 0
  /** What of the share's held bytes is ours. */
  #heldBytes = 0
  /** Since when a large frame has room (monotonic ms); undefined: none is under way. */
  #receivingSince: number | undefined
  readonly #lookAgain = (): void => this.#advance()
  #closed = false
  #paused = false
  /** The peer reads slower than we answer, since then (monotonic ms). */
  #blockedAt: number | undefined
  #unsentBytes = 0
  #activeAt: number
  #cancelRetry: (() => void) | undefined
  #cancelMute: (() => void) | undefined
  /** Monotonic ms. */
  #mutedUntil = Number.NEGATIVE_INFINITY
  #cancelDeadline: (() => void) | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#share = options.share ?? { unsentBytes: 0, heldBytes: 0, waiting: new Set() }
    const { connection, broker, sasl } = options
    const { limits, clock } = broker
    this.#principal = options.principal ?? anonymous
    this.#activeAt = clock.monotonicMs()
    this.#frames = new FrameAssembler(sasl ? limits.authenticationBytesMax : limits.requestBytesMax, broker.slabs)
    const principalNow = (): Principal => this.#principal
    this.#client = {
      get principal() {
        return principalNow()
      },
      remote: connection.remote,
      host: hostOf(connection.remote),
      localHost: connection.localHost,
      localPort: connection.localPort,
      advertised: options.advertised,
      sasl,
      clientId: '',
      disconnect: () => this.#close(),
      onClose: new Set(),
    }
    if (sasl) this.#cancelDeadline = clock.after(limits.authenticationMs, () => this.#refuse('authentication-timeout'))
    connection.onData = (bytes) => this.#receive(bytes)
    connection.onDrain = () => {
      this.#blockedAt = undefined
      this.#countUnsent(-this.#unsentBytes)
      this.#activeAt = clock.monotonicMs()
      this.#advance()
    }
    connection.onClose = () => this.#ended()
  }

  /** Closes it when it is idle, or its peer has not read for too long. Called from time to time. */
  expire(nowMs: number): void {
    if (this.#closed) return
    const { connectionIdleMs, writeStallMs, writeStallFullMs, unsentBytesMax } = this.#options.broker.limits
    if (this.#isReceivedTooSlowly(nowMs)) return this.#refuse('too-slow')
    if (this.#blockedAt !== undefined) {
      const stallMs = this.#share.unsentBytes > unsentBytesMax ? writeStallFullMs : writeStallMs
      if (nowMs - this.#blockedAt >= stallMs) this.#refuse('not-read')
    } else if (this.#queue.length === 0 && !this.#cancelMute && nowMs - this.#activeAt >= connectionIdleMs) {
      this.#refuse('idle')
    }
  }

  #isReceivedTooSlowly(nowMs: number): boolean {
    if (this.#receivingSince === undefined || this.#share.waiting.size === 0 || this.#paused) return false
    const { requestReceiveMs } = this.#options.broker.limits
    const elapsedMs = nowMs - this.#receivingSince
    const { largeBytes, receivedBytes } = this.#frames
    if (receivedBytes < (elapsedMs - progressGraceMs) * progressBytesPerMsMin) return true
    return elapsedMs > requestReceiveMs + largeBytes / receivedBytesPerMsMin
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#activeAt = this.#options.broker.clock.monotonicMs()
    try {
      const { sasl } = this.#client
      const frames = this.#frames.push(bytes)
      // What is under way now is another one.
      if (frames.length > 0) this.#receivingSince = undefined
      if (!sasl || sasl.isDone) for (const frame of frames) this.#accept(frame)
      else this.#held.push(...frames)
    } catch (error) {
      this.#notBytes(error)
    }
    this.#advance()
  }

  #notBytes(error: unknown): void {
    if (!(error instanceof BytesError)) throw error
    this.#refuse('bytes')
  }

  /** While it authenticates: looks at the next frame once those before it are answered. */
  #acceptHeld(): void {
    const { sasl } = this.#client
    try {
      while (!this.#closed && this.#held.length > 0 && (sasl!.isDone || this.#queue.length === 0)) {
        this.#accept(this.#held.shift()!)
      }
    } catch (error) {
      this.#notBytes(error)
    }
  }

  #accept({ bytes: frame, lease }: Frame): void {
    if (this.#closed) return
    const { broker, handlers } = this.#options
    const { sasl } = this.#client
    if (sasl?.isRaw) return this.#acceptToken(sasl, frame)
    const reader = new WireReader(frame, broker.limits.requestElementsMax)
    const header = decodeRequestHeader(reader)
    const handler = handlers.get(header.apiKey)
    if (sasl && !sasl.mayTake(header.apiKey)) return this.#refuse(sasl.isDone ? 'session-expired' : 'not-authenticated')
    this.#client.clientId = header.clientId ?? ''
    const pending = { header, throttleMs: 0, lease, release: undefined }
    if (!handler || header.version < handler.api.versionMin || header.version > handler.api.versionMax) {
      if (header.apiKey !== apis.apiVersions.key || !handler) return this.#refuse('version')
      // A client newer than we are learns what we know from an answer in version 0.
      const { key: apiKey, versionMin: minVersion, versionMax: maxVersion } = apis.apiVersions
      const response = { errorCode: kafkaErrors.unsupportedVersion, apiKeys: [{ apiKey, minVersion, maxVersion }] }
      const answer = this.#encode(handler, { ...header, version: 0 }, response)
      this.#queue.push({ ...pending, handler, request: undefined, size: 0, begun: true, answer })
      return
    }
    const request = handler.api.decodeRequest(reader, header.version)
    this.#queue.push({ ...pending, handler, request, size: frame.length, begun: false, answer: undefined })
    this.#queuedBytes += frame.length
  }

  /** A token without a header, after a handshake of version 0; so is its answer. A failure is a closed connection. */
  #acceptToken(sasl: SaslSession, token: Uint8Array): void {
    const handler = this.#options.handlers.get(apis.saslAuthenticate.key)!
    const header = { apiKey: apis.saslAuthenticate.key, version: 0, correlationId: 0, clientId: null }
    const pending: Pending = {
      header,
      handler,
      request: undefined,
      size: 0,
      begun: true,
      answer: undefined,
      lease: undefined,
      release: undefined,
      throttleMs: 0,
    }
    this.#queue.push(pending)
    sasl.authenticate(token).then(
      ({ errorCode, authBytes }) => {
        const frame = new Uint8Array(4 + authBytes.length)
        new DataView(frame.buffer).setInt32(0, authBytes.length)
        frame.set(authBytes, 4)
        pending.answer = errorCode === 0 ? [frame] : []
        this.#advance()
      },
      (error: unknown) => this.#fault(error),
    )
  }

  /** Sends what is answered, begins what may begin, and reads on or stops reading. */
  #advance(): void {
    do {
      while (!this.#closed && this.#blockedAt === undefined && this.#queue[0]?.answer) this.#send(this.#queue.shift()!)
      if (this.#client.sasl) this.#noteSasl(this.#client.sasl)
    } while (!this.#closed && this.#blockedAt === undefined && (this.#beginNext() || this.#queue[0]?.answer))
    if (!this.#closed) this.#regulate()
  }

  #send({ answer, size, release, throttleMs }: Pending): void {
    const { connection, broker } = this.#options
    this.#queuedBytes -= size
    let bytes = 0
    let taken = true
    const parts = answer!
    parts.forEach((part, i) => {
      bytes += part.length
      // Parts are taken in order, so the last one's end is that of all.
      if (!connection.write(part, i + 1 === parts.length ? release : undefined)) taken = false
    })
    if (parts.length === 0) release?.()
    // A port may have closed it while it was written to.
    if (!taken && !this.#closed) {
      this.#blockedAt = broker.clock.monotonicMs()
      this.#countUnsent(bytes)
    }
    if (throttleMs > 0) this.#mute(throttleMs)
  }

  /** Until the latest of the times that the client was told, nothing more of it is read or begun. */
  #mute(throttleMs: number): void {
    const { clock } = this.#options.broker
    const untilMs = clock.monotonicMs() + throttleMs
    if (this.#closed || untilMs <= this.#mutedUntil) return
    this.#mutedUntil = untilMs
    this.#cancelMute?.()
    this.#cancelMute = clock.after(throttleMs, () => {
      this.#cancelMute = undefined
      this.#activeAt = clock.monotonicMs()
      this.#advance()
    })
  }

  #countUnsent(change: number): void {
    this.#unsentBytes += change
    this.#share.unsentBytes += change
  }

  /** Takes over what an exchange has proven, or ends what has failed once the client was told. */
  #noteSasl(sasl: SaslSession): void {
    if (sasl.hasFailed) {
      if (this.#queue.length === 0 && !this.#closed) this.#end()
      return
    }
    if (sasl.isDone && this.#cancelDeadline) {
      this.#cancelDeadline()
      this.#cancelDeadline = undefined
      this.#principal = { name: `User:${sasl.user}` }
      this.#frames.frameBytesMax = this.#options.broker.limits.requestBytesMax
    }
    this.#acceptHeld()
  }

  /** Begins what may begin now; true when the first in turn was answered at once. */
  #beginNext(): boolean {
    if (this.#cancelMute) return false
    for (let i = 0; i < this.#queue.length && !this.#closed; i++) {
      const pending = this.#queue[i]!
      if (!pending.begun) {
        // What a client is held back for must be known before more of it is served, as in Kafka: one request at a time.
        if (i > 0 && (!pending.handler.overlaps || this.#options.broker.security.quotas.isActive)) return false
        if (this.#mustWait(pending.handler)) return false
        this.#begin(pending)
        if (i === 0 && pending.answer) return true
      }
      if (!pending.handler.overlaps) return false
    }
    return false
  }

  /** Produce waits while the log is behind, fetch while too much is unread; the socket is not read then: the client slows down. */
  #mustWait(handler: Handler): boolean {
    const { log, limits, clock } = this.#options.broker
    const full = handler.overlaps
      ? log.pendingBytes > limits.logPendingBytesMax
      : handler.api.key === apis.fetch.key && this.#share.unsentBytes > limits.unsentBytesMax
    if (!full) return false
    this.#cancelRetry ??= clock.after(retryMs, () => {
      this.#cancelRetry = undefined
      this.#advance()
    })
    return true
  }

  #begin(pending: Pending): void {
    pending.begun = true
    const { broker } = this.#options
    const { handler, header, request } = pending
    const { quotas } = broker.security
    const startedAt = quotas.isActive ? broker.clock.monotonicMs() : 0
    let busyMs = 0
    const finish = (response: unknown): void => {
      pending.lease?.release()
      if (handler.release && response !== undefined) pending.release = () => handler.release!(response)
      if (this.#closed) return pending.release?.()
      pending.answer = response === undefined ? [] : this.#encode(handler, header, response)
      if (quotas.isActive) this.#charge(pending, response, busyMs)
      broker.meter.add('millrace_broker_requests_total', { api: handler.api.name }, 1)
    }
    try {
      const response = handler.handle(broker, this.#client, request, header.version)
      if (quotas.isActive) busyMs = broker.clock.monotonicMs() - startedAt
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

  /** Tells a client that is above its quota, in the answer itself, for how long it will not be read. */
  #charge(pending: Pending, response: unknown, busyMs: number): void {
    const { broker } = this.#options
    const { handler, header, size: requestBytes, answer } = pending
    const { sasl } = this.#client
    if (sasl && !sasl.isDone) return
    const responseBytes = answer!.reduce((sum, part) => sum + part.length, 0)
    const charged = broker.security.quotas.charge(this.#client, header.apiKey, { requestBytes, responseBytes, busyMs })
    const { throttleTimeMs: own = 0 } = (response ?? {}) as { throttleTimeMs?: number }
    const throttleTimeMs = Math.max(charged, own)
    if (throttleTimeMs <= 0) return
    pending.throttleMs = throttleTimeMs
    broker.meter.add('millrace_broker_throttles_total', { api: handler.api.name }, 1)
    if (charged > own && response !== undefined)
      pending.answer = this.#encode(handler, header, { ...(response as object), throttleTimeMs })
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
    const full =
      !this.#hold() ||
      this.#queue.length >= requestsInFlightMax ||
      this.#queuedBytes >= requestBytesInFlightMax ||
      this.#held.length > 0 ||
      this.#cancelMute !== undefined
    if (full === this.#paused) return
    this.#paused = full
    if (full) return connection.pause()
    // What was not read is not the peer's slowness.
    if (this.#receivingSince !== undefined) this.#receivingSince = broker.clock.monotonicMs()
    connection.resume()
  }

  /**
   * Counts what is held of this connection. A large frame's length is counted before the rest of it is read, all or nothing, so that
   * whoever has begun can end. @returns false when this must wait
   */
  #hold(): boolean {
    const { clock, limits } = this.#options.broker
    const share = this.#share
    const { largeBytes } = this.#frames
    const before = share.heldBytes
    const others = before - this.#heldBytes
    const wanted = this.#queuedBytes + largeBytes
    const isNext = share.waiting.size === 0 || share.waiting.values().next().value === this.#lookAgain
    const hasRoom = others === 0 || (others + wanted <= limits.requestBytesHeldMax && (largeBytes === 0 || isNext))
    // What has come already is held in any case.
    this.#heldBytes = hasRoom || this.#receivingSince !== undefined ? wanted : this.#queuedBytes
    share.heldBytes = others + this.#heldBytes
    const isWaiting = largeBytes > 0 && this.#heldBytes < wanted
    if (isWaiting) share.waiting.add(this.#lookAgain)
    else share.waiting.delete(this.#lookAgain)
    this.#receivingSince = largeBytes > 0 && !isWaiting ? (this.#receivingSince ?? clock.monotonicMs()) : undefined
    if (share.heldBytes < before) this.#wakeWaiting()
    return !isWaiting && (hasRoom || this.#queuedBytes === 0)
  }

  #wakeWaiting(): void {
    const { waiting } = this.#share
    for (const lookAgain of Array.from(waiting)) {
      lookAgain()
      // Nobody gets past one that still waits.
      if (waiting.has(lookAgain)) return
    }
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

  /** Closes after the peer has its last answer, or has had time for it. */
  #end(): void {
    this.#closed = true
    const { connection, broker } = this.#options
    connection.end()
    if (this.#paused) connection.resume()
    this.#cancelRetry?.()
    this.#cancelRetry = broker.clock.after(lingerMs, () => connection.destroy())
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.connection.destroy()
  }

  #ended(): void {
    this.#closed = true
    this.#countUnsent(-this.#unsentBytes)
    this.#share.waiting.delete(this.#lookAgain)
    this.#share.heldBytes -= this.#heldBytes
    this.#heldBytes = 0
    this.#wakeWaiting()
    for (const cancel of [this.#cancelRetry, this.#cancelMute, this.#cancelDeadline]) cancel?.()
    for (const { release } of this.#queue) release?.()
    this.#queue.length = 0
    this.#held.length = 0
    for (const run of Array.from(this.#client.onClose)) run()
    this.#options.onClose()
  }
}

/** 'address:port', '::ffff:10.0.0.1:9' and '::1:9' without port and prefix. */
function hostOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(':')).replace(/^::ffff:/, '')
}
