import type { DttpError } from './client/index.ts'

/** What came of a call to DTTP, in a sentence for people. None of DTTP's own words are in it. */
export function dttpWords({ kind, status, code, said: meaning }: DttpError): string {
  const facts = [status, code].filter((fact) => fact !== null).join(' ')
  const said = `${facts && ` (${facts})`}${meaning ? `: ${meaning}` : ''}`
  switch (kind) {
    case 'gone':
      return `DTTP does not have the record${said}.`
    case 'exists':
      return `DTTP has another record with one of the same keys${said}. It did not do it.`
    case 'changed':
      return `Somebody else changed the record in DTTP while we were about to${said}. Ours was not written.`
    case 'refused':
      return meaning ? `DTTP refused it${said}.` : `DTTP said something we do not know${said}, and did not do it.`
    case 'unavailable':
      return `DTTP did not answer, or asked us to wait${said}.`
    case 'unauthorised':
      return `DTTP did not accept the bot’s credentials${said}.`
    case 'outcome-unknown':
      return `We sent a change to DTTP and got no readable answer${said}. It may have worked.`
    case 'malformed':
      return `We could not read what DTTP answered${said}.`
  }
}

/**
 * Words with DTTP's id of the request that failed, by which its operators can find what DTTP said; empty if there is
 * none.
 */
export function referenceWords(reference: string | null | undefined): string {
  return reference ? `DTTP’s reference: ${reference}.` : ''
}
