// Reads what budget.json gives each room. Pure.

export interface RoomBudget {
  /** Longest time of the room's tests, installs of peers not counted. */
  readonly minutes: number
  /** Names as in peers/install.ts. */
  readonly peers: readonly string[]
}

export interface Budget {
  readonly totalMinutes: number
  readonly rooms: Readonly<Record<string, RoomBudget>>
}

export interface RoomPlan extends RoomBudget {
  readonly room: string
  /** Relative to conformance/. */
  readonly files: readonly string[]
}

/** What is wrong with a budget: more minutes than in all, or a folder of tests that it does not name. */
export function checkBudget(budget: Budget, files: readonly string[]): string[] {
  const problems: string[] = []
  const minutes = Object.values(budget.rooms).reduce((sum, room) => sum + room.minutes, 0)
  if (minutes > budget.totalMinutes) {
    problems.push(`budget.json: the rooms have ${minutes} minutes, more than the ${budget.totalMinutes} in all`)
  }
  const rooms = new Set(files.map(roomOf))
  for (const room of rooms) {
    if (!(room in budget.rooms)) problems.push(`budget.json: gives conformance/${room} no minutes`)
  }
  return problems
}

/** The rooms that have tests, in the budget's order; only the named ones when any are named. */
export function planRooms(budget: Budget, files: readonly string[], names: readonly string[]): RoomPlan[] {
  return Object.entries(budget.rooms)
    .filter(([room]) => names.length === 0 || names.includes(room))
    .map(([room, given]) => ({ room, ...given, files: files.filter((file) => roomOf(file) === room) }))
    .filter((plan) => plan.files.length > 0)
}

/** The peers that one file needs: its line `// needs: kafka, kcat` (nothing after the colon: none), or else all of its room's. */
export function peersOf(plan: RoomBudget, source: string): readonly string[] {
  const line = /^\/\/ needs:(.*)$/m.exec(source)
  if (!line) return plan.peers
  return line[1]!
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function roomOf(file: string): string {
  return file.slice(0, file.indexOf('/'))
}
