import { MillraceError, nearest } from '../../base/index.ts'
import type { GroupShape, GroupSummaryShape } from '../../console-api/index.ts'
import type { Command } from '../arguments.ts'
import { ask, dataOption, nodePlace, type NodePlace } from '../folder.ts'
import { dim, formatCount, print, printJson, printTable } from '../output.ts'

export const groups: Command = {
  name: 'groups',
  summary:
    'Lists consumer groups: their members, what they have not yet read, and how they keep up (OK, WARN: lag does not fall, STOP: no more commits, STALL: commits that do not move, REWIND: offsets went back). With a group’s name, its members and partitions.',
  operands: '[FOLDER] [GROUP]',
  operandsMax: 2,
  options: dataOption,
  example: 'millrace groups examples/checkout millrace.checkouts_enriched',
  async run({ operands, options }) {
    const [folder, group] = operands
    const place = nodePlace(folder, options)
    const found = await ask<readonly GroupSummaryShape[]>(place, '/api/consumer-groups')
    if (group !== undefined) return one(place, group, found, options['json'] === true)
    if (options['json']) printJson(found)
    else if (found.length === 0) print('none')
    else
      printTable(
        ['group', 'type', 'state', 'members', 'topics', 'lag', 'status'],
        found.map((g) => [
          g.group,
          g.type,
          g.state,
          g.members.length,
          g.topics.length > 3 ? `${g.topics.slice(0, 3).join(' ')} …` : g.topics.join(' '),
          formatCount(g.lag),
          g.status,
        ]),
      )
    return 0
  },
}

async function one(
  place: NodePlace,
  name: string,
  all: readonly GroupSummaryShape[],
  asJson: boolean,
): Promise<number> {
  const found = all.find(({ group }) => group === name)
  if (!found) {
    const known = all.map(({ group }) => group)
    const near = nearest(name, known)
    const instead = near === undefined ? '' : `Did you mean ${near}? `
    throw new MillraceError('MR-CLI-006', { details: { group: name, known: known.join(', ') || 'none', instead } })
  }
  const partitions = (await ask<readonly GroupShape[]>(place, '/api/groups')).filter(({ group }) => group === name)
  if (asJson) {
    printJson({ ...found, partitions })
    return 0
  }
  const assignor = found.assignor === '' ? '' : `, ${found.assignor}`
  print(`${found.group}: ${found.type}${assignor}, ${found.state}, lag ${formatCount(found.lag)}, ${found.status}`)
  if (found.members.length > 0) {
    printTable(
      ['member', 'client', 'host', 'has'],
      found.members.map((m) => [
        m.instanceId ?? m.id,
        m.clientId,
        m.host,
        Object.entries(m.partitions)
          .map(([topic, held]) => `${topic} ${held.join(',')}`)
          .join('; '),
      ]),
    )
  }
  if (partitions.length > 0) {
    printTable(
      ['topic', 'partition', 'client', 'offset', 'end', 'lag', 'status', 'committed'],
      partitions.map((p) => [
        p.topic,
        p.partition,
        p.clientId ?? '-',
        formatCount(p.offset),
        formatCount(p.end),
        formatCount(p.lag),
        p.status,
        new Date(p.committedAtMs).toISOString(),
      ]),
    )
  }
  const { lastRemoved: removed } = found
  if (removed)
    print(
      dim(
        `put out last: ${removed.memberId} of ${removed.clientId} at ${new Date(removed.atMs).toISOString()}: ${removed.reason}`,
      ),
    )
  return 0
}
