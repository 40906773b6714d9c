// Two connections to one MySQL server: a plain one for questions (mysql2), and one that mysql2 logs in (authentication, TLS) and
// whose socket is then ours for the dump. Invariant: no more than streamBytesMax of unread events are held; the socket waits.
import { createConnection, type Connection as Mysql2Connection } from 'mysql2'
import { MillraceError } from '../../base/index.ts'
import { captureLimits } from '../limits.ts'
import type { GtidSet } from './gtid-set.ts'
import { dumpRequest, PacketReader, readErrorPacket } from './packets.ts'

/** Text of a cell as the server sent it, or null. */
export type Cell = Uint8Array | null

/** Asks questions of the source. */
export interface SourceQueries {
  /** Rows by column name, values as text. Rejects with MR-CAPTURE-001. */
  rows(sql: string, values?: readonly (string | number)[]): Promise<Record<string, string | null>[]>
  /** Rows of raw cells. */
  cells(sql: string): Promise<Cell[][]>
  close(): void
}

/** Reads a dump. */
export interface SourceStream {
  /** The next event's bytes (header first), or undefined when there is none now. Throws MillraceError when the dump ended. */
  next(): Uint8Array | undefined
  close(): void
}

/** How the body reaches a source; tests hand in another one. */
export interface SourceConnector {
  queries(): Promise<SourceQueries>
  /** @param wake called when events have arrived or the dump has ended */
  stream(known: GtidSet, serverId: number, wake: () => void): Promise<SourceStream>
}

/** A source reached over the network. @param url mysql://user:password@host:port/ with mysql2's options as parameters */
export function mysqlConnector(url: string, source: string): SourceConnector {
  const place = hostOf(url, source)
  const failed = (cause: unknown): MillraceError => {
    const reason =
      cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : String(cause)
    return new MillraceError('MR-CAPTURE-001', { details: { source, host: place, reason }, cause })
  }
  const login = (): Promise<Mysql2Connection> =>
    new Promise((resolve, reject) => {
      let connection: Mysql2Connection
      try {
        connection = createConnection({
          uri: url,
          connectTimeout: captureLimits.connectTimeoutMs,
          charset: 'utf8mb4',
          supportBigNumbers: true,
          bigNumberStrings: true,
          dateStrings: true,
          rowsAsArray: true,
        } as never)
      } catch (cause) {
        reject(failed(cause))
        return
      }
      connection.once('error', (cause) => reject(failed(cause)))
      connection.once('connect', () => {
        // Later errors arrive where they are asked for; without a listener they would end the process.
        connection.removeAllListeners('error')
        connection.on('error', () => {})
        resolve(connection)
      })
    })
  return {
    async queries() {
      const connection = await login()
      await prepare(connection, "SET time_zone = '+00:00', transaction_isolation = 'REPEATABLE-READ'", failed)
      return {
        async rows(sql, values) {
          const { fields, cells } = await run(connection, sql, failed, values)
          return cells.map((row) =>
            Object.fromEntries(fields.map((name, i) => [name, row[i] ? new TextDecoder().decode(row[i]) : null])),
          )
        },
        async cells(sql) {
          return (await run(connection, sql, failed)).cells
        },
        close: () => connection.destroy(),
      }
    },
    async stream(known, serverId, wake) {
      const connection = await login()
      const period = captureLimits.streamHeartbeatMs * 1e6
      const checksum = "SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32'"
      await prepare(
        connection,
        `${checksum}, @source_heartbeat_period = ${period}, @master_heartbeat_period = ${period}`,
        failed,
      )
      return takeOver(connection, dumpRequest(known, serverId), wake, failed)
    },
  }
}

type Result = { fields: string[]; cells: Cell[][] }

function run(
  connection: Mysql2Connection,
  sql: string,
  failed: (cause: unknown) => MillraceError,
  values: readonly (string | number)[] = [],
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const options = { sql, values: [...values], typeCast: (field: { buffer(): Buffer | null }) => field.buffer() }
    connection.query(options as never, (cause: unknown, result: unknown, fields: unknown) => {
      if (cause) reject(failed(cause))
      else if (!Array.isArray(result)) resolve({ fields: [], cells: [] })
      else resolve({ fields: (fields as { name: string }[]).map((f) => f.name), cells: result as Cell[][] })
    })
  })
}

/** The first statement of a connection, which is closed when it fails. */
async function prepare(
  connection: Mysql2Connection,
  sql: string,
  failed: (cause: unknown) => MillraceError,
): Promise<void> {
  try {
    await run(connection, sql, failed)
  } catch (error) {
    connection.destroy()
    throw error
  }
}

/** The part of mysql2's connection that its types leave out. */
interface Taken {
  readonly stream: NodeJS.ReadWriteStream & { destroy(): void; pause(): void; resume(): void }
}

function takeOver(
  connection: Mysql2Connection,
  request: Uint8Array,
  wake: () => void,
  failed: (cause: unknown) => MillraceError,
): SourceStream {
  const { stream } = connection as unknown as Taken
  for (const event of ['data', 'end', 'close', 'error']) stream.removeAllListeners(event)
  const packets = new PacketReader()
  let held = 0
  let paused = false
  let ended: MillraceError | undefined
  const end = (cause: unknown): void => {
    ended ??= failed(cause)
    wake()
  }
  stream.on('data', (chunk: Buffer) => {
    packets.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    held += chunk.length
    if (held > captureLimits.streamBytesMax && !paused) {
      paused = true
      stream.pause()
    }
    wake()
  })
  stream.on('error', end)
  stream.on('close', () => end(new Error('the server closed the connection')))
  stream.write(request)
  return {
    next() {
      const payload = packets.next()
      if (!payload) {
        // A payload larger than the limit must still arrive whole.
        if (paused) {
          paused = false
          held = 0
          stream.resume()
        }
        if (ended) throw ended
        return undefined
      }
      held -= payload.length + 4
      if (paused && held < captureLimits.streamBytesMax / 2) {
        paused = false
        stream.resume()
      }
      if (payload[0] === 0) return payload.subarray(1)
      if (payload[0] === 0xff) throw failed(new Error(readErrorPacket(payload).message))
      throw failed(new Error('the server ended the dump'))
    },
    close() {
      ended ??= failed(new Error('closed'))
      stream.destroy()
    },
  }
}

/** Host and port, for messages: never the password. */
function hostOf(url: string, source: string): string {
  try {
    const { protocol, hostname, port } = new URL(url)
    if (protocol === 'mysql:') return `${hostname}:${port || 3306}`
  } catch {
    // Said below.
  }
  throw new MillraceError('MR-CAPTURE-002', { details: { source } })
}
