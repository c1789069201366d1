import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { queueEffects } from '../../src/changes/execute/effects.ts'
import { NOTHING } from '../../src/contract/plan.ts'
import type { ChangeRequest } from '../../src/entities/chatops/change-request.ts'
import { Job, type JobName } from '../../src/entities/chatops/job.ts'
import type { FailureCode } from '../../src/entities/chatops/job-failure.ts'
import { cureByJob } from '../../src/jobs/run/cured.ts'
import { addNightlyJob } from '../../src/jobs/start/enqueue.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { GUEST, OTHER_CHANNEL, startBot, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, STRANGER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, type Ephemeral, liveMarkup, readText } from '../support/slack/index.ts'

// Nothing runs the jobs here, so that they stay as they are while they are looked at.
const upstream = useStoryDttp()
const use = useStory(() => ({ ...upstream.dttp.environment(), ROLES: 'bot', REGISTER_JOBS: 'own' }))

type Row = {
  name?: JobName
  trainee?: number | null
  args?: object
  status?: 'waiting' | 'running' | 'done' | 'failed'
  attempts?: number
  /** How long ago, as Postgres reads it; a negative one is to come. */
  due?: string
  finished?: string
  lease?: string
  code?: FailureCode
  words?: string
  urns?: string[]
  progress?: object
}

/** A job as it could have become by itself. One that is done has cured what had failed until now. Returns its id. */
async function add(row: Row = {}): Promise<string> {
  const { status = 'waiting', name = 'retrieve-trn', trainee = 5902, words = 'It failed.' } = row
  const code = row.code ?? (name === 'retrieve-trn' ? 'timed-out' : 'dttp-refused')
  const failed = status === 'failed' || (row.attempts ?? 0) > 0
  const failure = failed ? { code, words, urns: row.urns ?? [], at: new Date().toISOString() } : null
  const { rows } = await use.admin.query(
    `INSERT INTO chatops.jobs
       (name, trainee_id, args, status, attempts, run, due_at, finished_at, lease_until, failure, progress)
     VALUES ($1, $2, $3, $4, $5, $5, now() - $6::interval, now() - $7::interval, now() - $8::interval, $9, $10)
     RETURNING id`,
    [
      ...[name, trainee, row.args ?? {}, status, row.attempts ?? (failed ? 1 : 0), row.due ?? '0 s'],
      ...[row.finished ?? (status === 'failed' || status === 'done' ? '2.5 hours' : null), row.lease ?? null],
      ...[failure, row.progress ?? null],
    ],
  )
  const { id } = rows[0]
  const { manager } = use.story.bot.changes.database
  if (status === 'done') await cureByJob(manager, await manager.findOneByOrFail(Job, { id }), new Date())
  return id
}

/** Types the command and waits for the answer, which only this person sees. */
async function ask(words = '', user = SUPPORT, channel = CHANNEL): Promise<Ephemeral> {
  const { slack } = use.story
  const before = slack.ephemerals(user).length
  await slack.command({ user, channel, text: `jobs ${words}` })
  await slack.until(() => slack.ephemerals(user).length > before)
  return latest(user)
}

function latest(user = SUPPORT): Ephemeral {
  const message = use.story.slack.ephemerals(user).at(-1)
  if (!message) throw new Error(`${user} was told nothing`)
  return message
}

const listOf = async (words = '') => readText(await ask(words))

/** The kinds of what is listed, in order, as the headings count them. */
function kindsIn(text: string): string[] {
  const headings = text.matchAll(/(Stuck|Failed|Retrying|Running|Delayed): [^\n]+ \((\d+)\)/g)
  return [...headings].flatMap(([, kind = '', all]) => Array.from({ length: Number(all) }, () => kind))
}

