// Heartbeat, versions 0 to 4.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const heartbeat = defineHandler(apis.heartbeat, async (broker, client, request) => {
  const { groupId, memberId, groupInstanceId: instanceId, generationId: generation } = request
  if (!broker.allows(client, 'read', 'group', groupId)) return { errorCode: kafkaErrors.groupAuthorizationFailed }
  if (groupId === '') return { errorCode: kafkaErrors.invalidGroupId }
  await broker.groups.load(groupId)
  return { errorCode: broker.groups.heartbeat(groupId, { memberId, instanceId, generation }) }
})
