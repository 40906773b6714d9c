// Lake tables, checks, alerts.
import type { AlertShape, CheckShape, TableShape } from '../../../src/console-api/shapes.ts'
import { useFetched } from '../api.ts'
import { Badge, clock, count, Link, Loaded, Table } from '../parts.tsx'

export function Tables() {
  const tables = useFetched<readonly TableShape[]>('/api/tables')
  return (
    <Loaded fetched={tables}>
      {(found) => (
        <Table
          name="Lake tables"
          items={found}
          keyOf={(t) => `${t.namespace}.${t.name}`}
          empty="No lake tables yet. Add WITH ('millrace.lake' = 'append') to a table."
          columns={[
            {
              head: 'Table',
              cell: (t) => (
                <Link to={`/explore?sql=${encodeURIComponent(`SELECT *\nFROM ${t.name}\nLIMIT 20`)}`}>
                  {t.namespace}.{t.name}
                </Link>
              ),
            },
            { head: 'Mode', cell: (t) => <Badge tone="quiet">{t.mode}</Badge> },
            { head: 'Owner', cell: (t) => t.owner ?? '–' },
            { head: 'Rows', cell: (t) => count(t.rows), number: true },
            { head: 'Files', cell: (t) => count(t.files), number: true },
            { head: 'Snapshots', cell: (t) => count(t.snapshots), number: true },
            { head: 'Behind the topic', cell: (t) => count(t.lagRecords), number: true },
            { head: 'Location', cell: (t) => <code>{t.location}</code> },
          ]}
        />
      )}
    </Loaded>
  )
}

export function Checks() {
  const checks = useFetched<readonly CheckShape[]>('/api/checks')
  return (
    <Loaded fetched={checks}>
      {(found) => (
        <Table
          name="Checks"
          items={found}
          keyOf={(c) => `${c.table}/${c.name}`}
          empty="No rules yet. Add quality rules to a data contract."
          columns={[
            { head: 'Rule', cell: (c) => c.name },
            { head: 'Says', cell: (c) => <code>{c.rule}</code> },
            { head: 'Table', cell: (c) => <Link to={`/topics/${encodeURIComponent(c.table)}`}>{c.table}</Link> },
            { head: 'Contract', cell: (c) => c.contract },
            { head: 'Owner', cell: (c) => c.owner },
            { head: 'Severity', cell: (c) => c.severity },
            {
              head: 'Broken',
              cell: (c) => <Badge tone={c.broken === '0' ? 'good' : 'bad'}>{count(c.broken)}</Badge>,
              number: true,
            },
            {
              head: 'Kept in',
              cell: (c) => <Link to={`/topics/${encodeURIComponent(c.quarantine)}`}>{c.quarantine}</Link>,
            },
          ]}
        />
      )}
    </Loaded>
  )
}

export function Alerts({ alerts }: { alerts: readonly AlertShape[] }) {
  return (
    <Table
      name="SLOs"
      items={alerts}
      keyOf={(a) => a.slo}
      empty="No SLOs yet. Add an OpenSLO file."
      columns={[
        { head: 'SLO', cell: (a) => a.slo },
        {
          head: 'Now',
          cell: (a) => (
            <Badge tone={a.firing ? 'bad' : a.good ? 'good' : 'bad'}>
              {a.firing ? `${a.firing.severity} since ${clock(a.firing.sinceMs)}` : a.good ? 'met' : 'missed'}
            </Badge>
          ),
        },
        { head: 'Asset', cell: (a) => <Link to={`/topics/${encodeURIComponent(a.asset)}`}>{a.asset}</Link> },
        { head: 'Objective', cell: (a) => a.objective },
        { head: 'Last', cell: (a) => (a.lastValue === null ? '–' : a.lastValue.toFixed(1)), number: true },
        { head: 'Burn (1 h, 6 h, 3 d)', cell: (a) => a.burnRates.map((b) => b.toFixed(1)).join(', '), number: true },
        { head: 'Owner', cell: (a) => `${a.owner} (${a.contact})` },
      ]}
    />
  )
}
