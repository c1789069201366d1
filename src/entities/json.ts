/** What JSON can hold; Postgres' jsonb and a plan hold nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
