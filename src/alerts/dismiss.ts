import type { EntityManager } from 'typeorm'
import { formatDateTime } from '../calendar/london.ts'
import { Alert, AlertEntry } from '../entities/chatops/alert.ts'
import { sureTransaction } from '../entities/sure-transaction.ts'
import { ChangeError } from '../errors.ts'
import { appendToLedger } from '../ledger/ledger.ts'
import { hasJustDone } from '../people/just-now.ts'
import { refuse } from '../people/standing.ts'
import { findPersonalDataAbout } from '../schools/named.ts'
import type { World } from '../world.ts'
import { holdCause, redraw } from './live/entries.ts'
import { findResolving } from './sight/beside.ts'

// "Dismiss": somebody says that nobody needs to do anything. It runs nothing, so one person is enough.

type Asked = { id: string; actor: string }

/** A reason is checked for the names of so many of the alert's trainees. */
const MOST_CHECKED = 1_000

/**
 * The open alert, if this person may dismiss it. Throws ChangeError.
 * @param isSent whether they have chosen to: what they have just dismissed is no obstacle then
 */
export async function checkDismissal(world: World, { id, actor }: Asked, { isSent = false } = {}): Promise<Alert> {
  const { people, database } = world
  const standings = await Promise.all([people.mayRequest(actor), people.mayApprove(actor)])
  if (!standings.includes('allowed')) {
    const isUnknown = standings.includes('people-unknown')
    const isColleague = standings.includes('not-listed')
    const isGone = standings.includes('group-gone')
    const listed = isGone ? 'group-gone' : isColleague ? 'not-to-dismiss' : 'not-a-colleague'
    const code = isUnknown ? 'people-unknown' : listed
    return refuse(world, code, actor, null)
  }
  return isSent ? getDismissable(world, { id, actor }, database.manager) : getOpenAlert(world, id, database.manager)
}

/** An open alert, or one that this person has just dismissed, in a window that is sent twice. */
async function getDismissable(world: World, { id, actor }: Asked, sql: EntityManager): Promise<Alert> {
  const alert = /^\d{1,18}$/.test(id) ? await sql.findOneBy(Alert, { id }) : null
  const isSame = alert && hasJustDone(actor, { by: alert.dismissedBy, at: alert.closedAt }, world.now())
  return isSame ? alert : getOpenAlert(world, id, sql)
}

/** The alert. Throws ChangeError if there is none, or if it is over. */
export async function getOpenAlert({ database }: World, id: string, sql = database.manager): Promise<Alert> {
  const alert = /^\d{1,18}$/.test(id) ? await sql.findOneBy(Alert, { id }) : null
  if (!alert) throw new ChangeError('alert-gone')
  if (alert.status !== 'open') throw new ChangeError('alert-over', { detail: await howItEnded(sql, alert) })
  return alert
}

/** What a reason gives away about one of the alert's trainees, about one who waits for its schools, or about whom it speaks of. */
export async function findPersonalDataInDismissal(
  { database }: World,
  id: string,
  reason: string,
): Promise<string | null> {
  const entries = await database.manager.find(AlertEntry, {
    where: { alertId: id },
    select: { alertId: true, subject: true, traineeId: true, failure: true },
    order: { addedAt: 'ASC', subject: 'ASC' },
    take: MOST_CHECKED,
  })
  const trainees = entries.flatMap(({ traineeId }) => traineeId ?? [])
  const urns = [...new Set(entries.flatMap(({ failure }) => failure.urns ?? []))]
  return findPersonalDataAbout(database.manager, { trainees, urns }, reason)
}

/** What an alert is about at the moment, as a hash: whoever dismisses it has seen just that. */
export async function readShown(sql: EntityManager, id: string): Promise<string> {
  const [shown] = await sql.query<{ hash: string }[]>(SHOWN, [id])
  return shown?.hash ?? ''
}

const SHOWN = `
  SELECT md5(coalesce(string_agg(concat_ws(' ', subject, job_id, failure ->> 'words'), E'\n' ORDER BY subject), '')) AS hash
  FROM chatops.alert_entries WHERE alert_id = $1 AND settled_at IS NULL`

/**
 * Dismisses an alert, once: who comes second is told who was first. Its post stays, and says so. What has joined it since
 * `shown` was read is not dismissed with the rest: then nothing is. Throws ChangeError.
 */
export async function dismiss(
  world: World,
  { id, actor, reason, shown }: Asked & { reason: string; shown?: string | undefined },
): Promise<Alert> {
  const { cause } = await checkDismissal(world, { id, actor }, { isSent: true })
  return sureTransaction(world.database, async (sql) => {
    await holdCause(sql, cause)
    const alert = await getDismissable(world, { id, actor }, sql)
    if (alert.status !== 'open') return alert
    if (shown !== undefined && shown !== (await readShown(sql, id))) throw new ChangeError('alert-changed')
    const { affected } = await sql.update(
      Alert,
      { id, status: 'open' },
      { status: 'dismissed', dismissedBy: actor, dismissReason: reason, closedAt: world.now() },
    )
    if (!affected) await getOpenAlert(world, id, sql)
    await redraw(sql, id)
    const dismissed = await sql.findOneByOrFail(Alert, { id })
    await appendToLedger(sql, { changeRequest: null, event: 'alert-dismissed', actor, details: { alert: id, cause } })
    return dismissed
  })
}

async function howItEnded(sql: EntityManager, alert: Alert): Promise<string> {
  const { status, dismissedBy, closedAt } = alert
  const when = closedAt ? ` on ${formatDateTime(closedAt)}` : ''
  if (status === 'dismissed') return `<@${dismissedBy}> dismissed it${when}.`
  const by = (await findResolving(sql, alert)).at(-1)
  return by ? `CR-${by.id} resolved it${when}.` : `It was resolved by itself${when}.`
}
