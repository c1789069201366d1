// A step of a run: done to the real thing and to the model, then both are compared.
import type fc from 'fast-check'
import { ChangeError } from '../../../src/errors.ts'
import { look } from './look.ts'
import type { Model, ModelRequest } from './model.ts'
import type { Stage } from './stage.ts'

export type Command = fc.AsyncCommand<Model, Stage>

/** How often each kind of step was taken, and with what answer. */
export type Tally = Record<string, number>

/** A step that can always be taken. `act` may answer with a word for the tally. */
export function step(name: string, tally: Tally, act: (model: Model, stage: Stage) => Promise<unknown>): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, stage) {
      const answer = await act(model, stage)
      const kind = [name.split(' (')[0], typeof answer === 'string' ? answer : ''].filter(Boolean).join(': ')
      tally[kind] = (tally[kind] ?? 0) + 1
      await look(model, stage)
    },
  }
}

/** A step about one of the requests there are; `which` counts from the newest. */
export function stepOn(
  which: number,
  name: string,
  tally: Tally,
  act: (request: ModelRequest, model: Model, stage: Stage) => Promise<unknown>,
): Command {
  const one = step(`${name} (request ${which} from the newest)`, tally, (model, stage) =>
    act(requestAt(model, which), model, stage),
  )
  return { ...one, check: ({ requests }) => requests.length > 0 }
}

function requestAt({ requests }: Model, which: number): ModelRequest {
  const request = requests[requests.length - 1 - (which % requests.length)]
  if (!request) throw new Error('there is no request')
  return request
}

/** The code of a refusal, or `done`; what is no refusal is a fault of ours. */
export async function answerOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'done'
  } catch (error) {
    if (error instanceof ChangeError) return error.code
    throw error
  }
}

export function expectAnswer(is: string, expected: string): string {
  if (is !== expected) throw new Error(`the answer was ${is}, not ${expected}`)
  return is
}
