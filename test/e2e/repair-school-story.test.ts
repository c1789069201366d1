import { describe, expect, test } from 'vitest'
import { dttpId } from '../../sandbox/register/seed/ids.ts'
import { followUpSchools } from '../../src/changes/verify/school-follow-ups.ts'
import { enqueueJob } from '../../src/jobs/start/enqueue.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { tellArrivals } from '../../src/schools/waits.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { approval, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { addFailedJob } from '../support/failed-job.ts'
import { CHANNEL, DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'
import { trelloEnvironment, useStoryTrello } from '../support/trello.ts'
import { addToDttp } from './repair-school-branches.ts'
import { dttpSchool, jobsOf, schoolStory } from './repair-school-setup.ts'

const upstream = useStoryDttp()
const board = useStoryTrello()
const use = useStory(() => ({
  ...upstream.dttp.environment(),
  ...trelloEnvironment(board.trello),
  REGISTER_JOBS: 'own',
}))
const story = schoolStory(use)
const { open, check, preview, card, send, review, approve, cardSays, told, isTold, top } = story

const world = () => ({ admin: use.admin, dttp: upstream.dttp })

/** Trainees who wait for 900004 with a failed registration. */
async function letWait(...trainees: number[]): Promise<void> {
  await use.admin.query(
    `UPDATE public.trainees SET training_route = 5, lead_school_id = 701, employing_school_id = 704, state = 1,
       dttp_id = NULL, placement_assignment_dttp_id = NULL, trn = NULL, provider_id = 102,
       submitted_for_trn_at = '2021-10-18 09:12:44.281937', lead_school_not_applicable = false WHERE id = ANY($1)`,
    [trainees],
  )
  await use.admin.query('UPDATE public.degrees SET dttp_id = NULL WHERE trainee_id = ANY($1)', [trainees])
  for (const trainee of trainees) {
    await addFailedJob(use.admin, { trainee, urns: ['900004'] })
    upstream.dttp.deleteContact(trainee)
  }
}

describe('everybody who waits for the same URN', () => {
  test('goes on with one request; who would fail, or may be registered already, is left out', async () => {
    await letWait(5902, 5905, 5908, 5911, 5914)
    await use.admin.query('UPDATE public.trainees SET commencement_date = NULL WHERE id = 5905')
    await use.admin.query('UPDATE public.trainees SET state = 5 WHERE id = 5911')
    await use.admin.query(
      `INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome)
       SELECT id, 5908, 'unknown' FROM chatops.jobs WHERE trainee_id = 5908`,
    )
    const shown = await preview({ subject: '900004' })
    for (const words of [
      'Retried: trainee 5902 (registration), trainee 5914 (registration).',
      'Trainee 5905 is left out. It would fail for another reason. The date the trainee started',
      'Trainee 5908 is left out. A registration may already have been sent, so it is never retried',
      'Trainee 5911 is left out. The record is Deferred',
      'Register trainees 5902 and 5914 with DTTP: the jobs that failed run again',
    ]) {
      expect(shown).toContain(words)
    }
    expect(await send()).toContain(
      'Repair school 900004 (Demo School Proposed To Open) in Register’s list of DTTP schools.',
    )
    const reviewed = await review()
    for (const words of ['Trainee 5902: job ', 'Trainee 5914: job ']) expect(reviewed).toContain(words)
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))

    const done = await cardSays('is done')
    expect(done).toContain('Trainee 5902: done')
    expect(done).toContain('Trainee 5914: done')
    expect(await dttpSchool(use.admin, '900004')).toMatchObject([{ status_code: 1 }])
    const { rows } = await use.admin.query(
      'SELECT id, dttp_id IS NULL AS waits FROM public.trainees WHERE id IN (5902, 5905, 5908, 5911, 5914) ORDER BY id',
    )
    expect(rows.filter(({ waits }) => waits).map(({ id }) => id)).toEqual(['5905', '5908', '5911'])
    const posted = await cardSays('Trello card added')
    expect(board.trello.cards.map(({ name }) => name)).toEqual(['Update a school in DTTP: URN 900004'])
    expect(posted).toContain(board.trello.cards[0]?.shortUrl)
    expect(JSON.stringify(board.trello.cards)).not.toMatch(/Demofirst|demo(two|fourteen)|@example/i)
    expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
  })

  test('has a line each on the card: done, waiting, failed', async () => {
    await letWait(5902, 5914)
    await preview({ subject: '900004' })
    upstream.dttp.simulator.faults.add({ kind: 'refused', path: /\$batch/ })
    await approve()
    const ended = await cardSays('needs attention')
    expect(ended).toMatch(/Trainee 59(02|14): done/)
    expect(ended).toMatch(/Trainee 59(02|14): failed/)
    expect(ended).toContain('DTTP refused it')
  })

  test('is polled for again where nothing asks for their TRN any more', async () => {
    await letWait(5914)
    const shown = await preview({ subject: '900004' })
    expect(shown).toContain('Nothing asks for their TRN any more, so DTTP is asked anew: trainee 5914.')
    expect(shown).toContain('Ask DTTP for the TRN of trainee 5914 in 1 hour, then every hour for 4 days')
    await approve()
    await cardSays('is done')
    expect(await jobsOf(use.admin, 5914)).toContainEqual({
      name: 'retrieve-trn',
      status: 'waiting',
      change_request_id: '1',
    })
  })

  test('must not be named, in the reason or in a rejection', async () => {
    await letWait(5914)
    const { rows } = await use.admin.query('SELECT last_name FROM public.trainees WHERE id = 5914')
    await open('900004')
    const { errors } = await check({ reason: `Asked by ${rows[0].last_name}` })
    expect(errors['reason']).toContain('Remove the trainee’s name')
    await check({ reason: 'Asked by phone' })
    await send()
    const { slack } = use.story
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.openReject, message: card() })
    await slack.until(() => slack.view(DEVELOPER))
    const refused = await slack.submit({ user: DEVELOPER, values: { reason: `${rows[0].last_name} is fine` } })
    expect(refused.errors['reason']).toContain('Remove the trainee')
  })

  test('is left for the next request beyond fifty', async () => {
    await letWait(5914)
    await use.admin.query(COPY_TRAINEE, [5914, 70])
    const shown = await preview({ subject: '900004' })
    expect(shown).toContain('21 more wait than fit into one request. Ask again when this one is done.')
    await send()
    const reviewed = await reviewAll()
    expect(reviewed.match(/Trainee\s\d+:\sjob\s/g)).toHaveLength(50)
  })
})

