// Demo trainees, one for each situation that support meets. Ids, slugs and TRNs never change: the docs quote them.
import { dttpId } from './ids.ts'

interface DemoTrainee {
  id: number
  slug: string
  trainee_id: string
  provider_id: number
  training_route?: number
  /** Missing from a draft. */
  submitted_for_trn_at?: string
  dttp_id?: string
  created_at: string
  /** Any other column of the trainees table. */
  [column: string]: unknown
}

const ROUTE = {
  assessmentOnly: 0,
  providerLedPostgrad: 1,
  schoolDirectTuitionFee: 3,
  schoolDirectSalaried: 4,
  pgTeachingApprenticeship: 5,
  earlyYearsPostgrad: 8,
  hpittPostgrad: 11,
}
const STATE = { draft: 0, pendingTrn: 1, trnReceived: 2, recommended: 3, withdrawn: 4, deferred: 5, awarded: 6 }

const everySection = {
  ...{ personal_details: true, contact_details: true, degrees: true, diversity: true, course_details: true },
  ...{ training_details: true, placement_details: true, trainee_data: true, schools: true, funding: true },
}
const person = {
  ...{ locale_code: 0, address_line_one: '1 Demo Street', address_line_two: 'Flat 2', town_city: 'Demoton' },
  ...{ postcode: 'DE1 0XX', gender: 3, diversity_disclosure: 1, commencement_date: '2021-09-06' },
  ...{ created_at: '2021-09-20 10:02:11.404512', updated_at: '2021-10-18 09:12:44.298001' },
}
const secondaryMaths = {
  ...{ course_uuid: '6f0d8a52-0000-4000-8000-000000000001', course_education_phase: 1 },
  ...{ course_subject_one: 'mathematics', course_subject_two: 'statistics', course_min_age: 11, course_max_age: 16 },
  ...{ course_start_date: '2021-09-06', course_end_date: '2022-07-15', study_mode: 1 },
}
const primary = {
  ...{ course_education_phase: 0, course_subject_one: 'primary teaching', course_min_age: 5, course_max_age: 11 },
  ...{ course_start_date: '2021-09-06', course_end_date: '2022-07-15', study_mode: 1 },
}
const earlyYears = {
  ...{ course_subject_one: 'early years teaching', course_min_age: 0, course_max_age: 5, study_mode: 0 },
  ...{ course_start_date: '2021-09-06', course_end_date: '2022-07-15' },
}
const unfunded = { training_initiative: 4, applying_for_bursary: false }
const bursary = { training_initiative: 3, applying_for_bursary: true }

/** `submitted` is what Register keeps to the microsecond and shows as the start of the timeline. */
const inDttp = (id: number, submitted = '2021-10-18 09:12:44.281937') => ({
  dttp_id: dttpId('contact', id),
  placement_assignment_dttp_id: dttpId('placement', id),
  submitted_for_trn_at: submitted,
})

const trainee = (id: number, slug: string, number: string, row: Partial<DemoTrainee>): DemoTrainee => ({
  ...{ id, slug, trainee_id: `21/22-${id}`, first_names: 'Demofirst', last_name: `Demo${number.toLowerCase()}` },
  ...{ date_of_birth: `1990-01-${String(id - 5900).padStart(2, '0')}`, progress: everySection, ...person },
  ...{ email: `trainee.${number.toLowerCase()}@example.test`, provider_id: 101, state: STATE.pendingTrn, ...row },
})

