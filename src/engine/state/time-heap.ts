// Entries by time: a binary heap over typed arrays. An entry may lie in it several times; its owner tells stale ones by the
// sequence. Derived from state, never stored. Ties leave in the order of their sequence.

export class TimeHeap {
  #times = new Float64Array(64)
  #sequences = new Float64Array(64)
  #entries = new Int32Array(64)
  #size = 0

  get size(): number {
    return this.#size
  }
  /** Time, sequence and entry of the earliest; only while size > 0. */
  get time(): number {
    return this.#times[0]!
  }
  get sequence(): number {
    return this.#sequences[0]!
  }
  get entry(): number {
    return this.#entries[0]!
  }

  clear(): void {
    this.#size = 0
  }

  push(time: number, sequence: number, entry: number): void {
    if (this.#size === this.#times.length) this.#grow()
    let i = this.#size++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#before(time, sequence, parent)) break
      this.#move(parent, i)
      i = parent
    }
    this.#set(i, time, sequence, entry)
  }

  pop(): void {
    const last = --this.#size
    if (last <= 0) return
    const time = this.#times[last]!
    const sequence = this.#sequences[last]!
    const entry = this.#entries[last]!
    let i = 0
    for (;;) {
      let child = i * 2 + 1
      if (child >= last) break
      if (child + 1 < last && this.#before(this.#times[child + 1]!, this.#sequences[child + 1]!, child)) child++
      if (this.#before(time, sequence, child)) break
      this.#move(child, i)
      i = child
    }
    this.#set(i, time, sequence, entry)
  }

  #before(time: number, sequence: number, at: number): boolean {
    const other = this.#times[at]!
    return time < other || (time === other && sequence < this.#sequences[at]!)
  }
  #move(from: number, to: number): void {
    this.#set(to, this.#times[from]!, this.#sequences[from]!, this.#entries[from]!)
  }
  #set(i: number, time: number, sequence: number, entry: number): void {
    this.#times[i] = time
    this.#sequences[i] = sequence
    this.#entries[i] = entry
  }

  #grow(): void {
    const size = this.#times.length * 2
    const times = new Float64Array(size)
    times.set(this.#times)
    const sequences = new Float64Array(size)
    sequences.set(this.#sequences)
    const entries = new Int32Array(size)
    entries.set(this.#entries)
    this.#times = times
    this.#sequences = sequences
    this.#entries = entries
  }
}
