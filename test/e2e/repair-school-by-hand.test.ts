// Where Trello is not set up, people are given the words; where Register's jobs are not ours, GIAS is loaded all the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GiasSimulator, startGiasSimulator } from '../../sandbox/gias/index.ts'
import { withClient } from '../../sandbox/register/database.ts'
import { tellArrivals } from '../../src/schools/waits.ts'
import { startBot, startStorySlack, useStory } from '../support/bot.ts'
import { demoDatabase } from '../support/database.ts'
import { useStoryDttp } from '../support/dttp.ts'
import { SUPPORT } from '../support/lifecycle.ts'
import { schoolStory } from './repair-school-setup.ts'

describe('without Trello', () => {
  const upstream = useStoryDttp()
  const use = useStory(() => ({ ...upstream.dttp.environment(), REGISTER_JOBS: 'own' }))
  const { preview, approve, cardSays, threadSays, isTold, top } = schoolStory(use)

  test('the card’s text stands in the preview, and in the thread for copying', async () => {
    const shown = await preview({ subject: '900002' })
    expect(shown).toContain('To do by hand: Update a school in DTTP: URN 900002')
    expect(shown).not.toContain('Trello')
    await approve()
    await cardSays('is done')
    const said = await threadSays('Still to do')
    expect(said).toContain('Please make this school active in DTTP.')
  })

  test('who asks for a school is given the words, and told when it is there', async () => {
    const shown = await preview({ subject: '900005', missing: 'wait' })
    expect(shown).toContain('Ask support to add it. You can copy this:')
    expect(shown).toContain('Please add this school to DTTP.')
    await use.story.slack.submit({ user: SUPPORT })
    await use.story.slack.until(() => top(SUPPORT).includes('You wait for the school'))
    expect(top(SUPPORT)).toContain('Ask support to add the school to DTTP.')
    await use.admin.query(`INSERT INTO public.dttp_schools (urn, status_code) VALUES ('900005', 2)`)
    await tellArrivals(use.story.bot.changes)
    await isTold(SUPPORT, 'The school with URN 900005 is in the list of DTTP schools now.')
  })
})

describe('a bot that does not run Register’s jobs', () => {
  let gias: GiasSimulator
  beforeAll(async () => {
    const schools = Array.from({ length: 10_001 }, (_, n) => ({ urn: String(100_001 + n), name: `${n}`, status: 1 }))
    gias = await startGiasSimulator({ schools })
  })
  afterAll(() => gias.stop())

  test('loads GIAS, and leaves theirs alone', async () => {
    const scratch = await demoDatabase()
    const slack = await startStorySlack()
    const query = async (sql: string) => (await withClient(scratch.adminUrl, (client) => client.query(sql))).rows
    const due = `now() - interval '5 minutes'`
    await query(`INSERT INTO chatops.jobs (name, trainee_id, due_at) VALUES ('retrieve-trn', 5902, ${due})`)
    await query(`INSERT INTO chatops.jobs (name, due_at) VALUES ('load-gias', ${due})`)
    const bot = await startBot(slack, scratch.appUrl, { env: { GIAS_URL: gias.url } })
    try {
      const statuses = () => query('SELECT name, status, run FROM chatops.jobs WHERE once_key IS NULL ORDER BY name')
      await expect.poll(statuses).toEqual([
        { name: 'load-gias', status: 'done', run: 1 },
        { name: 'retrieve-trn', status: 'waiting', run: 0 },
      ])
    } finally {
      await bot.stop()
      await slack.stop()
      await scratch.drop()
    }
  })
})
