import { describe, expect, it } from 'vitest'
import type { AlertSight } from '../../../src/alerts/sight/sight.ts'
import type { FoundTrainee } from '../../../src/failures/found.ts'
import { renderDismiss } from '../../../src/views/alert/dismiss.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { changeRequest, REGISTER, schoolWait } from '../builders.ts'
import { buttonsOf, expectMessage, expectView, mrkdwnOf, readingOf } from '../shown.ts'
import { AT, CONTACT, draw, entry, foundOf, group, RECORD, sight, TIMED_OUT, trainee } from './sights.ts'

const CLOSED = { closedAt: new Date('2021-10-27T13:20:00Z') }
const EVIL = '<!channel> *x* _y_ ~z~ <@U0EVIL> <https://evil|click> :tada: ``` `q` https://evil.example'
const labels = (given: AlertSight) => buttonsOf(draw(given).blocks).map(({ text }) => text.text)

describe('the post about one trainee', () => {
  const shown = sight({ found: foundOf({ '5913': trainee() }) })

  it('says what is the case and what to do first, and then small Register’s words, the job and its times', () => {
    const read = readingOf(draw(shown).blocks)
    for (const words of [
      '⚠️ No TRN for trainee 5913 after 4 days',
      'DTTP has the trainee’s record but no TRN (checked at 10:02am). This is usually a delay at DQT. Register has stopped asking.',
      'Check the DTTP record. If it looks right, select “Ask again for 1 day”. A second person must approve it. If it looks wrong, contact the operations team.',
      TIMED_OUT,
      'Asking DTTP for a TRN failed (Dttp::RetrieveTrnJob) on 27 October 2021 at 10:02am.',
      'DTTP was to be asked until 25 October 2021 at 9:12am.',
      'Pending TRN.',
      '“Ask again for 1 day” is /trainee requeue-trn: the time for asking is up.',
    ]) {
      expect(read).toContain(words)
    }
    const [, main, todo, , ...small] = draw(shown).blocks
    expect([main?.type, todo?.type]).toEqual(['section', 'section'])
    expect(new Set(small.map(({ type }) => type))).toEqual(new Set(['context']))
    expect(readingOf(small)).toContain(TIMED_OUT)
    expectMessage(draw(shown))
  })

  it('leads to the trainee in Register and to the record in DTTP', () => {
    expect(mrkdwnOf(draw(shown).blocks)).toContain(
      `*<${REGISTER}/trainees/Slug5913|Trainee 5913>*, <${RECORD.replaceAll('&', '&amp;')}|DTTP record>`,
    )
  })

  it('has buttons to start the playbook, to view the trainee here and there, and to dismiss', () => {
    const buttons = buttonsOf(draw(shown).blocks)
    expect(buttons).toMatchObject([
      { text: { text: 'Ask again for 1 day' }, action_id: ACTIONS.startFromAlert, value: '7:5913' },
      { text: { text: 'View trainee' }, action_id: ACTIONS.viewTrainee, url: `${REGISTER}/trainees/Slug5913` },
      { text: { text: 'View DTTP record' }, action_id: ACTIONS.viewInDttp, url: RECORD },
      { text: { text: 'Dismiss' }, action_id: ACTIONS.openDismissal, value: '7' },
    ])
  })

  it('says when the last failure was, if it was not the first', () => {
    const late = entry(5913, { at: '2021-10-28T09:02:00.000Z' })
    expect(readingOf(draw(sight({ groups: [group(5913, late)] })).blocks)).toContain(
      'on 27 October 2021 at 10:02am, last on 28 October 2021 at 10:02am.',
    )
  })

  it('offers no second poll while the trainee is polled again, and says until when', () => {
    const polled = sight({ found: foundOf({ '5913': trainee({ poll: { until: '2021-11-01T12:00:00.5' } }) }) })
    expect(readingOf(draw(polled).blocks)).toContain('DTTP is asked again until 1 November 2021 at midday.')
    expect(labels(polled)).not.toContain('Ask again for 1 day')
  })

  it('names every job that failed for the same cause', () => {
    const gone = { code: 'gone', words: 'DTTP does not have the record (404).' } as const
    const update = entry(5913, gone, { subject: 'update-trainee:5913' })
    const read = readingOf(draw(sight({ groups: [group(5913, entry(5913, gone), update)] })).blocks)
    expect(read).toContain('Dttp::RetrieveTrnJob')
    expect(read).toContain('Dttp::UpdateTraineeJob')
  })

  it('has no links and no buttons for a trainee who is gone from Register', () => {
    const gone = { ...group(5913), trainee: { id: '5913', slug: null, dttpId: null } }
    expect(labels(sight({ groups: [gone], found: foundOf({ '5913': null }) }))).toEqual(['Dismiss'])
  })
})

