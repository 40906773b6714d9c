// The library: one node of a project folder inside your own process, for tests and small services.
import { startNode, type PlatformOptions } from './deploy/embedded/index.ts'

export { MillraceError } from './base/index.ts'
export type { PlatformOptions, Ports } from './deploy/embedded/index.ts'

export interface Platform {
  /** 'host:port' for Kafka clients. */
  readonly kafka: string
  /** Base URLs, without a trailing slash. */
  readonly registry: string
  readonly catalog: string
  readonly console: string
  /** Stops everything and frees ports and folder; what was acknowledged is on disk. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts a node of a folder. Resolves when every door listens and every worker stands.
 * @param options.project the folder that holds millrace.yaml
 * @param options.data where data goes; default `<project>/.millrace`
 * @param options.ports each 0 takes a free one; default 9092, 8081, 8181, 8080
 * Rejects with an AggregateError of all mistakes of a broken folder, or a MillraceError: MR-BASE-001 (a port is in use),
 * MR-BASE-005 (the data folder is), MR-DEPLOY-001 (a change needs an approval).
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const node = await startNode(options)
  const { ports } = node
  return {
    kafka: `127.0.0.1:${ports.kafka}`,
    registry: `http://127.0.0.1:${ports.registry}`,
    catalog: `http://127.0.0.1:${ports.catalog}`,
    console: `http://127.0.0.1:${ports.console}`,
    stop: () => node.stop(),
  }
}
