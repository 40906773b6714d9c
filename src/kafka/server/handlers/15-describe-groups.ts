// DescribeGroups, versions 0 to 6, of classic groups: an unknown group, or one of the new protocol, is 'Dead', and from version 6
// on an error.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeGroupsResponseInput } from '../../wire/index.ts'
import { authorizedOperations, operationsNotAsked } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { quoted } from '../quoted.ts'

type GroupAnswer = DescribeGroupsResponseInput['groups'][number]

const noBytes = new Uint8Array(0)

export const describeGroups = defineHandler(apis.describeGroups, async (broker, client, request, version) => {
  const groups: GroupAnswer[] = []
  for (const groupId of request.groups) {
    const blank = { groupId, errorMessage: null, groupState: '', protocolType: '', protocolData: '', members: [] }
    if (!broker.allows(client, 'describe', 'group', groupId)) {
      groups.push({ ...blank, errorCode: kafkaErrors.groupAuthorizationFailed })
      continue
    }
    await broker.groups.load(groupId)
    const { state, protocolType, protocolName, members } = await broker.groups.describe(groupId)
    const missing = state === 'Dead' && version >= 6
    groups.push({
      errorCode: missing ? kafkaErrors.groupIdNotFound : 0,
      errorMessage: missing ? `there is no classic group ${quoted(groupId)}` : null,
      groupId,
      groupState: state,
      protocolType,
      protocolData: protocolName,
      members: members.map((member) => ({
        memberId: member.id,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: member.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes,
        memberAssignment: state === 'Stable' ? member.assignment : noBytes,
      })),
      authorizedOperations:
        request.includeAuthorizedOperations && !missing
          ? authorizedOperations(broker, client, 'group', groupId)
          : operationsNotAsked,
    })
  }
  return { groups }
})
