// Generates the kernel that reads runs of Debezium's envelopes in JSON, with or without their schema: as the template has
// them, member after member; another layout, and an op whose images are not those it asks for, end the run.
// Reference: images.ts; the plain reader is debezium-json.ts.
import { changeKind, type Schema } from '../../model/index.ts'
import { op } from '../images.ts'
import type { Stage } from '../stage.ts'
import { i32, type Expr, type FunctionBuilder, type Local } from '../wasm/builder.ts'
import type { Bail, KernelSlot } from '../wasm/parts.ts'
import { compileKernel, type RecordKernel, type RunState } from '../wasm/record-kernel.ts'
import { JsonGenerator, NotForKernels, overrun } from './kernel.ts'
import type { EnvelopeTemplate } from './template.ts'
import { sameBytes, word } from './wasm-text.ts'

/** @returns null where only the plain reader can fill these columns */
export function compileJsonEnvelopeKernel(
  columns: Schema,
  stage: Stage,
  template: EnvelopeTemplate,
): RecordKernel | null {
  try {
    return compileKernel(
      stage,
      [],
      (module, f, slots, run) => {
        const generator = new JsonGenerator(module, f, slots, run, 'debezium')
        const all = stage.columns.map((column) => slots.of(column))
        new Envelope(f, generator, run, { columns, slots: all }).emit(template)
        return overrun
      },
      false,
    )
  } catch (error) {
    if (error instanceof NotForKernels) return null
    throw error
  }
}

class Envelope {
  readonly #f: FunctionBuilder
  readonly #generator: JsonGenerator
  readonly #run: RunState
  readonly #into: { readonly columns: Schema; readonly slots: readonly KernelSlot[] }
  readonly #bail: Bail
  /** 1: a before was read, into the first row; 2: an after, into the next. */
  readonly #images: Local<'i32'>
  readonly #at: Local<'i32'>
  readonly #letter: Local<'i32'>

  constructor(
    f: FunctionBuilder,
    generator: JsonGenerator,
    run: RunState,
    into: { readonly columns: Schema; readonly slots: readonly KernelSlot[] },
  ) {
    this.#f = f
    this.#generator = generator
    this.#run = run
    this.#into = into
    this.#bail = run.bail
    this.#images = f.let(i32.of(0))
    this.#at = f.let(run.row)
    this.#letter = f.let(i32.of(0))
  }

  emit(template: EnvelopeTemplate): void {
    const f = this.#f
    this.#members(template)
    this.#generator.finish()
    const is = (code: number, wanted: number): Expr<'i32'> =>
      i32.and(i32.eq(this.#letter, i32.of(code)), i32.eq(this.#images, i32.of(wanted)))
    const { emitRow } = this.#run
    f.if(
      i32.or(is(op.create, 2), is(op.read, 2)),
      () => emitRow(changeKind.insert),
      () =>
        f.if(
          is(op.update, 3),
          () => {
            emitRow(changeKind.updateBefore)
            emitRow(changeKind.updateAfter)
          },
          () => f.if(is(op.delete, 1), () => emitRow(changeKind.delete), this.#bail),
        ),
    )
  }

  #members({ gaps, roles, firsts, tail, image, payload }: EnvelopeTemplate): void {
    const f = this.#f
    const { p, end } = this.#run
    gaps.forEach((gap, i) => {
      this.#gap(gap)
      f.if(i32.ge(p, end), this.#bail)
      switch (roles[i]!) {
        case 'before':
          return this.#image(image, 1)
        case 'after':
          return this.#image(image, 2)
        case 'op':
          return this.#op()
        case 'payload':
          return this.#members(payload!)
        case 'other':
          return this.#generator.skip(firsts[i]!)
      }
    })
    this.#gap(tail)
  }

  #gap(gap: Uint8Array): void {
    const { p } = this.#run
    this.#f.if(i32.eqz(sameBytes(p, gap)), this.#bail)
    this.#f.step(p, gap.length)
  }

  #image(template: EnvelopeTemplate['image'], bit: number): void {
    const f = this.#f
    const { p } = this.#run
    f.if(
      i32.eq(i32.load(p), word('null')),
      () => f.step(p, 4),
      () => {
        this.#generator.image(this.#into.columns, this.#into.slots, template, this.#at)
        f.step(this.#at, 1)
        f.set(this.#images, i32.or(this.#images, i32.of(bit)))
      },
    )
  }

  /** One letter in quotes. */
  #op(): void {
    const f = this.#f
    const { p } = this.#run
    const quoted = i32.and(i32.eq(i32.load8(p), i32.of(34)), i32.eq(i32.load8(p, 2), i32.of(34)))
    f.if(i32.eqz(quoted), this.#bail)
    f.set(this.#letter, i32.load8(p, 1))
    f.step(p, 3)
  }
}
