// The topics of the simulated transactions.

export const ledger = { name: 'ledger', partitionCount: 2, configs: {} } as const
/** What the coordinator writes in the same moment as the markers: the truth about each transaction. */
export const ledgerState = { name: 'ledger-state', partitionCount: 1, configs: {} } as const
