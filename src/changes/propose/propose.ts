import { type EntityManager, EntityNotFoundError } from 'typeorm'
import { type CheckResult, isWarning, stands } from '../../contract/check.ts'
import type { Form } from '../../contract/fields.ts'
import { digestOf, isEmpty, type Plan } from '../../contract/plan.ts'
import type { AnyPlaybook, Situation } from '../../contract/playbook.ts'
import { readSubject } from '../../contract/subject.ts'
import { ChangeRequest } from '../../entities/chatops/change-request.ts'
import type { SchoolWait } from '../../entities/chatops/school-wait.ts'
import { asEntity, insertRow, selectRow } from '../../entities/select-rows.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { isTaken } from '../../entities/transient.ts'
import { ChangeError, UpstreamUnavailable } from '../../errors.ts'
import { appendToLedger } from '../../ledger/ledger.ts'
import { refuseUnless } from '../../people/standing.ts'
import { refuseWhereOff } from '../../playbooks/switched-on.ts'
import { findSchoolName } from '../../register/schools/trainee-schools.ts'
import { keepWait } from '../../schools/waits.ts'
import type { World } from '../../world.ts'
import { type Assessment, assess } from '../assess/assess.ts'
import { getRequest, getVisible, lockRequest } from '../requests.ts'
import { findUndone } from '../undoing.ts'

/**
 * What a preview came to. Only `ready` leaves a change request behind, not yet sent; `waits` one that cannot be made yet.
 * `goes-on`: nothing stands in the way of the next step of the form.
 */
export type Proposal =
  | { kind: 'ready'; changeRequest: ChangeRequest }
  | { kind: 'waits'; wait: SchoolWait; askedBefore: SchoolWait | null; checks: CheckResult[] }
  | { kind: 'goes-on'; checks: CheckResult[] }
  | { kind: 'blocked' | 'nothing-to-do'; checks: CheckResult[]; trainee: Situation['trainee'] }

/**
 * What somebody asks for.
 * @property follows the request that this one was made from
 * @property isAgain what was asked for before: an unsent request with the same answers, for the same channel, is drawn up anew, with
 *   its number
 * @property isFirst only the first of several steps was filled in: nothing is kept
 * @property draft the request whose answers are changed, which has not been sent, and its digest when its form was opened
 * @property submission names the very form that was sent: the same one, sent again, makes no second request
 */
export type Asking = {
  playbook: AnyPlaybook
  form: Form
  requester: string
  channel: string
  follows?: string
  draft?: UnsentRequest
  isFirst?: boolean
  isAgain?: boolean
  submission?: string
}

/** Forms that an earlier version opened do not say which answers they were filled in with. */
export type UnsentRequest = { id: string; digest?: string | undefined }

/**
 * Looks at everything a playbook looks at and keeps the result as an unsent request, which only its requester sees.
 * Writes nothing of Register's. Throws ChangeError: the person may not ask, the trainee is gone, a system is silent.
 */
export async function propose(world: World, asked: Asking): Promise<Proposal> {
  await refuseUnless(world, 'mayRequest', asked.requester)
  await refuseWhereOff(world, asked.playbook.name, asked.requester)
  if (asked.follows) await getVisible(world.database, asked.follows, asked.requester)
  if (asked.draft) demandDraft(await getRequest(world.database, asked.draft.id), asked)
  const made = await findMade(world, asked)
  if (made) return { kind: 'ready', changeRequest: made }
  const assessment = await assessOrRefuse(world, asked.playbook, asked.form)
  const { checks, outcome, situation } = assessment
  if (asked.isFirst && canGoOn(assessment)) return { kind: 'goes-on', checks }
  if (outcome && 'wait' in outcome) return { kind: 'waits', checks, ...(await keepWait(world, asked, outcome.wait)) }
  const plan = outcome?.plan ?? null
  if (plan && !isEmpty(plan)) return { kind: 'ready', changeRequest: await keepOnce(world, asked, assessment, plan) }
  const kind = plan ? 'nothing-to-do' : 'blocked'
  await sureTransaction(world.database, (sql) =>
    appendToLedger(sql, {
      changeRequest: null,
      event: 'blocked',
      actor: asked.requester,
      details: {
        playbook: asked.playbook.name,
        trainee: situation.trainee?.id ?? null,
        because: plan ? ['nothing-to-do'] : checks.filter(isWarning).map(({ id }) => id),
      },
    }),
  )
  return { kind, checks, trainee: situation.trainee }
}

/** Whether anything can come of what was filled in so far: a plan, a wait, or a question that the next step asks. */
function canGoOn({ checks, outcome }: Assessment): boolean {
  if (outcome) return 'wait' in outcome || !isEmpty(outcome.plan)
  const standing = checks.filter(stands)
  return standing.length > 0 && standing.every(({ ask }) => ask)
}

async function assessOrRefuse(world: World, playbook: AnyPlaybook, form: Form): Promise<Assessment> {
  try {
    return await assess(world, playbook, form)
  } catch (error) {
    if (error instanceof EntityNotFoundError) throw new ChangeError('trainee-gone')
    if (error instanceof UpstreamUnavailable) throw new ChangeError('upstream-unavailable', { detail: error.words })
    throw error
  }
}

