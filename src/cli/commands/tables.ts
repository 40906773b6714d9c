import type { TableShape } from '../../console-api/index.ts'
import { listCommand } from '../list-command.ts'
import { formatCount } from '../output.ts'

export const tables = listCommand<TableShape>({
  name: 'tables',
  summary: 'Lists lake tables with their rows, files and lag behind the topic.',
  path: '/api/tables',
  heads: ['table', 'namespace', 'mode', 'owner', 'rows', 'files', 'snapshots', 'lag'],
  row: (x) => [
    x.name,
    x.namespace,
    x.mode,
    x.owner ?? '-',
    formatCount(x.rows),
    x.files,
    x.snapshots,
    formatCount(x.lagRecords),
  ],
  example: 'millrace tables examples/checkout',
})
