// From what an environment says of its doors to what the servers are given: reads certificates, keys, passwords and the keys
// of tokens where the folder names them, all mistakes at once, and looks at certificates again while the node runs.
// Invariant: no secret goes into an error, a log, or anything that is kept.
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { checkTlsMaterial, MillraceError, type Authenticate, type TlsMaterial } from '../../base/index.ts'
import {
  parsePrincipalRule,
  type Credentials,
  type FixedUser,
  type KafkaListenerOptions,
  type KafkaSecurityOptions,
  type KafkaServerLimits,
  type TokenSettings,
} from '../../kafka/server/index.ts'
import type {
  EnvironmentResource,
  HttpListenerResource,
  ListenerResource,
  SecurityResource,
  TokensResource,
} from '../../project/index.ts'

/** A further socket of a door that speaks HTTP, read and checked. */
export interface HttpListener extends Omit<HttpListenerResource, 'tls'> {
  readonly tls: TlsMaterial | null
}

export interface DoorSecurity {
  readonly listeners: readonly KafkaListenerOptions[]
  readonly http: readonly HttpListener[]
  readonly security: KafkaSecurityOptions
  readonly superUsers: readonly string[]
  /** What no rule allows is denied even while there is no rule. */
  readonly closed: boolean
  readonly limits: Partial<KafkaServerLimits>
}

export interface SecurityContext {
  /** The project's. */
  readonly folder: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly nowMs: number
  /** Why the keys that verify tokens could not be had; undefined: they were. */
  readonly onTokenKeysProblem: (reason: string | undefined) => void
}

/** Whoever is on this machine owns the node, unless the environment has rules or names its owners. */
const localOwner = 'User:anonymous'
const keysBytesMax = 1 << 20
const keysWaitMs = 10_000

/** Throws one MillraceError, or an AggregateError of all: MR-DEPLOY-016 to -018, MR-BASE-008 to -010. */
export function resolveDoorSecurity(environment: EnvironmentResource, context: SecurityContext): DoorSecurity {
  const { security, access } = environment
  const superUsers = security?.superUsers ?? (access.length === 0 ? [localOwner] : [])
  if (!security) return { listeners: [], http: [], security: {}, superUsers, closed: false, limits: {} }
  const mistakes: unknown[] = []
  const attempt = <T>(run: () => T): T[] => {
    try {
      return [run()]
    } catch (error) {
      mistakes.push(error)
      return []
    }
  }
  const listeners = security.listeners.flatMap((one) => attempt(() => listenerOf(one, context)))
  const http = security.http.flatMap((one) =>
    attempt((): HttpListener => ({ ...one, tls: one.tls && materialOf(one.name, one.tls, context) })),
  )
  const users = security.users.flatMap((user) =>
    attempt((): FixedUser => ({ name: user.name, password: passwordOf(user, context) })),
  )
  if (mistakes.length > 0) {
    throw mistakes.length === 1 ? mistakes[0] : new AggregateError(mistakes, 'the Kafka door cannot be opened')
  }
  const { max, perHost, idleMs } = security.connections
  const { tokens, reauthenticateMs, quotas } = security
  return {
    listeners,
    http,
    security: {
      users,
      quotas,
      reauthenticateMs,
      onTokenKeysProblem: context.onTokenKeysProblem,
      ...(tokens ? { tokens: tokensOf(tokens, context.folder) } : {}),
    },
    superUsers,
    closed: listeners.length + http.length > 0,
    limits: {
      ...(max === null ? {} : { connectionsMax: max }),
      ...(perHost === null ? {} : { connectionsPerHostMax: perHost }),
      ...(idleMs === null ? {} : { connectionIdleMs: idleMs }),
    },
  }
}

const pathIn = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path))

