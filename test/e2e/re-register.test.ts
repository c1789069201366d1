import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { hintAgain } from '../../src/changes/sweeps/sweep.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { ACTIONS } from '../../src/views/kit/ids.ts'
import { onRedis, useStory } from '../support/bot.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { sampleOfEach } from '../support/extent.ts'
import { CHANNEL, DEVELOPER, SECOND_DEVELOPER, SUPPORT } from '../support/lifecycle.ts'
import { buttons, readText } from '../support/slack/index.ts'
import { type Branch, branches, endings, type Settlement, settlements } from './re-register-branches.ts'
import { recordsInDttp, registrationStory, traineeRow } from './registration-story.ts'

const DOC = fileURLToPath(new URL('../../docs/re-register.md', import.meta.url))
const SUBMITTED = '2021-10-14T08:00:00.654321'

const upstream = useStoryDttp()
let settings: Record<string, string> = {}
const use = useStory(() => ({ ...onRedis(), ...upstream.dttp.environment(), REGISTER_JOBS: 'own', ...settings }))
const { open, check, approve, press, closeAll, card, cards, cardSays, changes, threadSays, alertSays } =
  registrationStory(use)
const trainee = (id = 5913) => traineeRow(use.admin, id)
const registered = () => recordsInDttp(upstream.dttp, '21/22-5913')

async function jobs(name: string): Promise<{ status: string; args: object }[]> {
  const { rows } = await use.admin.query('SELECT status, args FROM chatops.jobs WHERE name = $1', [name])
  return rows
}

const DECISIONS = { use: '“Use these records”', again: '“Register again”' } as const

const tables: Readonly<Record<string, string>> = {
  branches: tableOf(
    ['what is so', 'in DTTP', 'ends in', 'what it means'],
    branches.map(({ given, inDttp, ends, means }) => [given, inDttp, ends, means]),
  ),
  endings: tableOf(
    ['what comes of it', 'the card says', 'what it means'],
    endings.map(({ when, card, next }) => [when, card, next]),
  ),
  settlements: tableOf(
    ['in DTTP', 'what is chosen', 'ends in', 'what it means'],
    settlements.map(({ inDttp, decision, ends, means }) => [inDttp, DECISIONS[decision], ends, means]),
  ),
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}

/** A test of one ending in the docs. */
const story = (when: (typeof endings)[number]['when'], run: () => Promise<void>) => {
  told.add(when)
  test(when, run)
}
const told = new Set<string>()

describe('each branch of the decision table', () => {
  const chosen = sampleOfEach(branches, ({ ends, settings = {} }) => ends + Object.keys(settings), 2)
  describe.each(chosen.map((branch) => [nameOf(branch), branch] as const))('%s', (_name, branch) => {
    beforeAll(() => {
      settings = branch.settings ?? {}
      return () => {
        settings = {}
      }
    })

    test('is what people see, and only what was approved is done', async () => {
      await branch.prepare?.({ admin: use.admin, dttp: upstream.dttp })
      const before = await trainee(branch.trainee)
      await open(`re-register ${before['slug']}`)
      const said = await check(branch.form)
      expect(said).toContain(branch.says)
      expect(endOf(said)).toBe(branch.ends)
      expect(await trainee(branch.trainee)).toEqual(before)
      if (!branch.plan) return expect(cards()).toEqual([])
      expect(await approve()).toContain(branch.plan.shows)
      await cardSays(/is done|needs attention|checking the result/)
      const { rows } = await use.admin.query(
        `SELECT plan -> 'updates' -> 0 -> 'changes' AS ids FROM chatops.change_requests`,
      )
      expect(rows[0].ids ?? {}).toEqual(Object.fromEntries(branch.plan.empties.map((id) => [id, [before[id], null]])))
      const { submitted_for_trn_at, state } = before
      expect(await trainee(branch.trainee)).toMatchObject({ submitted_for_trn_at, state })
    })
  })
})

describe('each branch of settling a registration', () => {
  const chosen = sampleOfEach(settlements, ({ ends, decision }) => `${ends} ${decision}`, 1)
  test.each(chosen.map((one) => [nameOfSettlement(one), one] as const))('%s', async (_name, settlement) => {
    await settlement.prepare({ admin: use.admin, dttp: upstream.dttp })
    await open(`settle-registration 5913 ${settlement.decision}`)
    const said = await check(settlement.form)
    expect(said).toContain(settlement.says)
    expect(endOf(said)).toBe(settlement.ends)
  })
})

