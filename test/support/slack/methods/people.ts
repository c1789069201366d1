import { SlackError } from '../slack-error.ts'
import { knownUser, type Method } from './method.ts'

export const people: Record<string, Method> = {
  'auth.test': {
    run(_args, { settings }) {
      return {
        ok: true,
        url: `https://${settings.teamDomain}.slack.com/`,
        team: settings.teamDomain,
        user: 'trainee-chatops',
        team_id: settings.teamId,
        user_id: settings.botUserId,
        bot_id: settings.botId,
        app_id: settings.appId,
        ...(settings.enterpriseId && { enterprise_id: settings.enterpriseId }),
        is_enterprise_install: false,
      }
    },
  },

  'users.info': {
    scope: 'users:read',
    required: ['user'],
    run(args, world) {
      const user = knownUser(args['user'], world)
      const name = user.name ?? user.id.toLowerCase()
      const realName = user.realName ?? name
      return {
        ok: true,
        user: {
          id: user.id,
          ...(user.teamId !== null && { team_id: user.teamId ?? world.workspace.teamId }),
          ...(user.enterprise && { enterprise_user: { enterprise_id: 'E01', ...user.enterprise } }),
          name,
          real_name: realName,
          deleted: user.deleted === true,
          is_bot: user.isBot === true,
          is_app_user: false,
          is_restricted: user.isRestricted === true,
          is_ultra_restricted: user.isUltraRestricted === true,
          ...(user.isStranger && { is_stranger: true }),
          tz: 'Europe/London',
          tz_offset: 0,
          profile: { real_name: realName, display_name: name, team: user.teamId ?? world.workspace.teamId },
        },
      }
    },
  },

  'usergroups.users.list': {
    scope: 'usergroups:read',
    required: ['usergroup'],
    run(args, { workspace }) {
      if (!workspace.paidPlan) throw new SlackError('plan_upgrade_required')
      const group = workspace.userGroups.get(String(args['usergroup']))
      if (!group) throw new SlackError('no_such_subteam')
      return { ok: true, users: [...group.users] }
    },
  },
}