describe('a failed job', () => {
  test('that is gone before the approval makes the request out of date, and is enqueued anew in the next', async () => {
    await letWait(5914)
    await preview({ subject: '900004' })
    await send()
    await review()
    await use.admin.query('DELETE FROM chatops.jobs WHERE trainee_id = 5914')
    await use.story.slack.submit(approval(use.story.slack, DEVELOPER))
    await cardSays('out of date')
    expect(await dttpSchool(use.admin, '900004')).toMatchObject([{ status_code: 300000008 }])

    await use.story.slack.click({ user: SUPPORT, actionId: ACTIONS.previewAgain, message: card() })
    const again = await use.story.slack.until(() => (top(SUPPORT).includes('Not sent yet') ? top(SUPPORT) : null))
    expect(again).toContain('Sent anew, as no failed job is on record: trainee 5914 (registration).')
    expect(again).toContain('Register trainee 5914 with DTTP at once')
    await approve()
    await cardSays('CR-2 is done')
    expect((await jobsOf(use.admin, 5914)).map(({ name, status }) => [name, status])).toContainEqual([
      'register-for-trn',
      'done',
    ])
  })

  test('that is gone is not enqueued anew where DTTP has a record of the trainee', async () => {
    await letWait(5914)
    await use.admin.query('DELETE FROM chatops.jobs WHERE trainee_id = 5914')
    upstream.dttp.simulator.state.add('contacts', {
      id: dttpId('contact', 5914),
      dfe_traineeid: '21/22-5914',
      _parentcustomerid_value: dttpId('provider', 102),
    })
    const shown = await preview({ subject: '5914' })
    expect(shown).toContain('DTTP has a record with this trainee ID. Registering could create a duplicate.')
    expect(shown).not.toContain('Register with DTTP')
  })

  test('alerts by itself, and its button opens the preview', async () => {
    const args = { submitted_by: dttpId('user', 204) }
    const { changes } = use.story.bot
    await changes.database.transaction((sql) =>
      enqueueJob(sql, { name: 'register-for-trn', trainee: '5914', args, dueAt: changes.now() }),
    )
    const { slack } = use.story
    const post = await slack.until(
      () => slack.messages(CHANNEL).find((one) => readText(one).includes('900004')),
      'alert',
    )
    await slack.click({ user: SUPPORT, actionId: ACTIONS.startFromAlert, message: post })
    await slack.until(() => top(SUPPORT).includes('Not sent yet'))
    expect(top(SUPPORT)).toContain('Retried: trainee 5914 (registration).')
    await slack.submit({ user: SUPPORT })
    await slack.until(() => slack.messages(CHANNEL).length > 1)
    await review()
    await slack.submit(approval(slack, DEVELOPER))
    await cardSays('Trainee 5914: done')
    expect((await dttpSchool(use.admin, '900004'))[0]).toMatchObject({ status_code: 1 })
  })
})

