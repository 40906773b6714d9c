// What the generator is told and what it tells. Plain data: it crosses threads.
import type { Body } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import type { CapturedName, ServiceName } from './shop.ts'
import type { TimeLine } from './time-line.ts'

export interface GeneratedTopic {
  readonly format: TopicFormat
  /** Registry id of the value's schema. */
  readonly schemaId: number
  readonly partitionCount: number
}

export type GeneratorMode =
  /** Goes on for ever; event time follows the clock. */
  | { readonly kind: 'live'; readonly eventsPerSecond: number }
  /** Ends after `events`, as fast as it goes; event time is made up from `startMs` on. */
  | { readonly kind: 'bounded'; readonly events: number; readonly eventsPerSecond: number; readonly startMs: number }

export interface GeneratorSpec {
  /** Name of the Source resource it stands in for. */
  readonly source: string
  /** A 32-bit number. */
  readonly seed: number
  readonly mode: GeneratorMode
  readonly topics: Readonly<Record<CapturedName | ServiceName, GeneratedTopic>>
  /**
   * A real MySQL: database rows go there instead of to topics (whoever captures it brings them), service events still to topics.
   * `heartbeats`: writes heartbeat rows there too, for made-up time, which no server's clock tells.
   */
  readonly database: { readonly url: string; readonly name: string; readonly heartbeats: boolean } | null
}

/** A bounded run of this size passes ten windows after its first late row, in seconds of work. */
export const boundedDefaults: { readonly events: number; readonly eventsPerSecond: number; readonly startMs: number } =
  {
    events: 60_000,
    eventsPerSecond: 50,
    startMs: Date.UTC(2026, 0, 1),
  }

/** Committed with what was written: all that a check needs to say again what that was. */
export interface GeneratorPosition {
  readonly seed: number
  /** The first event that is not written. */
  readonly next: number
  readonly line: TimeLine
}

export interface GeneratorStatus {
  readonly source: string
  readonly eventsCommitted: number
  /** Of a bounded run; undefined for a live one. */
  readonly eventsTotal: number | undefined
  /** Event time of the last committed event, ms since 1970. */
  readonly eventTimeMs: number
  /** Why it waits, when it does. */
  readonly problem: string | undefined
}

export type GeneratorReport =
  | { readonly kind: 'status'; readonly status: GeneratorStatus }
  /**
   * A bounded run is committed to its end (and written to the database, when there is one). Told again after a restart.
   * `executed`: the database's transactions then, as a GTID set: capture is done when its position contains them; else null.
   */
  | { readonly kind: 'finished'; readonly source: string; readonly events: number; readonly executed: string | null }

export type GeneratorBody = Body & { status(): GeneratorStatus }
