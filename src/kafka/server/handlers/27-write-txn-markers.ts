// WriteTxnMarkers, versions 1 and 2: markers by hand, as `kafka-transactions abort` writes them for a transaction that hangs.
// A marker of the second generation must raise the producer's epoch; the same epoch again is a repeat, when nothing is open
// (KIP-1228).
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { WriteTxnMarkersRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

type Marker = WriteTxnMarkersRequest['markers'][number]

export const writeTxnMarkers = defineHandler(apis.writeTxnMarkers, async (broker, client, request) => {
  const allowed =
    broker.allows(client, 'cluster-action', 'cluster', broker.clusterName) ||
    broker.allows(client, 'alter', 'cluster', broker.clusterName)
  const markers = await Promise.all(
    request.markers.map(async (marker) => ({
      producerId: marker.producerId,
      topics: await Promise.all(
        marker.topics.map(async ({ name, partitionIndexes }) => ({
          name,
          partitions: await Promise.all(
            partitionIndexes.map(async (partitionIndex) => ({
              partitionIndex,
              errorCode: allowed
                ? await write(broker, marker, name, partitionIndex)
                : kafkaErrors.clusterAuthorizationFailed,
            })),
          ),
        })),
      ),
    })),
  )
  return { markers }
})

async function write(broker: Broker, marker: Marker, topic: string, partition: number): Promise<number> {
  const { producerId, producerEpoch, transactionResult: commits, coordinatorEpoch, transactionVersion } = marker
  if (producerId < 0n || producerId > BigInt(Number.MAX_SAFE_INTEGER)) return kafkaErrors.invalidProducerIdMapping
  const outcome = await broker.log.endTransaction({
    producerId,
    producerEpoch,
    coordinatorEpoch,
    commits,
    partitions: [{ topic, partition }],
    raisesEpoch: transactionVersion >= 2,
    appends: [],
  })
  return outcome.ok ? 0 : outcome.error
}
