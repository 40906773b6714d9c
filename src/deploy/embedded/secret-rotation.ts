// From one local secret to the next: while the node has older ones beside it, keys and state files are sealed anew with the newest,
// and it is said when nothing needs the older ones any more. All of it may end anywhere and goes on with the next start.
// With one secret alone it is only looked whether some keys are closed to it.
// Invariant: it is said only when every key and every state file opens with the newest secret alone, or is named.
import type { PipelineStatus } from '../../engine/index.ts'
import type { KeyRegistry, Rewrapped } from '../../registry/index.ts'

export interface SecretRotationParts {
  readonly keys: Pick<KeyRegistry, 'rewrap'> | undefined
  /** The newest first. */
  readonly secrets: readonly string[] | undefined
  /** Whether there are pipelines that will report. */
  readonly hasPipelines: boolean
  readonly pipelines: () => readonly PipelineStatus[]
  readonly notes: Map<string, string>
  readonly tell: (line: string) => void
}

const note = 'older secrets'
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export class SecretRotation {
  readonly #parts: SecretRotationParts
  #rewrapped: Rewrapped | undefined
  #isRewrapping = false
  #isTold: boolean

  constructor(parts: SecretRotationParts) {
    this.#parts = parts
    this.#isTold = parts.secrets === undefined || parts.keys === undefined
  }

  /** Now and then. */
  look(): void {
    if (this.#isTold) return
    this.#rewrap()
    if (!this.#rewrapped) return
    if (this.#parts.secrets!.length > 1) this.#say(this.#rewrapped)
    else this.#warn(this.#rewrapped)
  }

  #rewrap(): void {
    if (this.#rewrapped || this.#isRewrapping) return
    this.#isRewrapping = true
    const end = (): void => void (this.#isRewrapping = false)
    this.#parts.keys!.rewrap(nextTurn).then(
      (found) => {
        this.#rewrapped = found
        end()
      },
      (error: unknown) => {
        // No room, or damage, which is said elsewhere: the next look tries again.
        this.#parts.notes.set(note, `Keys could not be wrapped with LOCAL_SECRET yet: ${String(error)}`)
        end()
      },
    )
  }

  /** The older secret was taken away too early, or somebody wrote keys with another one: what they sealed is not read. */
  #warn({ parted }: Rewrapped): void {
    this.#isTold = true
    if (parted === 0) return
    const keys = parted === 1 ? 'One key is' : `${parted} keys are`
    this.#parts.notes.set(
      note,
      `${keys} not opened by LOCAL_SECRET, though others of the same KEK are: what they sealed cannot be read. Start the node with the secret before it in LOCAL_OLD_SECRETS.`,
    )
  }

  #say({ wrapped, closed }: Rewrapped): void {
    const { notes, tell, hasPipelines } = this.#parts
    const pipelines = this.#parts.pipelines()
    if (hasPipelines && pipelines.length === 0) return
    const waiting = pipelines.filter(({ needsOldSecret }) => needsOldSecret).map(({ name }) => name)
    if (waiting.length > 0) {
      notes.set(note, `LOCAL_OLD_SECRETS is still needed for the state of ${waiting.join(', ')}.`)
      return
    }
    this.#isTold = true
    notes.delete(note)
    const lost = closed === 0 ? '' : ` ${closed} keys are opened by none of the secrets and stay as they are.`
    tell(
      `Every key that opens, and all state, is sealed with LOCAL_SECRET now (${wrapped} keys were wrapped anew): LOCAL_OLD_SECRETS is no longer needed.${lost}`,
    )
  }
}
