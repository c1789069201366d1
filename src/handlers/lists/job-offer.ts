import * as z from 'zod'
import { diagnose } from '../../alerts/sight/diagnosis.ts'
import type { Diagnosis } from '../../alerts/sight/sight.ts'
import { foundOf, type Offer } from '../../failures/found.ts'
import { FAILURES } from '../../failures/table.ts'
import { findListedJob } from '../../jobs/list/list.ts'
import type { ListedJob } from '../../jobs/list/listed-job.ts'
import { refuseUnless } from '../../people/standing.ts'
import { demandOn } from '../../playbooks/switched-on.ts'
import type { JobAdvice } from '../../views/jobs/groups.ts'
import { tell } from '../answer.ts'
import { channelFor, type HandlerContext, wordsOfError } from '../context.ts'
import type { Click } from '../entry-points.ts'
import { showOffered } from '../request/offered.ts'

/** What people can do about a job in the list; null where there is nothing to say. Pure. */
export function adviceFor(job: ListedJob): JobAdvice | null {
  const isOurs = job.runner === 'bot'
  if (job.kind === 'stuck') return { words: isOurs ? STARTS_AGAIN : OVERDUE, button: null }
  const diagnosis = diagnosisOf(job)
  if (diagnosis) {
    const { meaning, why, todo } = diagnosis
    return { words: [meaning, todo].filter(Boolean).join(' '), why, button: offerFor(job)?.label ?? null }
  }
  if (job.kind === 'failed') return { words: 'What made it fail has gone away since.', button: null }
  if (job.kind !== 'retrying') return null
  return { words: isOurs ? TRIES_AGAIN : REGISTER_TRIES_AGAIN, button: null }
}

const jobId = z.uuid()

/** A job's button for a playbook: the preview of what it would do. The request is like any other. */
export async function startFromJob(context: HandlerContext, click: Click): Promise<void> {
  const { ack, action, body } = click
  await ack()
  try {
    await refuseUnless(context.changes, 'mayRequest', body.user.id)
    const { data: id } = jobId.safeParse(action.value)
    const job = id === undefined ? null : await findListedJob(context.changes, id)
    const offer = job && offerFor(job)
    if (!job || !offer) return await tell(context, click, NOT_AS_LISTED)
    await demandOn(context.changes, offer.playbook)
    const known = {
      slug: job.slug,
      words: diagnosisOf(job)?.title ?? '',
      channel: channelFor(context, body.channel?.id),
    }
    await showOffered(context, click, offer, known)
  } catch (error) {
    await tell(context, click, wordsOfError(context, error))
  }
}

/** What a job's failure means; null if it has not failed, or if nobody needs to do anything about it. */
function diagnosisOf({ kind, name, traineeId, failure, found, isCauseGone, runner }: ListedJob): Diagnosis | null {
  if (!failure || isCauseGone) return null
  const { passes, needsPeople } = FAILURES[failure.code]
  // Sidekiq also tries again what waiting does not cure.
  const isForPeople = kind === 'failed' || (kind === 'retrying' && (needsPeople || (!passes && runner === 'register')))
  if (!isForPeople) return null
  return diagnose({
    code: failure.code,
    job: name,
    trainee: traineeId,
    trainees: traineeId === null ? 0 : 1,
    urn: failure.urns?.[0] ?? null,
    found: foundOf({ found }),
    byRegister: runner === 'register',
  })
}

/** The playbook for a failure, if the trainee whom it needs is still there. */
function offerFor(job: ListedJob): Offer | null {
  const offer = diagnosisOf(job)?.offer ?? null
  return offer?.per === 'trainee' && job.slug === null ? null : offer
}

const STARTS_AGAIN =
  'The bot starts it again by itself. If it is still here in ten minutes, tell the Register developers: perhaps no worker runs.'

const OVERDUE =
  'Register’s Sidekiq has not started it. If it is still here in ten minutes, tell the Register developers: perhaps it does not run.'

const REGISTER_TRIES_AGAIN = 'Register’s Sidekiq tries it again by itself. You do not need to do anything.'

const TRIES_AGAIN = 'The bot tries it again by itself. You do not need to do anything.'

const NOT_AS_LISTED = {
  title: 'This job is no longer as it was listed',
  text: 'Nothing has changed because of what you selected.\nType /trainee jobs to see the list as it is now.',
}
