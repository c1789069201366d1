// The token endpoint: OAuth 2.0 client credentials, as Microsoft's identity platform does it.
import { randomBytes } from 'node:crypto'

type TokenAnswer = { status: number; headers: Record<string, string>; body: string }

export type TokenOptions = {
  clientId: string
  clientSecret: string
  scope: () => string
  lifetimeSeconds: number
  now: () => Date
}

export function createTokenEndpoint({ clientId, clientSecret, scope, lifetimeSeconds, now }: TokenOptions) {
  const expiries = new Map<string, number>()

  return {
    /** Answers a form-encoded request for a token. */
    issue(contentType: string, body: string): TokenAnswer {
      if (!contentType.startsWith('application/x-www-form-urlencoded')) return refuse(400, 'invalid_request')
      const form = new URLSearchParams(body)
      if (form.get('grant_type') !== 'client_credentials') return refuse(400, 'unsupported_grant_type')
      if (form.get('client_id') !== clientId) return refuse(400, 'unauthorized_client')
      if (form.get('client_secret') !== clientSecret) return refuse(401, 'invalid_client')
      if (form.get('scope') !== scope()) return refuse(400, 'invalid_scope')
      const token = `simulated.${randomBytes(24).toString('base64url')}`
      expiries.set(token, now().getTime() + lifetimeSeconds * 1000)
      return answer(200, {
        token_type: 'Bearer',
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: token,
      })
    },

    /** Whether an Authorization header carries a token that is still good. */
    accepts(authorization: string | undefined): boolean {
      const [, token = ''] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? []
      return (expiries.get(token) ?? 0) > now().getTime()
    },

    /** Makes every token given out so far worthless, whatever was said about its lifetime. */
    revokeAll: (): void => expiries.clear(),
  }
}

function refuse(status: number, error: string): TokenAnswer {
  return answer(status, { error, error_description: `AADSTS7000000: ${error}.`, error_codes: [7000000] })
}

function answer(status: number, body: object): TokenAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) }
}
