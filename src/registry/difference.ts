// One reason why a schema cannot read what another wrote: the rule, where, why, and what to do.

export interface Difference {
  /** The rule's name, as Confluent's checkers name it where they have the rule. */
  readonly rule: string
  /** A JSON pointer into the text of the schema that reads. */
  readonly path: string
  readonly reason: string
  readonly remedy: string
}

/** As a message of a compatibility check. @param reader 'new' or 'old': which of the two reads */
export function describeDifference({ rule, path, reason, remedy }: Difference, reader: 'new' | 'old'): string {
  const place = path === '' ? '/' : path
  const description = `${reason} (at path ${place} of the ${reader} schema, which is to read data of the ${reader === 'new' ? 'old' : 'new'} one)`
  return `{errorType:${quote(rule)}, description:${quote(description)}, additionalInfo:${quote(place)}, remedy:${quote(remedy)}}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}