describe('what is approved and carried out', () => {
  story('all goes well', async () => {
    const before = await trainee()
    await open('re-register 5913')
    expect(await check()).toContain('What would change')
    const reviewed = await approve()
    expect(reviewed).toContain('DTTP record')
    expect(reviewed).toContain('submitted by e0000000-0000-4000-8000-000000000201')
    const said = await cardSays('CR-1 is done')
    expect(said).toContain(`is registered with DTTP again. New DTTP record ${(await trainee())['dttp_id']}.`)
    const done = await changes()
    expect(done.match(/✓ /g)).toHaveLength(9)
    expect(done).not.toMatch(/[✗○]/)
    for (const words of [
      'The state and the exact time of submission are as they were',
      'Before the registration the history was exactly as it had been. None was added.',
      'The registration ran, and the new ids are set',
      'The only new entries in the history are the registration’s own, of the new ids. 2 of 2 are there.',
      'The trainee’s timeline shows the same events',
      'The trainee is there. The training record is there. 1 of 1 degree there.',
      'Both status changes went through. DTTP shows both.',
      'DTTP will be asked for the TRN. Next on',
    ]) {
      expect(done).toContain(words)
    }
    const after = await trainee()
    const { dttp_id, placement_assignment_dttp_id, updated_at } = after
    expect(after).toEqual({ ...before, dttp_id, placement_assignment_dttp_id, updated_at })
    expect(after['submitted_for_trn_at']).toBe(SUBMITTED)
    expect(dttp_id).not.toBe(before['dttp_id'])
    expect(registered()).toBe(1)
    expect(await jobs('register-for-trn')).toMatchObject([{ status: 'done' }])
    expect(await jobs('retrieve-trn')).toMatchObject([{ status: 'waiting' }])
    await threadSays('CR-1 is done')
    const posted = JSON.stringify([use.story.slack.messages(CHANNEL), use.story.slack.replies(CHANNEL, card().ts)])
    for (const secret of ['first_names', 'last_name', 'email']) expect(posted).not.toContain(String(before[secret]))
    expect(await verifyLedger(use.story.bot.changes.database)).toMatchObject({ broken: null })
  })

  test('where a training record stays behind, people are given the words to have it deleted', async () => {
    const left = String((await trainee())['placement_assignment_dttp_id'])
    upstream.dttp.simulator.state.add('dfe_placementassignments', { id: left })
    await open('re-register 5913')
    await check()
    await approve()
    await cardSays('CR-1 is done')
    const thread = await threadSays('Still to do')
    expect(thread).toContain('Please delete this training record in DTTP once the request is done')
    expect(thread).toContain(`Training record: ${left}`)
  })

  test('the form offers who can be named, and goes on with whom is chosen', async () => {
    upstream.dttp.deleteContact(5908)
    await open('re-register 5908')
    expect(await check()).toContain('User 202 submitted the trainee')
    expect(await check({ submitter: '201' })).toContain('User 201, as you chose.')
  })
})

describe('between the preview and the execution', () => {
  test('a record that comes back to DTTP makes the request out of date', async () => {
    const before = await trainee()
    await open('re-register 5913')
    await check()
    await approve({ between: () => upstream.dttp.simulator.state.add('contacts', { id: String(before['dttp_id']) }) })
    expect(await cardSays('CR-1 is out of date')).toContain('DTTP no longer has the trainee’s record')
    expect(await trainee()).toEqual(before)
    expect(await jobs('register-for-trn')).toEqual([])
  })

  test('a DTTP that falls silent makes it wait, and it is carried out once DTTP is back', async () => {
    await open('re-register 5913')
    await check()
    await approve({ between: () => upstream.dttp.goDown() })
    await use.story.slack.until(async () => {
      const { rows } = await use.admin.query('SELECT upstream_failing_since FROM chatops.change_requests')
      return rows[0].upstream_failing_since !== null
    })
    expect(await trainee()).toMatchObject({ dttp_id: 'c0000000-0000-4000-8000-000000005913' })
    upstream.dttp.comeBack()
    const { changes } = use.story.bot
    await hintAgain({ ...changes, now: () => new Date(changes.now().getTime() + 60_000) })
    await cardSays('CR-1 is done')
  })
})

