// Text of generated functions, line by line, with fresh names: so that what is generated can be read.

export class CodeBuilder {
  readonly #lines: string[] = []
  #depth = 1
  #names = 0

  /** Lines so far. */
  get length(): number {
    return this.#lines.length
  }

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text)
  }

  /** `head` ends with '{'; a further `tail` after '}' is allowed by the next open() beginning with '}'. */
  open(head: string): void {
    if (head.startsWith('}')) this.#depth--
    this.line(head)
    this.#depth++
  }

  close(): void {
    this.#depth--
    this.line('}')
  }

  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  text(): string {
    return this.#lines.join('\n')
  }
}
