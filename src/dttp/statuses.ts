/** The status that both of a trainee's records are given once they are registered, in DTTP's words. */
export const STATUS_AFTER_REGISTRATION = 'Prospective trainee - TREFNO requested'
