import { expect, test } from 'vitest'
import { withClient } from '../../sandbox/register/database.ts'
import { seedRegister } from '../../sandbox/register/seed.ts'
import { scratchDatabase } from '../support/database.ts'

test('seeds plainly made-up people whom the docs can quote', async () => {
  const database = await scratchDatabase()
  await seedRegister(database.adminUrl)
  await withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query<Record<string, string>>(
      'SELECT id, slug, first_names, email, submitted_for_trn_at::text FROM trainees ORDER BY id',
    )
    expect(rows).toHaveLength(17)
    for (const trainee of rows) {
      expect(trainee['slug']).toMatch(/^[1-9A-HJ-NP-Za-km-z]{24}$/)
      expect(trainee['first_names']).toMatch(/Demo/)
      expect(trainee['email']).toMatch(/@example\.test$/)
    }
    expect(rows[0]).toMatchObject({ id: '5901', submitted_for_trn_at: '2021-10-18 09:12:44.281937' })
    const next = await client.query("SELECT nextval('trainees_id_seq') AS id")
    expect(next.rows).toEqual([{ id: '5918' }])
  })
  await database.drop()
})

test('gives every submitted trainee an audit of the submission, and never a username', async () => {
  const database = await scratchDatabase()
  await seedRegister(database.adminUrl)
  await withClient(database.adminUrl, async (client) => {
    const unexplained = await client.query(
      `SELECT id FROM trainees WHERE submitted_for_trn_at IS NOT NULL AND NOT EXISTS (
         SELECT FROM audits WHERE auditable_id = trainees.id AND audited_changes->'state' = '[0, 1]'
           AND user_type = 'User' AND created_at BETWEEN submitted_for_trn_at AND submitted_for_trn_at + interval '1 s')`,
    )
    expect(unexplained.rows).toEqual([])
    expect((await client.query('SELECT id FROM audits WHERE username IS NOT NULL')).rows).toEqual([])
  })
  await database.drop()
})
