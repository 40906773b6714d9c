// The page: a bar of views, each with a URL of its own; what changes fast comes as events once a second.
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { useStatus, type Status } from './api.ts'
import { Badge, Link } from './parts.tsx'
import './style.css'
import { Explore } from './views/explore.tsx'
import { Lineage } from './views/lineage.tsx'
import { Alerts, Checks, Tables } from './views/lists.tsx'
import { Pipeline, Pipelines } from './views/pipelines.tsx'
import { Topic, Topics } from './views/topics.tsx'

const views = [
  ['/topics', 'Topics'],
  ['/pipelines', 'Pipelines'],
  ['/tables', 'Tables'],
  ['/checks', 'Checks'],
  ['/slos', 'SLOs'],
  ['/lineage', 'Lineage'],
  ['/explore', 'Explore'],
] as const

function useAddress(): { readonly path: string; readonly query: string } {
  const [address, setAddress] = useState({ path: location.pathname, query: location.search })
  useEffect(() => {
    const changed = (): void => setAddress({ path: location.pathname, query: location.search })
    addEventListener('popstate', changed)
    return () => removeEventListener('popstate', changed)
  }, [])
  return address.path === '/' ? { path: '/topics', query: address.query } : address
}

function App() {
  const { path, query } = useAddress()
  const { status, connected } = useStatus()
  const [view, item] = path.split('/').slice(1).map(decodeURIComponent)
  const title = item ?? views.find(([to]) => to === `/${view}`)?.[1] ?? 'Not found'
  useEffect(() => {
    document.title = `${title} · Millrace`
  }, [title])
  return (
    <>
      <header>
        <Link to="/topics">
          <strong>Millrace</strong>
        </Link>
        <nav aria-label="Views">
          {views.map(([to, name]) => (
            <Link key={to} to={to} current={`/${view}` === to}>
              {name}
              {to === '/slos' && status?.alerts.some((a) => a.firing) ? ' •' : ''}
            </Link>
          ))}
        </nav>
        <span className="node">
          {status
            ? `${status.node.project} · ${status.node.environment} · ${Math.round(status.node.residentBytes / 1e6)} MB `
            : ''}
          <Badge tone={connected ? 'good' : 'bad'}>{connected ? 'live' : 'not connected'}</Badge>
        </span>
      </header>
      <main className={status && !connected ? 'stale' : undefined}>
        {status?.node.problems.map(({ who, what }) => (
          <p key={who} className="failure banner" role="alert">
            <strong>{who}</strong> {what}
          </p>
        ))}
        <h1>{title}</h1>
        {/* A view keeps its state while its address stays; another address is another view. */}
        <View key={path + query} view={view ?? ''} item={item} status={status} />
      </main>
    </>
  )
}

function View({ view, item, status }: { view: string; item: string | undefined; status: Status | null }) {
  if (view === 'tables') return <Tables />
  if (view === 'checks') return <Checks />
  if (view === 'lineage') return <Lineage />
  if (view === 'explore') return <Explore />
  if (view === 'topics' && item) return <Topic name={item} topic={status?.topics.find((t) => t.name === item)} />
  if (!status) return <p className="empty">Waiting for the node …</p>
  if (view === 'topics') return <Topics topics={status.topics} />
  if (view === 'slos') return <Alerts alerts={status.alerts} />
  if (view === 'pipelines')
    return item ? (
      <Pipeline pipeline={status.pipelines.find((p) => p.name === item && p.kind === 'query')} />
    ) : (
      <Pipelines pipelines={status.pipelines} />
    )
  return <p className="empty">There is no such page.</p>
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
