// Replays journal entries: the same slices, watermarks and clock readings give the same records, bit for bit. For recovery
// checks, shadow runs and audits. Nothing is committed.
import { assert } from '../base/index.ts'
import type { JournalEntry } from './journal.ts'
import { defaultLimits, type EngineLimits } from './limits.ts'
import { createCore, newCounters, runFinish, runSlice, type PipelinePorts } from './pipeline.ts'
import type { Appends } from './sink.ts'
import { defaultEngineOptions, type EngineOptions, type PipelineSpec } from './spec.ts'

export interface Replay {
  /** Runs the next epoch; entries come in order from the first. @returns what that epoch appended */
  run(entry: JournalEntry): Appends
}

/** @param options.folder for the replay's own state files, empty and not the pipeline's; relative to the disk's root */
export function createReplay(
  spec: PipelineSpec,
  options: {
    ports: Omit<PipelinePorts, 'commit' | 'clock'>
    folder: string
    options?: Partial<EngineOptions>
    limits?: Partial<EngineLimits>
  },
): Replay {
  const engine = { ...defaultEngineOptions, ...options.options }
  const core = createCore(spec, {
    ports: options.ports,
    engine,
    limits: { ...defaultLimits, ...options.limits },
    counters: newCounters(),
    folder: options.folder,
  })
  core.store.recover([])
  return {
    run(entry) {
      assert(entry.planId === core.program.planId, 'the journal is that of this plan')
      core.program.begin(entry.clockMs, entry.sinkPartitions, entry.epoch === 1)
      for (const [i, input] of entry.inputs.entries()) core.inputs[i]!.expectPartitions(input.partitions)
      for (const { input, partition, from, to, watermarkMs } of entry.slices) {
        const source = core.inputs[input]!
        const before = source.watermarkMs
        const slice = source.takeExactly(partition, from, to)
        // Rows of a person whose key is gone are not there any more; the time that they made known is.
        if (spec.kind === 'query' && spec.erasure) source.advanceTo(watermarkMs)
        const replayed = runSlice(core, input, slice, before)
        assert(replayed.watermarkMs === watermarkMs, 'the watermark is the journal’s')
      }
      if (entry.finished) runFinish(core)
      const { appends } = core.program.seal()
      core.store.seal(entry.epoch)
      core.store.write()
      core.store.committed()
      return appends
    },
  }
}
