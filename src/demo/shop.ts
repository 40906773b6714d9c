// The pay-over-time lender as a pure function: what happens at event n, from (seed, n) and the time line alone, so that after a
// crash the generator goes on from the last committed n and the check can say again what was written, from nothing else.
// The rules that make one right answer are in examples/checkout/README.md; the constants here are those rules.
import type { Value } from '../model/index.ts'
import { timeOf, type TimeLine } from './time-line.ts'

export const shopRules = {
  /** Users 1 to this; the first `hotUsers` shop all the time, which gives velocity alerts. */
  users: 20_000,
  hotUsers: 20,
  merchants: 40,
  /** Rows of before the first event were written this long ago. */
  initialAgeMs: 3_600_000,
  /** Most that an ordinary row is late; the watermarks allow 10 s. */
  latenessMsMax: 4_500,
  /** Least and most that a late row is late: every watermark has passed it by then. */
  lateMsMin: 600_000,
  lateMsMax: 720_000,
  /** No late row before the time line is this old, so that none lies before its start. */
  lateAfterMs: 780_000,
  /** A retry is sent at most this many events later. */
  retryEventsMax: 100,
} as const

export type CapturedName = 'users' | 'merchants' | 'orders' | 'payments'
export type ServiceName = 'checkout_events' | 'repayments'
export const capturedNames: readonly CapturedName[] = ['users', 'merchants', 'orders', 'payments']
export const serviceNames: readonly ServiceName[] = ['checkout_events', 'repayments']

/** Columns in the order of the example's CREATE TABLE; the order of every row here. */
export const shopColumns: Readonly<Record<CapturedName | ServiceName, readonly string[]>> = {
  users: ['user_id', 'country', 'risk_band', 'updated_at'],
  merchants: ['merchant_id', 'name', 'category', 'updated_at'],
  orders: ['loan_id', 'user_id', 'principal'],
  payments: ['payment_id', 'loan_id', 'amount', 'state'],
  checkout_events: ['checkout_id', 'user_id', 'merchant_id', 'amount', 'status', 'event_time'],
  repayments: ['repayment_id', 'loan_id', 'amount', 'paid_at'],
}

export interface ShopSink {
  /** A row of the database: inserted (no before), updated, or deleted (no after). */
  change(table: CapturedName, before: readonly Value[] | null, after: readonly Value[] | null): void
  /** "All changes up to this time were told": a row that no database holds. */
  heartbeat(table: 'users' | 'merchants', timeMs: number): void
  event(table: ServiceName, row: readonly Value[]): void
  /** Bytes that no reader can decode. */
  undecodable(table: ServiceName, bytes: Uint8Array): void
}

type CheckoutKind = 'ordinary' | 'late' | 'bad' | 'undecodable'

interface Checkout {
  readonly kind: CheckoutKind
  readonly approved: boolean
  readonly userId: number
  readonly merchantId: number
  readonly amountCents: number
  readonly eventTimeMs: number
}

/** A well-mixed 32-bit number of (seed, n, what). */
function draw(seed: number, n: number, what: number): number {
  let h =
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^
    Math.imul(n | 0, 0xc2b2ae35) ^
    Math.imul(what, 0x27d4eb2f) ^
    Math.floor(n / 4294967296)
  for (let i = 0; i < 2; i++) {
    h ^= h >>> 16
    h = Math.imul(h, 0x7feb352d)
    h ^= h >>> 15
    h = Math.imul(h, 0x846ca68b)
    h ^= h >>> 16
  }
  return h >>> 0
}

const countries = ['DE', 'FR', 'NL', 'SE', 'US', 'GB', 'AU', 'NZ']
const riskBands = ['low', 'medium', 'high', 'blocked']
const categories = ['fashion', 'electronics', 'travel', 'home', 'beauty', 'sport']
const names = ['Aurora', 'Birch', 'Cobalt', 'Dune', 'Ember', 'Fjord', 'Grove', 'Harbour']

/** Tells `sink` all that happens at event n, in order. O(1) but for n = 0, which also tells the rows of before. */
export function tellEvent(seed: number, line: TimeLine, n: number, sink: ShopSink): void {
  if (n === 0) tellInitial(seed, line, sink)
  if (beatsAt(line, n)) {
    // Changes of this event may carry its time, so the promise ends just before it.
    sink.heartbeat('users', timeOf(line, n) - 1)
    sink.heartbeat('merchants', timeOf(line, n) - 1)
  }
  if (n > 0) {
    tellUserChange(seed, line, n, sink)
    tellMerchantChange(seed, line, n, sink)
  }
  tellCheckout(seed, line, n, sink)
  tellLoan(seed, line, n, sink)
  for (let k = 0; k < 3; k++) tellRepayment(seed, line, n, k, sink)
}

