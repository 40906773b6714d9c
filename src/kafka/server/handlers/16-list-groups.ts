// ListGroups, versions 0 to 5: groups with members or with committed offsets. All are classic groups.
import { apis } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const listGroups = defineHandler(apis.listGroups, async (broker, client, request) => {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  const groups = (await broker.groups.list())
    .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
    .filter(() => types.size === 0 || types.has('classic'))
    .filter(({ id }) => broker.allows(client, 'describe', 'group', id))
    .map(({ id, protocolType, state }) => ({ groupId: id, protocolType, groupState: state, groupType: 'classic' }))
  return { errorCode: 0, groups }
})
