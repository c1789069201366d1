import { type DataSource, type EntityManager, In } from 'typeorm'
import { Alert, AlertEntry } from '../../entities/chatops/alert.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { SeenJob } from '../../entities/chatops/seen-job.ts'
import { Trainee } from '../../entities/register/trainee.ts'
import { jobOf, urnOf } from '../../failures/causes.ts'
import { daysIn, foundOf } from '../../failures/found.ts'
import { HANGS } from '../../failures/register-words.ts'
import { findSchoolName } from '../../register/schools/trainee-schools.ts'
import { MOST_SHOWN } from '../live/entries.ts'
import { findResolving, readBeside } from './beside.ts'
import { diagnose } from './diagnosis.ts'
import type { AlertSight, Diagnosis, Group, SeenTrainee } from './sight.ts'

/** Entries of one trainee that a post shows. */
const MOST_ENTRIES_EACH = 3

/** An alert as its post shows it; null if there is none. Entries that are open come first, then the oldest. */
export async function findAlertSight(database: DataSource, id: string): Promise<AlertSight | null> {
  const { manager } = database
  const alert = /^\d{1,18}$/.test(id) ? await manager.findOneBy(Alert, { id }) : null
  if (!alert) return null
  const { open, all, keys } = await readKeys(manager, id)
  const groups = await readGroups(manager, alert, keys)
  const others = alert.status === 'open' && all > keys.length ? await readOthers(manager, id, keys) : []
  const entries = groups.flatMap((group) => group.entries)
  const diagnosis = diagnosisOf(alert, entries, all)
  return { ...(await readAround(manager, alert)), groups, others, open, all, diagnosis }
}

/** The same of one trainee alone, as if the alert were about nobody else; null if it says nothing of them. */
export async function findSightOf(database: DataSource, id: string, trainee: string): Promise<AlertSight | null> {
  const alert = await database.manager.findOneBy(Alert, { id })
  const group = alert && (await findGroup(database, alert, trainee))
  if (!group) return null
  const open = group.entries.some(isOpen) ? 1 : 0
  const diagnosis = diagnosisOf(alert, group.entries, 1)
  const around = await readAround(database.manager, alert)
  const isTheirs = ({ traineeId, subjects }: ChangeRequest) =>
    traineeId === null || subjects.includes(`trainees:${trainee}`)
  const requests = around.requests.filter(isTheirs)
  return { ...around, requests, groups: [group], others: [], open, all: 1, diagnosis }
}

/** The alert, what was found when it was last looked at, and what people do or have done about it. */
async function readAround(sql: EntityManager, alert: Alert) {
  const resolvedBy = await findResolving(sql, alert)
  const urn = urnOf(alert.cause)
  const school = urn === null ? null : await findSchoolName(sql, urn)
  return { alert, urn, school, found: foundOf(alert), ...(await readBeside(sql, alert)), resolvedBy }
}

/** What an alert says of one trainee, even if there is no room for them in its post; null if it says nothing. */
export async function findGroup({ manager }: DataSource, alert: Alert, trainee: string): Promise<Group | null> {
  const [group] = await readGroups(manager, alert, [trainee])
  return group ?? null
}

/** What the first open entry means, or the first one if none is open. `all` is how many trainees the alert is about. */
function diagnosisOf(alert: Alert, entries: readonly AlertEntry[], all: number): Diagnosis {
  const first = entries.find(isOpen) ?? entries[0]
  if (!first) throw new Error('an alert is about nothing')
  return diagnose({
    code: first.failure.code,
    job: jobOf(first),
    trainee: all === 1 ? first.traineeId : null,
    trainees: first.traineeId === null ? 0 : all,
    urn: urnOf(alert.cause),
    found: foundOf(alert),
    byRegister: first.failure.by === 'register',
    hangs: first.failure.words === HANGS,
    after: daysIn(first.failure.words),
  })
}

function isOpen({ settledAt }: AlertEntry): boolean {
  return settledAt === null
}

/** How many trainees an alert is about, and the first of them; '-' stands for jobs without a trainee. */
async function readKeys(sql: EntityManager, id: string): Promise<{ open: number; all: number; keys: string[] }> {
  const [counted] = await sql.query<{ open: number; all: number }[]>(
    `SELECT count(DISTINCT coalesce(trainee_id, 0))::int AS all,
       (count(DISTINCT coalesce(trainee_id, 0)) FILTER (WHERE settled_at IS NULL))::int AS open
     FROM chatops.alert_entries WHERE alert_id = $1`,
    [id],
  )
  const rows = await sql.query<{ key: string }[]>(
    `SELECT coalesce(trainee_id::text, '-') AS key FROM chatops.alert_entries WHERE alert_id = $1
     GROUP BY 1 ORDER BY bool_and(settled_at IS NOT NULL), min(added_at), min(subject) LIMIT $2`,
    [id, MOST_SHOWN],
  )
  return { open: counted?.open ?? 0, all: counted?.all ?? 0, keys: rows.map(({ key }) => key) }
}

/** As many are named as fit beside everything else. */
const MOST_NAMED = 200

async function readOthers(sql: EntityManager, id: string, shown: readonly string[]): Promise<SeenTrainee[]> {
  return sql.query<SeenTrainee[]>(
    `SELECT entry.trainee_id::text AS id, trainee.slug, trainee.dttp_id AS "dttpId"
     FROM chatops.alert_entries entry LEFT JOIN public.trainees trainee ON trainee.id = entry.trainee_id
     WHERE entry.alert_id = $1 AND entry.settled_at IS NULL AND entry.trainee_id IS NOT NULL
       AND entry.trainee_id::text <> ALL($2)
     GROUP BY entry.trainee_id, trainee.slug, trainee.dttp_id ORDER BY min(entry.added_at), entry.trainee_id LIMIT $3`,
    [id, shown, MOST_NAMED],
  )
}

async function readGroups(sql: EntityManager, alert: Alert, keys: readonly string[]): Promise<Group[]> {
  const entries = await sql
    .createQueryBuilder(AlertEntry, 'entry')
    .where('entry.alert_id = :id', { id: alert.id })
    .andWhere(`coalesce(entry.trainee_id::text, '-') = ANY(:keys)`, { keys })
    .orderBy('entry.settled_at IS NOT NULL')
    .addOrderBy('entry.added_at')
    .addOrderBy('entry.subject')
    .getMany()
  const jobs = await sql.find(SeenJob, {
    where: { id: In(entries.flatMap(({ jobId }) => jobId ?? [])) },
    select: { id: true, status: true, curedAt: true },
  })
  const trainees = await sql.find(Trainee, {
    where: { id: In(keys.filter((key) => key !== '-')) },
    select: { id: true, slug: true, dttp_id: true },
  })
  return keys.flatMap((key) => {
    const own = entries.filter(({ traineeId }) => (traineeId ?? '-') === key)
    const row = trainees.find((trainee) => trainee.id === key)
    if (own.length === 0) return []
    return {
      trainee: key === '-' ? null : { id: key, slug: row?.slug ?? null, dttpId: row?.dttp_id ?? null },
      entries: own.slice(0, MOST_ENTRIES_EACH).map((entry) => ({
        ...entry,
        job: jobs.find((job) => job.id === entry.jobId) ?? null,
      })),
      offer: own.some(isOpen) ? diagnosisOf(alert, own, 1).offer : null,
    }
  })
}
