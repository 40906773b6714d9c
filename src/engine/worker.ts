// The pipelines' body in a worker thread: a plain description that crosses threads, the ring by which commands reach it, and
// the body built from both. The worker's entry lies where both ends are known (deploy/embedded), as it also needs the registry.
// Invariant: a command is never lost: a full ring makes the caller try again.
import { createRing, decodeText, Doorbell, encodeText, nodeClock, openNodeDisk, RingReader, RingWriter, type Body, type BodyContext, type RingShare } from '../base/index.ts'
import { decompressRecords } from '../kafka/wire/index.ts'
import { openLogClient, openLogReader, type LogClientPort } from '../log/index.ts'
import type { Meter, SchemaIds, TopicReader } from '../model/index.ts'
import { createPipelinesBody } from './body.ts'
import type { EngineLimits } from './limits.ts'
import type { EngineCommand, EngineOptions, EngineReport, PipelineSpec } from './spec.ts'

/** Plain and cloneable: what a worker needs to build everything else itself. */
export interface PipelinesWorkerDescription {
  readonly log: LogClientPort
  readonly specs: readonly PipelineSpec[]
  readonly options: Partial<EngineOptions>
  readonly limits: Partial<EngineLimits>
  readonly commands: RingShare
}

/** What the worker reports: the body's reports, and with each status what the meter gathered. */
export type PipelinesWorkerReport = EngineReport | { readonly kind: 'metrics'; readonly metrics: unknown }

const commandRingBytes = 1 << 16

/** The caller's end: what to hand to startWorker, and how to send commands. */
export interface PipelinesWorkerWires {
  readonly description: PipelinesWorkerDescription
  /** The log client's bell: one bell for replies, advances and commands. */
  readonly bell: Doorbell
  /** False when there is no room now: call again. Does not wait. */
  command(command: EngineCommand): boolean
}

/** @param options.log a client port of the log that no other thread uses */
export function createPipelinesWorkerWires(options: {
  log: LogClientPort
  specs: readonly PipelineSpec[]
  options?: Partial<EngineOptions>
  limits?: Partial<EngineLimits>
}): PipelinesWorkerWires {
  const { log, specs } = options
  const bell = new Doorbell(log.bell)
  const commands = createRing(commandRingBytes, bell, new Doorbell())
  const writer = new RingWriter(commands)
  return {
    description: { log, specs, options: options.options ?? {}, limits: options.limits ?? {}, commands },
    bell,
    command: (command) => writer.tryWrite([encodeText(JSON.stringify(command))]),
  }
}

/**
 * For the worker's entry: `runWorker((d, c) => pipelinesWorkerBody(d, c, { schemaIds: schemaIdsFromLog, meter }))`.
 * Reports PipelinesWorkerReport.
 * @param wires.schemaIds gives the registry's read side over a reader of this thread
 * @param wires.meter what it gathered is drained into a 'metrics' report with each status
 */
export function pipelinesWorkerBody(
  description: PipelinesWorkerDescription,
  context: BodyContext,
  wires: { schemaIds: (reader: TopicReader) => SchemaIds; meter: Meter & { drain(): unknown } },
): Body {
  const { log, specs, options, limits } = description
  const disk = openNodeDisk(log.share.folder)
  const reader = openLogReader(log.share, disk, { decompress: decompressRecords })
  const commands = new RingReader(description.commands)
  const report = (message: PipelinesWorkerReport): void => context.report(message)
  const body = createPipelinesBody({
    specs,
    reader,
    commit: openLogClient(log, { loop: false }),
    schemaIds: wires.schemaIds(reader),
    clock: nodeClock,
    disk,
    decompress: decompressRecords,
    meter: wires.meter,
    options,
    limits,
    report(message) {
      report(message)
      if (message.kind === 'status') report({ kind: 'metrics', metrics: wires.meter.drain() })
    },
  })
  return {
    step() {
      const frame = commands.tryRead()
      if (frame) {
        body.command(JSON.parse(decodeText(frame)) as EngineCommand)
        commands.release()
      }
      return body.step() || frame !== undefined
    },
    idleMs: () => body.idleMs(),
    async close() {
      await body.close()
      reader.close()
    },
  }
}
