// A refusal of the catalog, in the REST protocol's terms. Thrown inside a catalog transaction, which it rolls back; the
// catalog's face turns it into an answer. Reference: Iceberg REST OpenAPI, ErrorModel and its exception names.

export const refusals = {
  'bad-request': { status: 400, type: 'BadRequestException' },
  forbidden: { status: 403, type: 'ForbiddenException' },
  'no-namespace': { status: 404, type: 'NoSuchNamespaceException' },
  'no-table': { status: 404, type: 'NoSuchTableException' },
  'not-found': { status: 404, type: 'NotFoundException' },
  'unsupported-method': { status: 405, type: 'UnsupportedOperationException' },
  unsupported: { status: 406, type: 'UnsupportedOperationException' },
  exists: { status: 409, type: 'AlreadyExistsException' },
  'not-empty': { status: 409, type: 'NamespaceNotEmptyException' },
  conflict: { status: 409, type: 'CommitFailedException' },
  unprocessable: { status: 422, type: 'UnprocessableEntityException' },
} as const
export type RefusalKind = keyof typeof refusals

export class Refusal extends Error {
  readonly kind: RefusalKind
  constructor(kind: RefusalKind, message: string) {
    super(message)
    this.name = 'Refusal'
    this.kind = kind
  }
  get status(): number {
    return refusals[this.kind].status
  }
  get type(): string {
    return refusals[this.kind].type
  }
}
