// LeaveGroup, versions 0 to 5: one member up to version 2, several from 3 on, each by its id or its instance.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const leaveGroup = defineHandler(apis.leaveGroup, (broker, client, request, version) => {
  const { groupId } = request
  if (!broker.allows(client, 'read', 'group', groupId)) return { errorCode: kafkaErrors.groupAuthorizationFailed }
  if (version < 3) return { errorCode: broker.groups.leave(groupId, request.memberId, null) }
  const members = request.members.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: broker.groups.leave(groupId, memberId, groupInstanceId),
  }))
  return { errorCode: 0, members }
})
