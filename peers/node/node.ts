// The oldest Node that the published package promises to run on.
import { join } from 'node:path'
import { installPeer } from '../install.ts'

/** Path of its program. @throws PeerUnavailable */
export async function oldestNode(): Promise<string> {
  return join(await installPeer('node'), 'bin', 'node')
}
