// What topics inherit: defaults that administrators set for all nodes and for this one (Kafka's dynamic broker configs). They lie as
// configs of the sealed topic, `millrace.cluster.NAME` and `millrace.broker.NAME` by the names that topics know, so that the log
// has them before it deletes anything. Invariant: internal topics inherit nothing.

export type DefaultsLayer = 'cluster' | 'broker'

type Configs = Readonly<Record<string, string>>

export const defaultsPrefix = (layer: DefaultsLayer): string => `millrace.${layer}.`

/** Of one layer, by topics' names. @param sealed configs of the sealed topic, where there is one */
export function defaultsOf(sealed: Configs | undefined, layer: DefaultsLayer): Record<string, string> {
  const prefix = defaultsPrefix(layer)
  const found = Object.entries(sealed ?? {}).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
}

/** What a topic without configs of its own has; this node's come before those of all. */
export function inheritedConfigs(sealed: Configs | undefined): Record<string, string> {
  return { ...defaultsOf(sealed, 'cluster'), ...defaultsOf(sealed, 'broker') }
}
