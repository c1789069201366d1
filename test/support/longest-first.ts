import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in the order of that: a whole run's own figures, on two cores. */
export const LONGEST: readonly string[] = [
  'proof/sidekiq',
  'e2e/re-register',
  'e2e/local-slack',
  'queue/failover',
  'e2e/alerts',
  'browser/story',
  'e2e/repair-school-story',
  'e2e/slack-falters',
  'proof/registrations',
  'queue/backend',
  'proof/lifecycle',
  'browser/day',
  'entities/migrations',
  'proof/sleeps',
  'proof/stops',
  'browser/work',
  'e2e/find',
  'proof/polls',
  'e2e/home',
  'e2e/requeue-trn',
  'queue/resilience',
  'playbooks/contract',
  'e2e/fix-route',
  'e2e/slack-answers',
  'sandbox/demo-run',
  'queue/stalled',
  'bot/slack-codes',
  'e2e/finished',
  'sidekiq/failures',
  'e2e/grid',
  'pausing/environment',
  'scanner/other-systems',
  'e2e/repair-school',
  'sidekiq/ways',
  'sandbox/postgres',
  'e2e/register-posts',
  'playbooks/re-register-result',
  'scanner/stories',
  'sidekiq/beside',
  'e2e/slow-database',
  'changes/lost-commit',
  'jobs/sync-schools',
]

/** Begins with the files that take longest, so that the run does not end with one worker waiting for the other's. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files)
    return others.toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

/** Where a file stands in the list; after all of them if it is not there. */
function placeOf({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? LONGEST.length : place
}
