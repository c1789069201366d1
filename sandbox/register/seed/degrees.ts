// A degree and a nationality for every trainee who has been submitted, and a disability for one.
import { dttpId } from './ids.ts'
import { trainees } from './trainees.ts'

const SLUGS = [
  ...['PMooxc1xCs2SyhVL4P2qcCAa', 'LJBXjqBQnzWzFHD3vARw1XVt', 'TMCQ8Q7k3ZBpF8TvZjCATKt5', 'SJQQpCMCSjPgS3EvgSAL1ou4'],
  ...['SpgnmXn4rD2Z4VFmhrauWm4V', 'e4wP8Dm3Rr26cNoJkM9F2Q5V', 'REau6HDL47Zm4o6hJ8u8RsFP', 'UjjHV7MfXdVfRzTWLgcui9Vu'],
  ...['YnvRhCoWxKnDAqDsWZjGDzxb', 'F1HpAEfY8WqdUmwhoRXAFwDw', 'VH9aARKwtXzHGP8TCumDVM9k', 'utUg1TkoYtNeCrrR3KHg3SUP'],
  ...['uPZV4DHufUjzKkiRDSNMZRcU', 'JeZKPWLo1SfL9HdLYHuwe4Lr', 'd3upzJ64Ls4jT8e7aEVzMide', 'DPr4tXRFf55NSVCg8Rp7iSZT'],
]
const at = { created_at: '2021-09-20 10:20:40.118209', updated_at: '2021-09-20 10:20:40.118209' }
const submitted = trainees.filter((trainee) => trainee.submitted_for_trn_at)

const british = {
  ...{ locale_code: 0, uk_degree: 'Bachelor of Science', subject: 'Mathematics', graduation_year: 2012 },
  ...{ institution: 'University of Durham', grade: 'Upper second-class honours (2:1)' },
}
const french = { locale_code: 1, non_uk_degree: "Bachelor's degree", subject: 'French Language', country: 'France' }

export const degrees = submitted.map((trainee, n) => ({
  ...{ id: 6001 + n, slug: SLUGS[n], trainee_id: trainee.id, ...(trainee.id === 5911 ? french : british), ...at },
  dttp_id: trainee.dttp_id ? dttpId('degree', 6001 + n) : null,
  ...(trainee.id === 5911 ? { graduation_year: 2014 } : {}),
}))

export const nationalisations = submitted.map((trainee, n) => ({
  ...{ id: 6101 + n, trainee_id: trainee.id, nationality_id: trainee.id === 5911 ? 3 : 1, ...at },
}))

export const traineeDisabilities = [{ id: 6201, trainee_id: 5905, disability_id: 2, ...at }]
