import type { GroupShape } from '../../console-api/index.ts'
import { listCommand } from '../list-command.ts'
import { formatCount } from '../output.ts'

export const lag = listCommand<GroupShape>({
  name: 'lag',
  summary: 'What consumer groups, pipelines included, have not yet read.',
  path: '/api/groups',
  heads: ['group', 'topic', 'partition', 'offset', 'end', 'lag', 'status'],
  row: (x) => [x.group, x.topic, x.partition, formatCount(x.offset), formatCount(x.end), formatCount(x.lag), x.status],
  example: 'millrace lag examples/checkout',
})
