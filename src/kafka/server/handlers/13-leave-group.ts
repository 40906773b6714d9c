// LeaveGroup, versions 0 to 5: one member up to version 2, several from 3 on, each by its id or its instance, and from 5 on with
// its reason. Administrators take members out with it, also those of the new protocol.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const leaveGroup = defineHandler(apis.leaveGroup, async (broker, client, request, version) => {
  const { groupId } = request
  if (!broker.allows(client, 'read', 'group', groupId)) return { errorCode: kafkaErrors.groupAuthorizationFailed }
  if (groupId === '') return { errorCode: kafkaErrors.invalidGroupId, members: [] }
  await broker.groups.load(groupId)
  if (version < 3) return { errorCode: await broker.groups.leave(groupId, request.memberId, null) }
  // All at once: the group rebalances for them together.
  const members = await Promise.all(
    request.members.map(async ({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: await broker.groups.leave(groupId, memberId, groupInstanceId),
    })),
  )
  return { errorCode: 0, members }
})
