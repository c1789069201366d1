import { type EntityManager, In } from 'typeorm'
import { formOf, planOf } from '../../contract/stored.ts'
import { readSubject } from '../../contract/subject.ts'
import type { ChangeRequest } from '../../entities/chatops/change-request.ts'
import { ManualStep } from '../../entities/chatops/manual-step.ts'
import { appendToLedger, THE_BOT } from '../../ledger/ledger.ts'
import { takesBack } from '../../playbooks/index.ts'
import { announce } from '../announce.ts'
import { lockRequest } from '../requests.ts'
import { isNeedless, listSteps, type Step } from './manual-steps.ts'

/** @property dropped the places of an earlier request's steps that nobody need do any more */
type Left = { steps: readonly Step[]; dropped: { request: string; places: number[] } | null }

/**
 * The steps that a request leaves to people: all that its approver saw. If it undoes another request, that one's open steps are
 * dropped. A step that nobody ticked may still have been done, so taking it back is asked for, too, with "if that is needed" in
 * its title.
 */
export async function stepsLeft(
  sql: EntityManager,
  { playbook, form, plan }: ChangeRequest,
  steps: readonly Step[],
  now: Date,
): Promise<Left> {
  if (playbook !== takesBack.name || !form || !plan) return { steps, dropped: null }
  const { id } = await lockRequest(sql, readSubject(formOf(form)['subject'] ?? '').id)
  const earlier = await listSteps(sql, id)
  const open = earlier.filter(({ doneAt }) => doneAt === null)
  if (open.length > 0) {
    await sql.update(ManualStep, { id: In(open.map((step) => step.id)) }, { doneAt: now, doneBy: THE_BOT })
    await announce(sql, id)
  }
  const backOf = new Map(
    planOf({ plan }).effects.flatMap((effect) =>
      effect.kind === 'manual-step' && effect.back ? [[effect.title, effect.back.title] as const] : [],
    ),
  )
  return {
    steps: steps.map((step) => {
      const takenBack = earlier.find(({ title }) => isTitled(title, backOf.get(step.title)))
      return takenBack && !wasDone(takenBack) ? { ...step, title: ifNeeded(step.title, takenBack.title, id) } : step
    }),
    dropped: open.length > 0 ? { request: id, places: open.map(({ place }) => place) } : null,
  }
}

function wasDone(step: ManualStep): boolean {
  return step.doneAt !== null && !isNeedless(step)
}

const IF_NEEDED = ', if that is needed: nobody had marked'

function ifNeeded(title: string, takenBack: string, request: string): string {
  const [step] = takenBack.split(IF_NEEDED)
  return `${title}${IF_NEEDED} “${step}” of CR-${request} as done`
}

/** Whether a step has this title, with or without the ending "if that is needed …". */
function isTitled(title: string, wanted: string | undefined): boolean {
  return wanted !== undefined && (title === wanted || title.startsWith(`${wanted}${IF_NEEDED}`))
}

/** Puts on record, with the earlier request, that its steps are needless. One of the last statements before COMMIT. */
export async function recordDropped(sql: EntityManager, dropped: Left['dropped'], undoneBy: string): Promise<void> {
  if (!dropped) return
  const details = { steps: dropped.places, undoneBy }
  await appendToLedger(sql, { changeRequest: dropped.request, event: 'step-needless', actor: THE_BOT, details })
}
