// What the catalog is compiled from, taken out of a project.
import { compileCatalog, type Catalog } from '../../catalog/index.ts'
import type { Project } from '../../project/index.ts'

export function catalogOf(project: Project): Catalog {
  const contacts = new Map(project.owners.map((o) => [o.name, o.contact]))
  const capturedFrom = new Map(
    project.sources.flatMap((s) => Object.entries(s.tables).map(([from, to]) => [to, `${s.name}: ${from}`] as const)),
  )
  return compileCatalog({
    tables: project.sql.tables,
    pipelines: project.sql.pipelines,
    lineage: project.sql.lineage,
    ownerOf: (table) => project.tableOwners.get(table) ?? project.owner,
    contactOf: (owner) => contacts.get(owner) ?? null,
    capturedFrom,
    classifications: new Map(project.contracts.flatMap((c) => Object.entries(c.classifications))),
    rules: project.contracts.flatMap((c) => c.rules),
    slos: project.slos,
  })
}
