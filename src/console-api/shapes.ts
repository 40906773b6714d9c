// The JSON that the console, the CLI and scripts get from a running node. 64-bit integers, decimals and times are strings.
// Paths: GET /api/node, /api/topics, /api/topics/{name}/messages?limit=&partition=, /api/pipelines, /api/tables, /api/checks,
// /api/catalog, /api/applied, /api/groups (committed partitions), /api/consumer-groups, /api/alerts; POST /api/explore {sql}; GET /api/events (server-sent events: 'status' each second); GET /metrics.

export interface NodeShape {
  readonly name: string
  readonly version: string
  readonly project: string
  readonly folder: string
  readonly environment: string
  readonly pid: number
  readonly startedAtMs: number
  readonly residentBytes: number
  /** What does not go on until somebody does something: a full disk, a failed pipeline, a database that does not answer. */
  readonly problems: readonly { readonly who: string; readonly what: string }[]
  readonly kafka: string
  readonly registry: string
  readonly catalog: string
  readonly console: string
}

export interface TopicShape {
  readonly name: string
  readonly owner: string | null
  readonly role: 'captured' | 'written' | 'service' | 'quarantine' | 'internal' | 'other'
  readonly partitions: number
  /**
   * Sum over partitions of end minus start. A consumer gets so many records or fewer: markers of transactions, aborted records
   * and records that were compacted away have offsets too.
   */
  readonly offsets: string
  /** The same as `offsets`, under the name that it had first. */
  readonly records: string
  /** Offsets a second. */
  readonly recordsPerSecond: number
  readonly format: string | null
  readonly cleanupPolicy: string
  /** Seconds since the newest record was written; null when empty or unknown. */
  readonly freshnessSeconds: number | null
}

/** What of a topic's quarantine has gone back to it. */
export interface QuarantineShape {
  readonly topic: string
  readonly quarantine: string
  /** By partition of the quarantine: offsets as [from, to). */
  readonly replayed: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>>
}

export interface ReplayShape {
  readonly topic: string
  readonly quarantine: string
  /** Records that went back this time. */
  readonly replayed: number
}

export interface MessageShape {
  readonly partition: number
  readonly offset: string
  readonly timestampMs: number
  /** Decoded by the topic's format; else the bytes as text, or 'base64:…' where they are no text. */
  readonly key: unknown
  readonly value: unknown
  /** '+I', '-U', '+U', '-D' where the format has a kind. */
  readonly kind: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Why value could not be decoded; null when it was. */
  readonly undecodable: string | null
}

export interface PipelineShape {
  readonly name: string
  readonly kind: 'query' | 'quarantine'
  readonly owner: string | null
  /** waiting: for a topic that is not there; retrying: no room left on the disk. */
  readonly state: 'running' | 'waiting' | 'retrying' | 'paused' | 'failed' | 'finished'
  readonly inputs: readonly string[]
  readonly output: string
  readonly rowsInPerSecond: number
  readonly rowsOutPerSecond: number
  readonly rowsIn: string
  readonly rowsOut: string
  readonly lagRecords: string
  readonly watermarkMs: number | null
  readonly epoch: number
  readonly error: string | null
  /** EXPLAIN's text; empty for quarantine. */
  readonly plan: string
}

export interface TableShape {
  readonly name: string
  readonly namespace: string
  readonly owner: string | null
  readonly mode: 'append' | 'upsert'
  readonly rows: string
  readonly files: number
  readonly snapshots: number
  readonly lagRecords: string
  readonly location: string
}

export interface CheckShape {
  readonly name: string
  readonly contract: string
  readonly table: string
  readonly owner: string
  readonly severity: 'error' | 'warning'
  readonly rule: string
  readonly broken: string
  readonly quarantine: string
}

export interface GroupShape {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly end: string
  readonly lag: string
  /** How it keeps up, by Burrow's rules. */
  readonly status: LagStatus
  /** Of the member that has it now; null: nobody. */
  readonly clientId: string | null
  readonly committedAtMs: number
}

export type LagStatus = 'OK' | 'WARN' | 'STOP' | 'STALL' | 'REWIND'

export interface GroupSummaryShape {
  readonly group: string
  readonly type: 'classic' | 'consumer'
  readonly protocolType: string
  readonly assignor: string
  /** Kafka's: 'Stable', 'Empty', 'PreparingRebalance' … */
  readonly state: string
  /** The worst of its partitions. */
  readonly status: LagStatus
  readonly lag: string
  readonly topics: readonly string[]
  readonly members: readonly {
    readonly id: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly host: string
    readonly partitions: Readonly<Record<string, readonly number[]>>
  }[]
  /** The member that was put out last since the node started, and why. */
  readonly lastRemoved: {
    readonly memberId: string
    readonly clientId: string
    readonly reason: string
    readonly atMs: number
  } | null
}

export interface AlertShape {
  readonly slo: string
  readonly owner: string
  readonly contact: string
  readonly asset: string
  readonly objective: string
  readonly lastValue: number | null
  readonly good: boolean
  readonly burnRates: readonly number[]
  readonly firing: { readonly severity: string; readonly sinceMs: number; readonly summary: string } | null
}

export interface ExploreShape {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly readRows: string
  readonly readBytes: string
  readonly elapsedMs: number
  readonly truncated: boolean
}

export interface ErrorShape {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly help: string
    readonly details: Readonly<Record<string, string | number>>
    readonly place: { readonly file: string; readonly line: number; readonly column: number } | null
  }
}
