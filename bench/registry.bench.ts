// The schema registry beside Apicurio's, over the API that is Confluent's: look-ups and registrations by clients that wait for
// each answer, and ours' start with many schemas (Apicurio keeps none here, so there is nothing to compare that with).
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApicurio } from '../peers/index.ts'
import { compare, spreadOf, type Contestant } from './harness.ts'
import { startOurs } from './nodes.ts'

const connections = 8
const seconds = 3
const subjects = 500
const startSchemas = 50_000
const mediaType = 'application/vnd.schemaregistry.v1+json'

/** `seed` makes it another schema. */
const schemaText = (name: string, seed: number): string =>
  JSON.stringify({
    type: 'record',
    name: 'Payment',
    namespace: `shop.${name}`,
    doc: `number ${seed}`,
    fields: Array.from({ length: 12 }, (_, i) => ({ name: `field_${i}`, type: i % 3 === 0 ? 'long' : 'string' })),
  })

interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
}

const schemaBody = (name: string, seed: number): string => JSON.stringify({ schema: schemaText(name, seed) })
const register = (name: string, seed: number): Request => ({
  method: 'POST',
  path: `/subjects/${name}-value/versions`,
  body: schemaBody(name, seed),
})

/** Sends `next()` over each connection, one at a time, for so long or until there is none. @returns answers per second */
async function load(url: URL, next: () => Request | undefined, ms: number): Promise<number> {
  const startedAt = performance.now()
  const counts = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client(url)
      let count = 0
      for (let request = next(); request && performance.now() - startedAt < ms; request = next()) {
        await client.ask(request)
        count++
      }
      client.close()
      return count
    }),
  )
  return (counts.reduce((a, b) => a + b, 0) / (performance.now() - startedAt)) * 1000
}

/** HTTP/1.1 with a length, kept alive: as little of its own as can be, since it shares the machine with the server. */
class Client {
  readonly #socket: Socket
  readonly #url: URL
  #text = ''
  #answered: ((body: string) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  constructor(url: URL) {
    this.#url = url
    this.#socket = connect(Number(url.port), url.hostname).setNoDelay(true).setEncoding('utf8')
    this.#socket.on('data', (part: string) => this.#take(part))
    this.#socket.on('error', (error) => this.#failed?.(error))
    this.#socket.on('close', () => this.#failed?.(new Error('the server closed the connection')))
  }

  ask({ method, path, body }: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
      const base = this.#url.pathname === '/' ? '' : this.#url.pathname
      const head = `${method} ${base}${path} HTTP/1.1\r\nhost: ${this.#url.host}\r\n`
      const rest =
        body === undefined
          ? '\r\n'
          : `content-type: ${mediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
      this.#socket.write(head + rest)
    })
  }

  close(): void {
    this.#answered = this.#failed = undefined
    this.#socket.destroy()
  }

  #take(part: string): void {
    this.#text += part
    const head = this.#text.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = /content-length: (\d+)/i.exec(this.#text)
    const body = this.#text.slice(head + 4)
    // The answers asked for are ASCII: a character is a byte.
    if (!length) return void this.#failed?.(new Error(`an answer without a length: ${this.#text.slice(0, 200)}`))
    if (body.length < Number(length[1])) return
    if (!this.#text.startsWith('HTTP/1.1 2')) return void this.#failed?.(new Error(this.#text.slice(0, 500)))
    this.#text = ''
    this.#answered?.(body)
  }
}

function contestant(name: string, start: () => Promise<{ url: string; stop(): Promise<void> }>): Contestant {
  return {
    name,
    async measure() {
      const server = await start()
      try {
        const url = new URL(server.url)
        const client = new Client(url)
        const ids: number[] = []
        for (let i = 0; i < subjects; i++) {
          ids.push((JSON.parse(await client.ask(register(`s${i}`, 0))) as { id: number }).id)
        }
        client.close()
        let n = 0
        const at = (): number => n++ % subjects
        const figures: Record<string, () => Request> = {
          'by id': () => ({ method: 'GET', path: `/schemas/ids/${ids[at()]}` }),
          'by version': () => ({ method: 'GET', path: `/subjects/s${at()}-value/versions/latest` }),
          'by content': () => {
            const i = at()
            return { method: 'POST', path: `/subjects/s${i}-value`, body: schemaBody(`s${i}`, 0) }
          },
          registrations: () => register(`n${n}`, n++),
        }
        const found: Record<string, number> = {}
        for (const [figure, next] of Object.entries(figures)) {
          // Once before it counts: code is compiled, caches fill.
          await load(url, next, 1000)
          found[figure] = await load(url, next, seconds * 1000)
        }
        return found
      } finally {
        await server.stop()
      }
    },
  }
}

async function startOurRegistry(folder?: string) {
  const node = await startOurs(folder === undefined ? {} : { folder })
  return { ...node, url: `http://127.0.0.1:${node.ports.registry}` }
}

/** Prints rates of both, and how long ours takes to start with many schemas. */
export async function bench({ rounds }: { readonly rounds: number }): Promise<void> {
  const command = `npm run bench -- registry --rounds ${rounds}`
  await compare({
    title: `schema registry: ${connections} connections that wait for each answer, Avro records of 12 fields`,
    command,
    figures: ['by id', 'by version', 'by content', 'registrations'].map((name) => ({
      name,
      unit: 'requests/s',
      better: 'higher',
    })),
    ours: contestant('millrace', startOurRegistry),
    peers: [contestant('apicurio', startApicurio)],
    rounds,
    warmUps: 0,
  })
  await benchStart(rounds)
}

async function benchStart(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-registry-'))
  try {
    const first = await startOurRegistry(folder)
    let n = 0
    const rate = await load(
      new URL(first.url),
      () => (n < startSchemas ? register(`s${n >> 2}`, n++) : undefined),
      Number.POSITIVE_INFINITY,
    )
    await first.crash()
    const starts: number[] = []
    for (let round = 0; round < rounds; round++) {
      const node = await startOurRegistry(folder)
      const client = new Client(new URL(node.url))
      const latest = `/subjects/s${(startSchemas >> 2) - 1}-value/versions/latest`
      await client.ask({ method: 'GET', path: latest })
      client.close()
      starts.push(node.startMs)
      await node.crash()
    }
    const { median, min, max } = spreadOf(starts)
    console.log(
      `\nstart after kill -9 with ${startSchemas} schemas (registered at ${Math.round(rate)}/s): ` +
        `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
