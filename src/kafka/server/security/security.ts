// What a server's listeners and handlers need to know whom they talk to and what he may do, in one place.
import type { Clock, Random } from '../../../base/index.ts'
import type { Authorizer, Meter } from '../../../model/index.ts'
import type { KafkaServerLimits } from '../limits.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'
import { Acls } from './acls.ts'
import { identify, type Credentials, type MechanismServices, type SaslMechanism } from './mechanisms.ts'
import { Quotas, type FixedQuota } from './quotas.ts'
import type { SaslSettings } from './sasl-session.ts'
import { SecurityStore } from './store.ts'
import { TokenKeys, type KeySource, type TokenRules } from './tokens.ts'
import { Users, type FixedUser } from './users.ts'

export interface TokenSettings extends TokenRules {
  readonly source: KeySource
}

/** Who may come, beside what the log keeps. */
export interface KafkaSecurityOptions {
  /** Of the folder; their passwords are not kept. */
  readonly users?: readonly FixedUser[]
  /** For OAUTHBEARER. */
  readonly tokens?: TokenSettings
  /** Of the folder; they win over those that are made through the protocol. */
  readonly quotas?: readonly FixedQuota[]
  /** 'connections.max.reauth.ms'; 0 or nothing: sessions do not end by themselves. */
  readonly reauthenticateMs?: number
  /** Why the keys that verify tokens could not be had, for the operator's eyes; undefined: they were. */
  readonly onTokenKeysProblem?: (reason: string | undefined) => void
}

export interface Security {
  readonly store: SecurityStore
  readonly users: Users
  /** undefined: ACLs are not kept here. */
  readonly acls: Acls | undefined
  readonly quotas: Quotas
  /** A listener's settings for its connections. */
  saslFor(mechanisms: readonly SaslMechanism[]): SaslSettings
  /** For doors of other protocols: the principal's name; undefined, and late, when the credentials are not believed. */
  identify(shown: Credentials): Promise<string | undefined>
}

export async function createSecurity(
  options: {
    readonly log: ServerLog
    readonly reader: ServerReader
    readonly clock: Clock
    readonly random: Random
    readonly meter: Meter
    readonly limits: KafkaServerLimits
    readonly authorizer: Authorizer | undefined
  } & KafkaSecurityOptions,
): Promise<Security> {
  const { log, reader, clock, random, meter, limits, authorizer, tokens } = options
  const store = new SecurityStore({ log, reader, clock, readBytes: limits.offsetsReadBytes })
  const users = new Users({
    store,
    random,
    usersMax: limits.scramCredentialsMax,
    believedMax: limits.believedPasswordsMax,
  })
  if (options.users?.length) await users.setFixed(options.users)
  const keys =
    tokens &&
    new TokenKeys({
      source: tokens.source,
      now: () => clock.monotonicMs(),
      retryMs: limits.tokenKeysRetryMs,
      refreshMs: limits.tokenKeysRefreshMs,
      onProblem: options.onTokenKeysProblem ?? ((): void => {}),
    })
  const services: MechanismServices = { users, random, clock, tokens: tokens && { keys: keys!, rules: tokens } }
  const acls = authorizer && new Acls(store, authorizer, limits.aclsMax)
  const quotas = new Quotas({ store, clock, limits, fixed: options.quotas ?? [] })
  store.load()
  const count = (mechanism: string, succeeded: boolean): void =>
    meter.add('millrace_broker_authentications_total', { mechanism, outcome: succeeded ? 'success' : 'failure' }, 1)
  return {
    store,
    users,
    acls,
    quotas,
    saslFor: (mechanisms) => ({
      mechanisms,
      services,
      reauthenticateMs: options.reauthenticateMs ?? 0,
      failureDelayMs: limits.authenticationFailureDelayMs,
      onOutcome: count,
    }),
    async identify(shown) {
      const user = await identify(shown, services)
      count(shown.kind === 'password' ? 'BASIC' : 'BEARER', user !== undefined)
      if (user !== undefined) return `User:${user}`
      // So that guessing is slow.
      await new Promise<void>((resolve) => void clock.after(limits.authenticationFailureDelayMs, resolve))
      return undefined
    },
  }
}
