/** What Dataverse answers when it will not do something: `{"error":{"code":"0x…","message":"…"}}`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'Refusal'
  }

  get body(): string {
    return JSON.stringify({ error: { code: this.code, message: this.message } })
  }
}

export const malformed = (message: string): Refusal => new Refusal(400, '0x80060888', message)

export const unknownProperty = (name: string, type: string): Refusal =>
  new Refusal(
    400,
    '0x80048d19',
    `Error identified in Payload provided by the user for Entity :'${type}', For more information on this error please follow this help link. InnerException : The property '${name}' does not exist on type 'Microsoft.Dynamics.CRM.${type}'.`,
  )

export const doesNotExist = (type: string, id: string): Refusal =>
  new Refusal(404, '0x80040217', `Entity '${type}' With Id = ${id} Does Not Exist`)

/** For any key: the primary one, or an alternate one. */
export const keyExists = (): Refusal =>
  new Refusal(412, '0x80040237', 'A record with matching key values already exists.')

export const versionDiffers = (): Refusal =>
  new Refusal(412, '0x80060882', "The version of the existing record doesn't match the RowVersion property provided.")