describe('the list of jobs', () => {
  test('shows the worst first, each with its trainee, age, attempts and error', async () => {
    await add({ due: '-40.5 minutes', trainee: 5901 })
    await add({
      status: 'running',
      lease: '-30 s',
      name: 'sync-schools',
      trainee: null,
      progress: { pages: 12, rows: 6e4 },
    })
    await add({ attempts: 2, due: '-10.5 minutes', code: 'dttp-unavailable', words: 'DTTP did not answer (503).' })
    await add({ status: 'failed', words: 'The time is up.' })
    await add({ due: '20.5 minutes', trainee: 5905 })
    const text = await listOf()
    expect(kindsIn(text)).toEqual(['Stuck', 'Failed', 'Retrying', 'Running', 'Delayed'])
    expect(text).toContain('1 is stuck, 1 has failed, 1 is being tried again, 1 is running and 1 waits for its time.')
    expect(text).toContain('It should have run 20 minutes ago')
    expect(text).toContain('Failed 2 hours ago')
    expect(text).toContain('The time is up.')
    expect(text).toContain('DTTP did not answer (503).')
    expect(text).toContain('2 failed attempts in a row')
    expect(text).toContain('Next attempt in 10 minutes')
    expect(text).toContain('12 pages, 60,000 schools so far.')
    expect(text).toContain('Runs in 40 minutes')
    expect(text).toContain('<https://register.example.test/trainees/YEXq5VcjRjQ47sjr9L3CxKLC|Trainee 5902>')
    expect(use.story.slack.messages(CHANNEL)).toEqual([])
  })

  test('says so where there is none', async () => {
    expect(await listOf()).toMatch(/No job needs attention\.\s*$/)
    await add({ status: 'done' })
    expect(await listOf()).toMatch(/No job needs attention\.\s*$/)
  })

  test('calls a job stuck whose worker is gone, and one that is overdue, but not one that is due', async () => {
    await add({ status: 'running', lease: '3.5 minutes' })
    await add({ due: '5.5 minutes', attempts: 1 })
    await add({ due: '4 minutes' })
    const text = await listOf()
    expect(kindsIn(text)).toEqual(['Stuck', 'Stuck', 'Delayed'])
    expect(text).toContain('The bot was stopped in the middle of it 3 minutes ago')
    expect(text).toContain('Runs now')
  })

  test('leaves out what failed over 30 days ago, and what was made up for since', async () => {
    await add({ status: 'failed', finished: '31 days' })
    await add({ status: 'failed', trainee: 5901, finished: '2 days', code: 'gone' })
    await add({ status: 'done', trainee: 5901, finished: '1 day' })
    await add({ status: 'failed', trainee: null, name: 'sync-schools', finished: '2 days' })
    await add({ status: 'done', trainee: null, name: 'sync-schools', finished: '1 day' })
    expect(kindsIn(await listOf())).toEqual([])
  })

  test('keeps what failed although another job, trainee or record went well, and what failed after it went well', async () => {
    const contact = { args: { entity: 'contact', status: 'x' }, name: 'change-trainee-status' } as const
    await add({ status: 'done', trainee: 5901, finished: '3 days' })
    await add({ status: 'failed', trainee: 5901, finished: '2 days', code: 'gone' })
    await add({ status: 'done', trainee: 5901, finished: '1 day', name: 'update-trainee' })
    await add({ status: 'done', trainee: 5903, finished: '1 day' })
    await add({ status: 'failed', ...contact, finished: '2 days' })
    await add({
      status: 'done',
      ...contact,
      args: { ...contact.args, entity: 'placement_assignment' },
      finished: '1 day',
    })
    expect(kindsIn(await listOf())).toEqual(['Failed', 'Failed'])
    await add({ status: 'done', ...contact, args: { ...contact.args, status: 'y' }, finished: '1 day' })
    expect(kindsIn(await listOf())).toEqual(['Failed'])
  })

  test('leaves out a registration of unknown outcome once people have found out that it worked', async () => {
    const id = await add({ status: 'failed', name: 'register-for-trn', trainee: 5914, code: 'outcome-unknown' })
    const attempt = `INSERT INTO chatops.registration_attempts (job_id, trainee_id, outcome) VALUES ($1, 5914, $2)`
    await use.admin.query(attempt, [id, 'unknown'])
    expect(kindsIn(await listOf())).toEqual(['Failed'])
    const worked = { kind: 'settle-registration', jobId: id, trainee: '5914', outcome: 'registered' } as const
    const request = { id: '1' } as ChangeRequest // the effect reads nothing of it
    const plan = { ...NOTHING, effects: [worked] }
    const { changes } = use.story.bot
    await queueEffects(changes, changes.database.manager, request, plan, new Date())
    expect(kindsIn(await listOf())).toEqual([])
  })

  test('shows the night’s job as soon as the schedule has added it', async () => {
    await addNightlyJob(use.story.bot.changes, 'sync-schools')
    expect(await listOf('sync-schools')).toContain('Runs now')
  })

  test('still names a trainee who has gone from Register, without a link', async () => {
    await add({ status: 'failed', trainee: 4_000_000, code: 'trainee-gone' })
    const text = await listOf()
    expect(text).toContain('Trainee 4000000.')
    expect(text).not.toContain('/trainees/')
  })
})

