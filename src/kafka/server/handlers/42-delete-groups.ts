// DeleteGroups, versions 0 to 3: a group that nobody is in, with its offsets.
import { apis, kafkaErrorName, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { quoted } from '../quoted.ts'

export const deleteGroups = defineHandler(apis.deleteGroups, async (broker, client, request) => {
  const results: { groupId: string; errorCode: number; errorMessage: string | null }[] = []
  for (const groupId of request.groupsNames) {
    await broker.groups.load(groupId)
    const allowed = broker.allows(client, 'delete', 'group', groupId)
    const errorCode = allowed ? await broker.groups.delete(groupId) : kafkaErrors.groupAuthorizationFailed
    const errorMessage =
      errorCode === 0 ? null : `the group ${quoted(groupId)} was not deleted: ${kafkaErrorName(errorCode)}`
    results.push({ groupId, errorCode, errorMessage })
  }
  return { results }
})
