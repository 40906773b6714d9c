// A rule that names the key of a key service but no key-encryption key gets one by that name, and the service's type where the
// name tells it: clients register such rules and then ask for the KEK.
// Reference: Confluent EncryptionUpdateRequestHandler.
import type { RuleSet } from '../registry-types.ts'

const keyId = 'encrypt.kms.key.id'
const kekName = 'encrypt.kek.name'
const kmsType = 'encrypt.kms.type'

/** @returns the same rule set where nothing is missing */
export function withKeyDefaults(ruleSet: RuleSet): RuleSet {
  const { domainRules } = ruleSet
  if (!domainRules?.some(({ params }) => params?.[keyId] !== undefined)) return ruleSet
  const completed = domainRules.map((rule) => {
    const id = rule.params?.[keyId]
    if (id === undefined) return rule
    const isAws = id.startsWith('arn:')
    const name = (isAws ? id.slice('arn:'.length) : id).replace(/[^\p{L}\p{Nd}_-]/gu, '-')
    const defaults = { [kekName]: name, ...(isAws ? { [kmsType]: 'aws-kms' } : {}) }
    const entries = Object.entries({ ...defaults, ...rule.params })
    return { ...rule, params: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
  })
  return { ...ruleSet, domainRules: completed }
}
