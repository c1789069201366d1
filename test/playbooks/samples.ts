// What the contract suite runs each playbook on. A playbook without samples fails the suite.
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { loadCase, type RouteChangeCase } from '../parity/route-change.ts'

export type Sample = {
  name: string
  /** Puts the rows in place, into empty tables. */
  seed: (admin: pg.Client) => Promise<void>
  form: Record<string, string>
}

const cases: RouteChangeCase[] = JSON.parse(
  readFileSync(new URL('../parity/cases/route-change.json', import.meta.url), 'utf8'),
)

/** The recorded cases in which Register wrote something. */
const routeChanges: Sample[] = cases
  .filter(({ changed }) => Object.keys(changed ?? {}).length > 0)
  .map((recorded) => ({
    name: recorded.name,
    seed: (admin) => loadCase(admin, recorded),
    form: { trainee: recorded.before.slug, route: recorded.target_route, reason: 'Contract', ticket: '' },
  }))

export const samples: Readonly<Record<string, readonly Sample[]>> = { 'fix-route': routeChanges }
