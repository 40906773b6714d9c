// Seeds that once failed, each with what they found; they run in every test from then on. A seed finds its way back only
// as long as the scenario draws the same numbers, so what it found is told in words, and has a test of its own where it can.

export interface Regression {
  readonly scenario: string
  readonly seed: number
  readonly found: string
}

export const regressions: readonly Regression[] = [
  {
    scenario: 'log',
    seed: 3,
    found: 'after compaction a reader found nothing at offsets before the first batch that was left',
  },
  {
    scenario: 'log',
    seed: 46,
    found: 'a folder made by a killed process was taken for durable; power loss then took its segments',
  },
  {
    scenario: 'log',
    seed: 294,
    found: 'a crash during recovery made an unsynced journal tail look like damaged synced frames',
  },
  {
    scenario: 'log',
    seed: 900578,
    found: 'a full disk left half the header of a new journal file, which hid frames that were acknowledged after it',
  },
  {
    scenario: 'node',
    seed: 101230,
    found: 'a topic was told to exist already, which a full disk then took back with the rest of its group',
  },
  {
    scenario: 'node',
    seed: 200065,
    found:
      'a heartbeat under way at a clean stop began its group anew over the one in the log, which no start could read then',
  },
  {
    scenario: 'node',
    seed: 47,
    found:
      'a classic member whose assignment named a topic twice lost half of it to the first member of the new protocol',
  },
  {
    scenario: 'node',
    seed: 1,
    found:
      'a committed reader was told of an aborted transaction whose marker was compacted away, and left out what its producer committed later',
  },
  {
    scenario: 'node',
    seed: 35,
    found:
      'an offset that was committed for a topic came back for its namesake, where the node died while it was deleted',
  },
  {
    scenario: 'schemas',
    seed: 5036,
    found: 'what follows from a required property was taken to hold for values that are no objects',
  },
]