describe('what people do about it already', () => {
  const asked = { playbook: 'requeue-trn', requester: 'U0SUPPORT', subjects: ['trainees:5913'] }
  const request = changeRequest({ id: '21', ...asked })

  it('stands in the place of the button and of the advice to press it', () => {
    const shown = sight({ found: foundOf({ '5913': trainee() }), requests: [request] })
    expect(readingOf(draw(shown).blocks)).toContain(
      '*CR-21* deals with it: asked for by <@U0SUPPORT>, waiting for approval.',
    )
    expect(labels(shown)).toEqual(['View trainee', 'View DTTP record', 'Dismiss'])
    expectMessage(draw(shown))
  })

  it('is said of a school, and of whoever waits for it', () => {
    const school = { code: 'school-not-active', words: 'The lead school is not active.' } as const
    const groups = [group(5901, entry(5901, school, { subject: 'update-trainee:5901' }))]
    const repair = changeRequest({
      id: '22',
      playbook: 'repair-school',
      form: { subject: 'URN 900002', reason: 'x' },
      subjects: ['dttp_schools:1'],
    })
    const waits = [schoolWait({ urn: '900002', requester: 'U0WAITS', askedAt: new Date(AT), cardUrl: 'https://t/c' })]
    const idle = sight({ groups, urn: '900002' })
    expect(labels(idle)).toContain('Repair school')
    const busy = sight({ groups, urn: '900002', requests: [repair], waits })
    expect(labels(busy)).not.toContain('Repair school')
    const read = readingOf(draw(busy).blocks)
    expect(read).toContain('*CR-22* deals with it')
    expect(read).toContain('<@U0WAITS> waits until DTTP has school 900002, since 27 October 2021 at 10:02am.')
    expect(read).toContain('<https://t/c|The Trello card>')
  })

  it('is said of a school also by a request that was begun with one of its trainees', () => {
    const failure = { code: 'school-not-active', words: 'The lead school is not active.' } as const
    const groups = [5901, 5902].map((id) => group(id, entry(id, failure, { subject: `update-trainee:${id}` })))
    const form = { subject: 'Ab3dEf6hIj', reason: 'x' }
    const repair = changeRequest({ id: '22', playbook: 'repair-school', form, subjects: ['trainees:5901'] })
    const busy = sight({ groups, urn: '900002', requests: [repair], all: 2 })
    expect(readingOf(draw(busy).blocks)).toContain('*CR-22* deals with it')
    expect(labels(busy)).not.toContain('Repair school')
    expect(readingOf(draw(busy).blocks)).not.toContain('Select “Repair school”')
    const other = changeRequest({ id: '23', playbook: 'fix-route', traineeId: '5901', subjects: ['trainees:5901'] })
    const free = sight({ groups, urn: '900002', requests: [other], all: 2 })
    expect(labels(free)).toContain('Repair school')
    expect(readingOf(draw(free).blocks)).toContain('This can be asked for all the same: the trainee is left out')
  })

  it('is said in the place of the advice, while somebody waits for the school', () => {
    const school = { code: 'school-not-active', words: 'The lead school is not active.' } as const
    const groups = [group(5901, entry(5901, school, { subject: 'update-trainee:5901' }))]
    const urn = '900002'
    expect(readingOf(draw(sight({ groups, urn })).blocks)).toContain('Select “Repair school”')
    const awaited = sight({ groups, urn, waits: [schoolWait({ urn, requester: 'U0WAITS' })] })
    const read = readingOf(draw(awaited).blocks)
    expect(read).toContain('<@U0WAITS> waits until DTTP has school 900002')
    expect(read).toContain('Whoever waits is told when the school is there.')
    expect(read).not.toContain('Select “Repair school”')
  })

  it('leaves the buttons of other trainees alone', () => {
    const failure = { code: 'not-polled', words: 'Nothing asks.' } as const
    const groups = [5912, 5913].map((id) => group(id, entry(id, failure, { jobId: null, job: null })))
    const starts = buttonsOf(draw(sight({ groups, requests: [request] })).blocks)
    expect(starts.filter(({ action_id }) => action_id === ACTIONS.startFromAlert).map(({ value }) => value)).toEqual([
      '7:5912',
    ])
  })
})

