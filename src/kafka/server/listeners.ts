// The sockets of a server: each with its protocol, its certificate and what it tells clients to connect to. Invariant: whoever is
// above a limit is closed before anything is spent on him; a peer has a name before his first request is looked at, or SASL.
import type { Clock, Connection, Net, TlsMaterial } from '../../base/index.ts'
import { assert } from '../../base/index.ts'
import type { Principal } from '../../model/index.ts'
import type { Broker } from './broker.ts'
import { ClientConnection, type ConnectionShare } from './connection.ts'
import type { Handler } from './handler.ts'
import type { SaslMechanism } from './security/mechanisms.ts'
import { isReservedName, parsePrincipalRule, principalNameOf, type PrincipalRule } from './security/principal-rules.ts'
import { SaslSession } from './security/sasl-session.ts'
import type { Security } from './security/security.ts'

export type ListenerProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface KafkaListenerOptions {
  /** For errors and lists. */
  readonly name: string
  readonly protocol: ListenerProtocol
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** What chooses the port, for the error when it is taken. */
  readonly portOption?: string
  /** What clients are told to connect to; by default each is told the address that it used. Port 0: the one it listens on. */
  readonly advertised?: { readonly host: string; readonly port: number }
  /** For SSL and SASL_SSL; checked by the caller (checkTlsMaterial). */
  readonly tls?: { readonly material: TlsMaterial; readonly clientCertificates: 'none' | 'requested' | 'required' }
  /** For SASL_PLAINTEXT and SASL_SSL: at least one. */
  readonly mechanisms?: readonly SaslMechanism[]
  /** For SSL: from a certificate's subject to a user's name; by default the subject as it is. */
  readonly principalRules?: readonly string[]
  /** Who clients are that show nothing; default 'User:ANONYMOUS'. */
  readonly anonymous?: string
}

export interface KafkaListener {
  readonly name: string
  readonly protocol: ListenerProtocol
  readonly host: string
  readonly port: number
  /** Absent: each client is told the address that it used. */
  readonly advertised?: { readonly host: string; readonly port: number }
  /** For connections from now on; checked by the caller. Only with SSL and SASL_SSL. */
  setTls?(material: TlsMaterial): void
}

export interface ListenersOptions {
  readonly net: Net
  readonly broker: Broker
  readonly security: Security
  readonly handlers: ReadonlyMap<number, Handler>
  readonly onFault: (error: unknown) => void
}

/** All connections of a server, whatever listener they came by. */
export class Listeners {
  readonly #options: ListenersOptions
  readonly #connections = new Set<ClientConnection>()
  readonly #share: ConnectionShare = { unsentBytes: 0, heldBytes: 0, waiting: new Set() }
  readonly #perHost = new Map<string, number>()
  readonly #closers: (() => Promise<void>)[] = []
  #admitted = 0
  #cancelScan: (() => void) | undefined
  #isClosed = false

  constructor(options: ListenersOptions) {
    this.#options = options
  }

  get connectionCount(): number {
    return this.#connections.size
  }
  /** Bytes that peers have not read yet. */
  get unsentBytes(): number {
    return this.#share.unsentBytes
  }

  /** Rejects with MR-BASE-001 when the port is taken. */
  async open(listener: KafkaListenerOptions): Promise<KafkaListener> {
    const { net, broker } = this.#options
    const { name, protocol, host, tls, portOption = '--kafka-port' } = listener
    const isTls = protocol === 'SSL' || protocol === 'SASL_SSL'
    assert(!isTls || tls, 'a listener with TLS has a certificate')
    const rules = (listener.principalRules ?? ['DEFAULT']).map((text): PrincipalRule => {
      const rule = parsePrincipalRule(text)
      assert(rule, 'principal rules are checked before')
      return rule
    })
    let port = listener.port
    const opened = await net.listen(
      {
        host,
        port,
        what: name === 'PLAINTEXT' ? 'Kafka' : `Kafka listener ${name}`,
        option: portOption,
        admit: (remote) => this.#admit(remote),
        ...(isTls ? { tls: { ...tls!, handshakeMs: broker.limits.handshakeMs } } : {}),
      },
      (connection) => this.#accept(listener, rules, port, connection),
    )
    port = opened.port
    this.#closers.push(() => opened.close())
    return {
      name,
      protocol,
      host,
      port,
      ...(listener.advertised
        ? { advertised: { ...listener.advertised, port: listener.advertised.port || port } }
        : {}),
      ...(opened.setTls ? { setTls: opened.setTls } : {}),
    }
  }

  /** Closes all sockets. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelScan?.()
    await Promise.all(this.#closers.splice(0).map((close) => close()))
  }

  #admit(host: string): (() => void) | undefined {
    const { connectionsMax, connectionsPerHostMax } = this.#options.broker.limits
    const fromHost = this.#perHost.get(host) ?? 0
    if (this.#admitted >= connectionsMax || fromHost >= connectionsPerHostMax) {
      const error = this.#admitted >= connectionsMax ? 'too-many' : 'too-many-of-host'
      this.#options.broker.meter.add('millrace_broker_errors_total', { api: 'connection', error }, 1)
      return undefined
    }
    if (!this.#options.security.quotas.mayConnect(host)) {
      this.#options.broker.meter.add('millrace_broker_errors_total', { api: 'connection', error: 'too-fast' }, 1)
      return undefined
    }
    this.#admitted++
    this.#perHost.set(host, fromHost + 1)
    return () => {
      this.#admitted--
      const left = this.#perHost.get(host)! - 1
      if (left === 0) this.#perHost.delete(host)
      else this.#perHost.set(host, left)
    }
  }

  #accept(listener: KafkaListenerOptions, rules: readonly PrincipalRule[], port: number, connection: Connection): void {
    const { broker, security, handlers, onFault } = this.#options
    if (this.#isClosed) return connection.destroy()
    const { protocol, mechanisms = [], advertised, anonymous = 'User:ANONYMOUS' } = listener
    let principal: Principal = { name: anonymous }
    if (protocol === 'SSL' && connection.peerSubject !== undefined) {
      const name = principalNameOf(connection.peerSubject, rules)
      if (name === undefined || isReservedName(name)) {
        broker.meter.add('millrace_broker_errors_total', { api: 'connection', error: 'no-principal' }, 1)
        return connection.destroy()
      }
      principal = { name: `User:${name}` }
    }
    const isSasl = protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL'
    const client = new ClientConnection({
      broker,
      handlers,
      connection,
      share: this.#share,
      principal,
      ...(isSasl ? { sasl: new SaslSession(security.saslFor(mechanisms)) } : {}),
      ...(advertised ? { advertised: { host: advertised.host, port: advertised.port || port } } : {}),
      onClose: () => {
        this.#connections.delete(client)
        this.#count()
      },
      onFault,
    })
    this.#connections.add(client)
    this.#count()
    this.#scanLater()
  }

  #count(): void {
    this.#options.broker.meter.set('millrace_broker_connections', {}, this.#connections.size)
  }

  /** Runs only while there are connections. */
  #scanLater(): void {
    const { clock, limits }: { clock: Clock; limits: Broker['limits'] } = this.#options.broker
    if (this.#cancelScan || this.#isClosed || this.#connections.size === 0 || limits.connectionScanMs === 0) return
    this.#cancelScan = clock.after(limits.connectionScanMs, () => {
      this.#cancelScan = undefined
      const nowMs = clock.monotonicMs()
      for (const connection of Array.from(this.#connections)) connection.expire(nowMs)
      this.#options.broker.slabs.age(this.#connections.size === 0)
      this.#scanLater()
    })
  }
}
