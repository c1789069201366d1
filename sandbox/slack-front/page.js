// Runs in the local Slack's page, before its own script, and does what Slack does and the page does not: it shows code
// blocks, keeps what a form was filled in with, asks before a button that must be confirmed, and sends the buttons of a
// modal.
;(() => {
  /** What the page was told: messages by channel, Home tabs by person and app, and the modals that are open. */
  const seen = { messages: {}, homes: {}, stack: [] }

  function learn(event) {
    if (event.t === 'init') {
      Object.assign(seen, {
        messages: event.state.messages,
        homes: event.state.homeViews,
        stack: event.state.modalStack,
      })
    }
    if (event.t === 'message' || event.t === 'message_update') {
      const { channel, ts } = event.message
      const others = (seen.messages[channel] ?? []).filter((message) => message.ts !== ts)
      seen.messages[channel] = [...others, event.message]
    }
    if (event.t === 'home') seen.homes[event.user] = { ...seen.homes[event.user], [event.appId]: event.view }
    if (event.t === 'view') seen.stack = event.stack ?? []
    if (event.t === 'view' || event.t === 'init') for (const after of [0, 50, 200, 500]) setTimeout(fillIn, after)
  }

  const isButton = ({ type }) => type === 'button'
  const openModal = () => seen.stack?.at(-1)
  const elementsOf = (blocks = []) =>
    blocks.flatMap(({ elements = [], accessory }) => [...elements, accessory ?? []].flat())
  const inputsOf = (view) => (view?.blocks ?? []).filter(({ type }) => type === 'input')

  let page
  const Plain = window.WebSocket
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given)
      page = this
      this.addEventListener('message', ({ data }) => learn(JSON.parse(data)))
    }

    send(text) {
      const asked = JSON.parse(text)
      if (asked.t === 'view_submit') return super.send(JSON.stringify(asWholeForm(asked)))
      const confirm = asked.t === 'block_action' && buttonOf(asked)?.confirm
      if (!confirm) return super.send(text)
      askFirst(confirm, () => super.send(text))
    }
  }

  // Forms

  /** A choice that was made beforehand is shown as made. */
  function fillIn() {
    const fields = document.querySelectorAll('.modal .bk-input')
    for (const [place, { element }] of inputsOf(openModal()).entries()) {
      const select = fields[place]?.querySelector('select')
      if (!select || select.value || !element.initial_option) continue
      select.value = element.initial_option.value
      select.dispatchEvent(new Event('change', { bubbles: true }))
    }
  }

  /** What nobody touched is sent as it was filled in beforehand. */
  function asWholeForm(asked) {
    const values = structuredClone(asked.values ?? {})
    for (const { block_id, element } of inputsOf(openModal())) {
      const { type, action_id, initial_value } = element
      if (initial_value === undefined) continue
      values[block_id] = { [action_id]: { type, value: initial_value }, ...values[block_id] }
    }
    return { ...asked, values }
  }

  // Buttons

  function buttonOf({ channel, messageTs, user, appId, action }) {
    const message = seen.messages[channel]?.find(({ ts }) => ts === messageTs)
    const blocks = message ? message.blocks : seen.homes[user]?.[appId]?.blocks
    return elementsOf(blocks).find(({ action_id, value }) => action_id === action.action_id && value === action.value)
  }

  function askFirst({ title, text, confirm, deny }, goOn) {
    const box = document.createElement('div')
    box.className = 'modal-overlay'
    box.innerHTML = `<div class="modal confirmation" role="alertdialog"><div class="modal-head"><b class="modal-title"></b></div>
      <div class="modal-body"></div><div class="modal-foot"><button class="modal-btn"></button><button class="modal-btn primary"></button></div></div>`
    const words = { '.modal-title': title, '.modal-body': text, '.modal-btn': deny, '.primary': confirm }
    for (const [where, said] of Object.entries(words)) box.querySelector(where).textContent = said?.text ?? ''
    box.addEventListener('click', ({ target }) => {
      if (target !== box && !target.matches('button')) return
      box.remove()
      if (target.matches('.primary')) goOn()
    })
    document.body.append(box)
  }

  /** The page does nothing for a button in a modal. as-slack.ts makes a click of Slack's out of this. */
  document.addEventListener(
    'click',
    ({ target }) => {
      const body = target.closest?.('.modal-body')
      const button = target.closest?.('.bk-button')
      const view = openModal()
      if (!body || !button || !view) return
      const place = [...body.querySelectorAll('.bk-button')].indexOf(button)
      const { type, action_id, value, text } = elementsOf(view.blocks).filter(isButton)[place] ?? {}
      const user = [...document.querySelectorAll('.actas select')].at(-1)?.value
      const action = { type, action_id, value, text, selected_option: { clicked_in: view } }
      Plain.prototype.send.call(
        page,
        JSON.stringify({ t: 'block_action', channel: '', messageTs: '', user, action, appId: view.app_id }),
      )
    },
    true,
  ) // before the page, which stops clicks in its modals

  // Texts

  /** Slack breaks lines of plain text where they are broken. */
  document.addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style')
    style.textContent = '.modal-body, .msg { white-space: pre-line; overflow-wrap: anywhere }'
    document.head.append(style)
  })

  const CODE_STYLE =
    'margin:4px 0;padding:8px;border:1px solid #ddd;border-radius:4px;background:#f8f8f8;white-space:pre-wrap;overflow-wrap:anywhere'
  const CODE = /(?:```|``<code>)(?:<br\/?>)?([\s\S]*?)(?:<br\/?>)?(?:```|<\/code>``)/g

  /** The page takes the end of a code block for a part of the address that stands before it. */
  const LINK_TO_ITS_END = /(<a href="[^"`]*)`{2,3}(?:<code>|&lt;code&gt;)?("[^>]*>[^<`]*)`{2,3}<\/a>/g

  function showCode() {
    for (const text of document.querySelectorAll('.mrkdwn')) {
      if (!text.textContent.includes('``')) continue
      const shown = text.innerHTML
        .replace(LINK_TO_ITS_END, '$1$2</a>```')
        .replace(CODE, `<pre style="${CODE_STYLE}">$1</pre>`)
      if (shown !== text.innerHTML) text.innerHTML = shown // else this would be a change to look at again, for ever
    }
  }

  new MutationObserver(showCode).observe(document, { childList: true, subtree: true })
})()
