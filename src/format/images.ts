// What an envelope's op means for rows: c and r insert the after image, u replaces the before by the after, d deletes the
// before. Reference: Flink 2.3 DebeziumJsonDeserializationSchema (which demands the before image of u and d).
import { changeKind } from '../model/index.ts'
import { RecordDamage } from './damage.ts'
import type { Stage } from './stage.ts'

export const op = { create: 99, read: 114, update: 117, delete: 100 } as const

export function missingImage(code: number, which: 'before' | 'after', position: number): never {
  const hint = which === 'before' ? ' (PostgreSQL: set REPLICA IDENTITY FULL)' : ''
  throw new RecordDamage('MR-FORMAT-009', `op '${String.fromCharCode(code)}' without ${which}${hint}`, position)
}

export function unknownOp(code: number, position: number): never {
  const name = code === 0 ? 'no op' : code === 255 ? 'an op of several letters' : `op '${String.fromCharCode(code)}'`
  throw new RecordDamage('MR-FORMAT-006', `${name}; known are c, r, u and d`, position)
}

/** Reads the images that count into the stage's next rows and sets their kinds; how many rows. */
export function setImages(
  stage: Stage,
  code: number,
  position: number,
  images: { readonly before: ((row: number) => void) | null; readonly after: ((row: number) => void) | null },
): number {
  const row = stage.rows
  switch (code) {
    case op.create:
    case op.read:
      if (!images.after) return missingImage(code, 'after', position)
      images.after(row)
      stage.kinds[row] = changeKind.insert
      return 1
    case op.update:
      if (!images.before) return missingImage(code, 'before', position)
      if (!images.after) return missingImage(code, 'after', position)
      images.before(row)
      images.after(row + 1)
      stage.kinds[row] = changeKind.updateBefore
      stage.kinds[row + 1] = changeKind.updateAfter
      return 2
    case op.delete:
      if (!images.before) return missingImage(code, 'before', position)
      images.before(row)
      stage.kinds[row] = changeKind.delete
      return 1
    default:
      return unknownOp(code, position)
  }
}
