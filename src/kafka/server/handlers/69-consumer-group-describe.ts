// ConsumerGroupDescribe, versions 0 and 1: groups of the new protocol (KIP-848) with what each member has and shall have.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { ConsumerGroupDescribeResponseInput } from '../../wire/index.ts'
import { authorizedOperations, operationsNotAsked } from '../broker.ts'
import type { Broker } from '../broker.ts'
import type { ConsumerGroup } from '../groups/consumer-group.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { quoted } from '../quoted.ts'

type GroupAnswer = ConsumerGroupDescribeResponseInput['groups'][number]
type Held = Iterable<readonly [string, Iterable<number>]>

/** Codes of a member's protocol (KIP-1099). */
const consumerMember = 1
const classicMember = 0

export const consumerGroupDescribe = defineHandler(apis.consumerGroupDescribe, async (broker, client, request) => {
  const groups: GroupAnswer[] = []
  for (const groupId of request.groupIds) {
    const group = await describe(broker, client, groupId)
    const isTold = request.includeAuthorizedOperations && group.errorCode === 0
    const operations = isTold ? authorizedOperations(broker, client, 'group', groupId) : operationsNotAsked
    groups.push({ ...group, authorizedOperations: operations })
  }
  return { throttleTimeMs: 0, groups }
})

async function describe(broker: Broker, client: Client, groupId: string): Promise<GroupAnswer> {
  const refuse = (errorCode: number, errorMessage: string): GroupAnswer => ({
    errorCode,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  })
  if (!broker.allows(client, 'describe', 'group', groupId)) {
    return refuse(kafkaErrors.groupAuthorizationFailed, `no right to describe the group ${quoted(groupId)}`)
  }
  if (groupId === '') return refuse(kafkaErrors.invalidGroupId, 'the group id is empty')
  await broker.groups.load(groupId)
  const group = broker.groups.consumerGroup(groupId)
  if (!group) return refuse(kafkaErrors.groupIdNotFound, `there is no consumer group ${quoted(groupId)}`)
  const answer = answerOf(broker, group)
  const hidden = answer.members
    .flatMap(({ assignment, targetAssignment }) => [...assignment.topicPartitions, ...targetAssignment.topicPartitions])
    .find(({ topicName }) => !broker.allows(client, 'describe', 'topic', topicName))
  if (!hidden) return answer
  return refuse(kafkaErrors.topicAuthorizationFailed, 'the group reads topics that may not be described')
}

function answerOf(broker: Broker, group: ConsumerGroup): GroupAnswer {
  const named = (held: Held): { topicId: string; topicName: string; partitions: number[] }[] =>
    [...held].flatMap(([topicId, partitions]) => {
      const topicName = broker.reader.topicById(topicId)?.name
      return topicName === undefined ? [] : [{ topicId, topicName, partitions: [...partitions] }]
    })
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: group.id,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.assignor,
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      rackId: member.rackId,
      memberEpoch: member.epoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: member.topics,
      subscribedTopicRegex: member.pattern === '' ? null : member.pattern,
      assignment: {
        topicPartitions: named([...member.assigned].map(([id, partitions]) => [id, partitions.keys()] as const)),
      },
      targetAssignment: { topicPartitions: named(group.targets.get(member.id) ?? []) },
      memberType: member.classic ? classicMember : consumerMember,
    })),
  }
}
