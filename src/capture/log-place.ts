// A place in a source's log files: only to know whether the stream has passed where the log ended at some moment. What is kept
// are GTIDs; places differ between servers and die with them.

export interface LogPlace {
  readonly file: string
  readonly position: number
}

/** Is `place` at or after `end`? Files are numbered, with more digits after 999999. */
export function hasReached(place: LogPlace, end: LogPlace): boolean {
  const numberOf = (file: string): number => Number(/\.(\d+)$/.exec(file)?.[1] ?? 0)
  const difference = numberOf(place.file) - numberOf(end.file)
  return difference > 0 || (difference === 0 && place.position >= end.position)
}

/** Follows a dump's place over the 32-bit wrap of positions. */
export class LogPlaceTracker {
  #file = ''
  #position = 0

  get place(): LogPlace {
    return { file: this.#file, position: this.#position }
  }

  /** A new file begins. */
  rotate(file: string, position: number): void {
    // The dump repeats the file's name when it starts over after idling: positions never step back in a file.
    if (file === this.#file && position < this.#position) return
    this.#file = file
    this.#position = position
  }

  /** @param endPosition of an event, modulo 2^32; 0 for made-up events */
  advance(endPosition: number): void {
    if (endPosition === 0) return
    const turns = Math.floor(this.#position / 4294967296)
    const candidate = turns * 4294967296 + endPosition
    this.#position = candidate >= this.#position ? candidate : candidate + 4294967296
  }
}
