// ListGroups, versions 0 to 5: groups with members or with committed offsets, by state and type (KIP-518, KIP-848).
import { apis } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const listGroups = defineHandler(apis.listGroups, async (broker, client, request) => {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  const sees = broker.allows(client, 'describe', 'cluster', broker.clusterName)
  const groups = (await broker.groups.list())
    .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
    .filter(({ type }) => types.size === 0 || types.has(type))
    .filter(({ id }) => sees || broker.allows(client, 'describe', 'group', id))
    .map(({ id, type, protocolType, state }) => ({ groupId: id, protocolType, groupState: state, groupType: type }))
  return { errorCode: 0, groups }
})
