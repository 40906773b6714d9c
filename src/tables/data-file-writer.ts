// One Parquet data file on the lake's disk, from the first row to a synced file with its description for the manifest.
import type { DiskFile } from '../base/index.ts'
import type { Batch } from '../model/index.ts'
import { dataFileOf, type DataFile } from './iceberg/manifest.ts'
import { locationOf, type Lake } from './lake-files.ts'
import type { TablesLimits } from './limits.ts'
import { ParquetWriter, type Shape } from './parquet/index.ts'

export class DataFileWriter {
  readonly path: string
  readonly #lake: Lake
  readonly #file: DiskFile
  readonly #writer: ParquetWriter
  #at = 0
  #open = true

  /** @param path relative to the lake, in a folder that exists; must be new */
  constructor(lake: Lake, path: string, shape: Shape, limits: TablesLimits) {
    this.#lake = lake
    this.path = path
    this.#file = lake.disk.open(path, 'create')
    this.#file.truncate(0)
    this.#writer = new ParquetWriter(shape, {
      limits,
      write: (bytes) => {
        this.#file.write(bytes, this.#at)
        this.#at += bytes.length
      },
    })
  }

  /** About the bytes of what was appended, before compression of what is still held. */
  get size(): number {
    return this.#writer.size
  }

  append(batch: Batch, rows: Int32Array | null = null): void {
    this.#writer.append(batch, rows)
  }

  /** Writes the footer and syncs the file; its name is durable when its folder was synced. */
  finish(): DataFile {
    try {
      const summary = this.#writer.finish()
      this.#file.sync()
      return dataFileOf(locationOf(this.#lake, this.path), summary)
    } finally {
      this.#close()
    }
  }

  /** Gives up: closes and removes the file. */
  abandon(): void {
    this.#close()
    this.#lake.disk.remove(this.path)
  }

  #close(): void {
    if (this.#open) this.#file.close()
    this.#open = false
  }
}
