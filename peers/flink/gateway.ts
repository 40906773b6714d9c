// Statements through Flink's SQL Gateway. Invariant: numbers that a double cannot hold arrive as text with all their
// digits. Follows the gateway's REST API v3: a session, and an operation for each statement, read page by page.
import { setTimeout as sleep } from 'node:timers/promises'

export interface FlinkRow {
  /** INSERT, UPDATE_BEFORE, UPDATE_AFTER or DELETE. */
  readonly kind: string
  /** Column values as the gateway writes them: bytes in base64, timestamps as text. */
  readonly fields: readonly unknown[]
}

export interface FlinkResult {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly rows: readonly FlinkRow[]
  /** The job that the statement started. */
  readonly job: string | undefined
}

export interface StatementOptions {
  /** Stop reading, and the query with it, after so many rows: a streaming query has no end. */
  readonly rowsMax?: number
  readonly timeoutMs?: number
}

interface Page {
  readonly resultType: 'NOT_READY' | 'PAYLOAD' | 'EOS'
  readonly jobID?: string
  readonly nextResultUri?: string
  readonly results?: {
    readonly columns?: readonly { name: string; logicalType: { type: string; nullable: boolean } }[]
    readonly data: readonly FlinkRow[]
  }
}

const pollMs = 50

/** A session of the gateway: tables made in it live as long as it does. */
export class FlinkSession {
  readonly #gateway: string
  readonly #jobManager: string
  readonly #handle: string

  private constructor(gateway: string, jobManager: string, handle: string) {
    this.#gateway = gateway
    this.#jobManager = jobManager
    this.#handle = handle
  }

  static async open(gateway: string, jobManager: string): Promise<FlinkSession> {
    const { sessionHandle } = await call('POST', `${gateway}/v3/sessions`, {})
    return new FlinkSession(gateway, jobManager, String(sessionHandle))
  }

  /** Runs one statement to its end, or to rowsMax. @throws Error with Flink's own root cause */
  async run(statement: string, options: StatementOptions = {}): Promise<FlinkResult> {
    const rowsMax = options.rowsMax ?? Infinity
    const deadline = performance.now() + (options.timeoutMs ?? 120_000)
    const operations = `/v3/sessions/${this.#handle}`
    const { operationHandle } = await call('POST', `${this.#gateway}${operations}/statements`, { statement })
    const operation = `${operations}/operations/${String(operationHandle)}`
    const rows: FlinkRow[] = []
    let columns: FlinkResult['columns'] = []
    let job: string | undefined
    let next: string | undefined = `${operation}/result/0?rowFormat=JSON`
    while (next !== undefined) {
      const page = (await call('GET', this.#gateway + next)) as unknown as Page
      job = page.jobID ?? job
      if (page.results?.columns) columns = page.results.columns.map((one) => ({ name: one.name, ...one.logicalType }))
      for (const row of page.results?.data ?? []) if (rows.length < rowsMax) rows.push(row)
      const over = performance.now() > deadline
      if (rows.length >= rowsMax || over) {
        await call('DELETE', `${this.#gateway}${operation}/close`)
        if (rows.length < rowsMax) throw new Error(`no end after ${rows.length} rows: ${statement}`)
        break
      }
      if (page.resultType === 'EOS') break
      if ((page.results?.data.length ?? 0) === 0) await sleep(pollMs)
      if (page.resultType !== 'NOT_READY') next = page.nextResultUri
    }
    return { columns, rows, job }
  }

  /** Runs the statements of a script in order; a statement set stays one statement. */
  async runAll(script: string, options: StatementOptions = {}): Promise<FlinkResult[]> {
    const results: FlinkResult[] = []
    for (const statement of splitStatements(script)) results.push(await this.run(statement, options))
    return results
  }

  /** The plan as text. */
  async explain(statement: string): Promise<string> {
    const { rows } = await this.run(`EXPLAIN ${statement}`)
    return rows.map((row) => String(row.fields[0])).join('\n')
  }

  /** Waits for a job's end. @returns FINISHED, FAILED or CANCELED */
  async waitForJob(job: string, timeoutMs = 120_000): Promise<string> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const { state } = await call('GET', `${this.#jobManager}/jobs/${job}`)
      if (state === 'FINISHED' || state === 'FAILED' || state === 'CANCELED') return state
      if (performance.now() > deadline) throw new Error(`job ${job} is still ${String(state)} after ${timeoutMs} ms`)
      await sleep(pollMs)
    }
  }

  async close(): Promise<void> {
    await call('DELETE', `${this.#gateway}/v3/sessions/${this.#handle}`)
  }
}

/** Divides a script at semicolons outside of quotes, comments and statement sets; leaves out what is only comment. */
export function splitStatements(script: string): string[] {
  const token =
    /'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\bSTATEMENT\s+SET\s+BEGIN\b|;\s*END\s*;|;/gi
  const pieces: string[] = []
  let start = 0
  let inSet = false
  for (const match of script.matchAll(token)) {
    if (/^statement/i.test(match[0])) inSet = true
    if (!match[0].startsWith(';')) continue
    // A set ends with `; END;`. The END of a CASE never follows a semicolon.
    if (inSet && match[0] === ';') continue
    inSet = false
    const end = match.index + match[0].length
    pieces.push(script.slice(start, end - 1))
    start = end
  }
  pieces.push(script.slice(start))
  return pieces.map((piece) => piece.trim()).filter((piece) => !isOnlyComment(piece))
}

function isOnlyComment(text: string): boolean {
  return text.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, '').trim() === ''
}

// A number that loses digits as a double becomes its own text.
function parseExactly(text: string): unknown {
  return JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown)
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return String(value) === context.source ? value : context.source
}

async function call(method: string, url: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (answer.ok) return (text === '' ? {} : parseExactly(text)) as Record<string, unknown>
  throw new Error(rootCause(text))
}

// The gateway answers ["Internal server error.", "<exception and stack>"]; what a person wants is the last cause in it.
function rootCause(text: string): string {
  let all = text
  try {
    all = (JSON.parse(text) as { errors?: string[] }).errors?.join('\n') ?? text
  } catch {
    // Not JSON: the text is all there is.
  }
  return all.match(/^(Caused by: .*|[\w.$]+(Exception|Error): .*)$/gm)?.at(-1) ?? all.slice(0, 2000)
}
