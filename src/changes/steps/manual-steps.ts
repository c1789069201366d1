import { type DataSource, type EntityManager, In, IsNull, Not } from 'typeorm'
import type { Plan } from '../../contract/plan.ts'
import { type Advice, ChangeRequest } from '../../entities/chatops/change-request.ts'
import { ManualStep } from '../../entities/chatops/manual-step.ts'
import { selectRows } from '../../entities/select-rows.ts'
import { sureTransaction } from '../../entities/sure-transaction.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { MOST_COUNTED, type Page, pageOf, type Wanted } from '../../pages.ts'
import { refuseUnlessEither } from '../../people/standing.ts'
import type { World } from '../../world.ts'
import { announce } from '../announce.ts'
import { getVisible, type InChannels, lockRequest } from '../requests.ts'
import { alone } from '../sweeps/sweep-each.ts'

// What is left to do by hand once a request is carried out. The requester sees to it; anyone who may ask or approve can
// say that it is done, or not done after all.

export type Step = Pick<ManualStep, 'title' | 'text' | 'neededUntil'>

/** What a plan and the advice with it leave to people. */
export function stepsOf(plan: Plan, advice: Advice | null): Step[] {
  const byHand = plan.effects.flatMap((effect) =>
    effect.kind === 'manual-step' ? [{ title: effect.title, text: effect.text, neededUntil: null }] : [],
  )
  if (!advice?.message) return byHand
  const title = advice.step ?? 'Pass on the message'
  return [...byHand, { title, text: advice.message, neededUntil: advice.until ?? null }]
}

/** Adds steps to a request that the caller has locked; its requester owns them. */
export async function addSteps(
  sql: EntityManager,
  { id: changeRequestId, requester: owner }: Pick<ChangeRequest, 'id' | 'requester'>,
  steps: readonly Step[],
  addedAt: Date,
): Promise<void> {
  if (steps.length === 0) return
  const after = (index: number) => () => `(${STEPS_SO_FAR}) + ${index}`
  const rows = steps.map((step, index) => ({ ...step, changeRequestId, place: after(index), owner, addedAt }))
  const insert = sql.createQueryBuilder().insert().into(ManualStep).values(rows)
  await insert.setParameters({ request: changeRequestId }).updateEntity(false).execute()
}

/** All rows of one insert see the steps that were there before it. */
const STEPS_SO_FAR = 'SELECT count(*)::int FROM chatops.manual_steps WHERE change_request_id = :request'

/** Whether the bot has ticked a step off, since nobody need do it any more. People cannot take that back. */
export function isNeedless({ doneAt, doneBy }: ManualStep): boolean {
  return doneAt !== null && doneBy === THE_BOT
}

/** All steps of one request, in their order. */
export function listSteps(sql: EntityManager, changeRequestId: string): Promise<ManualStep[]> {
  return selectRows(sql, ManualStep, 'WHERE change_request_id = $1 ORDER BY place', [changeRequestId])
}

export type OpenStep = { step: ManualStep; request: ChangeRequest }

/** What is left to do by hand, the oldest first, of one channel or of all; and how much there is in all. */
export async function listOpenSteps(
  { manager }: DataSource,
  { place, take }: { place: InChannels; take: number },
): Promise<{ steps: OpenStep[]; inAll: number }> {
  const open = manager
    .createQueryBuilder(ManualStep, 'step')
    .innerJoin(ChangeRequest, 'request', 'request.id = step.change_request_id')
    .where('step.done_at IS NULL')
  if ('notIn' in place) open.andWhere('request.channel <> ALL(:notIn)', place)
  else open.andWhere('request.channel = :channel', place)
  const inAll = await open.getCount()
  const found = await open.orderBy('step.added_at').addOrderBy('step.id').limit(take).getMany()
  return { steps: await withRequests(manager, found), inAll }
}

