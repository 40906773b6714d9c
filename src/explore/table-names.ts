// Which tables a query reads, from the tree that DuckDB's own parser makes of it (json_serialize_sql). Pure.
// Invariant: a name that a WITH defines is not a table, but only where the definition can be seen.

type Node = { readonly [key: string]: unknown }

/** @param tree what json_serialize_sql gave, parsed. @returns names as `table` or `schema.table`, each once (case does not count), in order of sight */
export function tableNamesOf(tree: unknown): string[] {
  const names = new Map<string, string>()
  walk(tree, new Set(), names)
  return [...names.values()]
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function walk(value: unknown, defined: ReadonlySet<string>, names: Map<string, string>): void {
  if (Array.isArray(value)) return value.forEach((item) => walk(item, defined, names))
  if (!isNode(value)) return
  const { cte_map: definitions, ...rest } = value
  const seen = new Set(defined)
  const entries = isNode(definitions) && Array.isArray(definitions.map) ? (definitions.map as Node[]) : []
  for (const { key, value: definition } of entries) {
    // A definition sees those before it; itself only where it is recursive, which its node says.
    const name = String(key).toLowerCase()
    const recursive = JSON.stringify(definition).includes('"RECURSIVE_CTE_NODE"')
    walk(definition, recursive ? new Set([...seen, name]) : seen, names)
    seen.add(name)
  }
  if (value.type === 'BASE_TABLE' && typeof value.table_name === 'string') {
    const schema = typeof value.schema_name === 'string' ? value.schema_name : ''
    const name = schema === '' ? value.table_name : `${schema}.${value.table_name}`
    if (!seen.has(name.toLowerCase()) && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
  }
  for (const child of Object.values(rest)) walk(child, seen, names)
}