export const trainees = [
  // The ordinary case: Pending TRN, with every course and funding detail that a route change would empty.
  trainee(5901, 'eDEpiD3DVSPKtyHVtgTKxe71', 'One', {
    ...{ training_route: ROUTE.providerLedPostgrad, ...secondaryMaths, ...bursary, ...inDttp(5901), bursary_tier: 1 },
  }),
  // Pending TRN for more than four days: the poll has timed out.
  trainee(5902, 'YEXq5VcjRjQ47sjr9L3CxKLC', 'Two', {
    ...{ training_route: ROUTE.assessmentOnly, ...primary, ...unfunded },
    ...inDttp(5902, '2021-10-11 16:40:03.000128'),
  }),
  // TRN received; the lead school is inactive in DTTP, so an update fails.
  trainee(5903, 'gfoGqk5BDV999oyF2HvHko7X', 'Three', {
    ...{ training_route: ROUTE.schoolDirectSalaried, state: STATE.trnReceived, trn: '3000003', provider_id: 102 },
    ...{ ...primary, ...unfunded, ...inDttp(5903), lead_school_id: 702, employing_school_id: 709 },
  }),
  // A draft: nothing in DTTP, and a progress that holds only some of the ten keys.
  trainee(5904, 'ZvjeJejNeS9KHEWzDgFWgg6C', 'Four', {
    ...{ training_route: ROUTE.providerLedPostgrad, state: STATE.draft, progress: { personal_details: true } },
    updated_at: '2021-09-20 10:02:11.404512',
  }),
  trainee(5905, 'y6YoLMmVYHnY9rmy593aF3K4', 'Five', {
    ...{ training_route: ROUTE.providerLedPostgrad, state: STATE.deferred, defer_date: '2021-10-20' },
    ...{ ...secondaryMaths, ...unfunded, ...inDttp(5905) },
  }),
  trainee(5906, '3Ed584Y4cnwJjYunfNMZ4uzP', 'Six', {
    ...{ training_route: ROUTE.providerLedPostgrad, state: STATE.withdrawn, trn: '3000006' },
    ...{ withdraw_date: '2021-10-21 00:00:00', withdraw_reason: 5, ...secondaryMaths, ...unfunded, ...inDttp(5906) },
  }),
  trainee(5907, '5t9AEjEjvQT7pqYAErodEq23', 'Seven', {
    ...{ training_route: ROUTE.assessmentOnly, state: STATE.awarded, trn: '3000007', outcome_date: '2021-10-15' },
    ...{ recommended_for_award_at: '2021-10-19 11:00:00.120034', awarded_at: '2021-10-20 06:15:09.551', ...primary },
    ...{ ...unfunded, ...inDttp(5907, '2021-09-21 13:05:30.640221') },
  }),
  // Early years; the user who submitted it has no DTTP id.
  trainee(5908, 'Adyr4QtTQwuY6ipQ4aSgoqSW', 'Eight', {
    ...{ training_route: ROUTE.earlyYearsPostgrad, ...earlyYears, ...unfunded, ...inDttp(5908) },
  }),
  // Names that Register tidies on the next save.
  trainee(5909, 'tstT6N8dtiuEsR9ex8qBzhRn', 'Nine', {
    ...{ training_route: ROUTE.providerLedPostgrad, first_names: ' Demo  Trainee', last_name: 'Nine ' },
    ...{ ...secondaryMaths, ...unfunded, ...inDttp(5909) },
  }),
  // A lead school, but the employing school that this route sends is missing.
  trainee(5910, '83mE7ZShGLrcWz4wsRcy4BK8', 'Ten', {
    ...{ training_route: ROUTE.schoolDirectSalaried, provider_id: 102, lead_school_id: 701, ...primary, ...unfunded },
    ...inDttp(5910),
  }),
  // The provider's own number for this trainee is another trainee's id, 5904.
  trainee(5911, 'bL8Uy2Vg3tmeDYJv7QQ9G7y8', 'Eleven', {
    ...{ trainee_id: '5904', training_route: ROUTE.providerLedPostgrad, ...primary, ...unfunded, ...inDttp(5911) },
  }),
  trainee(5912, '9NTUMAphEVuLcHQ6wSjemM1A', 'Twelve', {
    ...{ provider_id: 103, training_route: ROUTE.hpittPostgrad, ...secondaryMaths, ...unfunded, ...inDttp(5912) },
  }),
  // DTTP has lost this trainee's contact: updates fail with "Cannot find record to be updated".
  trainee(5913, 'PB6pjweNaBzZDXGFPFs92WaZ', 'Thirteen', {
    ...{ training_route: ROUTE.providerLedPostgrad, ...primary, ...unfunded },
    ...inDttp(5913, '2021-10-14 08:00:00.654321'),
  }),
  // An apprentice whose employing school is "proposed to open" in DTTP; no DTTP ids yet, as registering failed.
  trainee(5914, 'uXbAVBx2CwfAfMfxt5ujADWk', 'Fourteen', {
    ...{ training_route: ROUTE.pgTeachingApprenticeship, provider_id: 102, ...primary, ...unfunded },
    ...{ lead_school_id: 701, employing_school_id: 704, submitted_for_trn_at: '2021-10-18 09:12:44.281937' },
  }),
  // Deferred and reinstated: two audits lead to Pending TRN.
  trainee(5915, 'fgkzNTaWSmnT8yzuJk1Zq7tN', 'Fifteen', {
    ...{ training_route: ROUTE.providerLedPostgrad, defer_date: '2021-10-19', reinstate_date: '2021-10-22' },
    ...{ ...secondaryMaths, ...unfunded, ...inDttp(5915) },
  }),
  // The lead school's URN has two rows in DTTP, neither of them active.
  trainee(5916, '76YxJpPGtRBhzKaCVQWFfADt', 'Sixteen', {
    ...{ training_route: ROUTE.schoolDirectTuitionFee, provider_id: 102, lead_school_id: 706, ...primary, ...unfunded },
    submitted_for_trn_at: '2021-10-18 09:12:44.281937',
  }),
  // The lead school is not in DTTP at all.
  trainee(5917, 'EWZ6XJF1WZptbz5CqXAaULSn', 'Seventeen', {
    ...{ training_route: ROUTE.schoolDirectTuitionFee, provider_id: 102, lead_school_id: 705, ...primary, ...unfunded },
    submitted_for_trn_at: '2021-10-18 09:12:44.281937',
  }),
]