describe('what was found', () => {
  const cases: [string, Partial<FoundTrainee>, string][] = [
    ['a record without a TRN', {}, 'DTTP has the trainee’s record but no TRN'],
    ['a record with a TRN', { trnInDttp: true }, 'DTTP has the trainee’s record, and a TRN by now'],
    ['a TRN in Register', { hasTrn: true, trnInDttp: true }, 'DTTP has the trainee’s record (checked'],
    ['no record', { contact: 'missing' }, 'DTTP does not have the trainee’s record'],
    [
      'neither record',
      { contact: 'missing', placementAssignment: 'missing' },
      'DTTP has neither the trainee’s record nor the training record',
    ],
    ['one that was merged', { became: 'merged into c-1' }, 'record, but it was merged into c-1 there'],
    ['half of it', { placementAssignment: 'missing' }, 'DTTP has the trainee’s record, but not the training record'],
    ['no answer', { contact: 'unknown' }, 'DTTP could not be checked'],
    ['nothing to ask for', { contact: 'none' }, 'Register knows of no DTTP record'],
    ['no traces', { contact: 'none', candidates: [] }, 'DTTP has no record that the registration could have created'],
    [
      'a school',
      { schools: [{ which: 'lead', urn: '900002', statuses: [2] }] },
      'Lead school 900002: inactive in DTTP.',
    ],
    [
      'no such school',
      { schools: [{ which: 'employing', urn: '9', statuses: [] }] },
      'Employing school 9: not in DTTP.',
    ],
    ['two rows', { schools: [{ which: 'lead', urn: '9', statuses: [2, 1] }] }, '9: inactive and active in DTTP.'],
  ]

  it.each(cases)('is said: %s', (_, found, words) => {
    expect(readingOf(draw(sight({ found: foundOf({ '5913': trainee(found) }) })).blocks)).toContain(words)
  })

  it('lists the records that an unanswered registration may have created, with links', () => {
    const failure = { code: 'outcome-unknown', words: 'We got no reply.' } as const
    const groups = [group(5913, entry(5913, failure, { subject: 'register-for-trn:5913' }))]
    const found = foundOf({ '5913': trainee({ contact: 'none', candidates: [CONTACT, EVIL] }) })
    const shown = mrkdwnOf(draw(sight({ groups, found })).blocks)
    expect(shown).toContain(`<${RECORD.replaceAll('&', '&amp;')}|${CONTACT}>`)
    expect(shown).not.toContain('evil')
  })
})

