// UpdateFeatures, versions 0 to 2: the features of this node are fixed. To set one to what it is changes nothing; else refused.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { features } from '../features.ts'
import { defineHandler } from '../handler.ts'
import { quoted } from '../quoted.ts'

export const updateFeatures = defineHandler(apis.updateFeatures, (broker, client, request) => {
  if (!broker.allows(client, 'alter', 'cluster', broker.clusterName)) {
    const errorMessage = 'no right to alter the cluster'
    return { throttleTimeMs: 0, errorCode: kafkaErrors.clusterAuthorizationFailed, errorMessage, results: [] }
  }
  const results = request.featureUpdates.map(({ feature, maxVersionLevel }) => {
    const level = features.find(({ name }) => name === feature)?.level
    const isSame = level === maxVersionLevel
    const errorMessage = isSame
      ? null
      : level === undefined
        ? `there is no feature ${quoted(feature)}`
        : `the feature ${quoted(feature)} is ${level} on this node, and stays`
    return { feature, errorCode: isSame ? 0 : kafkaErrors.invalidUpdateVersion, errorMessage }
  })
  const failed = results.find(({ errorCode }) => errorCode !== 0)
  // One refusal is the whole request's.
  if (failed) {
    return { throttleTimeMs: 0, errorCode: failed.errorCode, errorMessage: failed.errorMessage, results: [] }
  }
  return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, results }
})
