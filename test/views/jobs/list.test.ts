import { describe, expect, it } from 'vitest'
import type { JobFailure } from '../../../src/entities/chatops/job-failure.ts'
import { JOB_KINDS, type JobCounts, type JobKind } from '../../../src/jobs/list/listed-job.ts'
import type { ShownJob } from '../../../src/views/jobs/groups.ts'
import { renderJobs } from '../../../src/views/jobs/list.ts'
import { ago, ahead } from '../../../src/views/kit/ages.ts'
import { ACTIONS } from '../../../src/views/kit/ids.ts'
import { REGISTER } from '../builders.ts'
import { buttonsOf, expectMessage, mrkdwnOf, readingOf } from '../shown.ts'

const NOW = new Date('2021-10-27T13:30:00Z')
const ID = '6f0d8a52-0000-4000-8000-000000000001'
const EVIL = '<!channel> *x* _y_ <@U0EVIL> <https://evil|click> ``` `q` https://evil.example'
const NONE: JobCounts = { stuck: 0, failed: 0, retrying: 0, running: 0, delayed: 0 }

function job(kind: JobKind, given: Partial<ShownJob> = {}): ShownJob {
  return {
    id: ID,
    kind,
    name: 'retrieve-trn',
    traineeId: '5902',
    slug: 'Ab3dEf6hIj',
    status: kind === 'failed' || kind === 'running' ? kind : 'waiting',
    dueAt: NOW,
    leaseUntil: null,
    finishedAt: kind === 'failed' ? at('11:15') : null,
    createdAt: at('09:00'),
    attempts: 0,
    run: 0,
    failure: null,
    progress: null,
    changeRequestId: null,
    found: null,
    isCauseGone: false,
    runner: 'bot',
    place: null,
    className: null,
    cause: null,
    inGroup: 1,
    advice: null,
    ...given,
  }
}

function at(time: string, day = '2021-10-27'): Date {
  return new Date(`${day}T${time}:00Z`)
}

function failure(words: string): JobFailure {
  return { code: 'dttp-unavailable', words, at: at('13:20').toISOString() }
}

function render(jobs: ShownJob[], given: Partial<Parameters<typeof renderJobs>[0]> = {}) {
  const counts = Object.fromEntries(
    JOB_KINDS.map((kind) => [kind, jobs.filter((one) => one.kind === kind).length]),
  ) as JobCounts
  const message = renderJobs({
    jobs,
    counts,
    page: 1,
    pages: 1,
    filter: { name: null, trainee: null },
    isKnown: true,
    mirror: null,
    turnTo: (page) => `to ${page}`,
    registerUrl: REGISTER,
    now: NOW,
    ...given,
  })
  expectMessage(message)
  return message
}

const readOne = (one: ShownJob) => readingOf(render([one]).blocks)