describe('the list can be narrowed', () => {
  test('to a trainee, by number, link or its last part; to a job, by our name or Register’s; to both', async () => {
    await add()
    await add({ status: 'failed' })
    await add({ name: 'update-trainee' })
    await add({ name: 'update-trainee', trainee: 5901 })
    await add({ trainee: 5905 })
    const found: Record<string, number> = {
      '5902': 3,
      YEXq5VcjRjQ47sjr9L3CxKLC: 3,
      'https://register.example.test/trainees/YEXq5VcjRjQ47sjr9L3CxKLC/edit': 3,
      'update-trainee': 2,
      'Dttp::UpdateTraineeJob': 2,
      updatetraineejob: 2,
      'register-for-trn': 0,
      '5902 update-trainee': 1,
      'UPDATE-TRAINEE   5902': 1,
    }
    for (const [words, jobs] of Object.entries(found)) {
      expect(kindsIn(await listOf(words)), words).toHaveLength(jobs)
    }
  })

  test('and what nobody can be meant by is answered clearly', async () => {
    await add()
    const answers: Record<string, string> = {
      '999999': 'No trainee has this number',
      '5904': 'more than one trainee',
      'https://evil.example/trainees/abcdefgh': 'not a link to a trainee in Register',
      'retrieve-tnr': 'There is no job “retrieve-tnr”',
      schools: 'The jobs are retrieve-trn, register-for-trn, change-trainee-status',
      '<!channel>': 'Enter the trainee’s link',
      '5901 5902': 'Name one trainee and one job at most',
      'retrieve-trn sync-schools': 'Name one trainee and one job at most',
      '5901 retrieve-trn 5901': 'Name one trainee and one job at most',
    }
    for (const [words, answer] of Object.entries(answers)) {
      const message = await ask(words)
      expect(readText(message), words).toContain(answer)
      expect(kindsIn(readText(message)), words).toEqual([])
      expect(liveMarkup(message), words).toEqual([])
    }
  })
})

describe('jobs that failed for one reason', () => {
  test('stand together, with the explanation once, the newest failure’s group first, and a line for each', async () => {
    const timedOut = (trainee: number) => `Dttp::RetrieveTrnJob for Trainee id: ${trainee} has timed out after 4 days.`
    await add({ status: 'failed', trainee: 5901, finished: '5.5 hours', words: timedOut(5901) })
    await add({ status: 'failed', trainee: 5903, finished: '4.5 hours', name: 'update-trainee', code: 'incomplete' })
    await add({ status: 'failed', trainee: 5905, finished: '3.5 hours', words: timedOut(5905) })
    const message = await ask()
    const text = readText(message)
    expect(text).toContain('Failed: ask DTTP for a TRN* (2)')
    expect(text.match(/is \/trainee requeue-trn/g)).toHaveLength(1)
    expect(text.match(/has timed out after 4 days/g)).toHaveLength(1)
    const lines = text.match(/(?<=\|)Trainee \d+>\. Failed \d hours/g)
    expect(lines).toEqual([
      'Trainee 5905>. Failed 3 hours',
      'Trainee 5901>. Failed 5 hours',
      'Trainee 5903>. Failed 4 hours',
    ])
    expect(buttons(message).map(({ text }) => text)).toEqual(['Ask again for 1 day', 'Ask again for 1 day'])
  })

  test('say each its own reason where the reasons differ', async () => {
    const code = { status: 'failed', name: 'update-trainee', code: 'incomplete' } as const
    await add({ ...code, trainee: 5901, words: 'The first names are missing.' })
    await add({ ...code, trainee: 5903, words: 'The course is missing.' })
    const text = await listOf()
    expect(text).toContain('The first names are missing.')
    expect(text).toContain('The course is missing.')
  })
})