/** Heartbeats are told by the first event of each second. */
export function beatsAt(line: TimeLine, n: number): boolean {
  return n === 0 || Math.floor(timeOf(line, n) / 1000) !== Math.floor(timeOf(line, n - 1) / 1000)
}

function tellInitial(seed: number, line: TimeLine, sink: ShopSink): void {
  for (let user = 1; user <= shopRules.users; user++) sink.change('users', null, userRow(seed, line, user, 0, 0))
  for (let merchant = 1; merchant <= shopRules.merchants; merchant++)
    sink.change('merchants', null, merchantRow(seed, line, merchant, 0, 0))
}

/** Every tenth event changes a user: by turns a hot one and another one, each in a fixed round, so that versions are countable. */
function tellUserChange(seed: number, line: TimeLine, n: number, sink: ShopSink): void {
  if (n % 10 !== 0) return
  const hot = n % 20 === 10
  const turn = hot ? (n - 10) / 20 : n / 20 - 1
  const count = hot ? shopRules.hotUsers : shopRules.users - shopRules.hotUsers
  const user = hot ? 1 + (turn % count) : shopRules.hotUsers + 1 + ((turn * 7919) % count)
  const version = Math.floor(turn / count) + 1
  sink.change('users', userRow(seed, line, user, version - 1, n - 20 * count), userRow(seed, line, user, version, n))
}

/** Every 500th event changes a merchant, in a round. */
function tellMerchantChange(seed: number, line: TimeLine, n: number, sink: ShopSink): void {
  if (n % 500 !== 250) return
  const turn = (n - 250) / 500
  const merchant = 1 + ((turn * 7) % shopRules.merchants)
  const version = Math.floor(turn / shopRules.merchants) + 1
  const before = merchantRow(seed, line, merchant, version - 1, n - 500 * shopRules.merchants)
  sink.change('merchants', before, merchantRow(seed, line, merchant, version, n))
}

/** @param n when this version was made; version 0 is of before the first event */
function updatedAt(line: TimeLine, version: number, n: number): bigint {
  return BigInt(version === 0 ? timeOf(line, 0) - shopRules.initialAgeMs : timeOf(line, n))
}

function userRow(seed: number, line: TimeLine, user: number, version: number, n: number): Value[] {
  const moved = version > 0 && draw(seed, user, 100 + version) % 5 === 0
  const country = countries[draw(seed, user, moved ? 200 + version : 10) % countries.length]!
  const riskBand = riskBands[draw(seed, user, 300 + version) % riskBands.length]!
  return [BigInt(user), country, riskBand, updatedAt(line, version, n)]
}

function merchantRow(seed: number, line: TimeLine, merchant: number, version: number, n: number): Value[] {
  const name = `${names[draw(seed, merchant, 11) % names.length]!} ${merchant}`
  return [
    BigInt(merchant),
    name,
    categories[draw(seed, merchant, 400 + version) % categories.length]!,
    updatedAt(line, version, n),
  ]
}

function checkoutAt(seed: number, line: TimeLine, n: number): Checkout {
  const chance = draw(seed, n, 1) % 1000
  const timeMs = timeOf(line, n)
  const mayBeLate = timeMs - timeOf(line, 0) >= shopRules.lateAfterMs
  const kind: CheckoutKind =
    chance < 2 ? 'undecodable' : chance < 7 ? 'bad' : chance < 17 && mayBeLate ? 'late' : 'ordinary'
  const hot = draw(seed, n, 2) % 20 === 0
  const userId = hot
    ? 1 + (draw(seed, n, 3) % shopRules.hotUsers)
    : shopRules.hotUsers + 1 + (draw(seed, n, 3) % (shopRules.users - shopRules.hotUsers))
  // The smaller of two draws: some merchants sell more.
  const merchantId = 1 + Math.min(draw(seed, n, 4) % shopRules.merchants, draw(seed, n, 5) % shopRules.merchants)
  const cents = 100 + (draw(seed, n, 6) % 49_900)
  return {
    kind,
    approved: draw(seed, n, 7) % 100 < 85,
    userId,
    merchantId,
    amountCents: kind === 'bad' ? -(cents % 5000) : cents,
    eventTimeMs: timeMs - latenessOf(seed, line, n, kind === 'late'),
  }
}

/** Every twentieth ordinary row is a little late; none lies before the time line. */
function latenessOf(seed: number, line: TimeLine, n: number, late: boolean): number {
  if (late) return shopRules.lateMsMin + (draw(seed, n, 8) % (shopRules.lateMsMax - shopRules.lateMsMin))
  if (draw(seed, n, 9) % 20 !== 0) return 0
  return Math.min(draw(seed, n, 8) % shopRules.latenessMsMax, timeOf(line, n) - timeOf(line, 0))
}