describe('a job in the list', () => {
  it('says what it does, in words and by Register’s name, and for whom, with a link', () => {
    const read = readOne(job('delayed'))
    const link = `<${REGISTER}/trainees/Ab3dEf6hIj|Trainee 5902>`
    expect(read).toContain(`*Delayed: ask DTTP for a TRN* (1)\nDttp::RetrieveTrnJob.\n${link}. Runs now.`)
  })

  it('of a trainee who is no longer in Register names the number alone', () => {
    const read = readOne(job('delayed', { slug: null }))
    expect(read).toContain('\nTrainee 5902. Runs now.')
    expect(read).not.toContain('/trainees/')
  })

  it('that is for no trainee names none', () => {
    const read = readOne(job('running', { name: 'sync-schools', traineeId: null, slug: null }))
    expect(read).toContain('*Running: fetch the schools from DTTP* (1)\nDttp::SyncSchoolsJob.\nIt runs now. It was due')
  })

  it('that failed says when, how often, why, and what to do', () => {
    const read = readOne(
      job('failed', {
        attempts: 3,
        run: 99,
        failure: failure('DTTP did not answer (503).'),
        changeRequestId: '12',
        advice: { words: 'Ask the operations team.', button: null },
      }),
    )
    expect(read).toContain('Failed 2 hours ago, at 12:15pm. 3 failed attempts in a row, 99 runs. Asked for in CR-12.')
    expect(read).toContain('Ask the operations team.\nDttp::RetrieveTrnJob. DTTP did not answer (503).')
  })

  it('that is tried again says when it failed and when it runs next', () => {
    const read = readOne(
      job('retrying', { attempts: 1, run: 1, dueAt: at('13:45'), failure: failure('DTTP did not answer.') }),
    )
    expect(read).toContain('Failed 10 minutes ago, at 2:20pm. Next attempt in 15 minutes, at 2:45pm. 1 failed attempt.')
    expect(read).toContain('DTTP did not answer.')
    expect(read).not.toMatch(/in a row|1 run/)
  })

  it('that waits says when it runs and since when it waits, on whatever day', () => {
    const read = readOne(job('delayed', { dueAt: at('14:30'), createdAt: at('09:00', '2021-10-24') }))
    expect(read).toContain('Runs in 1 hour, at 3:30pm. Added 3 days ago, on 24 October 2021 at 10am.')
  })

  it('that waits after it was run again by hand does not tell of its old failure', () => {
    expect(readOne(job('delayed', { failure: failure('An old failure.') }))).not.toContain('An old failure.')
  })

  it('that nothing has started says when it should have run', () => {
    const read = readOne(job('stuck', { dueAt: at('13:00') }))
    expect(read).toContain('*Stuck: ')
    expect(read).toContain('It should have run 30 minutes ago, at 2pm, and nothing has started it.')
  })

  it('whose worker has died says when that was', () => {
    const read = readOne(job('stuck', { status: 'running', leaseUntil: at('13:27') }))
    expect(read).toContain('The bot was stopped in the middle of it 3 minutes ago, at 2:27pm.')
  })

  it('that fetches schools says how far it has come', () => {
    const progress = { pages: 12, rows: 60_000, inserted: 5, updated: 4, next: 'https://dttp.example/secret' }
    const read = readOne(job('running', { name: 'sync-schools', traineeId: null, slug: null, progress }))
    expect(read).toContain('12 pages, 60,000 schools so far.')
    expect(read).not.toContain('secret')
  })

  it.each([{}, [], { pages: '12', rows: null }, { code: 'dttp-refused', words: 'of another kind' }])(
    'says nothing of progress that it cannot read: %j',
    (progress) => {
      const read = readOne(job('running', { progress }))
      expect(read).toContain('It was due just now.')
      expect(read).not.toMatch(/so far|of another kind/)
    },
  )

  it('has a button for the playbook that applies, and none where none does', () => {
    const advice = { words: 'The playbook requeue-trn applies.', button: 'Requeue' }
    const [start] = buttonsOf(render([job('failed', { advice })]).blocks)
    expect(start).toMatchObject({ action_id: ACTIONS.startFromJob, value: ID, text: { text: 'Requeue' } })
    expect(buttonsOf(render([job('failed', { advice: { ...advice, button: null } })]).blocks)).toEqual([])
  })

  it('has names of jobs and playbooks small, below what it means and what to do', () => {
    const advice = { words: 'Check the DTTP record.', why: 'The playbook requeue-trn applies.', button: 'Requeue' }
    const { blocks } = render([job('failed', { advice })])
    const [large, small] = [false, true].map((isSmall) =>
      readingOf(blocks.filter(({ type }) => (type === 'context') === isSmall)),
    )
    expect(large).toContain('Check the DTTP record.')
    expect(large).not.toMatch(/playbook|Dttp::/)
    expect(small).toMatch(/Dttp::RetrieveTrnJob\..*The playbook requeue-trn applies\./)
  })

  it('shows what came from elsewhere without interpreting it', () => {
    const advice = { words: EVIL, button: 'Requeue' }
    const message = render([job('failed', { slug: EVIL, failure: failure(EVIL), attempts: 1, advice })])
    expect(readingOf(message.blocks)).toContain(EVIL)
    expect(mrkdwnOf(message)).not.toMatch(/<[!@]|evil/)
  })
})