describe('the form', () => {
  test('asks which of several rows, as a choice, and goes on with it', async () => {
    await open('900006')
    const { shown } = await check({})
    expect(shown).toContain('URN 900006 has 2 rows in the list.')
    const next = await check({ row: '806' })
    expect(next.shown).toContain('it is inactive, and would become active.')
  })

  test.each([
    ['900002', 'URN 900002 is in the list'],
    ['5916', 'URN 900006 has 2 rows in the list.'],
    ['00000000-0000-4000-8000-000000000001', 'There is no such job any more.'],
  ])('takes %s after the command for what it is', async (word, words) => {
    await open(word)
    const { shown, errors } = await check({})
    expect(`${shown}${errors['subject'] ?? ''}`).toContain(words)
  })
})

describe('a school that DTTP lacks', () => {
  const wait = async (user = SUPPORT) => {
    await preview({ subject: '900005', missing: 'wait' }, user)
    const shown = top(user)
    await use.story.slack.submit({ user })
    await use.story.slack.until(() => top(user).includes('You wait for the school'))
    return shown
  }

  test('is asked for once with a Trello card, and who asked is told, once, when it is there', async () => {
    await letWait(5914)
    await use.admin.query('UPDATE public.trainees SET employing_school_id = 705 WHERE id = 5914')
    await use.admin.query(`UPDATE chatops.jobs SET failure = jsonb_set(failure, '{urns}', '["900005"]')`)
    expect(await wait()).toContain('Ask support and wait')
    await isTold(SUPPORT, 'Support is asked to add the school with URN 900005 to DTTP')
    expect(board.trello.cards.map(({ name }) => name)).toEqual(['Add a school to DTTP: URN 900005'])
    expect(told(SUPPORT)).toContain(board.trello.cards[0]?.shortUrl)
    expect(use.story.slack.messages(CHANNEL)).toEqual([])

    expect(await wait(DEVELOPER)).toContain('so we do not ask again')
    await use.story.slack.command({ user: SUPPORT, channel: CHANNEL, text: 'requests' })
    await use.story.slack.until(() => use.story.slack.ephemerals(SUPPORT).length > 0)
    const listed = readText(use.story.slack.ephemerals(SUPPORT).at(-1) ?? [])
    expect(listed).toContain('waiting until DTTP has the school with URN 900005')

    await use.admin.query(
      `INSERT INTO public.dttp_schools (urn, dttp_id, status_code, name) VALUES ('900005', $1, 1, 'Demo')`,
      [dttpId('school', 805)],
    )
    await Promise.all([1, 2, 3].map(() => tellArrivals(use.story.bot.changes)))
    for (const user of [SUPPORT, DEVELOPER]) await isTold(user, 'is in the list of DTTP schools now')
    expect(await tellArrivals(use.story.bot.changes)).toBe(0)
    expect(board.trello.cards).toHaveLength(1)

    const message = use.story.slack.directMessages(SUPPORT).at(-1)
    if (!message) throw new Error('nobody was told')
    expect(buttons(message).map(({ text }) => text)).toEqual(['Continue'])
    await use.story.slack.click({ user: SUPPORT, actionId: ACTIONS.continueWait, message })
    const shown = await use.story.slack.until(() => (top(SUPPORT).includes('Not sent yet') ? top(SUPPORT) : null))
    expect(shown).toContain('Retried: trainee 5914 (registration).')
  })

  test('is no longer waited for by who says so', async () => {
    await wait()
    await use.story.slack.openHome({ user: SUPPORT })
    await use.story.slack.until(() => readText(use.story.slack.home(SUPPORT) ?? []).includes('URN 900005'))
    await use.story.slack.click({ user: SUPPORT, actionId: ACTIONS.stopWait, view: 'home' })
    await use.story.slack.until(() => !readText(use.story.slack.home(SUPPORT) ?? []).includes('URN 900005'))
    const ended = await use.admin.query('SELECT status FROM chatops.school_waits')
    expect(ended.rows).toEqual([{ status: 'dropped' }])
  })

  test('comes with the sync that two people agreed on, and what waits is retried by the next request', async () => {
    addToDttp(world())
    await addFailedJob(use.admin, { trainee: 5917, urns: ['900005'] })
    await preview({ subject: '900005', missing: 'sync' })
    await approve()
    const done = await cardSays('is done')
    expect(done).toContain('School 900005 (Demo School Missing From Dttp) was fetched from DTTP.')
    expect(await jobsOf(use.admin, 5917)).toMatchObject([{ status: 'failed' }])
    expect(await preview({ subject: '900005' })).toContain('Retried: trainee 5917 (registration).')
  })

  test('that the sync does not bring needs attention, and says whom to ask', async () => {
    await preview({ subject: '900005', missing: 'sync' })
    await approve()
    expect(await cardSays('needs attention')).toContain('DTTP has no school with URN 900005. Ask support to add it.')
  })
})

