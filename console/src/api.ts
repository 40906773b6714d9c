// What the page gets from the node: one stream of status events, and lists fetched when a view opens.
import { useEffect, useState } from 'react'
import type { AlertShape, ErrorShape, NodeShape, PipelineShape, TopicShape } from '../../src/console-api/shapes.ts'

export interface Status {
  readonly node: NodeShape
  readonly topics: readonly TopicShape[]
  readonly pipelines: readonly PipelineShape[]
  readonly alerts: readonly AlertShape[]
}

export type Fetched<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'ready'; readonly value: T }

export async function fetchJson<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(
    path,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )
  const answer = (await response.json()) as T | ErrorShape
  if (!response.ok) {
    const { error } = answer as ErrorShape
    throw new Error(`${error.message} ${error.help} [${error.code}]`)
  }
  return answer as T
}

/** Fetches when the path changes, and again every `everyMs` while the view is open and seen; null: not again. */
export function useFetched<T>(path: string, everyMs: number | null = 2000): Fetched<T> {
  const [fetched, setFetched] = useState<Fetched<T>>({ state: 'loading' })
  useEffect(() => {
    let open = true
    const load = (): void => {
      fetchJson<T>(path).then(
        (value) => open && setFetched({ state: 'ready', value }),
        (error: Error) => open && setFetched({ state: 'failed', reason: error.message }),
      )
    }
    load()
    const timer = everyMs === null ? undefined : setInterval(() => document.hidden || load(), everyMs)
    return () => {
      open = false
      clearInterval(timer)
    }
  }, [path, everyMs])
  return fetched
}

/** The live status; null until the first event. `connected` tells whether the stream stands now. */
export function useStatus(): { readonly status: Status | null; readonly connected: boolean } {
  const [status, setStatus] = useState<Status | null>(null)
  const [connected, setConnected] = useState(false)
  useEffect(() => {
    const events = new EventSource('/api/events')
    events.addEventListener('status', (event) => {
      setStatus(JSON.parse((event as MessageEvent<string>).data) as Status)
      setConnected(true)
    })
    events.addEventListener('error', () => setConnected(false))
    return () => events.close()
  }, [])
  return { status, connected }
}
