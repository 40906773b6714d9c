// Keys that a secret does not open. Whoever seals with another secret than the one before parts the data in two, of which
// either is lost with its secret: so nothing is made under a KEK of which every key is closed.
// One open key is enough: anybody who may write keys could add one that nobody opens.
import type { FieldCipher } from '../../format/index.ts'
import type { Dek } from './key-records.ts'
import type { KeyState } from './key-state.ts'

/** One of a KEK's keys, when it has some and none can be opened; undefined otherwise. Ends at the first that opens. */
export function closedKey(state: KeyState, kekName: string, service: FieldCipher): Dek | undefined {
  let closed: Dek | undefined
  for (const dek of state.liveDeks(kekName)) {
    if (service.open(Buffer.from(dek.encryptedKeyMaterial ?? '', 'base64'))) return undefined
    closed ??= dek
  }
  return closed
}

/** What is said of it. */
export const closedReason = ({ subject, version, kekName }: Dek): string =>
  `the secret of this node does not open key ${subject}, version ${version}, of KEK ${kekName}; was it made with another secret`