function checkoutRow(n: number, checkout: Checkout, laterMs: number): Value[] {
  const status = checkout.approved ? 'approved' : 'declined'
  return [
    `c${n}`,
    BigInt(checkout.userId),
    BigInt(checkout.merchantId),
    BigInt(checkout.amountCents),
    status,
    BigInt(checkout.eventTimeMs + laterMs),
  ]
}

function tellCheckout(seed: number, line: TimeLine, n: number, sink: ShopSink): void {
  const checkout = checkoutAt(seed, line, n)
  if (checkout.kind === 'undecodable') sink.undecodable('checkout_events', damagedBytes(seed, n))
  else sink.event('checkout_events', checkoutRow(n, checkout, 0))
  if (draw(seed, n, 12) % 50 !== 0) return
  const first = n - 1 - (draw(seed, n, 13) % shopRules.retryEventsMax)
  if (first < 0) return
  const again = checkoutAt(seed, line, first)
  if (again.kind !== 'ordinary') return
  // Half of the retries were stamped anew, a little later: the first one counts.
  const laterMs = draw(seed, n, 14) % 2 === 0 ? 0 : 1 + (draw(seed, n, 15) % 400)
  sink.event('checkout_events', checkoutRow(first, again, laterMs))
}

function damagedBytes(seed: number, n: number): Uint8Array {
  const text = draw(seed, n, 16) % 2 === 0
  if (text) return new TextEncoder().encode(`{"checkout_id":"c${n}"`)
  // The mark of a registered schema, an id that nobody gave out, and a torn body.
  return Uint8Array.of(0, 0x7f, 0xff, 0xff, 0xff, draw(seed, n, 17) & 255)
}

/** A loan is made for each ordinary approved checkout; some are halved later, some are called off. */
interface Loan {
  readonly cents: number
  readonly halved: boolean
  readonly calledOff: boolean
  readonly userId: number
  readonly payments: number
}

function loanOf(seed: number, line: TimeLine, m: number): Loan | undefined {
  if (m < 0) return undefined
  const checkout = checkoutAt(seed, line, m)
  if (checkout.kind !== 'ordinary' || !checkout.approved) return undefined
  const calledOff = draw(seed, m, 21) % 60 === 0
  return {
    cents: checkout.amountCents,
    halved: draw(seed, m, 20) % 50 === 0,
    calledOff,
    userId: checkout.userId,
    payments: calledOff ? 0 : draw(seed, m, 22) % 4,
  }
}

const orderRow = (m: number, loan: Loan, cents: number): Value[] => [BigInt(m + 1), BigInt(loan.userId), BigInt(cents)]

function tellLoan(seed: number, line: TimeLine, n: number, sink: ShopSink): void {
  const made = loanOf(seed, line, n - 3)
  if (made) sink.change('orders', null, orderRow(n - 3, made, made.cents))
  const halved = loanOf(seed, line, n - 40)
  if (halved?.halved)
    sink.change('orders', orderRow(n - 40, halved, halved.cents), orderRow(n - 40, halved, halved.cents >> 1))
  const calledOff = loanOf(seed, line, n - 60)
  if (calledOff?.calledOff)
    sink.change('orders', orderRow(n - 60, calledOff, calledOff.halved ? calledOff.cents >> 1 : calledOff.cents), null)
}

/** The k-th payment of a loan: pending in the database, 20 events later settled, with a repayment from the payment service. */
function tellRepayment(seed: number, line: TimeLine, n: number, k: number, sink: ShopSink): void {
  const settledAfter = 100 + 150 * k
  const due = loanOf(seed, line, n - settledAfter + 20)
  const paymentRow = (m: number, loan: Loan, state: string): Value[] => [
    BigInt(m * 4 + k + 1),
    BigInt(m + 1),
    BigInt(loan.cents >> 3),
    state,
  ]
  if (due && due.payments > k) sink.change('payments', null, paymentRow(n - settledAfter + 20, due, 'pending'))
  const m = n - settledAfter
  const loan = loanOf(seed, line, m)
  if (loan && loan.payments > k) {
    sink.change('payments', paymentRow(m, loan, 'pending'), paymentRow(m, loan, 'settled'))
    sink.event('repayments', repaymentRow(seed, line, m, k, loan))
  }
  const retried = loanOf(seed, line, m - 5)
  if (retried && retried.payments > k && draw(seed, m - 5, 30 + k) % 40 === 0)
    sink.event('repayments', repaymentRow(seed, line, m - 5, k, retried))
}

function repaymentRow(seed: number, line: TimeLine, m: number, k: number, loan: Loan): Value[] {
  const n = m + 100 + 150 * k
  const timeMs = timeOf(line, n)
  const late = timeMs - timeOf(line, 0) >= shopRules.lateAfterMs && draw(seed, m, 40 + k) % 100 === 0
  return [`r${m}-${k}`, BigInt(m + 1), BigInt(loan.cents >> 3), BigInt(timeMs - latenessOf(seed, line, n, late))]
}
