// ApiVersions, versions 0 to 5: exactly what is served, nothing that is only known. No features are named: transactions and
// the new group protocols are not served.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import type { Handler } from '../handler.ts'

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** @param served all handlers, this one included; read when asked */
export function makeApiVersions(served: () => Iterable<Handler>): Handler {
  return defineHandler(apis.apiVersions, (broker, _client, request, version) => {
    const valid = softwareName.test(request.clientSoftwareName) && softwareName.test(request.clientSoftwareVersion)
    if (version >= 3 && !valid) return { errorCode: kafkaErrors.invalidRequest, apiKeys: [] }
    // Version 5: a client that meant another cluster or node (a reused address) shall look around anew.
    const { clusterId, nodeId } = request
    const strayed = (clusterId !== null && clusterId !== broker.clusterId) || (nodeId >= 0 && nodeId !== broker.nodeId)
    if (version >= 5 && strayed) return { errorCode: kafkaErrors.rebootstrapRequired, apiKeys: [] }
    const apiKeys = [...served()].map(({ api, advertisedMin }) => ({
      apiKey: api.key,
      minVersion: advertisedMin,
      maxVersion: api.versionMax,
    }))
    return { errorCode: 0, apiKeys }
  })
}
