// Which line of descent a data folder is of. A restore begins a new line and notes which one it branches from and where, so two
// folders that were started from one backup, or a restored one and the one it was taken from, are told apart although all else
// about them is the same. A backup belongs to one line: another one is refused, unless the backup still holds just what that
// one was restored from.
// Invariant: nothing that a backup holds is written over by a folder that does not have it.
import { randomUUID } from 'node:crypto'
import { encodeText, MillraceError, readWholeFile, replaceFile, decodeText, type Disk } from '../../base/index.ts'

/** In a data folder that was restored; without it the line is the first. */
const lineageName = 'lineage.json'
/** The line of a folder that was never restored. */
const firstLine = 'first'
/** Restores of restores that are remembered. */
const ancestorsMax = 100

export interface Ancestor {
  readonly id: string
  /** The last frame of its journal that came along. */
  readonly sequence: number
}

export interface Lineage {
  readonly id: string
  /** The oldest first. */
  readonly from: readonly Ancestor[]
}

/** What counts of a backup: older ones do not say their line. */
interface Held {
  readonly lineage?: Lineage
  readonly sequence: number
  readonly recoveryPoint: string
}

/** @param disk rooted at the data folder. Throws MR-DEPLOY-032 when what it says cannot be read */
export function readLineage(disk: Disk, place: string): Lineage {
  const bytes = readWholeFile(disk, lineageName)
  if (!bytes) return { id: firstLine, from: [] }
  try {
    const { id, from } = JSON.parse(decodeText(bytes)) as Lineage
    if (typeof id === 'string' && Array.isArray(from)) return { id, from }
  } catch {
    // Said below.
  }
  throw new MillraceError('MR-DEPLOY-032', {
    details: {
      place,
      reason: `${lineageName} in the data folder is damaged, so nobody knows whether it goes on from it`,
    },
  })
}

/** A data folder that is laid out from a backup is a line of its own from here on. Durable on return. */
export function beginLine(disk: Disk, backup: Held): void {
  const { id, from } = lineOf(backup)
  const ancestors = [...from, { id, sequence: backup.sequence }].slice(-ancestorsMax)
  const lineage: Lineage = { id: randomUUID(), from: ancestors }
  replaceFile(disk, lineageName, encodeText(`${JSON.stringify(lineage)}\n`))
}

const lineOf = ({ lineage }: Held): Lineage => lineage ?? { id: firstLine, from: [] }

/**
 * Throws MR-DEPLOY-032 when the folder does not go on from what the backup holds.
 * @param ours of the folder that is to be backed up. @param place of the backup, for messages
 */
export function refuseFork(ours: Lineage, held: Held, place: string): void {
  const { id } = lineOf(held)
  if (id === ours.id) return
  const branch = ours.from.find((one) => one.id === id)
  // Where it branched off nothing was added since: it goes on from there.
  if (branch && held.sequence <= branch.sequence) return
  throw new MillraceError('MR-DEPLOY-032', { details: { place, reason: whyNot(ours, held, branch) } })
}

function whyNot(ours: Lineage, held: Held, branch: Ancestor | undefined): string {
  const { from } = lineOf(held)
  const until = `up to ${held.recoveryPoint}`
  if (branch) return `since this folder was restored from it, the folder that it was taken of went on into it, ${until}`
  if (from.some(({ id }) => id === ours.id))
    return `a folder that was restored from a backup of this one went on into it, ${until}`
  return `another folder that was restored from the same backup went on into it, ${until}`
}
