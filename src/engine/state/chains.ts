// Entries in chains, in the order in which they were pushed: an index of one table's entries by another table's, such as the
// rows under a join key. Four typed arrays; no JavaScript object per key. Derived from state, never stored.
import { extended } from './key-table.ts'

export class Chains {
  /** By key, and by entry: the neighbour's number plus one; 0 is none. */
  #first = new Int32Array(64)
  #last = new Int32Array(64)
  #next = new Int32Array(64)
  #previous = new Int32Array(64)

  /** Appends an entry to a key's chain; it is in no chain yet. */
  push(key: number, entry: number): void {
    if (key >= this.#first.length) {
      const size = Math.max(key + 1, this.#first.length * 2)
      this.#first = extended(this.#first, new Int32Array(size))
      this.#last = extended(this.#last, new Int32Array(size))
    }
    if (entry >= this.#next.length) {
      const size = Math.max(entry + 1, this.#next.length * 2)
      this.#next = extended(this.#next, new Int32Array(size))
      this.#previous = extended(this.#previous, new Int32Array(size))
    }
    const last = this.#last[key]!
    this.#previous[entry] = last
    this.#next[entry] = 0
    if (last === 0) this.#first[key] = entry + 1
    else this.#next[last - 1] = entry + 1
    this.#last[key] = entry + 1
  }

  /** Takes an entry out of a key's chain. @returns true when the chain is empty now */
  remove(key: number, entry: number): boolean {
    const previous = this.#previous[entry]!
    const next = this.#next[entry]!
    if (previous === 0) this.#first[key] = next
    else this.#next[previous - 1] = next
    if (next === 0) this.#last[key] = previous
    else this.#previous[next - 1] = previous
    return this.#first[key] === 0
  }

  /** The entries of a key's chain, in order, into `into`, which is emptied first. */
  collect(key: number, into: number[]): number[] {
    into.length = 0
    if (key >= this.#first.length) return into
    for (let at = this.#first[key]!; at !== 0; at = this.#next[at - 1]!) into.push(at - 1)
    return into
  }
}