describe('the post about several', () => {
  const failure = { code: 'not-polled', words: 'Nothing asks DTTP for this trainee’s TRN.' } as const
  const groups = [5901, 5902, 5903].map((id) => group(id, entry(id, failure, { jobId: null, job: null })))

  it('says once what they share, and has a row with a button for each', () => {
    const message = draw(sight({ groups, alert: { cause: 'not-polled' } }))
    const read = readingOf(message.blocks)
    expect(read).toContain('Nothing asks for the TRN of 3 trainees')
    expect(read.split(failure.words)).toHaveLength(2)
    const starts = buttonsOf(message.blocks).filter(({ action_id }) => action_id === ACTIONS.startFromAlert)
    expect(starts.map(({ value }) => value)).toEqual(['7:5901', '7:5902', '7:5903'])
    expectMessage(message)
  })

  it('keeps different words with their trainees, uninterpreted', () => {
    const refused = [5901, 5902].map((id) => group(id, entry(id, { code: 'dttp-unavailable', words: `${EVIL} ${id}` })))
    const message = draw(sight({ groups: refused }))
    expect(readingOf(message.blocks)).toContain(`${EVIL} 5901`)
    expect(mrkdwnOf(message.blocks)).not.toMatch(/evil|x\*/i)
  })

  it('offers a poll only for those who are not polled yet, and the way to the trainee for the others', () => {
    const found = foundOf({ '5901': trainee({ poll: { until: null } }) })
    const settled = group(5902, entry(5902, failure, { settledAt: new Date(AT) }))
    const shown = sight({ groups: [groups[0] ?? settled, settled, groups[2] ?? settled], found, open: 2 })
    expect(labels(shown)).toEqual(['View trainee', 'View trainee', 'Ask again for 1 day', 'Dismiss'])
    const lost = sight({ groups, found: foundOf({ '5901': trainee({ contact: 'missing' }) }) })
    expect(labels(lost)).toEqual(['Register again', 'Ask again for 1 day', 'Ask again for 1 day', 'Dismiss'])
    const read = readingOf(draw(shown).blocks)
    expect(read).toContain('DTTP is asked for the TRN now.')
    expect(read).toContain('1 no longer affected. Checked at 10:02am.')
  })

  it('says how many more there are, and where they are listed', () => {
    const jobs = [5901, 5902, 5903].map((id) => group(id))
    const read = readingOf(draw(sight({ groups: jobs, all: 1_234 })).blocks)
    expect(read).toContain('And 1,231 more. All of their jobs: /trainee jobs.')
  })

  it('names those for whom there is no room, since those without a job are listed nowhere else', () => {
    const none = { code: 'not-polled', words: 'Nothing asks DTTP for this trainee’s TRN.' } as const
    const unpolled = Array.from({ length: 10 }, (_, index) => index + 5901).map((id) =>
      group(id, entry(id, none, { jobId: null, job: null })),
    )
    const others = [5911, 5912].map((id) => ({ id: String(id), slug: `Slug${id}`, dttpId: null }))
    const message = draw(sight({ groups: unpolled, others, all: 13 }))
    expectMessage(message)
    const read = readingOf(message.blocks)
    expect(read).toContain(
      `And 3 more: trainees <${REGISTER}/trainees/Slug5911|5911>, <${REGISTER}/trainees/Slug5912|5912>, and 1 who are not named here.`,
    )
    expect(read).not.toContain('/trainee jobs')
    const many = Array.from({ length: 200 }, (_, index) => ({
      id: `${index + 6001}`,
      slug: 'x'.repeat(24),
      dttpId: null,
    }))
    const most = draw(sight({ groups: unpolled, others: many, all: 1_210 }))
    expectMessage(most)
    expect(readingOf(most.blocks)).toContain('6199, 6200, and 1,000 who are not named here.')
  })

  it('leads to no list of jobs once it is over', () => {
    const over = sight({ alert: { status: 'resolved', ...CLOSED }, groups, all: 5 })
    expect(readingOf(draw(over).blocks)).toMatch(/And 2 more\.(?! All)/)
  })

  it('names a school by its URN, with its status in DTTP and the way to GIAS', () => {
    const school = {
      code: 'school-not-active',
      words: 'The lead school (URN 900002) is not an active school in DTTP.',
    } as const
    const affected = [5901, 5902].map((id) => group(id, entry(id, school, { subject: `update-trainee:${id}` })))
    const message = draw(sight({ groups: affected, urn: '900002', found: foundOf({}, { statuses: [2] }) }))
    const read = readingOf(message.blocks)
    expect(read).toContain('School 900002 is not active in DTTP')
    expect(read).toContain('It is inactive in DTTP.')
    const named = sight({
      groups: affected,
      urn: '900002',
      school: 'Oak *School*',
      found: foundOf({}, { statuses: [2] }),
    })
    expect(readingOf(draw(named).blocks)).toContain('Oak  School  is inactive in DTTP.')
    const unseen = sight({ groups: affected, urn: '900002', school: 'Oak School' })
    expect(readingOf(draw(unseen).blocks)).toContain('Oak School: URN 900002.')
    expect(mrkdwnOf(message.blocks)).toContain(
      '<https://get-information-schools.service.gov.uk/Establishments/Establishment/Details/900002|Look at it at GIAS>',
    )
  })
})