function readText(what: string, folder: string, path: string): string {
  const whole = pathIn(folder, path)
  try {
    return readFileSync(whole, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : String(code)
    throw new MillraceError('MR-DEPLOY-016', { details: { what, path: whole, reason }, cause })
  }
}

function listenerOf(resource: ListenerResource, context: SecurityContext): KafkaListenerOptions {
  const { name, protocol, host, port, advertised, tls, mechanisms, principalRules } = resource
  const bad = principalRules.find((rule) => !parsePrincipalRule(rule))
  if (bad !== undefined) throw new MillraceError('MR-DEPLOY-018', { details: { listener: name, rule: bad } })
  return {
    name,
    protocol,
    host,
    port,
    portOption: `the port of listener ${name} in the environment`,
    mechanisms,
    principalRules,
    ...(advertised ? { advertised } : {}),
    ...(tls ? { tls: { material: materialOf(name, tls, context), clientCertificates: tls.clientCertificates } } : {}),
  }
}

interface TlsPaths {
  readonly certificate: string
  readonly key: string
  readonly clientAuthorities?: string | null
}

/** Reads and checks a listener's PEM files. */
function materialOf(
  name: string,
  { certificate, key, clientAuthorities = null }: TlsPaths,
  { folder, nowMs }: { folder: string; nowMs: number },
): TlsMaterial {
  const material: TlsMaterial = {
    certificate: readText(`the certificate of listener ${name}`, folder, certificate),
    certificatePath: pathIn(folder, certificate),
    key: readText(`the key of listener ${name}`, folder, key),
    keyPath: pathIn(folder, key),
    authorities:
      clientAuthorities === null ? null : readText(`clientAuthorities of listener ${name}`, folder, clientAuthorities),
    authoritiesPath: clientAuthorities === null ? '' : pathIn(folder, clientAuthorities),
  }
  checkTlsMaterial(material, nowMs)
  return material
}

function passwordOf(user: SecurityResource['users'][number], { folder, variables }: SecurityContext): string {
  const { name, password } = user
  const isFile = 'file' in password
  // A file's last line break is the editor's.
  const text = isFile
    ? readText(`the password of user ${name}`, folder, password.file).replace(/\r?\n$/, '')
    : (variables[password.variable] ?? '')
  if (text !== '') return text
  const from = isFile ? `the file ${pathIn(folder, password.file)}` : `the variable ${password.variable}`
  throw new MillraceError('MR-DEPLOY-017', { details: { user: name, from } })
}

function tokensOf(tokens: TokensResource, folder: string): TokenSettings {
  const { keys, issuer, audiences, principalClaim, scopes, clockSkewMs, unsecured } = tokens
  return {
    ...(issuer === null ? {} : { issuer }),
    audiences,
    principalClaim,
    scopes,
    clockSkewMs,
    unsecured,
    source: { load: () => loadKeys(keys, folder) },
  }
}

/** The text of a JWK set, over https or from a file, which is read anew each time. Bounded in size and time. */
async function loadKeys(keys: string | null, folder: string): Promise<string> {
  if (keys === null) return '{"keys":[]}'
  if (!keys.startsWith('https://')) return readText('the keys of tokens', folder, keys)
  const answer = await fetch(keys, { signal: AbortSignal.timeout(keysWaitMs), redirect: 'error' })
  if (!answer.ok || !answer.body) throw new Error(`${keys} answered ${answer.status}`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body) {
    size += part.length
    if (size > keysBytesMax) throw new Error(`${keys} answered more than ${keysBytesMax} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

export interface CertificateWatch {
  /** Looks at the files once; those that changed are taken when they hold, else the listener goes on as it is. */
  look(nowMs: number): void
}

/** A listener with a certificate, as it was opened. */
export interface WatchedListener {
  readonly name: string
  readonly paths: TlsPaths
  readonly material: TlsMaterial
  readonly setTls: (material: TlsMaterial) => void
}

/** All listeners with certificates, Kafka's and those over HTTP, with what takes a new one. */
export function watchedListeners(
  security: SecurityResource | null,
  door: DoorSecurity,
  opened: readonly { readonly name: string; readonly setTls?: (material: TlsMaterial) => void }[],
): WatchedListener[] {
  const materials = new Map(
    [...door.listeners.map(({ name, tls }) => ({ name, tls: tls?.material })), ...door.http].map((one) => [
      one.name,
      one.tls,
    ]),
  )
  return [...(security?.listeners ?? []), ...(security?.http ?? [])].flatMap(({ name, tls }) => {
    const material = materials.get(name)
    const setTls = opened.find((one) => one.name === name)?.setTls
    return tls && material && setTls ? [{ name, paths: tls, material, setTls }] : []
  })
}

/** Files are compared by time, size and inode, so that a renamed link (as Kubernetes has it) is seen, too. */
export function watchCertificates(options: {
  readonly listeners: readonly WatchedListener[]
  readonly nowMs: number
  readonly folder: string
  /** undefined: what was wrong no longer is. */
  readonly onProblem: (listener: string, problem: string | undefined) => void
  readonly onEnd: (listener: string, endsMs: number) => void
}): CertificateWatch {
  const { folder, onProblem, onEnd } = options
  const watched = options.listeners.map((listener) => {
    const { certificate, key, clientAuthorities } = listener.paths
    const files = [certificate, key, clientAuthorities ?? certificate].map((path) => pathIn(folder, path))
    return { listener, files, seen: stampOf(files) }
  })
  for (const { listener } of watched) onEnd(listener.name, checkTlsMaterial(listener.material, options.nowMs).endsMs)
  return {
    look(nowMs) {
      for (const one of watched) {
        const stamp = stampOf(one.files)
        if (stamp === one.seen) continue
        const { name, paths, setTls } = one.listener
        try {
          const material = materialOf(name, paths, { folder, nowMs })
          setTls(material)
          onEnd(name, checkTlsMaterial(material, nowMs).endsMs)
          onProblem(name, undefined)
        } catch (error) {
          // A file may be half replaced: it is looked at again when it changes.
          const text = error instanceof MillraceError ? `${error.message} ${error.help}` : String(error)
          onProblem(name, `${text} It goes on with the certificate from before.`)
        }
        one.seen = stamp
      }
    },
  }
}

function stampOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false })
      return found ? `${found.mtimeMs}/${found.size}/${found.ino}` : 'missing'
    })
    .join(' ')
}

/** How an HTTP listener's clients say who they are. @param identify asked with what a client shows */
export function authenticateBy(
  authentication: HttpListener['authentication'],
  identify: (shown: Credentials) => Promise<string | undefined>,
): { readonly authenticate: Authenticate; readonly challenge: string } {
  const challenge = authentication.map((one) => (one === 'basic' ? 'Basic realm="millrace"' : 'Bearer')).join(', ')
  return {
    challenge,
    async authenticate({ authorization = '' }) {
      const [, scheme, value] = /^([A-Za-z]+) +([A-Za-z0-9._~+/=-]+)$/.exec(authorization) ?? []
      if (scheme?.toLowerCase() === 'bearer' && authentication.includes('bearer'))
        return identify({ kind: 'token', token: value! })
      if (scheme?.toLowerCase() !== 'basic' || !authentication.includes('basic')) return undefined
      const text = Buffer.from(value!, 'base64').toString()
      const at = text.indexOf(':')
      if (at < 0) return undefined
      return identify({ kind: 'password', user: text.slice(0, at), password: text.slice(at + 1) })
    },
  }
}
