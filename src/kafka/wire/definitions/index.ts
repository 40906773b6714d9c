// All definitions, parsed.
import { parseDefinitions } from '../definition.ts'
import { cluster } from './cluster.ts'
import { groups } from './groups.ts'
import { records } from './records.ts'
import { topics } from './topics.ts'

export const definitions = [records, groups, topics, cluster].flatMap((text) => parseDefinitions(text))
