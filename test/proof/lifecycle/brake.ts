// People pause the bot, and let it go on.
import fc from 'fast-check'
import { pause, resume } from '../../../src/pausing/pause.ts'
import { DEVELOPER, SECOND_DEVELOPER } from '../../support/lifecycle.ts'
import { answerOf, type Command, expectAnswer, step, type Tally } from './command.ts'
import type { Model } from './model.ts'
import type { Stage } from './stage.ts'

export function brakeSteps(tally: Tally): Record<string, fc.Arbitrary<Command>> {
  return {
    pause: fc.constant(
      step('a developer pauses the bot', tally, async (model, { world }) => {
        await pause(world, { actor: DEVELOPER, reason: 'Something is odd' })
        model.isPaused = true
      }),
    ),
    resume: fc.constant(step('two developers let the bot go on', tally, (model, { world }) => letGoOn(model, world))),
  }
}

/** One asks for it, and it goes on once the other does. */
export async function letGoOn(model: Model, world: Stage['world']): Promise<string> {
  const asked = await answerOf(resume(world, DEVELOPER))
  if (!model.isPaused) return expectAnswer(asked, 'not-paused')
  const isOn = await resume(world, SECOND_DEVELOPER)
  model.isPaused = false
  return expectAnswer(isOn, 'resumed')
}