describe('the morning after', () => {
  const sync = async () => {
    await use.admin.query(
      `INSERT INTO chatops.jobs (name, status, finished_at, created_at) VALUES ('sync-schools', 'done', now(), now())`,
    )
    await followUpSchools(use.story.bot.changes)
  }
  const repair = async () => {
    await preview({ subject: '900002' })
    await approve()
    await cardSays('is done')
    await cardSays('Trello card added')
  }

  test('the requester is told that DTTP agrees, once', async () => {
    await repair()
    expect(await followUpSchools(use.story.bot.changes)).toBe(0)
    upstream.dttp.simulator.state.add('accounts', { id: dttpId('school', 802), dfe_urn: '900002', statuscode: 1 })
    await sync()
    await isTold(SUPPORT, 'Confirmed: DTTP says active too')
    expect(await followUpSchools(use.story.bot.changes)).toBe(0)
    expect(told(SUPPORT)).not.toContain('Trello card open')
  })

  test('the requester is told that DTTP still says inactive, with the card that is open', async () => {
    await repair()
    await use.admin.query('UPDATE public.dttp_schools SET status_code = 2 WHERE id = 802')
    await sync()
    const said = await isTold(SUPPORT, 'DTTP still says inactive')
    expect(said).toContain('Trello card open')
    expect(said).toContain(board.trello.cards[0]?.shortUrl)
  })

  const age = (interval: string) =>
    use.admin.query(`UPDATE chatops.change_requests SET executed_at = executed_at - $1::interval`, [interval])

  test('where Register runs the sync, the requester is told how things are in the next morning', async () => {
    await repair()
    const { changes } = use.story.bot
    const elsewhere = { ...changes, register: { ...changes.register, runsJobs: false } }
    expect(await followUpSchools(elsewhere)).toBe(0)
    await age('30 hours')
    expect(await followUpSchools(changes)).toBe(0)
    expect(await followUpSchools(elsewhere)).toBe(1)
    const said = await isTold(SUPPORT, 'Register’s own school sync should have run in the night')
    expect(said).toContain('URN 900002 is active in the list. DTTP says inactive.')
  })

  test('a sync that never runs is told of after a week', async () => {
    await repair()
    await age('6 days')
    expect(await followUpSchools(use.story.bot.changes)).toBe(0)
    await age('2 days')
    expect(await followUpSchools(use.story.bot.changes)).toBe(1)
    await isTold(SUPPORT, 'No school sync has run for a week')
    expect(await followUpSchools(use.story.bot.changes)).toBe(0)
  })

  test('nothing is said while DTTP does not answer', async () => {
    await repair()
    upstream.dttp.goDown()
    await sync()
    expect(await followUpSchools(use.story.bot.changes)).toBe(0)
    upstream.dttp.comeBack()
    expect(await followUpSchools(use.story.bot.changes)).toBe(1)
  })
})

/** Everything on every page of the review. */
async function reviewAll(): Promise<string> {
  const { slack } = use.story
  const pages = [await review()]
  for (;;) {
    const view = slack.view(DEVELOPER)
    const next = view && buttons(view).find(({ text }) => text === 'Next page')
    if (!view || !next) return pages.join('\n')
    const before = top(DEVELOPER)
    await slack.click({ user: DEVELOPER, actionId: ACTIONS.reviewPage, value: next.value } as never)
    pages.push(await slack.until(() => (top(DEVELOPER) === before ? null : top(DEVELOPER))))
  }
}

/** So many more trainees like one, each with a degree, a nationality and a failed job. */
const COPY_TRAINEE = `
  WITH copies AS (
    INSERT INTO public.trainees SELECT (jsonb_populate_record(t, jsonb_build_object(
      'id', 7000 + n, 'slug', 'copyofdemotrainee' || n, 'trainee_id', 'copy-' || n))).*
    FROM public.trainees t, generate_series(1, $2::int) AS n WHERE t.id = $1 RETURNING id),
  degrees AS (
    INSERT INTO public.degrees SELECT (jsonb_populate_record(d, jsonb_build_object(
      'id', 70000 + c.id, 'slug', 'copydegree' || c.id, 'trainee_id', c.id))).*
    FROM public.degrees d, copies c WHERE d.trainee_id = $1),
  nationalisations AS (
    INSERT INTO public.nationalisations SELECT (jsonb_populate_record(x, jsonb_build_object(
      'id', 70000 + c.id, 'trainee_id', c.id))).*
    FROM public.nationalisations x, copies c WHERE x.trainee_id = $1)
  INSERT INTO chatops.jobs (name, trainee_id, args, status, attempts, run, failure, finished_at)
  SELECT j.name, c.id, j.args, 'failed', 1, 1, j.failure, now() FROM chatops.jobs j, copies c WHERE j.trainee_id = $1`
