// What an environment says of who may reach its Kafka door and how: listeners, users, tokens. Pure: files and variables are named
// here and read where the node starts, so that no secret is in a checked project, its plan, or what is recorded as applied.
// Invariant: a door that others than this machine can reach has TLS and knows its clients.
import type { SchemaObject } from 'ajv'
import { MillraceError } from '../base/index.ts'
import { quotaSchema, readQuotas, type QuotaResource } from './quotas.ts'
import { durationSchema as duration } from './standards.ts'
import type { Resource } from './yaml.ts'

export interface ListenerResource {
  readonly name: string
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly host: string
  readonly port: number
  readonly advertised: { readonly host: string; readonly port: number } | null
  /** Paths of PEM files, relative to the folder; null without TLS. */
  readonly tls: {
    readonly certificate: string
    readonly key: string
    readonly clientCertificates: 'none' | 'requested' | 'required'
    readonly clientAuthorities: string | null
  } | null
  readonly mechanisms: readonly ('PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER')[]
  readonly principalRules: readonly string[]
}

/** A further socket of a door that speaks HTTP. */
export interface HttpListenerResource {
  readonly name: string
  readonly serves: 'registry' | 'catalog' | 'console'
  readonly host: string
  readonly port: number
  /** null: plain HTTP, on this machine only. */
  readonly tls: { readonly certificate: string; readonly key: string } | null
  /** Empty: everybody on this machine. */
  readonly authentication: readonly ('basic' | 'bearer')[]
}

export interface UserResource {
  readonly name: string
  /** Where the password is: a file (relative to the folder), or a variable of the process. */
  readonly password: { readonly file: string } | { readonly variable: string }
}

export interface TokensResource {
  /** An https address or a file. */
  readonly keys: string | null
  readonly issuer: string | null
  readonly audiences: readonly string[]
  readonly principalClaim: string
  readonly scopes: readonly string[]
  readonly clockSkewMs: number
  readonly unsecured: boolean
}

export interface SecurityResource {
  readonly listeners: readonly ListenerResource[]
  readonly http: readonly HttpListenerResource[]
  readonly users: readonly UserResource[]
  readonly tokens: TokensResource | null
  readonly quotas: readonly QuotaResource[]
  /** null: whoever is on this machine, when the environment has no access rules. */
  readonly superUsers: readonly string[] | null
  readonly reauthenticateMs: number
  readonly connections: { readonly max: number | null; readonly perHost: number | null; readonly idleMs: number | null }
}

const text = { type: 'string', minLength: 1 }
const texts = { type: 'array', items: text }
const port = { type: ['integer', 'string'], minimum: 0, maximum: 65535, pattern: '^[0-9]{1,5}$' }

function fields(properties: SchemaObject, required: readonly string[]): SchemaObject {
  return { type: 'object', required, properties, additionalProperties: false }
}

/** The field `security` of an Environment. */
export const securitySchema: SchemaObject = fields(
  {
    listeners: {
      type: 'array',
      items: fields(
        {
          name: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' },
          protocol: { enum: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] },
          host: text,
          port,
          advertised: {
            type: 'string',
            pattern: '^[^:\\s]+:[0-9]{1,5}$',
            description: 'HOST:PORT',
          },
          certificate: text,
          key: text,
          clientCertificates: { enum: ['none', 'requested', 'required'] },
          clientAuthorities: text,
          mechanisms: {
            type: 'array',
            minItems: 1,
            items: { enum: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] },
          },
          principalRules: { type: 'array', items: { type: 'string', pattern: '^(DEFAULT|RULE:.+/.*/[LU]?)$' } },
        },
        ['name', 'protocol', 'port'],
      ),
    },
    http: {
      type: 'array',
      items: fields(
        {
          name: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' },
          serves: { enum: ['registry', 'catalog', 'console'] },
          host: text,
          port,
          certificate: text,
          key: text,
          authentication: { type: 'array', minItems: 1, items: { enum: ['basic', 'bearer'] } },
        },
        ['name', 'serves', 'port', 'authentication'],
      ),
    },
    users: {
      type: 'array',
      items: fields(
        { name: { type: 'string', minLength: 1, maxLength: 200 }, passwordFile: text, passwordVariable: text },
        ['name'],
      ),
    },
    tokens: fields(
      {
        keys: text,
        issuer: text,
        audiences: texts,
        principalClaim: text,
        scopes: texts,
        clockSkew: duration,
        unsecured: { type: 'boolean' },
      },
      [],
    ),
    quotas: { type: 'array', items: quotaSchema },
    superUsers: { type: 'array', items: { type: 'string', pattern: '^User:.+$', description: 'User:NAME' } },
    reauthenticateEvery: duration,
    connections: fields(
      {
        max: { type: 'integer', minimum: 1 },
        perHost: { type: 'integer', minimum: 1 },
        idle: duration,
      },
      [],
    ),
  },
  [],
)