/** A page of what is left to do by hand anywhere: somebody's own first, and of those and the rest the oldest. */
export async function readOpenSteps({ manager }: DataSource, viewer: string, wanted: Wanted): Promise<Page<OpenStep>> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM chatops.manual_steps WHERE done_at IS NULL
     ORDER BY owner <> $1, added_at, id LIMIT ${MOST_COUNTED + 1}`,
    [viewer],
  )
  const { items, ...place } = pageOf(rows, wanted)
  const found = await manager.findBy(ManualStep, { id: In(items.map(({ id }) => id)) })
  const inOrder = items.flatMap(({ id }) => found.filter((step) => step.id === id))
  return { items: await withRequests(manager, inOrder), ...place }
}

async function withRequests(sql: EntityManager, steps: readonly ManualStep[]): Promise<OpenStep[]> {
  const requests = await sql.findBy(ChangeRequest, { id: In(steps.map(({ changeRequestId }) => changeRequestId)) })
  return steps.flatMap((step) => {
    const request = requests.find(({ id }) => id === step.changeRequestId)
    return request ? [{ step, request }] : []
  })
}

/** The steps of a request that people see to, for somebody who may say what is done. Throws ChangeError. */
export async function findSteps(world: World, { id, actor }: { id: string; actor: string }): Promise<ManualStep[]> {
  await refuseUnlessEither(world, actor)
  const request = await getVisible(world.database, id, actor)
  return (await listSteps(world.database.manager, request.id)).filter((step) => !isNeedless(step))
}

/** Says of steps, by their id, whether they are done; those that are so already stay as they are. Throws ChangeError. */
export async function tickSteps(
  world: World,
  { id, actor, ticks }: { id: string; actor: string; ticks: ReadonlyMap<string, boolean> },
): Promise<void> {
  await refuseUnlessEither(world, actor)
  await sureTransaction(world.database, async (sql) => {
    await lockRequest(sql, id)
    const steps = (await listSteps(sql, id)).filter((step) => !isNeedless(step))
    const [done, undone] = [true, false].map((is) =>
      steps.filter((step) => ticks.get(step.id) === is && (step.doneAt !== null) !== is),
    )
    await settle(sql, done ?? [], { doneAt: world.now(), doneBy: actor })
    await settle(sql, undone ?? [], { doneAt: null, doneBy: null })
    if ([...(done ?? []), ...(undone ?? [])].length === 0) return
    await announce(sql, id)
    for (const [event, which] of [
      ['step-done', done],
      ['step-not-done', undone],
    ] as const) {
      const places = (which ?? []).map(({ place }) => place)
      if (places.length > 0) await appendToLedger(sql, { changeRequest: id, event, actor, details: { steps: places } })
    }
  })
}

async function settle(sql: EntityManager, steps: readonly ManualStep[], as: Pick<ManualStep, 'doneAt' | 'doneBy'>) {
  if (steps.length > 0) await sql.update(ManualStep, { id: In(steps.map(({ id }) => id)) }, as)
}

/** Ticks off what nobody need do any more, since the trainee has a TRN. Returns how many requests had such a step. */
export async function dropNeedlessSteps(world: World): Promise<number> {
  const due = await world.database.query<{ id: string }[]>(NEEDLESS)
  for (const { id } of due) {
    await alone(world, id, () =>
      world.database.transaction(async (sql) => {
        await lockRequest(sql, id)
        const open = { changeRequestId: id, doneAt: IsNull(), neededUntil: Not(IsNull()) }
        const { affected } = await sql.update(ManualStep, open, { doneAt: world.now(), doneBy: THE_BOT })
        if (!affected) return
        await announce(sql, id)
        await appendToLedger(sql, { changeRequest: id, event: 'step-needless', actor: THE_BOT })
      }),
    )
  }
  return due.length
}

const NEEDLESS = `
  SELECT DISTINCT request.id FROM chatops.manual_steps step
  JOIN chatops.change_requests request ON request.id = step.change_request_id
  JOIN public.trainees trainee ON trainee.id = request.trainee_id
  WHERE step.done_at IS NULL AND step.needed_until = 'trn' AND trainee.trn IS NOT NULL`
