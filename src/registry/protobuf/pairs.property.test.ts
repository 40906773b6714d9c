import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareProto } from './compatibility.ts'
import { makeDraw, makePair, messageOf, parsePair, readBack } from './pairs-testing.ts'

// More with PAIRS=100000; a pair that fails is one seed.
const pairs = Number(process.env['PAIRS'] ?? 600)
const firstSeed = Number(process.env['SEED'] ?? 1)

test('what a compatible pair wrote is read by protobuf-es, to the same values', () => {
  let compatible = 0
  let refused = 0
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    const pair = makePair(seed)
    const files = parsePair(pair)
    const found = compareProto(files.now, files.old)
    if (found.some(({ warning }) => !warning)) {
      refused++
      continue
    }
    compatible++
    // A list that became one value: the reader gets the last, as the warning says.
    const skip = new Set(
      found
        .filter(({ rule }) => rule === 'FIELD_STRING_OR_BYTES_LABEL_CHANGED')
        .map(({ path }) => {
          const [, message, name] = path.split('/')
          const field = files.now.messages.find((one) => one.name === message)!.fields.find((one) => one.name === name)!
          return `${message}.${field.number}`
        }),
    )
    const draw = makeDraw(seed)
    for (const name of ['p.M', 'p.N', 'p.P']) {
      const types = { old: messageOf(files.old, name), now: messageOf(files.now, name) }
      for (let n = 0; n < 3; n++) {
        const wrong = readBack(types, draw, skip)
        assert.equal(wrong, undefined, `SEED=${seed} PAIRS=1: ${name}: ${wrong}\n${pair.old}\n${pair.now}`)
      }
    }
  }
  assert(compatible > pairs / 5 && refused > pairs / 10, `${compatible} compatible, ${refused} refused`)
})
