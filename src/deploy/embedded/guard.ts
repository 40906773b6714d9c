// What a node does by a timer may fail without ending it: a look at something that is just being deleted finds nothing, and an
// error that nobody expected is said as a fault, after which the timer goes on.
// Invariant: nothing that is run through here throws.
import { MillraceError, type Clock } from '../../base/index.ts'

/** Told which timer failed, and with what. */
export type Report = (where: string, error: unknown) => void

/** The same fault is said again after this time. */
const repeatMs = 60_000
/** Faults that are remembered. */
const saidMax = 100

/** What is read of a topic or partition, undefined when it is gone or cannot be read: for statistics, where the next look tells. */
export function whereReadable<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

/** Writes one line and the stack per fault; of the same one, at most one a minute. */
export function faultLines(clock: Clock, write: (text: string) => void): Report {
  const said = new Map<string, number>()
  return (where, error) => {
    const reason = error instanceof Error ? error.message : String(error)
    const name = `${where}: ${reason}`
    const lastMs = said.get(name)
    if (lastMs !== undefined && clock.monotonicMs() - lastMs < repeatMs) return
    said.delete(name)
    said.set(name, clock.monotonicMs())
    if (said.size > saidMax) said.delete(said.keys().next().value!)
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    write(`fault ${name}; the node goes on. Please report this line and what follows it.\n${stack}\n`)
  }
}

/** Runs; an error is reported. */
export function guarded(where: string, report: Report, run: () => void): void {
  try {
    run()
  } catch (error) {
    report(where, error)
  }
}

/** The clock, with every timer that is set by it guarded. */
export function guardedClock(clock: Clock, where: string, report: Report): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, run) => clock.after(delayMs, () => guarded(where, report, run)),
  }
}