type Loose = Readonly<Record<string, any>> // eslint-disable-line -- checked by the schema above before

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** The environment's security, checked; null when it says none. Mistakes are added to `errors` with their place. */
export function readSecurity(
  resource: Resource,
  parseDurationMs: (text: string) => number,
  errors: MillraceError[],
): SecurityResource | null {
  const spec = (resource.content as Loose)['spec'].security as Loose | undefined
  if (!spec) return null
  const mistake = (path: readonly (string | number)[], reason: string): void => {
    const whole = ['spec', 'security', ...path]
    const details = { kind: 'Environment', where: whole.join('.'), reason }
    errors.push(new MillraceError('MR-PROJECT-005', { details, place: resource.placeOf(whole) }))
  }
  const tokens = readTokens(spec['tokens'] as Loose | undefined, parseDurationMs, mistake)
  const listeners = ((spec['listeners'] ?? []) as Loose[]).map(readListener)
  listeners.forEach((one, i) => checkListener(one, { listeners, i, tokens, mistake }))
  const http = ((spec['http'] ?? []) as Loose[]).map(readHttpListener)
  http.forEach((one, i) => checkHttpListener(one, { listeners, http, i, tokens, mistake }))
  const users = ((spec['users'] ?? []) as Loose[]).map((user, i): UserResource => {
    const { name, passwordFile: file, passwordVariable: variable } = user
    if ((file === undefined) === (variable === undefined))
      mistake(
        ['users', i],
        'a user has either passwordFile or passwordVariable; a password itself never stands in the folder',
      )
    return { name, password: file === undefined ? { variable } : { file } }
  })
  users.forEach(({ name }, i) => {
    if (name.toLowerCase() === 'anonymous')
      mistake(['users', i, 'name'], `${name} is whoever has no name: nobody logs in as it`)
    if (users.findIndex((one) => one.name === name) < i)
      mistake(['users', i, 'name'], `the user ${name} is there twice`)
  })
  const { max, perHost, idle } = (spec['connections'] ?? {}) as Loose
  return {
    listeners,
    http,
    users,
    tokens,
    quotas: readQuotas(spec['quotas'] ?? [], mistake),
    superUsers: spec['superUsers'] ?? null,
    reauthenticateMs: spec['reauthenticateEvery'] ? parseDurationMs(spec['reauthenticateEvery']) : 0,
    connections: { max: max ?? null, perHost: perHost ?? null, idleMs: idle ? parseDurationMs(idle) : null },
  }
}

type Mistake = (path: readonly (string | number)[], reason: string) => void

function readTokens(
  spec: Loose | undefined,
  parseDurationMs: (text: string) => number,
  mistake: Mistake,
): TokensResource | null {
  if (!spec) return null
  const { keys = null, unsecured = false } = spec
  if (keys === null && !unsecured) mistake(['tokens'], 'keys is missing: the https address or the file of a JWK set')
  if (keys?.startsWith('http://'))
    mistake(['tokens', 'keys'], 'keys come over https or from a file, never over plain http')
  return {
    keys,
    issuer: spec['issuer'] ?? null,
    audiences: spec['audiences'] ?? [],
    principalClaim: spec['principalClaim'] ?? 'sub',
    scopes: spec['scopes'] ?? [],
    clockSkewMs: parseDurationMs(spec['clockSkew'] ?? '30s'),
    unsecured,
  }
}

function readListener(spec: Loose): ListenerResource {
  const { certificate, key, advertised } = spec
  const at = advertised?.lastIndexOf(':')
  return {
    name: spec['name'],
    protocol: spec['protocol'],
    host: spec['host'] ?? '127.0.0.1',
    port: Number(spec['port']),
    advertised: advertised ? { host: advertised.slice(0, at), port: Number(advertised.slice(at + 1)) } : null,
    tls:
      certificate || key || spec['clientAuthorities']
        ? {
            certificate: certificate ?? '',
            key: key ?? '',
            clientCertificates: spec['clientCertificates'] ?? 'none',
            clientAuthorities: spec['clientAuthorities'] ?? null,
          }
        : null,
    mechanisms: spec['mechanisms'] ?? [],
    principalRules: spec['principalRules'] ?? ['DEFAULT'],
  }
}

