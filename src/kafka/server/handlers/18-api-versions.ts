// ApiVersions, versions 0 to 5: exactly what is served, nothing that is only known. Of features transactions of both
// generations are named (transaction.version); clients below version 4 cannot read a range that begins at 0.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { features } from '../features.ts'
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
    return {
      errorCode: 0,
      apiKeys,
      supportedFeatures:
        version >= 4 ? features.map(({ name, level }) => ({ name, minVersion: 0, maxVersion: level })) : [],
      finalizedFeaturesEpoch: 0,
      finalizedFeatures: features.map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    }
  })
}
