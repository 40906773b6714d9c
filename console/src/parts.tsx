// Small parts that every view uses: tables, numbers, states.
import { Fragment, useState, type ReactNode } from 'react'
import type { Fetched } from './api.ts'

export const count = (text: string | number): string =>
  BigInt(Math.trunc(Number(text)))
    .toLocaleString('en-US')
    .toString()

export const rate = (perSecond: number): string =>
  perSecond >= 100 ? Math.round(perSecond).toLocaleString('en-US') : perSecond.toFixed(1)

export const seconds = (value: number | null): string =>
  value === null
    ? '–'
    : value < 120
      ? `${value.toFixed(1)} s`
      : value < 7200
        ? `${Math.round(value / 60)} min`
        : `${Math.round(value / 3600)} h`

export const clock = (ms: number | null): string =>
  ms === null || !Number.isFinite(ms) ? '–' : new Date(ms).toISOString().replace('T', ' ').slice(0, 19)

export interface ColumnOf<T> {
  readonly head: string
  readonly cell: (item: T) => ReactNode
  readonly number?: boolean
}

export function Table<T>({
  name,
  fit = false,
  items,
  columns,
  keyOf,
  empty,
}: {
  /** For those who hear the page. */
  name: string
  /** As wide as its content, not as the page. */
  fit?: boolean
  items: readonly T[]
  columns: readonly ColumnOf<T>[]
  keyOf: (item: T) => string
  empty: string
}) {
  if (items.length === 0) return <p className="empty">{empty}</p>
  return (
    <div className={fit ? 'scroll fit' : 'scroll'} tabIndex={0} role="region" aria-label={name}>
      <table>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.head} scope="col" className={c.number ? 'number' : undefined}>
                {c.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map((c) => (
                <td key={c.head} className={c.number ? 'number' : undefined}>
                  {c.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Loaded<T>({ fetched, children }: { fetched: Fetched<T>; children: (value: T) => ReactNode }) {
  if (fetched.state === 'loading') return <p className="empty">Loading …</p>
  if (fetched.state === 'failed')
    return (
      <p className="failure" role="alert">
        {fetched.reason}
      </p>
    )
  return <>{children(fetched.value)}</>
}

/** What is known of one thing, as pairs; those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

/** Names with commas, each a link to `to` + name. */
export function Links({ to, names }: { to: string; names: readonly string[] }) {
  return names.map((name, i) => (
    <Fragment key={name}>
      {i > 0 ? ', ' : ''}
      <Link to={`${to}${encodeURIComponent(name)}`}>{name}</Link>
    </Fragment>
  ))
}

/** A word of the address's query that a view reads and writes, so that it can be linked to and survives a reload. */
export function useQuery(name: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => new URLSearchParams(location.search).get(name) ?? '')
  return [
    value,
    (next) => {
      setValue(next)
      const query = new URLSearchParams(location.search)
      if (next === '') query.delete(name)
      else query.set(name, next)
      history.replaceState(null, '', query.size > 0 ? `?${query}` : location.pathname)
    },
  ]
}

export function Badge({ tone, children }: { tone: 'good' | 'warn' | 'bad' | 'quiet'; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>
}

/** A link inside the page: changes the URL without loading. */
export function Link({ to, children, current }: { to: string; children: ReactNode; current?: boolean }) {
  return (
    <a
      href={to}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        history.pushState(null, '', to)
        dispatchEvent(new PopStateEvent('popstate'))
      }}
    >
      {children}
    </a>
  )
}