const ask = async () => {
  await open('re-register 5913')
  await check()
  await approve()
}
const goesWrong = (kind: 'refused' | 'lost-answer' | 'lost-request', times = 1) =>
  upstream.dttp.simulator.faults.add({ kind, path: '$batch', times })
const NOT_AS_APPROVED = 'has changed since it was approved, so we did not send it.'
const batches = () => upstream.dttp.simulator.requestsTo('$batch')

/** Meanwhile each job that a request starts finds its trainee's name changed. */
async function movedBeforeItIsSent(meanwhile: () => Promise<void>): Promise<void> {
  await use.admin.query(`
    CREATE FUNCTION chatops.change_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN UPDATE public.trainees SET last_name = 'Moved' WHERE id = NEW.trainee_id; RETURN NEW; END $$;
    CREATE TRIGGER change_name AFTER INSERT ON chatops.jobs FOR EACH ROW EXECUTE FUNCTION chatops.change_name()`)
  try {
    await meanwhile()
  } finally {
    await use.admin.query('DROP TRIGGER change_name ON chatops.jobs; DROP FUNCTION chatops.change_name()')
  }
}

const degree = async () =>
  (await use.admin.query('SELECT dttp_id FROM degrees WHERE trainee_id = 5913')).rows[0].dttp_id