describe('a post beside which a request is open', () => {
  const open = (playbook: string) => [
    changeRequest({ id: '21', status: 'pending', playbook, traineeId: '5913', subjects: ['trainees:5913'] }),
  ]

  it('names the one that does what it offers in place of its advice', () => {
    const read = readingOf(draw(sight({ requests: open('requeue-trn') })).blocks)
    expect(read).toContain('CR-21* deals with it: asked for by')
    expect(read).not.toContain('If it looks right')
  })

  it('keeps its advice beside one that does something else, and says that this must be over first', () => {
    const shown = sight({ requests: open('fix-route') })
    const read = readingOf(draw(shown).blocks)
    expect(read).toContain('CR-21* does something else for trainee 5913 (change training route): asked for by')
    expect(read).toContain('It must be over before this can be asked for.')
    expect(read).toContain('If it looks right')
    expect(read).not.toContain('deals with it')
    expect(labels(shown)).not.toContain('Ask again for 1 day')
  })
})

describe('a post that is over', () => {
  it('says that it was resolved by itself, why, and what it was about, with nothing left to start', () => {
    const settled = group(5913, entry(5913, {}, { settledAt: new Date(AT) }))
    const found = foundOf({ '5913': trainee() })
    const shown = sight({ alert: { status: 'resolved', ...CLOSED }, groups: [settled], open: 0, found })
    const read = readingOf(draw(shown).blocks)
    for (const words of [
      '✅ Resolved: No TRN for trainee 5913 after 4 days',
      'Resolved by itself on 27 October 2021 at 2:20pm.',
      'The TRN has arrived.',
      TIMED_OUT,
    ]) {
      expect(read).toContain(words)
    }
    expect(labels(shown)).toEqual(['View trainee', 'View DTTP record'])
    expect(read).not.toMatch(/applies|no TRN \(checked|Pending TRN/)
  })

  it('says where the same has happened again, and calls that neither resolved nor anybody’s merit', () => {
    const settled = group(5913, entry(5913, {}, { settledAt: new Date(AT) }))
    const found = foundOf({}, { because: { 'retrieve-trn:5913': 'timed-out-again' } })
    const shown = sight({ alert: { status: 'resolved', ...CLOSED }, groups: [settled], open: 0, found })
    const read = readingOf(draw(shown).blocks)
    expect(read).toContain('⏩ Goes on in a later post: No TRN for trainee 5913')
    expect(read).toContain('The time for asking again is up, too. A later post is about it.')
    expect(read).not.toMatch(/resolved/i)
  })

  it('asks for what is left of a job that failed, whoever has resolved the rest', () => {
    const failure = { code: 'switched-off', words: 'It is off.' } as const
    const settled = group(5913, entry(5913, failure, { settledAt: new Date(AT) }))
    const found = foundOf({}, { because: { 'retrieve-trn:5913': 'switched-on' } })
    const alert = { status: 'resolved', ...CLOSED } as const
    const resolvedBy = [changeRequest({ id: '21' })]
    const left = readingOf(draw(sight({ alert, groups: [settled], found, resolvedBy })).blocks)
    expect(left).toContain('has not run since')
    const job = { status: 'failed', curedAt: new Date(AT) } as const
    const cured = group(5913, entry(5913, failure, { settledAt: new Date(AT), job }))
    expect(readingOf(draw(sight({ alert, groups: [cured], found })).blocks)).not.toContain('has not run since')
  })

  it('says which request resolved it, and gives no other advice', () => {
    const failure = { code: 'gone', words: 'DTTP does not have the record.' } as const
    const settled = group(5913, entry(5913, failure, { settledAt: new Date(AT) }))
    const resolvedBy = [changeRequest({ id: '21', requester: 'U0SUPPORT', decidedBy: 'U0DEV' })]
    const found = foundOf({}, { because: { 'retrieve-trn:5913': 'registered-again' } })
    const alert = { status: 'resolved', ...CLOSED } as const
    const read = readingOf(draw(sight({ alert, groups: [settled], found, resolvedBy })).blocks)
    expect(read).toContain(
      'Resolved by CR-21 (asked for by <@U0SUPPORT>, approved by <@U0DEV>) on 27 October 2021 at 2:20pm.',
    )
    expect(read).toContain('The trainee was registered with DTTP again.')
    expect(read).not.toMatch(/by itself|has not run since/)
  })

  it('asks for no job to be run again whose work is done otherwise', () => {
    const failure = { code: 'gone', words: 'DTTP does not have the record.' } as const
    const settled = group(5913, entry(5913, failure, { settledAt: new Date(AT) }))
    const found = foundOf({}, { because: { 'retrieve-trn:5913': 'registered-again' } })
    const read = readingOf(draw(sight({ alert: { status: 'resolved', ...CLOSED }, groups: [settled], found })).blocks)
    expect(read).not.toContain('has not run since')
  })

  it('says if a job that failed has not run since', () => {
    const failure = { code: 'gone', words: 'DTTP does not have the record.' } as const
    const settled = group(5913, entry(5913, failure, { settledAt: new Date(AT) }))
    const found = foundOf({}, { because: { 'retrieve-trn:5913': 'record-back' } })
    const read = readingOf(draw(sight({ alert: { status: 'resolved', ...CLOSED }, groups: [settled], found })).blocks)
    expect(read).toContain('DTTP has the record.')
    expect(read).toContain('has not run since')
  })

  it('says who dismissed it and why, in quotes that cannot imitate the post', () => {
    const dismissed = {
      status: 'dismissed',
      dismissedBy: 'U0SUPPORT',
      dismissReason: `Known\n${EVIL}`,
      ...CLOSED,
    } as const
    const shown = sight({ alert: dismissed })
    const read = readingOf(draw(shown).blocks)
    expect(read).toContain('🔕 Dismissed: No TRN for trainee 5913 after 4 days')
    expect(read).toContain('Dismissed by <@U0SUPPORT> on 27 October 2021 at 2:20pm.')
    expect(read).toContain('Why: “Known / ')
    expect(mrkdwnOf(draw(shown).blocks)).not.toMatch(/evil/i)
    expect(labels(shown)).toEqual(['View trainee', 'View DTTP record'])
  })
})

describe('Slack', () => {
  it('interprets nothing that comes from elsewhere', () => {
    const bad = {
      ...group(5913, entry(5913, { words: EVIL, code: 'dttp-refused' })),
      trainee: { id: '5913', slug: EVIL, dttpId: EVIL },
    }
    const message = draw(
      sight({
        groups: [bad],
        urn: EVIL,
        found: foundOf({ '5913': trainee({ schools: [{ which: 'lead', urn: EVIL, statuses: [1] }] }) }),
      }),
    )
    expect(readingOf(message.blocks)).toContain(EVIL)
    expect(mrkdwnOf(message.blocks)).not.toMatch(/evil|<!|\*x/i)
    expectMessage(message)
  })

  it.each(['open', 'resolved', 'dismissed'] as const)('takes a post of any size: %s', (status) => {
    const words = '&'.repeat(5_000)
    const schools = Array.from({ length: 2 }, () => ({
      which: 'lead' as const,
      urn: '9'.repeat(100),
      statuses: Array(40).fill(300000008),
    }))
    const many = Array.from({ length: 10 }, (_, n) => {
      const failures = Array.from({ length: 3 }, (_, m) => entry(5900 + n, { words: `${n} ${m} ${words}` }))
      return group(5900 + n, ...failures)
    })
    const trainees = Object.fromEntries(many.map((_, n) => [String(5900 + n), trainee({ schools })]))
    const over = status === 'open' ? {} : { ...CLOSED, dismissedBy: 'U1', dismissReason: '\u202e'.repeat(500) }
    const alert = { status, ...over, id: '9'.repeat(18) }
    for (const groups of [many, many.slice(0, 1)]) {
      const message = draw(sight({ alert, groups, all: groups.length === 1 ? 1 : 99_999, found: foundOf(trainees) }))
      expectMessage(message)
      expect(readingOf(message.blocks).match(/\p{Emoji_Presentation}|\p{Emoji}\uFE0F/gu)).toHaveLength(1)
    }
  })

  it('takes the question why something is dismissed', () => {
    const view = renderDismiss({ alert: '7', shown: 'a1', about: EVIL })
    expectView(view)
    expect(JSON.parse(view.private_metadata ?? '')).toEqual({ alert: '7', shown: 'a1' })
    expect(mrkdwnOf(view)).toBe('')
  })
})
