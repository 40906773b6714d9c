// DescribeCluster, versions 0 to 2: one broker, which is its own controller. There is no separate controller to describe.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { authorizedOperations, operationsNotAsked } from '../broker.ts'
import { defineHandler } from '../handler.ts'

/** Endpoint types. */
const brokers = 1
const controllers = 2

export const describeCluster = defineHandler(apis.describeCluster, (broker, client, request) => {
  const { nodeId, clusterId } = broker
  if (request.endpointType !== brokers) {
    const errorMessage = 'this address is a broker’s, not a controller’s'
    const { mismatchedEndpointType, unsupportedEndpointType } = kafkaErrors
    const errorCode = request.endpointType === controllers ? mismatchedEndpointType : unsupportedEndpointType
    return { errorCode, errorMessage, clusterId, brokers: [] }
  }
  return {
    errorCode: 0,
    errorMessage: null,
    endpointType: brokers,
    clusterId,
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, ...broker.addressFor(client), rack: null, isFenced: false }],
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? authorizedOperations(broker, client, 'cluster', broker.clusterName)
      : operationsNotAsked,
  }
})
