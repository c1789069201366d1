import { isObject } from '../block-kit/rules.ts'
import { acceptView } from '../block-kit/surfaces.ts'
import { malformed, SlackError } from '../slack-error.ts'
import type { JsonObject } from '../types.ts'
import type { OpenView } from '../views.ts'
import type { World } from '../world.ts'
import { knownUser, type Method } from './method.ts'

export const views: Record<string, Method> = {
  'views.open': {
    required: ['trigger_id', 'view'],
    run(args, world) {
      const view = acceptView(args['view'], 'modal')
      const { user } = world.triggers.exchange(args['trigger_id'])
      return { ok: true, view: world.views.open(user, view) }
    },
  },

  'views.push': {
    required: ['trigger_id', 'view'],
    run(args, world) {
      const view = acceptView(args['view'], 'modal')
      const { user, inModal } = world.triggers.exchange(args['trigger_id'])
      if (!inModal) throw malformed('invalid_arguments', ['[ERROR] trigger_id must come from inside a modal'])
      return { ok: true, view: world.views.push(user, view) }
    },
  },

  'views.update': {
    required: ['view'],
    run(args, world) {
      const open = findView(args, world)
      const view = acceptView(args['view'], open?.view.type ?? kindOf(args['view']))
      if (!open) throw new SlackError('not_found')
      checkHash(args['hash'], open)
      return { ok: true, view: world.views.update(open, view) }
    },
  },

  'views.publish': {
    required: ['user_id', 'view'],
    run(args, world) {
      const user = knownUser(args['user_id'], world)
      const view = acceptView(args['view'], 'home')
      if (!world.settings.homeTab) throw new SlackError('not_enabled')
      checkHash(args['hash'], world.views.home(user.id))
      return { ok: true, view: world.views.publish(user.id, view) }
    },
  },
}

function findView(args: JsonObject, world: World): OpenView | undefined {
  const { view_id: id, external_id: externalId } = args
  if ((id === undefined) === (externalId === undefined)) {
    throw malformed('invalid_arguments', ['[ERROR] exactly one of view_id and external_id is required'])
  }
  return id === undefined ? world.views.findByExternalId(String(externalId)) : world.views.find(String(id))
}

function kindOf(view: unknown): 'modal' | 'home' {
  return isObject(view) && view['type'] === 'home' ? 'home' : 'modal'
}

function checkHash(hash: unknown, open: OpenView | undefined): void {
  if (hash !== undefined && hash !== open?.view.hash) throw new SlackError('hash_conflict')
}
