// One pipeline, driven by hand: rows when the caller says, watermarks as the caller says. For a folder's tests, which speak in event
// time and keep nothing. Everything else is what runs in production: the same inputs, program and sink.
import { defaultLimits } from './limits.ts'
import { createCore, newCounters, runSlice, type PipelinePorts } from './pipeline.ts'
import type { Appends } from './sink.ts'
import { defaultEngineOptions, type PipelineSpec } from './spec.ts'

export interface TestRun {
  /** Reads what its inputs have now. */
  read(): void
  /** Moves an input's watermark on, as if rows up to there had come; earlier times change nothing. */
  watermark(topic: string, watermarkMs: number): void
  /** Ends the epoch. @returns what it appends */
  seal(clockMs: number): Appends
}

/** @param sinkPartitions of the output topic */
export function createTestRun(
  spec: PipelineSpec,
  options: { ports: Omit<PipelinePorts, 'commit' | 'clock'>; clockMs: number; sinkPartitions: number },
): TestRun {
  const { ports, sinkPartitions } = options
  const core = createCore(spec, {
    ports,
    engine: { ...defaultEngineOptions, consolidate: false },
    limits: defaultLimits,
    counters: newCounters(),
  })
  core.store.recover([])
  let epoch = 1
  core.program.begin(options.clockMs, sinkPartitions, true)
  return {
    read() {
      core.inputs.forEach((input, i) => {
        input.refresh()
        for (let partition = 0; partition < input.partitionCount; partition++) {
          while (input.hasData(partition)) {
            const before = input.watermarkMs
            runSlice(core, i, input.take(partition, Infinity), before)
          }
        }
      })
    },
    watermark(topic, watermarkMs) {
      core.inputs.forEach((input, i) => {
        if (input.topic === topic && input.advanceTo(watermarkMs)) core.program.watermark(i, watermarkMs)
      })
    },
    seal(clockMs) {
      const { appends } = core.program.seal()
      core.store.seal(epoch)
      core.store.write()
      core.store.committed()
      core.program.begin(clockMs, sinkPartitions, false)
      epoch++
      return appends
    },
  }
}
