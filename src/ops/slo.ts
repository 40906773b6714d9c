// SLOs by time slices of one minute: a slice is bad when the objective was missed at any sample in it, or when there was none.
// Alerts by multi-window burn rates (Google SRE workbook, chapter 5): page when both the long and the short window burn, so that
// it neither fires on a blip nor keeps firing after recovery. Pure: it is told the time, so a held clock decides in tests.
import { slicesMax } from './limits.ts'

export interface SloObjective {
  readonly op: 'lte' | 'lt' | 'gte' | 'gt'
  readonly value: number
  /** Share of good slices, 0..1. */
  readonly target: number
}

export interface SloDefinition {
  readonly name: string
  readonly owner: string
  readonly contact: string
  readonly asset: string
  readonly metric: string
  readonly objective: SloObjective
}

export interface AlertRule {
  readonly severity: 'page' | 'ticket'
  readonly burnRate: number
  readonly longMs: number
  readonly shortMs: number
}

const minute = 60_000
export const sliceMs = minute

/** 14.4 over 1 h and 5 min; 6 over 6 h and 30 min; 1 over 3 d and 6 h. */
export const alertRules: readonly AlertRule[] = [
  { severity: 'page', burnRate: 14.4, longMs: 60 * minute, shortMs: 5 * minute },
  { severity: 'page', burnRate: 6, longMs: 360 * minute, shortMs: 30 * minute },
  { severity: 'ticket', burnRate: 1, longMs: 4320 * minute, shortMs: 360 * minute },
]

export interface Alert {
  readonly slo: string
  readonly owner: string
  readonly contact: string
  readonly asset: string
  readonly severity: 'page' | 'ticket'
  /** When it began to fire, epoch ms. */
  readonly sinceMs: number
  /** A sentence: what, how bad, over which window. */
  readonly summary: string
}

export interface SloStatus {
  readonly slo: SloDefinition
  readonly lastValue: number | null
  readonly good: boolean
  /** Burn rate per rule's long window. */
  readonly burnRates: readonly number[]
  readonly alert: Alert | null
}

export class SloTracker {
  readonly slo: SloDefinition
  /** Slice index → bad; slices before the first sample do not count. */
  readonly #bad: Map<number, boolean> = new Map()
  #first: number | null = null
  #lastValue: number | null = null
  #good = true
  #alert: Alert | null = null

  constructor(slo: SloDefinition) {
    this.slo = slo
  }

  /** A measurement at a time; NaN or undefined when the asset has none, which is bad: silence is not health. */
  sample(nowMs: number, value: number | undefined): void {
    const slice = Math.floor(nowMs / sliceMs)
    this.#first ??= slice
    const good = value !== undefined && meets(this.slo.objective, value)
    this.#lastValue = value ?? null
    this.#good = good
    this.#bad.set(slice, (this.#bad.get(slice) ?? false) || !good)
    for (const old of this.#bad.keys()) {
      if (old > slice - slicesMax) break
      this.#bad.delete(old)
    }
  }

  /** Share of bad slices in (now - window, now], over the slices since the first sample. Unsampled slices are bad. */
  #badShare(nowMs: number, windowMs: number): number {
    if (this.#first === null) return 0
    const last = Math.floor(nowMs / sliceMs)
    const from = last - Math.round(windowMs / sliceMs) + 1
    let bad = 0
    for (let slice = Math.max(from, this.#first); slice <= last; slice++) {
      const state = this.#bad.get(slice)
      if (state === true || (state === undefined && slice < last)) bad++
    }
    return bad / Math.round(windowMs / sliceMs)
  }

  /** Evaluates the alert rules; the alert keeps its first time while it fires. */
  evaluate(nowMs: number): SloStatus {
    const { slo } = this
    const budget = 1 - slo.objective.target
    const burn = (windowMs: number): number => this.#badShare(nowMs, windowMs) / budget
    const firing = alertRules.find((rule) => burn(rule.longMs) >= rule.burnRate && burn(rule.shortMs) >= rule.burnRate)
    if (!firing) this.#alert = null
    else {
      this.#alert = {
        slo: slo.name,
        owner: slo.owner,
        contact: slo.contact,
        asset: slo.asset,
        severity: firing.severity,
        sinceMs: this.#alert?.sinceMs ?? nowMs,
        summary: `${slo.name}: ${slo.metric} of ${slo.asset} is ${this.#lastValue ?? 'unknown'} (objective ${slo.objective.op} ${slo.objective.value}); the error budget burns ${burn(firing.longMs).toFixed(1)} times too fast over ${firing.longMs / minute} minutes`,
      }
    }
    return {
      slo,
      lastValue: this.#lastValue,
      good: this.#good,
      burnRates: alertRules.map((r) => burn(r.longMs)),
      alert: this.#alert,
    }
  }
}

function meets(objective: SloObjective, value: number): boolean {
  switch (objective.op) {
    case 'lte':
      return value <= objective.value
    case 'lt':
      return value < objective.value
    case 'gte':
      return value >= objective.value
    case 'gt':
      return value > objective.value
  }
}
