// SyncGroup, versions 0 to 5: the answer comes when the leader has assigned.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const syncGroup = defineHandler(apis.syncGroup, async (broker, client, request, version) => {
  const {
    groupId,
    memberId,
    groupInstanceId: instanceId,
    generationId: generation,
    protocolType,
    protocolName,
  } = request
  const nothing = new Uint8Array(0)
  if (!broker.allows(client, 'read', 'group', groupId)) {
    return { errorCode: kafkaErrors.groupAuthorizationFailed, assignment: nothing }
  }
  // From version 5 on both are said.
  if (version >= 5 && (protocolType === null || protocolName === null)) {
    return { errorCode: kafkaErrors.inconsistentGroupProtocol, assignment: nothing }
  }
  if (groupId === '') return { errorCode: kafkaErrors.invalidGroupId, assignment: nothing }
  const { assignments } = request
  await broker.groups.load(groupId)
  const answer = await broker.groups.sync(groupId, {
    memberId,
    instanceId,
    generation,
    protocolType,
    protocolName,
    assignments,
  })
  if (answer.error !== 0) return { errorCode: answer.error, assignment: answer.assignment }
  return { errorCode: 0, protocolType, protocolName, assignment: answer.assignment }
})
