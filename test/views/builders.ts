import type { CheckResult } from '../../src/contract/check.ts'
import type { Plan, Update } from '../../src/contract/plan.ts'
import type { AnyPlaybook } from '../../src/contract/playbook.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import type { ManualStep } from '../../src/entities/chatops/manual-step.ts'
import type { SchoolWait } from '../../src/entities/chatops/school-wait.ts'
import { playbooks } from '../../src/playbooks/index.ts'
import { type HomeList, renderHome } from '../../src/views/home.ts'
import type { Block } from '../../src/views/kit/blocks.ts'
import { renderRequests, renderRow } from '../../src/views/request/requests.ts'

export const REGISTER = 'https://register.example'
export const HASH = 'a1b2'.repeat(16)

export const EMPTY_PLAN: Plan = { updates: [], inserts: [], effects: [] }

export function planOf(changes: Update['changes'], more: Partial<Plan> = {}): Plan {
  return { ...EMPTY_PLAN, updates: [{ table: 'trainees', id: '5913', changes, save: 'audited' }], ...more }
}

/** What fix-route plans for a trainee with a course. */
export const ROUTE_PLAN = planOf(
  {
    progress: [
      { course_details: true, funding: true, degrees: true },
      { course_details: false, funding: false, degrees: true, schools: false },
    ],
    course_subject_one: ['mathematics', null],
    course_start_date: ['2021-09-01', null],
    study_mode: [1, null],
    applying_for_bursary: [true, null],
    training_route: [1, 4],
    first_names: [' Anna  Maria', 'Anna Maria'],
    lead_school_id: ['12', null],
  },
  {
    effects: [
      { kind: 'manual-step', title: 'Ask for the route to be changed in DTTP', text: 'Please change it.\nThanks' },
    ],
  },
)

export function check(verdict: CheckResult['verdict'], id: string, found = `Found ${id}.`): CheckResult {
  return { id, sentence: `The ${id} is right`, verdict, found, evidence: null }
}

export function changeRequest(
  given: Partial<Omit<ChangeRequest, 'plan' | 'checks'>> & { plan?: Plan | null; checks?: CheckResult[] | null } = {},
): ChangeRequest {
  const { plan = ROUTE_PLAN, checks = [check('holds', 'provider'), check('warns', 'state')], ...rest } = given
  return {
    id: '12',
    playbook: 'fix-route',
    playbookVersion: 1,
    status: 'pending',
    requester: 'U0REQUESTER',
    channel: 'C01',
    traineeId: '5913',
    traineeSlug: 'Ab3dEf6hIj',
    form: { subject: 'Ab3dEf6hIj', route: 'school_direct_salaried', reason: 'Typo by the provider', ticket: 'ZD-77' },
    plan: plan as ChangeRequest['plan'],
    checks: checks as ChangeRequest['checks'],
    subjects: ['trainees:5913'],
    digest: 'd1'.repeat(32),
    follows: null,
    submission: null,
    createdAt: new Date('2021-10-27T13:10:00Z'),
    sentAt: new Date('2021-10-27T13:14:00Z'),
    expiresAt: new Date('2021-10-28T13:14:00Z'),
    answeredAt: null,
    calls: null,
    dealtAt: null,
    dealtBy: null,
    remindAt: null,
    decidedAt: null,
    decidedBy: null,
    decisionReason: null,
    upstreamFailingSince: null,
    leftToOthersSince: null,
    triedAt: null,
    hintedAt: null,
    executedAt: null,
    nextVerifyAt: null,
    finishedAt: null,
    outcome: {},
    cardTs: null,
    cardVersion: 1,
    renderedVersion: 0,
    ...rest,
  }
}

/** The first page of somebody's own requests, with links to cards that are posted. */
export function ownRequests(
  items: readonly ChangeRequest[],
  {
    waits = [],
    viewer = 'U0REQUESTER',
    mayApprove = false,
  }: Partial<{ waits: SchoolWait[]; viewer: string; mayApprove: boolean }> = {},
) {
  return renderRequests({
    title: 'Your requests',
    found: {
      items: items.slice(0, 8),
      all: items.length,
      isAll: true,
      page: 1,
      pages: Math.max(1, Math.ceil(items.length / 8)),
    },
    waits,
    viewer,
    mayApprove,
    registerUrl: REGISTER,
    permalink: linkTo,
    turnTo: String,
  })
}

/** A list on the Home tab, of requests as somebody sees them or of other rows. */
export function homeList(
  items: readonly (ChangeRequest | Block[])[],
  {
    viewer = 'U0REQUESTER',
    mayApprove = false,
    ...more
  }: Partial<HomeList & { viewer: string; mayApprove: boolean }> = {},
): HomeList {
  const viewing = { viewer, mayApprove, registerUrl: REGISTER, permalink: linkTo }
  const rows = items.map((item) => (Array.isArray(item) ? item : renderRow(item, viewing)))
  return {
    name: 'mine',
    title: 'Your requests',
    none: null,
    rows,
    all: items.length,
    isAll: true,
    page: 1,
    pages: 1,
    ...more,
  }
}

/** The Home tab with these lists and nothing in the bot's way. */
export function home(lists: readonly HomeList[], offered: readonly AnyPlaybook[] = playbooks) {
  return renderHome({ lists, offered, standstill: { pause: null, previewOnly: false } })
}

function linkTo(channel: string, ts: string | null): string | null {
  return ts === null ? null : `https://slack.example/archives/${channel}/p${ts}`
}

/** Somebody who waits for a school. */
export function schoolWait(given: Partial<SchoolWait> = {}): SchoolWait {
  return {
    ...{ id: '5', urn: '900005', requester: 'U0REQUESTER', channel: 'C01', playbook: 'repair-school', form: null },
    ...{ asks: { title: 'Add a school', text: 'Please add it.' }, status: 'waiting', cardKey: null, cardUrl: null },
    ...{ submission: null, createdAt: new Date('2021-10-27T13:00:00Z'), askedAt: null, overAt: null },
    ...given,
  }
}

/** Something left to do by hand after CR-12. */
export function manualStep(given: Partial<ManualStep> = {}): ManualStep {
  return {
    id: String(100 + (given.place ?? 0)),
    changeRequestId: '12',
    place: 0,
    title: 'Ask for the route to be changed in DTTP',
    text: 'Please change it.',
    neededUntil: null,
    owner: 'U0REQUESTER',
    addedAt: new Date('2021-10-27T13:21:00Z'),
    doneAt: null,
    doneBy: null,
    ...given,
  }
}

/** A seeded source of numbers from 0 to `below`, so that a failing case can be run again. */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