describe('the list', () => {
  it('says how many there are of each kind, the worst first', () => {
    const counts = { stuck: 1, failed: 2, retrying: 1, running: 1, delayed: 1001 }
    expect(readingOf(render([], { counts }).blocks)).toContain(
      '1 is stuck, 2 have failed, 1 is being tried again, 1 is running and more than 1,000 wait for their time.',
    )
  })

  it('says that nothing needs attention, also where jobs run or wait', () => {
    expect(readingOf(render([], { counts: NONE }).blocks)).toMatch(/No job needs attention\.$/)
    const read = readingOf(render([job('delayed')]).blocks)
    expect(read).toContain('No job needs attention. 1 waits for its time.')
    for (const kind of ['stuck', 'failed', 'retrying'] as const) {
      expect(readOne(job(kind))).not.toContain('No job needs attention')
    }
  })

  it('says what it is narrowed to', () => {
    const both = render([], { filter: { name: 'sync-schools', trainee: '5902' } })
    expect(both.text).toBe('Jobs, Fetch the schools from DTTP, trainee 5902')
    expect(render([]).text).toBe('Jobs')
  })

  it('says where Register’s jobs are not run by the bot', () => {
    const words = 'This bot does not run Register’s jobs'
    expect(readingOf(render([], { isKnown: false }).blocks)).toContain(words)
    expect(readingOf(render([]).blocks)).not.toContain(words)
  })

  it('leads to the pages before and after, where there are any', () => {
    const turns = (page: number, pages: number) =>
      buttonsOf(render([], { page, pages }).blocks).map(({ action_id, text, value }) => [action_id, text.text, value])
    const previous = [ACTIONS.jobsPage, 'Previous page', 'to 1']
    const next = [ACTIONS.jobsPage, 'Next page', 'to 3']
    expect(turns(1, 1)).toEqual([])
    expect(turns(2, 3)).toEqual([previous, next])
    expect(turns(2, 2)).toEqual([previous])
    expect(turns(1, 2)).toEqual([[ACTIONS.jobsPage, 'Next page', 'to 2']])
    expect(readingOf(render([], { page: 2, pages: 1300 }).blocks)).toContain('Page 2 of 1,300')
  })

  it('fits, however much there is to say about each', () => {
    const advice = { words: 'Ask a developer. '.repeat(300), button: 'Settle registration '.repeat(10) }
    const long = job('failed', {
      attempts: 30,
      run: 1000,
      failure: failure('DTTP refused it & said <so>. '.repeat(200)),
      slug: 'x'.repeat(64),
      changeRequestId: '123456789',
      progress: { pages: 1e15, rows: 1e15 },
      advice,
    })
    render(
      Array.from({ length: 10 }, () => long),
      { page: 2, pages: 3, counts: { ...NONE, failed: 1e9 } },
    )
    render(
      Array.from({ length: 10 }, (_, n) => ({ ...long, cause: `${n}`, failure: failure(`${n} refused `.repeat(200)) })),
      { page: 2, pages: 3, isKnown: false },
    )
    render(
      Array.from({ length: 10 }, (_, n) => ({
        ...long,
        advice: { ...advice, words: `${n % 5} ${advice.words}` },
        failure: failure(`${n} refused `.repeat(200)),
      })),
      { page: 2, pages: 3, isKnown: false },
    )
  })
})

describe('an age', () => {
  it.each([
    ['13:29:30', 'just now'],
    ['13:29:00', '1 minute ago, at 2:29pm'],
    ['12:30:01', '59 minutes ago, at 1:30pm'],
    ['12:30:00', '1 hour ago, at 1:30pm'],
  ])('of %s is told in the largest unit of which there is one: %s', (time, words) => {
    expect(ago(new Date(`2021-10-27T${time}Z`), NOW)).toBe(words)
  })

  it('across midnight in London has its date', () => {
    expect(ago(at('23:30', '2021-10-26'), at('01:00'))).toBe('1 hour ago, at 12:30am')
    expect(ago(at('22:30', '2021-10-26'), at('01:00'))).toBe('2 hours ago, on 26 October 2021 at 11:30pm')
  })

  it('of what comes is told in the same way, and what is overdue comes now', () => {
    expect(ahead(at('14:00'), NOW)).toBe('in 30 minutes, at 3pm')
    expect(ahead(at('13:00'), NOW)).toBe('now')
    expect(ago(at('14:00'), NOW)).toBe('just now')
  })
})
