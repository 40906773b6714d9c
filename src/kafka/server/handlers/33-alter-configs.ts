// AlterConfigs, versions 0 to 2: replaces all settings of a topic, of a group, of this node or of all nodes.
import { apis } from '../../wire/index.ts'
import { alterAll } from '../alter-configs.ts'
import { defineHandler } from '../handler.ts'

export const alterConfigs = defineHandler(apis.alterConfigs, async (broker, client, request) => ({
  responses: await alterAll(
    broker,
    client,
    request,
    ({ configs }) =>
      () =>
        Object.fromEntries(configs.map(({ name, value }) => [name, value!])),
  ),
}))
