import { formatDateTime } from '../../calendar/london.ts'
import type { Check, Finding } from '../../contract/check.ts'
import { dttpStatusLabel, isActiveInDttp, schoolWords } from '../../register/schools/schools.ts'
import { schoolsSentBy } from '../../register/schools/sent-schools.ts'
import { findState, finishedWords, isFinished, showsAward, stateLabel } from '../../register/trainees/states.ts'
import {
  awardOf,
  findRoute,
  isRouteAllowed,
  requiresDegree,
  routeLabel,
  TRAINING_ROUTES,
} from '../../register/trainees/training-routes.ts'
import type { SchoolRows } from './rows.ts'
import type { Situation } from './situation.ts'

/** The checks, each a sentence that should hold, in the order in which people read them. */
export const checks: Check<Situation>[] = [
  { id: 'trainee', sentence: 'One trainee is meant', look: lookAtTrainee },
  { id: 'provider', sentence: 'The route is open to the provider', look: lookAtProvider },
  { id: 'route', sentence: 'The new route is not the current one', look: lookAtRoute },
  { id: 'route-enabled', sentence: 'The new route is switched on in Register', look: lookAtFlag },
  { id: 'state', sentence: 'The record is still being worked on', look: lookAtState },
  { id: 'lead-school', sentence: 'The lead school fits the new route', look: lookAtLeadSchool },
  { id: 'employing-school', sentence: 'The employing school fits the new route', look: lookAtEmployingSchool },
  { id: 'degree', sentence: 'The trainee has the degree the new route asks for', look: lookAtDegree },
  { id: 'award', sentence: 'The award stays the same', look: lookAtAward },
  { id: 'dttp', sentence: 'DTTP needs no change by hand', look: lookAtDttp },
  { id: 'last-change', sentence: 'The last change to the record is known', look: lookAtLastChange },
]

function lookAtTrainee({ trainee }: Situation): Finding {
  const evidence = { id: trainee.id, slug: trainee.slug }
  return { verdict: 'holds', found: `It is trainee ${trainee.id}.`, evidence }
}

function lookAtProvider({ provider, route }: Situation): Finding {
  const evidence = { provider: provider.id, code: provider.code }
  const name = `${provider.name} (${provider.code ?? 'no code'})`
  if (isRouteAllowed(route, provider.code)) return { verdict: 'holds', found: `The provider is ${name}.`, evidence }
  const found =
    route === 'hpitt_postgrad'
      ? `Only trainees with the provider code HPITT can be on this route. This trainee’s provider is ${name}. Check you have the right trainee, or choose another route.`
      : 'Trainees with the provider code HPITT can only be on the HPITT route. Check you have the right trainee.'
  return { verdict: 'blocks', found, evidence }
}

function lookAtRoute({ trainee, route }: Situation): Finding {
  const { code, label } = TRAINING_ROUTES[route]
  const evidence = { from: trainee.training_route, to: code }
  if (trainee.training_route !== code) {
    return { verdict: 'holds', found: `It changes from ${routeLabel(trainee.training_route)} to ${label}.`, evidence }
  }
  const found = `The trainee is already on ${label}. Saving the record again would only make the changes shown.`
  return { verdict: 'warns', found, evidence }
}

function lookAtFlag({ route, register }: Situation): Finding {
  const enabled = route === 'assessment_only' || register.isEnabled(`routes.${route}`)
  if (enabled) return { verdict: 'holds', found: 'Providers can choose it.', evidence: { enabled } }
  const found = 'The new route is switched off in Register: providers cannot choose it, and no schools are sent for it.'
  return { verdict: 'warns', found, evidence: { enabled } }
}

function lookAtState({ trainee }: Situation): Finding {
  const evidence = { state: trainee.state }
  const label = stateLabel(trainee.state, trainee.training_route)
  if (isFinished(trainee.state)) return { verdict: 'warns', found: finishedWords(trainee), evidence }
  switch (findState(trainee.state)) {
    case 'draft':
      return {
        verdict: 'warns',
        found: `The record is a draft. The provider can change its route without us.`,
        evidence,
      }
    case null:
      return { verdict: 'warns', found: `${label}. Register may have changed since this check was written.`, evidence }
    default:
      return { verdict: 'holds', found: `${label}.`, evidence }
  }
}

function lookAtLeadSchool({ trainee, leadSchool, route, register }: Situation): Finding {
  const sends = schoolsSentBy(route, register).includes('lead')
  return lookAtSchool('lead school', leadSchool, trainee.lead_school_not_applicable === true, sends)
}

function lookAtEmployingSchool({ trainee, employingSchool, route, register }: Situation): Finding {
  const sends = schoolsSentBy(route, register).includes('employing')
  return lookAtSchool('employing school', employingSchool, trainee.employing_school_not_applicable === true, sends)
}

