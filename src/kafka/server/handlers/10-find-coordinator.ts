// FindCoordinator, versions 0 to 6: this node, for every group and transactional id. Share groups are not served, and say so.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { FindCoordinatorResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { quoted } from '../quoted.ts'

type Coordinator = NonNullable<FindCoordinatorResponseInput['coordinators']>[number]

const keyTypes = { group: 0, transaction: 1, share: 2 } as const

export const findCoordinator = defineHandler(apis.findCoordinator, async (broker, client, request, version) => {
  const keys = version >= 4 ? request.coordinatorKeys : [request.key]
  const missing = await ensureTopic(broker, request.keyType)
  const coordinators = keys.map((key) => find(broker, client, request.keyType, key, missing))
  return version >= 4 ? { coordinators } : { ...coordinators[0] }
})

async function ensureTopic(broker: Broker, keyType: number): Promise<number> {
  if (keyType === keyTypes.group) return broker.groups.offsets.ensureTopic()
  return keyType === keyTypes.transaction ? broker.transactions.ensureTopic() : 0
}

function find(broker: Broker, client: Client, keyType: number, key: string, missing: number): Coordinator {
  const refuse = (errorCode: number, errorMessage: string): Coordinator => ({
    key,
    nodeId: -1,
    host: '',
    port: -1,
    errorCode,
    errorMessage,
  })
  if (keyType === keyTypes.share) return refuse(kafkaErrors.unsupportedVersion, 'Share groups are not served here.')
  if (keyType !== keyTypes.group && keyType !== keyTypes.transaction)
    return refuse(kafkaErrors.invalidRequest, `key type ${keyType} is not known`)
  const isGroup = keyType === keyTypes.group
  if (isGroup && !broker.allows(client, 'describe', 'group', key))
    return refuse(kafkaErrors.groupAuthorizationFailed, `no right to use the group ${quoted(key)}`)
  if (!isGroup && !broker.allows(client, 'describe', 'transactional-id', key))
    return refuse(kafkaErrors.transactionalIdAuthorizationFailed, `no right to use the transactional id ${quoted(key)}`)
  if (missing !== 0) return refuse(kafkaErrors.coordinatorNotAvailable, 'the coordinator’s topic could not be made')
  return { key, nodeId: broker.nodeId, ...broker.addressFor(client), errorCode: 0, errorMessage: null }
}
