/** Register's feature flags, as configured for us. */
export type RegisterFeatures = {
  /** Whether a flag such as `persist_to_dttp` or `routes.hpitt_postgrad` is on. */
  isEnabled: (flag: string) => boolean
}
