// What clients may use without asking further, by the names of Kafka's features: consumer groups of KIP-848 (group.version 1), and
// transactions of which each end raises the epoch (KIP-890; transaction.version 2).
export const features: readonly { readonly name: string; readonly level: number }[] = [
  { name: 'group.version', level: 1 },
  { name: 'transaction.version', level: 2 },
]