describe('a long list', () => {
  /** Clicks, and waits until the list has changed in its place. */
  async function turn(label: string): Promise<string> {
    const { slack } = use.story
    const message = latest()
    const before = readText(message)
    const button = buttons(message).find(({ text }) => text === label)
    if (!button) throw new Error(`there is no ${label}`)
    const { actionId, value } = button
    await slack.click({ user: SUPPORT, actionId, value, message })
    return slack.until(() => (readText(latest()) === before ? null : readText(latest())))
  }

  const traineesIn = (text: string) => [...text.matchAll(/Trainee (\d{4})[>.]/g)].map(([, id]) => Number(id))

  test('is paged in its own place, and every job is on one page', async () => {
    for (let trainee = 5921; trainee > 5900; trainee--) await add({ trainee, due: `-${trainee} minutes` })
    const pages = [await listOf(), await turn('Next page'), await turn('Next page')]
    expect(pages.map((page) => traineesIn(page).length)).toEqual([10, 10, 1])
    expect(pages.flatMap(traineesIn)).toEqual(Array.from({ length: 21 }, (_, index) => 5901 + index))
    expect(pages[2]).toContain('Page 3 of 3')
    expect(buttons(latest()).map(({ text }) => text)).toEqual(['Previous page'])
    expect(traineesIn(await turn('Previous page'))).toEqual(traineesIn(pages[1] ?? ''))
    expect(use.story.slack.ephemerals(SUPPORT)).toHaveLength(1)
  })

  test('stays narrowed from page to page', async () => {
    for (let index = 0; index < 11; index++) await add({ name: 'update-trainee' })
    await add()
    await ask('5902 update-trainee')
    const second = await turn('Next page')
    expect(second).toContain('Page 2 of 2')
    expect(second).not.toContain('Ask DTTP')
  })

  test('that has become shorter shows its last page', async () => {
    for (let trainee = 5901; trainee < 5922; trainee++) await add({ trainee })
    await ask()
    await turn('Next page')
    await use.admin.query('DELETE FROM chatops.jobs WHERE trainee_id > 5903')
    const left = await turn('Next page')
    expect(traineesIn(left)).toHaveLength(3)
    expect(left).not.toContain('Page')
  })

  test('is not turned to where no button of ours leads', async () => {
    for (let index = 0; index < 11; index++) await add()
    const message = await ask()
    const values = [
      ...['', 'null', '{', '2', '{"page":2}', '{"page":"2","name":null,"trainee":null}'],
      ...['{"page":0,"name":null,"trainee":null}', '{"page":1.5,"name":null,"trainee":null}'],
      ...['{"page":2,"name":"x","trainee":null}', `{"page":2,"name":null,"trainee":"1' OR true --"}`],
      ...['{"page":2,"name":null,"trainee":null,"more":1}', '{"page":1e99,"name":null,"trainee":null}'],
    ]
    for (const [index, value] of values.entries()) {
      await use.story.slack.click({ user: SUPPORT, actionId: ACTIONS.jobsPage, message, force: { value } })
      await use.story.slack.until(() => use.story.slack.ephemerals(SUPPORT).length === index + 2)
      expect(readText(latest()), value).toContain('We cannot show this page')
    }
    expect(readText(use.story.slack.ephemerals(SUPPORT)[0] ?? [])).toBe(readText(message))
  })
})

describe('who may see the list', () => {
  test.each([SUPPORT, DEVELOPER, SECOND_DEVELOPER])('%s, who may ask or approve, may in any channel', async (user) => {
    await add({ status: 'failed' })
    for (const channel of [CHANNEL, OTHER_CHANNEL]) {
      expect(kindsIn(readText(await ask('', user, channel)))).toEqual(['Failed'])
    }
    for (const channel of [CHANNEL, OTHER_CHANNEL]) expect(use.story.slack.messages(channel)).toEqual([])
  })

  test.each([STRANGER, GUEST])('%s may not, learns nothing of any trainee, and that is on record', async (user) => {
    await add({ status: 'failed' })
    for (const words of ['', '5902', '999999', 'retrieve-trn']) {
      const text = readText(await ask(words, user))
      expect(text).toMatch(/You cannot ask for changes|Guests and visitors/)
      expect(text).not.toContain('5902')
    }
    const { rows } = await use.admin.query(`SELECT actor FROM chatops.ledger WHERE event = 'refused'`)
    expect(rows).toEqual(Array.from({ length: 4 }, () => ({ actor: user })))
  })

  test('someone who is no longer on the lists cannot turn the page', async () => {
    for (let index = 0; index < 11; index++) await add()
    const { slack } = use.story
    const message = await ask('', SUPPORT)
    await slack.click({
      user: STRANGER,
      actionId: ACTIONS.jobsPage,
      message,
      force: { value: buttons(message)[0]?.value },
    })
    await slack.until(() => slack.ephemerals(STRANGER).length === 1)
    expect(readText(slack.ephemerals(STRANGER)[0] ?? [])).toContain('You cannot ask for changes')
  })
})

describe('where Register’s jobs are run by somebody else', () => {
  test('the list says so, and shows only the bot’s own job', async () => {
    const { slack, scratch } = use.story
    await add({ status: 'failed' })
    await add({
      status: 'failed',
      name: 'load-gias',
      trainee: null,
      code: 'gias-refused',
      words: 'A column is missing.',
    })
    await use.story.bot.stop()
    slack.removeReplica(`http://127.0.0.1:${use.story.bot.port}/slack/events`)
    use.story.bot = await startBot(slack, scratch.appUrl, { env: { ROLES: 'bot', REGISTER_JOBS: 'off' } })

    for (const words of ['', 'load-gias']) {
      const text = await listOf(words)
      expect(text).toContain('This bot does not run Register’s jobs')
      expect(text).toContain('1 has failed.')
      expect(text).toContain('A column is missing.')
    }
    for (const words of ['5902', 'retrieve-trn', 'load-gias 5902']) {
      const text = await listOf(words)
      expect(text, words).toContain('Ask the Register developers to look in Sidekiq')
      expect(kindsIn(text), words).toEqual([])
    }
  })
})

