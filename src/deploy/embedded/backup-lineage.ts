// Which line of descent a data folder is of. A restore begins a new line and notes which one it branches from and where, so two
// folders that were started from one backup, or a restored one and the one it was taken from, are told apart although all else
// about them is the same. A backup belongs to one line: another one is refused, unless the backup still holds just what that
// one was restored from. Copies of a folder (cp, a volume's snapshot) are of one line, but each start of the log is remembered by
// its journal's salt, and starts of copies differ.
// Invariant: nothing that a backup holds is written over by a folder that does not have it.
import { randomUUID } from 'node:crypto'
import { encodeText, MillraceError, readWholeFile, replaceFile, decodeText, type Disk } from '../../base/index.ts'
import { startsOf, type LogStart } from '../../log/index.ts'

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
  readonly start?: LogStart
  readonly syncedSequence?: number
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
 * @param disk rooted at the folder that is to be backed up
 */
export function refuseFork(disk: Disk, held: Held, names: { readonly data: string; readonly place: string }): void {
  const { place } = names
  const ours = readLineage(disk, names.data)
  const { id } = lineOf(held)
  const refuse = (reason: string): never => {
    throw new MillraceError('MR-DEPLOY-032', { details: { place, reason } })
  }
  if (id === ours.id) {
    if (isOfCopy(startsOf(disk), held))
      refuse(`a copy of this folder went on into it, up to ${held.recoveryPoint}, or a repair lost here what it has`)
    return
  }
  const branch = ours.from.find((one) => one.id === id)
  // Where it branched off nothing was added since: it goes on from there.
  if (!branch || held.sequence > branch.sequence) refuse(whyNot(ours, held, branch))
}

/** True when what is held was written after a start that this log knows nothing of, or after the one that it went on from. */
function isOfCopy(starts: readonly LogStart[], { start, syncedSequence }: Held): boolean {
  const oldest = starts[0]
  // Backups and logs of older programs do not tell; nor does a log what was so many starts ago.
  if (!start || syncedSequence === undefined || !oldest || start.journal < oldest.journal) return false
  const at = starts.findIndex(({ salt }) => salt === start.salt)
  const next = starts[at + 1]
  return at < 0 || (next !== undefined && syncedSequence >= next.sequence)
}

function whyNot(ours: Lineage, held: Held, branch: Ancestor | undefined): string {
  const { from } = lineOf(held)
  const until = `up to ${held.recoveryPoint}`
  if (branch) return `since this folder was restored from it, the folder that it was taken of went on into it, ${until}`
  if (from.some(({ id }) => id === ours.id))
    return `a folder that was restored from a backup of this one went on into it, ${until}`
  return `another folder that was restored from the same backup went on into it, ${until}`
}
