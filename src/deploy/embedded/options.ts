// Where a node listens and keeps its data: option, else environment variable, else default.
import { join, resolve } from 'node:path'
import { MillraceError } from '../../base/index.ts'

export interface Ports {
  readonly kafka: number
  readonly registry: number
  readonly catalog: number
  readonly console: number
}

export const defaultPorts: Ports = { kafka: 9092, registry: 8081, catalog: 8181, console: 8080 }

export interface PlatformOptions {
  /** The project folder. */
  readonly project: string
  /** Data folder; default MILLRACE_DATA, else `<project>/.millrace`. */
  readonly data?: string
  /** 0 takes a free port. Default MILLRACE_KAFKA_PORT and so on, else 9092, 8081, 8181, 8080. */
  readonly ports?: Partial<Ports>
  /** Default 'local'. */
  readonly environment?: string
  /** Changes that are approved though they are refused by default: `kind/name` or name. */
  readonly accept?: readonly string[]
  /** Runs sources and services as a bounded, seeded generator with a clock of its own (the demo). */
  readonly bounded?: { readonly seed: number; readonly events: number }
  /** Where node.json goes; default the data folder. */
  readonly nodeFile?: string
  /** Every worker's reports, from the first on: 'pipelines', 'tables', 'generator/<source>', 'capture/<source>'. */
  readonly onReport?: (worker: string, report: unknown) => void
  /** A part of the node has failed for good; the node stops itself afterwards. */
  readonly onFailure?: (error: Error) => void
}

export interface ResolvedOptions extends PlatformOptions {
  readonly project: string
  readonly data: string
  readonly lake: (path: string) => string
  readonly wantedPorts: Ports
  readonly environment: string
  readonly nodeFile: string
}

/** Throws MR-DEPLOY-006 for a port that is none. */
export function resolveOptions(options: PlatformOptions, variables: NodeJS.ProcessEnv): ResolvedOptions {
  const project = resolve(options.project)
  const data = resolve(options.data ?? variables['MILLRACE_DATA'] ?? join(project, '.millrace'))
  const port = (name: keyof Ports): number => {
    const variable = `MILLRACE_${name.toUpperCase()}_PORT`
    const given = options.ports?.[name]
    const text = String(given ?? (variables[variable] || defaultPorts[name]))
    if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text)
    throw new MillraceError('MR-DEPLOY-006', {
      details: { name: given === undefined ? variable : `ports.${name}`, value: text },
    })
  }
  return {
    ...options,
    project,
    data,
    // A lake below the default data folder moves with --data; any other path is the project's.
    lake: (path) =>
      path.startsWith('.millrace/') ? join(data, path.slice('.millrace/'.length)) : resolve(project, path),
    wantedPorts: {
      kafka: port('kafka'),
      registry: port('registry'),
      catalog: port('catalog'),
      console: port('console'),
    },
    environment: options.environment ?? variables['MILLRACE_ENVIRONMENT'] ?? 'local',
    nodeFile: options.nodeFile ?? join(data, 'node.json'),
  }
}
