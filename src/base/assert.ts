// Our own fault: an invariant of this program does not hold. The task that finds it stops; nothing is caught and ignored.

export class AssertionError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message}`)
    this.name = 'AssertionError'
  }
}

/** @param message what must hold, as a sentence part: 'the offset grows' */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`every case is handled, but met ${JSON.stringify(value)}`)
}