/** What an earlier delivery of the same submission made. */
async function findMade(world: World, { requester, submission }: Asking): Promise<ChangeRequest | null> {
  if (!submission) return null
  const made = 'WHERE requester = $1 AND submission = $2'
  return selectRow(world.database.manager, ChangeRequest, made, [requester, submission])
}

/** Two deliveries of one submission may come at once: the second is given what the first made. */
async function keepOnce(world: World, asked: Asking, assessment: Assessment, plan: Plan): Promise<ChangeRequest> {
  try {
    return await keep(world, asked, assessment, plan)
  } catch (error) {
    const made = isTaken(error) ? await findMade(world, asked) : null
    if (!made) throw error
    return made
  }
}

async function keep(world: World, asked: Asking, assessment: Assessment, plan: Plan): Promise<ChangeRequest> {
  const { playbook, form } = asked
  return sureTransaction(world.database, async (sql) => {
    const draft = asked.draft
      ? demandDraft(await lockRequest(sql, asked.draft.id), asked)
      : asked.isAgain
        ? await findTwin(sql, asked)
        : null
    const id = draft?.id ?? (await takeNumber(sql))
    const digest = digestOf({
      changeRequest: id,
      playbook: playbook.name,
      version: playbook.version,
      form,
      plan,
      checks: assessment.checks,
      database: world.databaseIdentity,
    })
    if (draft && digest === draft.digest) return renew(sql, draft, world.now())
    if (draft && (asked.draft?.digest ?? draft.digest) !== draft.digest)
      throw new ChangeError('draft-changed', { cr: `CR-${id}` })
    const answers = {
      playbookVersion: playbook.version,
      traineeId: assessment.situation.trainee?.id ?? null,
      traineeSlug: assessment.situation.trainee?.slug ?? null,
      form,
      plan,
      checks: assessment.checks,
      subjects: assessment.subjects,
      digest,
      answeredAt: world.now(),
      outcome: { ...(await findUndone(sql, { playbook: playbook.name, form })), ...(await findSchool(sql, form)) },
    }
    const changeRequest = draft
      ? await withAnswers(sql, id, answers)
      : await insertRow(sql, ChangeRequest, { id, ...answers, ...startOf(asked), createdAt: world.now() })
    await appendToLedger(sql, {
      changeRequest: id,
      event: 'proposed',
      actor: asked.requester,
      details: { playbook: playbook.name, version: playbook.version, digest, columns: columnsOf(plan) },
    })
    return changeRequest
  })
}

async function withAnswers(sql: EntityManager, id: string, answers: Partial<ChangeRequest>): Promise<ChangeRequest> {
  const changing = sql.createQueryBuilder().update(ChangeRequest).set(answers).where({ id, status: 'unsent' })
  const { raw } = await changing.returning('*').updateEntity(false).execute()
  return asEntity(sql, ChangeRequest, raw[0])
}

/** Nothing about it is new, but it was looked at just now: its day begins again. */
async function renew(sql: EntityManager, draft: ChangeRequest, answeredAt: Date): Promise<ChangeRequest> {
  await sql.update(ChangeRequest, { id: draft.id, status: 'unsent' }, { answeredAt })
  return { ...draft, answeredAt }
}

/** Locked. Two clicks on "Ask again" at once make one request: the second finds what the first has made. */
async function findTwin(sql: EntityManager, asked: Asking): Promise<ChangeRequest | null> {
  const { playbook, form, requester, channel, follows } = asked
  await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('again ' || $1, 0))`, [requester])
  const [twin] = await sql.query<{ id: string }[]>(
    `SELECT id FROM chatops.change_requests WHERE requester = $1 AND playbook = $2 AND status = 'unsent'
       AND follows IS NOT DISTINCT FROM $3 AND form = $4::jsonb AND channel = $5
     ORDER BY id DESC LIMIT 1 FOR UPDATE`,
    [requester, playbook.name, follows ?? null, JSON.stringify(form), channel],
  )
  return twin ? lockRequest(sql, twin.id) : null
}

/** What the school is called that a form names by its URN, for the request's words. */
async function findSchool(sql: EntityManager, { subject = '' }: Form): Promise<{ school?: string }> {
  const { kind, id } = readSubject(subject)
  const school = kind === 'urn' ? await findSchoolName(sql, id) : null
  return school ? { school } : {}
}

/** What of a request never changes, whatever becomes of its answers. The form that made it must not make another one. */
function startOf({ playbook, requester, channel, follows, submission }: Asking) {
  return { playbook: playbook.name, requester, channel, follows: follows ?? null, submission: submission ?? null }
}

async function takeNumber(sql: EntityManager): Promise<string> {
  const [next] = await sql.query<{ id: string }[]>(
    `SELECT nextval(pg_get_serial_sequence('chatops.change_requests', 'id')) AS id`,
  )
  if (!next) throw new Error('no number for the change request')
  return next.id
}

/** A request whose answers may still be changed. Throws ChangeError `not-a-draft`. */
function demandDraft(draft: ChangeRequest, { playbook, requester }: Asking): ChangeRequest {
  const isOwn = draft.requester === requester && draft.playbook === playbook.name
  if (!isOwn || draft.status !== 'unsent') throw new ChangeError('not-a-draft')
  return draft
}

function columnsOf(plan: Plan): string[] {
  return plan.updates.flatMap(({ table, changes }) => Object.keys(changes).map((column) => `${table}.${column}`))
}
