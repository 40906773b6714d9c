// Apicurio Registry, in memory: a second implementation of Confluent's REST API.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, serverFolder, startGuarded, waitUntilReady } from '../guarded.ts'
import { installPeer } from '../install.ts'

export interface Apicurio {
  /** Of the API that is Confluent's: http://127.0.0.1:port/apis/ccompat/v7 */
  readonly url: string
  readonly pid: number
  /** From the start of the process until it answered. */
  readonly startMs: number
  stop(): Promise<void>
}

/** @throws PeerUnavailable */
export async function startApicurio(options: { readonly port?: number } = {}): Promise<Apicurio> {
  const home = await installPeer('apicurio')
  const port = options.port || (await freePorts(1))[0]!
  const folder = serverFolder('apicurio', undefined)
  const jar = readdirSync(home).find((name) => /^apicurio-registry-app-.*-runner\.jar$/.test(name))
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`
  const startedAt = performance.now()
  const server = await startGuarded({
    name: 'apicurio',
    command: 'java',
    args: [
      '-Xmx512m',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      // Ids as Confluent gives them: one for a content, whatever subjects it is in.
      '-Dregistry.ccompat.legacy-id-mode.enabled=false',
      '-Dregistry.ccompat.use-canonical-hash=true',
      '-jar',
      join(home, jar!),
    ],
    cwd: folder.path,
    log: join(folder.path, 'server.log'),
  })
  await waitUntilReady(server, () =>
    fetch(`${url}/subjects`).then(
      (response) => response.ok,
      () => false,
    ),
  )
  return {
    url,
    pid: server.pid,
    startMs: performance.now() - startedAt,
    async stop() {
      await server.stop()
      folder.remove()
    },
  }
}