describe('a registration', () => {
  beforeAll(() => {
    settings = { DTTP_ASK_AGAIN_AFTER: '3s' }
    return () => {
      settings = {}
    }
  })

  story('the record was changed after the approval', async () => {
    await movedBeforeItIsSent(async () => {
      await ask()
      expect(await cardSays('needs attention')).toContain(NOT_AS_APPROVED)
    })
    expect(batches()).toEqual([])
    await press('Preview again', SUPPORT)
    expect(await check()).toContain('What would happen')
    await approve()
    await cardSays('CR-2 is done')
    expect(registered()).toBe(1)
  })

  story('no answer came, and DTTP has the records', async () => {
    goesWrong('lost-answer')
    await ask()
    const said = await cardSays('We do not know yet if DTTP registered this trainee.')
    expect(said).toContain('CR-1: checking the result')
    expect(said).toContain('It cannot be registered twice.')
    expect(said).toContain('There is nothing for you to do unless this card says so.')
    const done = await cardSays('CR-1 is done')
    expect(done).not.toContain('We do not know')
    expect(await trainee()).toMatchObject({ submitted_for_trn_at: SUBMITTED, state: 1 })
    expect(upstream.dttp.simulator.state.dfe_degreequalifications.has(await degree())).toBe(true)
    expect(upstream.dttp.simulator.requestsTo('$batch')).toHaveLength(1)
    expect(registered()).toBe(1)
  })

  story('no answer came, and DTTP has no records', async () => {
    goesWrong('lost-request')
    await ask()
    await cardSays('We do not know yet if DTTP registered this trainee.')
    await cardSays('CR-1 is done')
    expect(upstream.dttp.simulator.requestsTo('$batch')).toHaveLength(2)
    expect(registered()).toBe(1)
  })

  story('no answer came for a working day', async () => {
    goesWrong('lost-request', Number.POSITIVE_INFINITY)
    await ask()
    await cardSays('We do not know yet if DTTP registered this trainee.')
    await use.admin.query(`UPDATE chatops.change_requests SET executed_at = executed_at - interval '4 days'`)
    const said = await cardSays('CR-1 needs attention')
    expect(said).toContain('You can register the trainee again: it cannot be registered twice.')
    await alertSays('We still do not know if DTTP registered trainee 5913')
    upstream.dttp.comeBack()
    expect(await press('Register again', SUPPORT)).toContain('Register again with DTTP')
    expect(await check()).toContain('This one takes its ids over')
    await approve()
    await cardSays('CR-2 is done')
    expect(registered()).toBe(1)
  })

  story('DTTP refuses it, or nothing could be sent', async () => {
    goesWrong('refused')
    await ask()
    const said = await cardSays('CR-1 needs attention')
    expect(said).toContain('✗ The registration ran, and the new ids are set: this does not hold. DTTP refused it')
    expect(await trainee()).toMatchObject({ dttp_id: null, submitted_for_trn_at: SUBMITTED, state: 1 })

    expect(await press('Register again', SUPPORT)).toContain('Register again with DTTP')
    expect(await check()).toContain('so there is nothing to empty')
    await approve()
    expect(await cardSays('CR-2 is done')).toContain('It follows CR-1.')
    expect(registered()).toBe(1)
  })

  story('a status change is refused', async () => {
    upstream.dttp.simulator.faults.add({ kind: 'refused', method: 'PATCH', path: 'contacts' })
    await ask()
    const said = await cardSays('CR-1 needs attention')
    expect(said).toContain('✗ Both status changes went through: this does not hold. DTTP refused it')
    expect(said).toContain('✓ The registration ran, and the new ids are set.')
    expect(registered()).toBe(1)
  })

  story('DTTP answers, and Register cannot save it', async () => {
    await use.admin.query(
      `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE OF dttp_id ON public.trainees FOR EACH ROW WHEN (NEW.dttp_id IS NOT NULL)
         EXECUTE FUNCTION public.refuse()`,
    )
    await ask()
    const said = await cardSays('CR-1 needs attention')
    await use.admin.query('DROP FUNCTION public.refuse() CASCADE')
    const [, record] = /DTTP answered with record ([0-9a-f-]{36})/.exec(said) ?? []
    expect(said).toContain('DTTP registered this trainee, but Register could not save it.')
    expect(buttons(card().blocks).map(({ text }) => text)).not.toContain('Register again')

    await press('Use these records', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain(`DTTP has record ${record}`)
    await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
    await cardSays('CR-2 is done')
    expect(await trainee()).toMatchObject({ dttp_id: record, submitted_for_trn_at: SUBMITTED, state: 1 })
    expect(registered()).toBe(1)
  })
})

describe('a registration without ids of ours', () => {
  beforeAll(() => {
    settings = { DTTP_OWN_IDS: 'off' }
    return () => {
      settings = {}
    }
  })

  /** Long enough for DTTP to be surely done with it. */
  const letTimePass = () =>
    use.admin.query(`UPDATE chatops.registration_attempts SET sent_at = sent_at - interval '10 minutes'`)

  story('without ids of ours, no answer came, and DTTP has the records', async () => {
    goesWrong('lost-answer')
    await ask()
    const said = await cardSays('CR-1 needs attention')
    expect(said).toContain('We do not know if DTTP registered this trainee.')
    expect(said).toContain('Do not register or retry this trainee. Trying again could create a duplicate.')
    const [, record] = /DTTP now shows record ([0-9a-f-]{36}) with 1 training record and 1 degree/.exec(said) ?? []
    expect(record).toBeDefined()
    await alertSays('We do not know if DTTP registered trainee 5913')

    expect(await press('Use these records', DEVELOPER)).toContain('Settle a registration')
    expect(await check({}, DEVELOPER)).toContain(`DTTP has record ${record} with 1 training record and 1 degree.`)
    await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
    const done = await cardSays('CR-2 is done')
    expect(done).toContain('It follows CR-1.')
    expect((await changes()).match(/✓ /g)).toHaveLength(4)
    expect(await trainee()).toMatchObject({ dttp_id: record, submitted_for_trn_at: SUBMITTED, state: 1 })
    expect(upstream.dttp.simulator.state.dfe_degreequalifications.has(await degree())).toBe(true)
    expect(registered()).toBe(1)
  })

  story('without ids of ours, no answer came, and DTTP has no records', async () => {
    goesWrong('lost-request')
    await ask()
    expect(await cardSays('CR-1 needs attention')).toContain('DTTP shows no record that it could have created.')

    await press('Use these records', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain('so there is none to use')
    await press('Register again', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain('sent a few minutes ago')
    await letTimePass()
    await press('Register again', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain('Record that the registration of trainee 5913 is given up')
    await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
    await cardSays('CR-2 is done')
    expect(await trainee()).toMatchObject({ submitted_for_trn_at: SUBMITTED, state: 1 })
    expect(registered()).toBe(1)
  })

  story('without ids of ours, no answer came, and somebody wants to register again all the same', async () => {
    goesWrong('lost-answer')
    await ask()
    await cardSays('CR-1 needs attention')
    await letTimePass()
    await press('Register again', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain(
      'Registering again would create a duplicate. Choose “Use these records”',
    )
    await closeAll(SUPPORT)
    await open('re-register 5913')
    expect(await check()).toContain('A developer must settle that first')
    expect(registered()).toBe(1)
  })

  story('without ids of ours, no answer came, and DTTP has several records', async () => {
    goesWrong('lost-answer')
    await ask()
    await cardSays('CR-1 needs attention')
    const { state } = upstream.dttp.simulator
    const [first] = [...state.contacts.values()].filter(({ dfe_traineeid }) => dfe_traineeid === '21/22-5913')
    const { contactid: record, ...columns } = first ?? {}
    state.add('contacts', { ...columns })
    await press('Use these records', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain('DTTP has more than one such record.')
    expect(await check({ contact: String(record) }, DEVELOPER)).toContain(`You chose record ${record}`)
    await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
    await cardSays('CR-2 is done')
    expect(await trainee()).toMatchObject({ dttp_id: record })
    expect(await threadSays('Still to do')).toContain('Please check whether these DTTP records are the same person')
  })

  /** The preview by which one that was never answered is given up, and the trainee registered again. */
  async function previewSettling(): Promise<void> {
    goesWrong('lost-request')
    await ask()
    await cardSays('CR-1 needs attention')
    await letTimePass()
    await press('Register again', DEVELOPER)
    expect(await check({}, DEVELOPER)).toContain('is given up')
  }

  const attempts = async () => (await use.admin.query('SELECT * FROM chatops.registration_attempts')).rows

  story(
    'without ids of ours, “Register again” is approved, and the record changes before it is carried out',
    async () => {
      const { slack } = use.story
      await previewSettling()
      const [before, unsettled] = [await trainee(), await attempts()]
      await approve({
        asker: DEVELOPER,
        approver: SECOND_DEVELOPER,
        between: () => use.admin.query(`UPDATE trainees SET last_name = 'Moved' WHERE id = 5913`),
      })
      await cardSays('CR-2 is out of date')
      expect(batches()).toHaveLength(1)
      expect(await attempts()).toEqual(unsettled)
      expect(await trainee()).toEqual({ ...before, last_name: 'Moved' })

      await slack.click({ user: DEVELOPER, actionId: ACTIONS.previewAgain, message: card() })
      await slack.until(() => readText(slack.view(DEVELOPER)).includes('is given up'))
      await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
      await cardSays('CR-3 is done')
      expect(registered()).toBe(1)
    },
  )

  story('without ids of ours, “Register again” is carried out, and the record changes before it is sent', async () => {
    await previewSettling()
    await movedBeforeItIsSent(async () => {
      await approve({ asker: DEVELOPER, approver: SECOND_DEVELOPER })
      expect(await cardSays('CR-2 needs attention')).toContain(NOT_AS_APPROVED)
    })
    expect(batches()).toHaveLength(1)
    expect(await attempts()).toMatchObject([{ outcome: 'not-sent' }])

    expect(await press('Preview again', SUPPORT, 2)).toContain('Register again with DTTP')
    await check()
    await approve()
    await cardSays('CR-3 is done')
    expect(registered()).toBe(1)
  })
})

test('docs/re-register.md has exactly these branches and endings, and each ending is told', () => {
  expect([...told].sort()).toEqual(endings.map(({ when }) => when).sort())
  const current = Object.entries(tables).reduce(
    (doc, [name, table]) => doc.replace(between(name), `<!-- ${name} -->\n${table}<!-- end -->`),
    readFileSync(DOC, 'utf8'),
  )
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOC, current)
  expect(readFileSync(DOC, 'utf8')).toBe(current)
  for (const name of Object.keys(tables)) expect(current).toMatch(between(name))
})

function between(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->\\n[\\s\\S]*?<!-- end -->`)
}

/** How a form ended, told by what is on the screen. */
function endOf(said: string): Branch['ends'] | 'unknown' {
  if (/Read \d+ warnings? first/.test(said)) return 'plan, with a warning'
  if (said.includes('Nothing stands in the way')) return 'plan'
  if (said.includes('You cannot ask for this change')) return 'blocked'
  if (said.includes('We could not finish the checks')) return 'not now'
  return said.includes('Support ticket') ? 'the form asks' : 'unknown'
}

function nameOf({ given, inDttp, ends }: Branch): string {
  return `${given}; in DTTP: ${inDttp} → ${ends}`
}

function nameOfSettlement({ inDttp, decision, ends }: Settlement): string {
  return `in DTTP: ${inDttp}; ${DECISIONS[decision]} → ${ends}`
}