function lookAtSchool(which: string, rows: SchoolRows | null, notApplicable: boolean, sends: boolean): Finding {
  const evidence = {
    sends,
    notApplicable,
    urn: rows?.school.urn ?? null,
    dttp: rows?.inDttp.map((row) => [row.id, row.status_code]) ?? [],
  }
  if (!sends) {
    if (!rows) return { verdict: 'holds', found: `The new route sends no ${which}, and none is set.`, evidence }
    const found = `The new route sends no ${which}. The one that is set (${schoolWords(rows.school)}) will no longer be used.`
    return { verdict: 'warns', found, evidence }
  }
  if (notApplicable) {
    const found = `The new route sends the ${which}, but “not applicable” is ticked. The provider must choose one.`
    return { verdict: 'warns', found, evidence }
  }
  if (!rows) {
    return {
      verdict: 'warns',
      found: `The new route sends the ${which}, and none is set. The provider must add it.`,
      evidence,
    }
  }
  return { ...lookAtDttpSchool(which, rows), evidence }
}

function lookAtDttpSchool(which: string, { school, inDttp }: SchoolRows): Omit<Finding, 'evidence'> {
  const statuses = inDttp.map(({ status_code }) => dttpStatusLabel(status_code)).join(' and ')
  const active = inDttp.filter(({ status_code }) => isActiveInDttp(status_code))
  const urn = schoolWords(school)
  if (inDttp.length === 0) {
    return {
      verdict: 'warns',
      found: `The ${which} (${urn}) is not among the DTTP schools, so sending it to DTTP will fail.`,
    }
  }
  if (active.length === 0) {
    return { verdict: 'warns', found: `The ${which} (${urn}) is ${statuses} in DTTP, so sending it to DTTP will fail.` }
  }
  if (active.length > 1) {
    return {
      verdict: 'warns',
      found: `The ${which} (${urn}) is in DTTP more than once (${statuses}). Register may use either.`,
    }
  }
  return { verdict: 'holds', found: `It is ${urn}, and is ${statuses} in DTTP.` }
}

function lookAtDegree({ degrees, route }: Situation): Finding {
  const required = requiresDegree(route)
  const evidence = { required, degrees }
  const has = degrees === 0 ? 'no degree' : degrees === 1 ? '1 degree' : `${degrees} degrees`
  if (!required) return { verdict: 'holds', found: `The new route asks for none. The trainee has ${has}.`, evidence }
  if (degrees > 0) return { verdict: 'holds', found: `The trainee has ${has}.`, evidence }
  return { verdict: 'warns', found: 'The trainee has no degree. The provider must add one.', evidence }
}

function lookAtAward({ trainee, route }: Situation): Finding {
  const current = findRoute(trainee.training_route)
  const [before, after] = [current && awardOf(current), awardOf(route)]
  const evidence = { before, after }
  if (after === null) return { ...lookAtNoAward(trainee, current), evidence }
  if (current === null || before === after) return { verdict: 'holds', found: `The award is ${after}.`, evidence }
  return { verdict: 'warns', found: `The award changes from ${before ?? 'none'} to ${after}.`, evidence }
}

/** HPITT has no award, and Register's overview and timeline of a finished record ask for one. */
function lookAtNoAward({ state, training_route }: Situation['trainee'], current: Situation['route'] | null) {
  if (current === 'hpitt_postgrad') {
    return { verdict: 'holds', found: 'This route has no award, before as after.' } as const
  }
  if (!showsAward(state)) {
    const found = 'The new route has no award. Register’s pages would fail if the record were recommended for one.'
    return { verdict: 'warns', found } as const
  }
  const found = `The new route has no award, and this record is ${stateLabel(state, training_route)}: Register’s pages for it would fail. We refuse this; Register would not. Choose another route, or ask a Register developer.`
  return { verdict: 'blocks', found } as const
}

function lookAtDttp({ trainee, route }: Situation): Finding {
  const changes = trainee.training_route !== TRAINING_ROUTES[route].code
  const state = findState(trainee.state)
  const nightly = state === 'submitted_for_trn' || state === 'trn_received'
  const evidence = { record: trainee.dttp_id, changes, nightly }
  if (trainee.dttp_id === null) return { verdict: 'holds', found: 'The trainee has no DTTP record yet.', evidence }
  if (!changes) return { verdict: 'holds', found: 'The route in DTTP is not affected.', evidence }
  const also = nightly
    ? ' Nightly updates of this trainee to DTTP fail until the emptied course details are filled in again.'
    : ''
  const found = `The new route does not reach DTTP by itself. Ask for it to be changed there: there is text to copy.${also}`
  return { verdict: 'warns', found, evidence }
}

function lookAtLastChange({ lastAudit }: Situation): Finding {
  if (!lastAudit) return { verdict: 'holds', found: 'Register has no history for this trainee.', evidence: null }
  const [, request] = /^(CR-\d+): /.exec(lastAudit.comment ?? '') ?? []
  const someone =
    lastAudit.user_id === null
      ? 'Register itself, or at its console'
      : `somebody in Register (user ${lastAudit.user_id})`
  const by = request ? `by ${request}` : `by ${someone}`
  const when = lastAudit.created_at ? formatDateTime(lastAudit.created_at) : 'at an unknown time'
  return {
    verdict: 'holds',
    found: `Last changed ${when}, ${by}.`,
    evidence: { audit: lastAudit.id, version: lastAudit.version },
  }
}
