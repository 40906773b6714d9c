// A real S3 server, versitygw: each object is a file below `folder`, so that a test can look at it and break it.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, serverFolder, startGuarded, waitUntilReady } from '../guarded.ts'
import { installPeer } from '../install.ts'

export interface S3 {
  readonly endpoint: string
  /** What an AWS program needs to find it. */
  readonly variables: Readonly<Record<string, string>>
  /** Below it a folder per bucket. */
  readonly folder: string
  stop(): Promise<void>
}

const [key, secret] = ['millrace', 'millrace-secret']

/** @param buckets made before it starts. @throws PeerUnavailable */
export async function startS3(buckets: readonly string[], options: { readonly port?: number } = {}): Promise<S3> {
  const home = await installPeer('s3')
  const port = options.port || (await freePorts(1))[0]!
  const data = serverFolder('s3', undefined)
  const folder = join(data.path, 'buckets')
  for (const bucket of buckets) mkdirSync(join(folder, bucket), { recursive: true })
  const sidecar = join(data.path, 'attributes')
  mkdirSync(sidecar)
  const server = await startGuarded({
    name: 's3',
    command: join(home, 'versitygw'),
    // Attributes beside the objects: not every file system has extended ones.
    args: ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', 'posix', '--sidecar', sidecar, folder],
    cwd: data.path,
    log: join(data.path, 'server.log'),
    env: { ROOT_ACCESS_KEY: key, ROOT_SECRET_KEY: secret },
  })
  const endpoint = `http://127.0.0.1:${port}`
  // Any answer will do: without a signature it is a refusal.
  await waitUntilReady(server, () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    ),
  )
  return {
    endpoint,
    folder,
    variables: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: secret,
    },
    async stop() {
      await server.stop()
      data.remove()
    },
  }
}
