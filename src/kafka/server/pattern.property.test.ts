import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePattern } from './pattern.ts'

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\.', '[a-c1-3]', '(?:ab)', '0', '-')
const piece = fc
  .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
  .map((parts) => parts.join(''))
const sequence = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(''))
const pattern: fc.Arbitrary<string> = fc.oneof(
  sequence,
  fc.tuple(sequence, sequence).map(([a, b]) => `${a}|${b}`),
  fc.tuple(sequence, sequence, sequence).map(([a, b, c]) => `(${a}|${b})*${c}`),
)
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '0', '1', '.', '-', ' '), maxLength: 8 })

test('matches as JavaScript does, where JavaScript can be trusted', () => {
  fc.assert(
    fc.property(pattern, text, (source, subject) => {
      assert.equal(compilePattern(source)!(subject), new RegExp(`^(?:${source})$`).test(subject), source)
    }),
    { numRuns: 1000 },
  )
})

test('a pattern that makes others backtrack for ever costs nothing', () => {
  assert.equal(compilePattern('(a*)*(a|aa)+b')!('a'.repeat(2000)), false)
  assert.equal(compilePattern('((a{1,30}){1,30}){1,30}'), null)
})

test('what is no pattern, or more than is known, is refused', () => {
  for (const wrong of ['(', ')', 'a)', '[a', '*a', 'a**', '\\', '(?=a)', '\\1', 'a{2,1}', '[b-a]', '\\pL', '(?P<x']) {
    assert.equal(compilePattern(wrong), null, wrong)
  }
  assert.ok(compilePattern('(?i)Orders-.*')!('ORDERS-x'))
  assert.ok(compilePattern('\\Qa.b\\E')!('a.b'))
  assert.ok(!compilePattern('\\Qa.b\\E')!('axb'))
  assert.ok(compilePattern('^a$')!('a'))
})