/** As the server takes it: a pattern that compiles, a replacement, both without a bare '/'. */
function isRule(text: string): boolean {
  const [, pattern] = /^RULE:((?:\\.|[^\\/])*)\/(?:\\.|[^\\/])*\/[LU]?$/.exec(text) ?? []
  if (pattern === undefined) return text === 'DEFAULT'
  try {
    void new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

function checkListener(
  listener: ListenerResource,
  context: {
    listeners: readonly ListenerResource[]
    i: number
    tokens: TokensResource | null
    mistake: Mistake
  },
): void {
  const { name, protocol, host, port: wanted, tls, mechanisms } = listener
  const { listeners, i, tokens } = context
  const mistake = (field: string, reason: string): void => context.mistake(['listeners', i, field], reason)
  const hasTls = protocol === 'SSL' || protocol === 'SASL_SSL'
  const hasSasl = protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL'
  const before = listeners.slice(0, i)
  if (name === 'PLAINTEXT' || before.some((one) => one.name === name))
    mistake('name', `there is a listener ${name} already`)
  if (wanted > 65_535) mistake('port', 'a port is at most 65535')
  if (wanted !== 0 && before.some((one) => one.port === wanted)) mistake('port', `port ${wanted} is another listener’s`)
  if (hasTls && (!tls?.certificate || !tls.key)) mistake('protocol', `${protocol} needs certificate and key`)
  if (!hasTls && tls) mistake('protocol', `${protocol} has no certificate; SSL and SASL_SSL have`)
  if (hasTls && tls && tls.clientCertificates !== 'none' && !tls.clientAuthorities)
    mistake('clientCertificates', 'clients’ certificates need clientAuthorities: whose are trusted')
  if (hasSasl && mechanisms.length === 0) mistake('protocol', `${protocol} needs mechanisms`)
  if (!hasSasl && mechanisms.length > 0) mistake('mechanisms', `${protocol} has no mechanisms; SASL_SSL has`)
  if (mechanisms.includes('OAUTHBEARER') && !tokens)
    mistake('mechanisms', 'OAUTHBEARER needs tokens beside the listeners')
  listener.principalRules.forEach((rule, at) => {
    if (!isRule(rule))
      context.mistake(
        ['listeners', i, 'principalRules', at],
        `${rule} is no rule: RULE:pattern/replacement/, with L or U after it for letters, or DEFAULT`,
      )
  })
  if (isLoopback(host)) return
  const knowsClients = protocol === 'SASL_SSL' || (protocol === 'SSL' && tls?.clientCertificates === 'required')
  if (!knowsClients)
    mistake(
      'host',
      `${host} can be reached from other machines: take SASL_SSL, or SSL with clientCertificates: required`,
    )
  if (tokens?.unsecured && mechanisms.includes('OAUTHBEARER'))
    mistake('mechanisms', 'unsecured tokens are for this machine only: anybody could be anyone')
}

function readHttpListener(spec: Loose): HttpListenerResource {
  const { name, serves, host = '127.0.0.1', port: wanted, certificate, key, authentication } = spec
  const tls = certificate || key ? { certificate: certificate ?? '', key: key ?? '' } : null
  return { name, serves, host, port: Number(wanted), tls, authentication }
}

function checkHttpListener(
  { name, host, port: wanted, tls, authentication }: HttpListenerResource,
  context: {
    listeners: readonly ListenerResource[]
    http: readonly HttpListenerResource[]
    i: number
    tokens: TokensResource | null
    mistake: Mistake
  },
): void {
  const { listeners, http, i, tokens } = context
  const mistake = (field: string, reason: string): void => context.mistake(['http', i, field], reason)
  const before = [...listeners, ...http.slice(0, i)]
  if (before.some((one) => one.name === name)) mistake('name', `there is a listener ${name} already`)
  if (wanted > 65_535) mistake('port', 'a port is at most 65535')
  if (wanted !== 0 && before.some((one) => one.port === wanted)) mistake('port', `port ${wanted} is another listener’s`)
  if (tls && (tls.certificate === '' || tls.key === ''))
    mistake(tls.certificate === '' ? 'key' : 'certificate', 'certificate and key go together')
  if (authentication.includes('bearer') && !tokens)
    mistake('authentication', 'bearer needs tokens beside the listeners')
  if (isLoopback(host)) return
  if (!tls) mistake('host', `${host} can be reached from other machines: give certificate and key`)
  if (tokens?.unsecured && authentication.includes('bearer'))
    mistake('authentication', 'unsecured tokens are for this machine only: anybody could be anyone')
}
