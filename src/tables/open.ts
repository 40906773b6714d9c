// Opens the lake of a folder on this machine: the catalog that the REST routes, explore and the tables worker each hold.
import { pathToFileURL } from 'node:url'
import { nodeClock, nodeRandom, openNodeDisk, type Clock, type Random } from '../base/index.ts'
import { Catalog } from './catalog.ts'
import { openSqliteStore } from './catalog-store.ts'

/**
 * Opens (or makes) a lake's catalog. Each thread opens its own; they see each other's commits at once.
 * @param folder absolute path of the lake; metadata holds absolute locations below it
 * @throws MillraceError MR-TABLES-010, MR-BASE-003, MR-BASE-006
 */
export function openCatalog(folder: string, ports: { clock?: Clock; random?: Random } = {}): Catalog {
  const disk = openNodeDisk(folder)
  // Plain characters stay as they are: readers take the URI's path literally.
  const uri = decodeURI(pathToFileURL(folder).href).replace(/\/+$/, '')
  const store = openSqliteStore(`${folder}/catalog.sqlite`)
  return new Catalog({
    lake: { disk, uri },
    store,
    clock: ports.clock ?? nodeClock,
    random: ports.random ?? nodeRandom,
  })
}
