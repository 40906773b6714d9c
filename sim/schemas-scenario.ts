// Pairs of schemas, the second made from the first: where our checker says compatible, data of the first must really be
// read with the second (avsc and a reader of our own for Avro, ajv for JSON Schema, protobuf-es for Protobuf). A thousand seeds are 120,000 pairs.
import { checkAvroPair } from './avro-pairs.ts'
import { checkJsonPair } from './json-pairs.ts'
import { checkProtoPair } from './proto-pairs.ts'
import type { Scenario } from './scenario.ts'

const avroPairs = 80
const jsonPairs = 20
const protoPairs = 20

/**
 * Rules that Confluent's registry has beyond what values can show, and ours that refuse what is not decided: a verdict by
 * these alone needs no value that fails.
 */
const stricterRules: ReadonlySet<string> = new Set([
  'COMBINED_TYPE_CHANGED',
  'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
  'PRODUCT_TYPE_EXTENDED',
  'SUM_TYPE_NARROWED',
  'ADDITIONAL_ITEMS_NARROWED',
  'ADDITIONAL_ITEMS_REMOVED',
  'ONE_OF_MAY_OVERLAP',
  'PATTERN_CHANGED',
  'KEYWORD_NOT_DECIDED',
  'TOO_LARGE',
  'MESSAGE_REMOVED',
  'FIELD_NAMED_TYPE_CHANGED',
  'FIELD_NUMERIC_LABEL_CHANGED',
  'ONEOF_FIELD_REMOVED',
])

type Report = ReturnType<typeof checkAvroPair> | ReturnType<typeof checkProtoPair>

export const schemasScenario: Scenario = {
  name: 'schemas',
  // eslint-disable-next-line require-await
  async run(seed) {
    const counts = { pairs: 0, compatible: 0, incompatible: 0, shown: 0, stricter: 0 }
    const check = (pair: (seed: number) => Report, name: string, from: number): void => {
      let report: Report
      try {
        report = pair(from)
      } catch (cause) {
        throw new Error(`${name} pair ${from}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
      counts.pairs++
      if (report.verdict === 'compatible') counts.compatible++
      if (report.verdict !== 'incompatible') return
      counts.incompatible++
      if (report.witness) counts.shown++
      else if (report.rules.some((rule) => stricterRules.has(rule))) counts.stricter++
    }
    for (let i = 0; i < avroPairs; i++) check(checkAvroPair, 'Avro', seed * avroPairs + i)
    for (let i = 0; i < jsonPairs; i++) check(checkJsonPair, 'JSON Schema', seed * jsonPairs + i)
    for (let i = 0; i < protoPairs; i++) check(checkProtoPair, 'Protobuf', seed * protoPairs + i)
    return { crashes: 0, acknowledged: counts.pairs, counts }
  },
}
