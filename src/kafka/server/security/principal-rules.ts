// From a certificate's subject to a principal's name, as Kafka's ssl.principal.mapping.rules: the first rule whose pattern is the
// whole subject wins; 'RULE:pattern/replacement/' with L or U after it for lower or upper case, 'DEFAULT' for the subject as it is.
// Reference: KIP-371, SslPrincipalMapper.
const ruleForm = /^RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?)$/

/**
 * Names of those who have none: whoever is on this machine ('anonymous', who may own the node), and Kafka's own. Nobody gets one by
 * proving it, so that a token's or a certificate's text gives no such rights.
 */
export const isReservedName = (name: string): boolean => name.toLowerCase() === 'anonymous'

export interface PrincipalRule {
  /** undefined: the subject as it is. */
  readonly pattern: RegExp | undefined
  readonly replacement: string
  readonly letters: '' | 'L' | 'U'
}

/** undefined for a text that is no rule. */
export function parsePrincipalRule(text: string): PrincipalRule | undefined {
  const trimmed = text.trim()
  if (trimmed === 'DEFAULT') return { pattern: undefined, replacement: '', letters: '' }
  const found = ruleForm.exec(trimmed)
  if (!found) return undefined
  const [, pattern, replacement, letters] = found
  try {
    return {
      pattern: new RegExp(`^(?:${pattern})$`),
      replacement: replacement!.replaceAll('\\/', '/'),
      letters: letters as '' | 'L' | 'U',
    }
  } catch {
    return undefined
  }
}

/** The name, or undefined when no rule fits: the client is refused then. */
export function principalNameOf(subject: string, rules: readonly PrincipalRule[]): string | undefined {
  for (const { pattern, replacement, letters } of rules) {
    if (!pattern) return subject
    const found = pattern.exec(subject)
    if (!found) continue
    const name = replacement.replaceAll(/\$(\d)/g, (_, index: string) => found[Number(index)] ?? '')
    return letters === 'L' ? name.toLowerCase() : letters === 'U' ? name.toUpperCase() : name
  }
  return undefined
}
