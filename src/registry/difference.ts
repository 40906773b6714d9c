// One reason why a schema cannot read what another wrote: the rule, where in both texts, why, and what to do.

/** A spot in a schema's text, as it is registered (or as it lies in the folder). */
export interface SchemaPlace {
  readonly text: 'new' | 'old'
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** A JSON pointer; of Protobuf a path of names. */
  readonly path: string
}

export interface Difference {
  /** The rule's name, as Confluent's checkers name it where they have the rule. */
  readonly rule: string
  /** A JSON pointer into the text of the schema that reads. */
  readonly path: string
  /** The same into the text of the schema that wrote; absent: its root. */
  readonly writerPath?: string
  readonly reason: string
  readonly remedy: string
  /** It does not stand against the change: a reader gets values, though not what they meant. */
  readonly warning?: boolean
  /** In the text that reads, then in the one that wrote; once somebody who has the texts looked. */
  readonly places?: readonly [SchemaPlace, SchemaPlace]
}

/** The two texts of a comparison, by their part in it. */
export interface ComparedTexts {
  readonly reader: string
  readonly writer: string
  /** Which of the two reads. */
  readonly reading: 'new' | 'old'
}

/** As a message of a compatibility check. @param reader 'new' or 'old': which of the two reads */
export function describeDifference(difference: Difference, reader: 'new' | 'old'): string {
  const { rule, path, reason, remedy, places } = difference
  const place = path === '' ? '/' : path
  const description = `${reason} (at path ${place} of the ${reader} schema, which is to read data of the ${reader === 'new' ? 'old' : 'new'} one)`
  const where = places ? `, places:${quote(places.map(describePlace).join(', '))}` : ''
  return `{errorType:${quote(rule)}, description:${quote(description)}, additionalInfo:${quote(place)}${where}, remedy:${quote(remedy)}}`
}

/** `new 3:14 /fields/1`. */
export function describePlace({ text, line, column, path }: SchemaPlace): string {
  return `${text} ${line}:${column} ${path === '' ? '/' : path}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", '’')}'`
}
