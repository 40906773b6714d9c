// The face of catalog: assets, owners, columns and lineage, compiled from the folder.
export { compileCatalog, downstreamOf, searchCatalog, upstreamOf } from './catalog.ts'
export type { Asset, Catalog, CatalogColumn, CatalogInput, ColumnRef } from './catalog.ts'
