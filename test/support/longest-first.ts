import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, in the order of that: a whole run's own figures, on two cores. */
export const LONGEST: readonly string[] = [
  'proof/stops',
  'e2e/re-register',
  'queue/resilience',
  'queue/failover',
  'e2e/local-slack',
  'proof/re-register',
  'proof/polls',
  'playbooks/contract',
  'proof/registrations',
  'browser/story',
  'e2e/alerts',
  'proof/sleeps',
  'e2e/slack-falters',
  'queue/stalled',
  'bot/slack-codes',
  'browser/work',
  'browser/day',
  'e2e/repair-school',
  'e2e/repair-school-story',
  'queue/backend',
  'proof/proof',
  'e2e/slack-answers',
  'sidekiq/failures',
  'e2e/requeue-trn',
  'proof/schools',
  'registration/told',
  'e2e/grid',
  'scanner/messages',
  'proof/sidekiq',
  'e2e/fix-route',
  'parity/parity',
  'e2e/find',
  'ledger/witnesses',
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
