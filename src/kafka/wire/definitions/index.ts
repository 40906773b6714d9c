// All definitions, parsed.
import { parseDefinitions } from '../definition.ts'
import { admin } from './admin.ts'
import { cluster } from './cluster.ts'
import { groups } from './groups.ts'
import { records } from './records.ts'
import { security } from './security.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

export const definitions = [records, groups, topics, cluster, transactions, security, admin].flatMap((text) =>
  parseDefinitions(text),
)
