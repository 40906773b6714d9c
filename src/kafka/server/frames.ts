// Cuts a stream of chunks into frames: an int32 length and so many bytes. Invariant: memory is only what has arrived; a length
// that cannot be is found before anything is kept for it. Reference: Kafka's protocol guide.
import { BytesError, concatBytes } from '../../base/index.ts'

export class FrameAssembler {
  /** Longest frame that is taken; may grow as the peer is trusted more. */
  frameBytesMax: number
  #chunks: Uint8Array[] = []
  #size = 0
  /** Bytes of the frame under way, its length included; 0 before that is known. */
  #wanted = 0

  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax
  }

  /**
   * Takes a chunk (its owner from now on) and gives the frames that are whole, without their lengths, as views of chunks.
   * A large frame is copied once. Throws BytesError on a length below 0 or above the maximum; nothing may follow then.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < Math.max(4, this.#wanted)) return []
    const whole = this.#chunks.length === 1 ? chunk : concatBytes(this.#chunks)
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
    const frames: Uint8Array[] = []
    let at = 0
    this.#wanted = 0
    while (whole.length - at >= 4) {
      const length = view.getInt32(at)
      if (length < 0 || length > this.frameBytesMax) throw new BytesError(`a frame of ${length} bytes`, at)
      if (whole.length - at < 4 + length) {
        this.#wanted = 4 + length
        break
      }
      frames.push(whole.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    this.#chunks = at < whole.length ? [whole.subarray(at)] : []
    this.#size = whole.length - at
    return frames
  }
}
