// Operators without state, and the one that makes an upsert topic's records a full changelog.
import { ByteReader, ByteWriter, compareBytes } from '../../base/index.ts'
import { changeKind, type ChangeKind } from '../../model/index.ts'
import { compileExpressions, compileFilter, selectRows, type PlanNode } from '../../sql/index.ts'
import { createKeyEncoder } from '../rows/binary-row.ts'
import { appendRow, encodeRow } from '../rows/row-codec.ts'
import { BytesHeap } from '../state/index.ts'
import { Emitter, isRetraction, WatermarkMerge, type OperatorContext, type Output } from './operator.ts'

/** Filter, then projections; kinds stay. */
export function createCalc(node: Extract<PlanNode, { kind: 'Calc' }>, output: Output): Output {
  const filter = node.condition ? compileFilter(node.condition, node.input.schema) : null
  const project = compileExpressions(node.projections, node.input.schema, node.schema)
  return {
    batch(batch) {
      const kept = filter ? selectRows(batch, filter(batch)) : batch
      if (kept.rowCount > 0) output.batch(project(kept))
    },
    watermark: (ms) => output.watermark(ms),
  }
}

/** Rows as they come, under one schema; the watermark is the least of all inputs. */
export function createUnion(node: Extract<PlanNode, { kind: 'Union' }>, output: Output): readonly Output[] {
  const merge = new WatermarkMerge(node.inputs.length)
  return node.inputs.map((_, port) => ({
    batch: (batch) => output.batch(batch.schema === node.schema ? batch : { ...batch, schema: node.schema }),
    watermark(ms) {
      if (merge.update(port, ms)) output.watermark(merge.current)
    },
  }))
}

/**
 * An upsert topic says "this key has this value now" and "this key is gone"; what reads it needs to know what was before.
 * +I, +U: +I when the key is new, nothing when the row is the same, else -U, +U. -D, -U: -D of the row that was there.
 * Reference: Flink ChangelogNormalize.
 */
export function createNormalize(
  node: Extract<PlanNode, { kind: 'ChangelogNormalize' }>,
  context: OperatorContext,
  output: Output,
): Output {
  const { schema, keys: primaryKey } = node
  const keyEncoder = createKeyEncoder(
    schema.fields.map((f) => f.type),
    [primaryKey],
  )
  const rows = new BytesHeap()
  const slot = context.openSlot(node.slot, 1, {
    ensure() {},
    reset: (entry) => rows.clear(entry),
    encode: (entry, writer) => writer.raw(rows.get(entry)),
    decode: (entry, reader) => rows.put(entry, reader.take(reader.remaining)),
    *forget(own, erasure) {
      const found = erasure.among(schema, own.owners)
      yield* own.lookThrough((entry) =>
        found.add(entry, (columns) =>
          appendRow(columns, new ByteReader(rows.bytes, rows.start(entry), rows.end(entry))),
        ),
      )
      for (const entry of found.finish()) {
        rows.wipe(entry)
        own.forget(entry)
      }
    },
  })
  const emitter = new Emitter(schema, output)
  const scratch = new ByteWriter(256)
  const emit = (entry: number, kind: ChangeKind): void => {
    appendRow(emitter.builder.columns, new ByteReader(rows.bytes, rows.start(entry), rows.end(entry)))
    emitter.endRow(kind)
  }
  return {
    batch(batch) {
      const keys = keyEncoder.encode(batch)
      for (let r = 0; r < batch.rowCount; r++) {
        if (isRetraction(batch.kinds ? batch.kinds[r]! : changeKind.insert)) {
          const entry = slot.find(keys, r)
          if (entry < 0) continue
          emit(entry, changeKind.delete)
          slot.remove(entry)
          continue
        }
        scratch.reset()
        encodeRow(scratch, batch.columns, r)
        const row = scratch.finish()
        const entry = slot.findOrAdd(keys, r)
        const isNew = slot.added
        if (!isNew) {
          if (compareBytes(rows.get(entry), row) === 0) continue
          if (node.changelog !== 'upsert') emit(entry, changeKind.updateBefore)
        }
        rows.put(entry, row)
        slot.touch(entry)
        emit(entry, isNew ? changeKind.insert : changeKind.updateAfter)
      }
      emitter.flush()
    },
    watermark: (ms) => output.watermark(ms),
  }
}
