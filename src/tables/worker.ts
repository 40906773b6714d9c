// The tables body in a worker thread: a plain description that crosses threads, the ring by which commands reach it, and the
// body built from both. The worker's entry lies where both ends are known (deploy/embedded), since it also needs the registry.
// Invariant: a command is never lost: a full ring makes the caller try again.
import { createRing, decodeText, Doorbell, encodeText, nodeClock, nodeRandom, openNodeDisk, RingReader, RingWriter, type Body, type BodyContext, type RingShare } from '../base/index.ts'
import { openLogReader, type LogShare } from '../log/index.ts'
import { decompressRecords } from '../kafka/wire/index.ts'
import type { SchemaIds, TopicReader } from '../model/index.ts'
import { openCatalog } from './open.ts'
import { createTablesBody, type TablesCommand, type TablesOptions } from './tables-body.ts'
import type { TableSpec } from './table-spec.ts'

/** Plain and cloneable: what a worker needs to build everything else itself. */
export interface TablesWorkerDescription {
  readonly log: LogShare
  /** Absolute path. */
  readonly lakeFolder: string
  readonly specs: readonly TableSpec[]
  readonly options: Partial<TablesOptions>
  readonly commands: RingShare
}

const commandRingBytes = 1 << 16

/** The caller's end: the description for startWorker, the bell to hand it, and how to send commands. */
export interface TablesWorkerWires {
  readonly description: TablesWorkerDescription
  readonly bell: Doorbell
  /** False when there is no room now: call again. Does not wait. */
  command(command: TablesCommand): boolean
}

export function createTablesWorkerWires(options: Omit<TablesWorkerDescription, 'commands'>): TablesWorkerWires {
  const bell = new Doorbell()
  const commands = createRing(commandRingBytes, bell, new Doorbell())
  const writer = new RingWriter(commands)
  return { description: { ...options, commands }, bell, command: (command) => writer.tryWrite([encodeText(JSON.stringify(command))]) }
}

/**
 * For the worker's entry: `runWorker((d, c) => tablesWorkerBody(d, c, { schemaIds: schemaIdsFromLog }))`. Reports TablesReport.
 * @param wires.schemaIds gives the registry's read side over a reader of this thread
 */
export function tablesWorkerBody(description: TablesWorkerDescription, context: BodyContext, wires: { schemaIds: (reader: TopicReader) => SchemaIds }): Body {
  const reader = openLogReader(description.log, openNodeDisk(description.log.folder), { decompress: decompressRecords })
  const commands = new RingReader(description.commands)
  const body = createTablesBody({
    specs: description.specs,
    catalog: openCatalog(description.lakeFolder),
    reader,
    schemaIds: wires.schemaIds(reader),
    clock: nodeClock,
    random: nodeRandom,
    options: description.options,
    decompress: decompressRecords,
    report: (report) => context.report(report),
  })
  return {
    step() {
      const frame = commands.tryRead()
      if (frame) {
        body.command(JSON.parse(decodeText(frame)) as TablesCommand)
        commands.release()
      }
      return body.step() || frame !== undefined
    },
    idleMs: () => body.idleMs(),
    close: () => body.close(),
  }
}
