import type { PipelineShape } from '../../console-api/index.ts'
import { listCommand } from '../list-command.ts'
import { formatCount } from '../output.ts'

export const pipelines = listCommand<PipelineShape>({
  name: 'pipelines',
  summary: 'Lists pipelines with their rates, lag and last epoch.',
  path: '/api/pipelines',
  heads: ['pipeline', 'state', 'reads', 'writes', 'rows in', 'rows out', 'rows/s', 'lag', 'epoch'],
  row: (x) => [
    x.name,
    x.state,
    x.inputs.join(', '),
    x.output,
    formatCount(x.rowsIn),
    formatCount(x.rowsOut),
    Math.round(x.rowsInPerSecond),
    formatCount(x.lagRecords),
    x.epoch,
  ],
  example: 'millrace pipelines examples/checkout',
})
