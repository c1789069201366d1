// What the local Slack tells the bot, put right where Slack would tell it otherwise.

type View = { id: string; root_view_id?: string | null; previous_view_id?: string | null }

/** The part of a Socket Mode message that is looked at; all else passes as it is. */
type Envelope = {
  payload?: {
    type?: string
    view?: View
    container?: object
    actions?: { selected_option?: { clicked_in?: View } | null }[]
    message?: unknown
    channel?: unknown
    response_url?: unknown
  }
}

/**
 * Puts right what the local Slack says of modals. It gives a view another id with every update, and knows no button in a
 * modal: our page (page.js) sends one with the view that it was clicked in.
 */
export function modalsAsInSlack() {
  const firstIds = new Map<string, string>()
  const first = (id: string) => firstIds.get(id) ?? id
  const firstIfAny = (id: string | null | undefined) => (id ? first(id) : id)
  const withFirstIds = (view: View): View => ({
    ...view,
    id: first(view.id),
    root_view_id: firstIfAny(view.root_view_id),
    previous_view_id: firstIfAny(view.previous_view_id),
  })

  return {
    /** Notes that an update of the view `updated` gave it a new id. */
    note(updated: string, newId: string): void {
      firstIds.set(newId, first(updated))
    },
    /** A Socket Mode message as Slack would send it. */
    put(text: string): string {
      const envelope = JSON.parse(text) as Envelope
      const { payload } = envelope
      const clickedIn = payload?.actions?.[0]?.selected_option?.clicked_in
      const view = clickedIn ?? payload?.view
      if (!payload || !view) return text
      const put = { ...payload, view: withFirstIds(view) }
      if (!clickedIn) return JSON.stringify({ ...envelope, payload: put })
      const { message: _, channel: __, response_url: ___, ...click } = put
      const actions = click.actions?.map(({ selected_option: ____, ...action }) => action)
      const container = { type: 'view', view_id: click.view.id }
      return JSON.stringify({ ...envelope, payload: { ...click, container, actions } })
    },
  }
}
