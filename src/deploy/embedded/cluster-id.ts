import { decodeText, encodeText, openNodeDisk, readWholeFile, replaceFile, type Random } from '../../base/index.ts'

const path = 'cluster-id'

/** The cluster's id as Kafka has it (22 characters of base64url); made once and kept with the data. */
export function clusterIdOf(data: string, random: Random): string {
  const disk = openNodeDisk(data)
  const found = readWholeFile(disk, path)
  if (found) return decodeText(found).trim()
  const id = Buffer.from(random.bytes(16)).toString('base64url')
  replaceFile(disk, path, encodeText(`${id}\n`))
  return id
}
