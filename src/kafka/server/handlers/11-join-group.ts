// JoinGroup, versions 0 to 9: the answer comes when the rebalance has a generation.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const joinGroup = defineHandler(apis.joinGroup, async (broker, client, request, version) => {
  if (!broker.allows(client, 'read', 'group', request.groupId)) {
    return { errorCode: kafkaErrors.groupAuthorizationFailed, leader: '', memberId: '', protocolName: '', members: [] }
  }
  await broker.groups.load(request.groupId)
  const answer = await broker.groups.join(request.groupId, {
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId: client.clientId,
    clientHost: `/${client.remote.slice(0, client.remote.lastIndexOf(':'))}`,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: version >= 1 ? request.rebalanceTimeoutMs : request.sessionTimeoutMs,
    protocolType: request.protocolType,
    // Views of the request's frame: copied, as they outlive it.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
    requiresKnownId: version >= 4,
    maySkipAssignment: version >= 9,
  })
  const { error, generation, protocolType, protocolName, leader, skipAssignment, memberId, members } = answer
  return {
    errorCode: error,
    generationId: generation,
    protocolType,
    // Null is known from version 7 on.
    protocolName: protocolName ?? (version >= 7 ? null : ''),
    leader,
    skipAssignment,
    memberId,
    members,
  }
})
