// ConsumerGroupHeartbeat, versions 0 and 1 (KIP-848): joining, staying, leaving, and what the member shall read. From version 1 on
// the client makes its member id (KIP-1082) and may subscribe by a regular expression.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { assignors } from '../groups/assignors.ts'
import { memberEpochs } from '../groups/consumer-group.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { quoted } from '../quoted.ts'

type Answer = ConsumerGroupHeartbeatResponseInput

export const consumerGroupHeartbeat = defineHandler(
  apis.consumerGroupHeartbeat,
  async (broker, client, request, version): Promise<Answer> => {
    const { groupId, memberId, memberEpoch } = request
    const problem = rightProblem(broker, client, request) ?? requestProblem(broker, request, version)
    if (problem) return refuse(problem.error, problem.message)
    await broker.groups.load(groupId)
    const answer = await broker.groups.consumerHeartbeat(
      groupId,
      {
        memberId,
        memberEpoch,
        instanceId: request.instanceId,
        rackId: request.rackId,
        rebalanceTimeoutMs: request.rebalanceTimeoutMs,
        topics: request.subscribedTopicNames,
        pattern: request.subscribedTopicRegex,
        assignor: request.serverAssignor,
        owned: request.topicPartitions,
        clientId: client.clientId,
        clientHost: `/${client.remote.slice(0, client.remote.lastIndexOf(':'))}`,
      },
      (topic) => broker.allows(client, 'describe', 'topic', topic),
    )
    if (!answer.ok) return refuse(answer.error, answer.message)
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      memberId: answer.memberId,
      memberEpoch: answer.memberEpoch,
      heartbeatIntervalMs: memberEpoch < 0 ? 0 : broker.configs.heartbeatIntervalMs(groupId),
      assignment: answer.assignment && {
        topicPartitions: [...answer.assignment].map(([topicId, partitions]) => ({
          topicId,
          partitions: [...partitions.keys()],
        })),
      },
    }
  },
)

function refuse(errorCode: number, errorMessage: string): Answer {
  return { throttleTimeMs: 0, errorCode, errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}

interface Problem {
  readonly error: number
  readonly message: string
}

function rightProblem(
  broker: Broker,
  client: Client,
  { groupId, subscribedTopicNames }: ConsumerGroupHeartbeatRequest,
): Problem | undefined {
  if (!broker.allows(client, 'read', 'group', groupId)) {
    return { error: kafkaErrors.groupAuthorizationFailed, message: `no right to use the group ${quoted(groupId)}` }
  }
  const denied = subscribedTopicNames?.find((topic) => !broker.allows(client, 'describe', 'topic', topic))
  if (denied === undefined) return undefined
  return { error: kafkaErrors.topicAuthorizationFailed, message: `no right to describe the topic ${quoted(denied)}` }
}

/** What is wrong with the request by itself. */
function requestProblem(broker: Broker, request: ConsumerGroupHeartbeatRequest, version: number): Problem | undefined {
  const { groupId, memberId, memberEpoch, instanceId, rackId, serverAssignor, topicPartitions } = request
  const { groupIdLengthMax, instanceIdLengthMax } = broker.limits
  const invalid = (message: string): Problem => ({ error: kafkaErrors.invalidRequest, message })
  const { joining, leaving, pausing } = memberEpochs
  if (groupId.trim() === '') return invalid('the group id is empty')
  if (groupId.length > groupIdLengthMax)
    return { error: kafkaErrors.invalidGroupId, message: 'the group id is too long' }
  const needsId = version >= 1 || memberEpoch > 0 || memberEpoch === leaving
  if (needsId && memberId.trim() === '') return invalid('the member id is empty')
  if (memberId.length > instanceIdLengthMax) return invalid('the member id is too long')
  if (instanceId !== null && instanceId.trim() === '') return invalid('the instance id is empty')
  if (instanceId !== null && instanceId.length > instanceIdLengthMax) return invalid('the instance id is too long')
  if (rackId !== null && (rackId.trim() === '' || rackId.length > instanceIdLengthMax)) {
    return invalid('the rack id is empty or too long')
  }
  if (memberEpoch < pausing) return invalid(`there is no member epoch ${memberEpoch}`)
  if (memberEpoch === joining) {
    if (request.rebalanceTimeoutMs === -1) return invalid('a first request says the rebalance timeout')
    if (topicPartitions === null || topicPartitions.length > 0) return invalid('who joins owns no partitions')
    if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
      return invalid('a first request says the topics, by their names or by a pattern')
    }
  }
  if (memberEpoch === pausing && instanceId === null) return invalid('only a static member can be back later')
  if (serverAssignor !== null && !assignors.has(serverAssignor)) {
    const known = [...assignors.keys()].join(', ')
    return {
      error: kafkaErrors.unsupportedAssignor,
      message: `the assignor ${quoted(serverAssignor)} is not served, these are: ${known}`,
    }
  }
  return undefined
}
