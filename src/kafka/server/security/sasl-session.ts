// One connection's authentication: which mechanism it chose, how far the exchange is, and how long what it proved lasts.
// Invariant: only SASL requests and ApiVersions are served before it is done; after a failure the connection ends.
// References: KIP-43 (handshake), KIP-152 (SaslAuthenticate), KIP-368 (authenticating again).
import type { Clock } from '../../../base/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import { isReservedName } from './principal-rules.ts'
import { startExchange, type Exchange, type MechanismServices, type SaslMechanism } from './mechanisms.ts'

export interface SaslSettings {
  readonly mechanisms: readonly SaslMechanism[]
  readonly services: MechanismServices
  /** 'connections.max.reauth.ms'; 0: a session lasts as long as its connection, or its token. */
  readonly reauthenticateMs: number
  /** Before a failure is answered, so that guessing is slow ('connection.failed.authentication.delay.ms'). */
  readonly failureDelayMs: number
  /** Called with each outcome, for counting. */
  onOutcome(mechanism: string, succeeded: boolean): void
}

export interface AuthenticateAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly authBytes: Uint8Array
  readonly sessionLifetimeMs: number
}

type State = 'handshake' | 'exchange' | 'done' | 'failed'

const reauthenticateAfterMsMin = 1000
const noBytes = new Uint8Array(0)

export class SaslSession {
  readonly #settings: SaslSettings
  readonly #clock: Clock
  #state: State = 'handshake'
  #mechanism: SaslMechanism | undefined
  #exchange: Exchange | undefined
  #user: string | undefined
  /** Monotonic ms. */
  #endsAt = Infinity
  #startedAgainAt = Number.NEGATIVE_INFINITY
  #isRaw = false

  constructor(settings: SaslSettings) {
    this.#settings = settings
    this.#clock = settings.services.clock
  }

  /** The name that was proven; undefined before. Stays while it is proven again. */
  get user(): string | undefined {
    return this.#user
  }
  /** The connection must end after the answers that are under way. */
  get hasFailed(): boolean {
    return this.#state === 'failed'
  }
  get isDone(): boolean {
    return this.#state === 'done'
  }
  /** Frames are bare tokens (handshake version 0). */
  get isRaw(): boolean {
    return this.#isRaw && this.#state === 'exchange'
  }

  /** Whether a request may be taken now; the connection ends when not. */
  mayTake(apiKey: number): boolean {
    const { saslHandshake, saslAuthenticate, apiVersions } = apis
    if (this.#state === 'done') return apiKey === saslHandshake.key || this.#clock.monotonicMs() < this.#endsAt
    return (
      this.#state !== 'failed' &&
      (apiKey === saslHandshake.key || apiKey === saslAuthenticate.key || apiKey === apiVersions.key)
    )
  }

  handshake(mechanism: string, version: number): { errorCode: number; mechanisms: string[] } {
    const { mechanisms, services } = this.#settings
    const answer = (errorCode: number): { errorCode: number; mechanisms: string[] } => ({
      errorCode,
      mechanisms: [...mechanisms],
    })
    if (!this.#mayBegin(version)) {
      if (this.#state !== 'done') this.#state = 'failed'
      return answer(kafkaErrors.illegalSaslState)
    }
    const chosen = mechanisms.find((one) => one === mechanism)
    // Whoever authenticates again does it in the same way.
    if (!chosen || (this.#mechanism !== undefined && chosen !== this.#mechanism)) {
      this.#state = 'failed'
      return answer(kafkaErrors.unsupportedSaslMechanism)
    }
    this.#mechanism = chosen
    this.#exchange = startExchange(chosen, services)
    this.#isRaw = version === 0
    this.#state = 'exchange'
    return answer(0)
  }

  #mayBegin(version: number): boolean {
    if (this.#state === 'handshake') return true
    // Only where sessions end, not more often than each second, and not with bare tokens.
    if (this.#state !== 'done' || this.#endsAt === Infinity || version === 0) return false
    const now = this.#clock.monotonicMs()
    if (now - this.#startedAgainAt < reauthenticateAfterMsMin) return false
    this.#startedAgainAt = now
    return true
  }

  /** Takes a token. A failure is answered late. */
  async authenticate(token: Uint8Array): Promise<AuthenticateAnswer> {
    const { onOutcome } = this.#settings
    if (this.#state !== 'exchange') {
      const message =
        this.#state === 'done'
          ? 'SaslAuthenticate request received after successful authentication'
          : 'SaslAuthenticate comes after a SaslHandshake'
      if (this.#state !== 'done') this.#state = 'failed'
      return this.#refusal(kafkaErrors.illegalSaslState, message)
    }
    const step = await this.#exchange!.step(token)
    if (step.kind === 'continue') {
      return { errorCode: 0, errorMessage: null, authBytes: step.bytes, sessionLifetimeMs: 0 }
    }
    let problem = step.kind === 'failed' ? step.message : undefined
    if (step.kind === 'done' && this.#user !== undefined && this.#user !== step.user)
      problem = 'Cannot change principals during re-authentication'
    if (step.kind === 'done' && isReservedName(step.user))
      problem = `Authentication failed: nobody logs in as ${step.user}`
    onOutcome(this.#mechanism!, problem === undefined)
    if (problem !== undefined || step.kind === 'failed') {
      await this.#delay()
      this.#state = 'failed'
      return this.#refusal(kafkaErrors.saslAuthenticationFailed, problem!)
    }
    this.#exchange = undefined
    this.#user = step.user
    this.#state = 'done'
    const lifetimeMs = this.#lifetimeMs(step.expiresAtMs)
    this.#endsAt = this.#clock.monotonicMs() + lifetimeMs
    const sessionLifetimeMs = lifetimeMs === Infinity ? 0 : lifetimeMs
    return { errorCode: 0, errorMessage: null, authBytes: step.bytes, sessionLifetimeMs }
  }

  #lifetimeMs(expiresAtMs: number): number {
    const { reauthenticateMs } = this.#settings
    const ofCredential =
      expiresAtMs === Infinity ? Infinity : Math.max(1, Math.floor(expiresAtMs - this.#clock.nowMs()))
    return Math.min(ofCredential, reauthenticateMs > 0 ? reauthenticateMs : Infinity)
  }

  #refusal(errorCode: number, errorMessage: string): AuthenticateAnswer {
    return { errorCode, errorMessage, authBytes: noBytes, sessionLifetimeMs: 0 }
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(this.#settings.failureDelayMs, resolve))
  }
}