describe('what applies', () => {
  /** Clicks the only button of the list and waits for the form. */
  async function start(message: Ephemeral, user = SUPPORT, force?: { value: string }) {
    const { slack } = use.story
    await slack.click({ user, actionId: ACTIONS.startFromJob, message, ...(force ? { force } : {}) })
  }

  test('is previewed at once, and is a request like any other', async () => {
    const { slack } = use.story
    await add({ status: 'failed', words: 'Dttp::RetrieveTrnJob for Trainee id: 5902 has timed out after 4 days.' })
    const message = await ask('', SUPPORT, OTHER_CHANNEL)
    expect(readText(message)).toContain('“Ask again for 1 day” is /trainee requeue-trn')
    expect(buttons(message).map(({ text }) => text)).toEqual(['Ask again for 1 day'])
    await start(message)
    await slack.until(() => readText(slack.view(SUPPORT) ?? []).includes('Not sent yet'))
    expect(readText(slack.view(SUPPORT) ?? [])).toContain('Ask DTTP for the TRN of trainee 5902 at once')
    const { rows } = await use.admin.query('SELECT playbook, channel, status FROM chatops.change_requests')
    expect(rows).toEqual([{ playbook: 'requeue-trn', channel: CHANNEL, status: 'unsent' }])
  })

  test('is not offered for a job that is tried again by itself, or that failed for what people must look into', async () => {
    await add({ attempts: 2, due: '-1 hour', code: 'dttp-unavailable' })
    await add({ status: 'failed', name: 'update-trainee', code: 'incomplete', trainee: 5901 })
    const message = await ask()
    expect(buttons(message)).toEqual([])
    expect(readText(message)).toContain('You do not need to do anything.')
    expect(readText(message)).toContain('Ask the provider to complete the record in Register.')
  })

  test('is not offered for a trainee who has gone from Register', async () => {
    await add({ status: 'failed', trainee: 4_000_000 })
    expect(buttons(await ask())).toEqual([])
  })

  test('is no longer offered once the checks found that the cause has gone away', async () => {
    const job = await add({ status: 'failed' })
    await use.admin.query(
      `WITH alert AS (INSERT INTO chatops.alerts (cause, channel) VALUES ('timed-out:5902', 'C01SUPPORT') RETURNING id)
       INSERT INTO chatops.alert_entries (alert_id, subject, trainee_id, job_id, failure)
       SELECT id, 'retrieve-trn:5902', 5902, $1, '{"code": "timed-out", "words": "x", "at": "2021-10-27T10:00:00Z"}' FROM alert`,
      [job],
    )
    expect(buttons(await ask())).toHaveLength(1)
    await use.admin.query('UPDATE chatops.alert_entries SET settled_at = now()')
    const message = await ask()
    expect(buttons(message)).toEqual([])
    expect(readText(message)).toContain('What made it fail has gone away since.')
  })

  test('cannot be started by someone who may only approve', async () => {
    const { slack } = use.story
    await add({ status: 'failed' })
    await start(await ask('', SECOND_DEVELOPER), SECOND_DEVELOPER)
    await slack.until(() => slack.ephemerals(SECOND_DEVELOPER).length === 2)
    expect(readText(latest(SECOND_DEVELOPER))).toContain('You cannot ask for changes')
    expect(slack.view(SECOND_DEVELOPER)).toBeUndefined()
  })

  test('cannot be started for a job that is not, or no longer, as it was listed', async () => {
    const { slack } = use.story
    const id = await add({ status: 'failed' })
    const waiting = await add({ trainee: 5901 })
    const message = await ask()
    await use.admin.query(
      `UPDATE chatops.jobs SET status = 'waiting', finished_at = NULL, attempts = 0 WHERE id = $1`,
      [id],
    )
    for (const [index, value] of [id, waiting, randomUUID(), '', `' OR true --`, '5902'].entries()) {
      await start(message, SUPPORT, { value })
      await slack.until(() => slack.ephemerals(SUPPORT).length === index + 2)
      expect(readText(latest())).toContain('This job is no longer as it was listed')
    }
    expect(slack.view(SUPPORT)).toBeUndefined()
  })
})
