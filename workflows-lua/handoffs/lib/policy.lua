-- The house's rules: every clock and threshold of the workflows in this bundle, each with where it comes from. Change them
-- here; `baton check` then says which running cases the change would touch.
--
-- Lengths in working time ("2d", "4h") follow docs/CALENDARS.md and the calendar below; all others run day and night.
local policy = {}

-- calendars/care_team.json: when the people who call patients are at work.
policy.calendar = "care_team"

-- Where the house is: the same as in that calendar. Days after a discharge are counted here.
policy.time_zone = "America/New_York"

-- Where the patient went, by PV1-36: the codes of the National Uniform Billing Committee (patient discharge status, UB-04
-- form locator 17), which HL7 table 0112 follows. 81 to 95 are the same places with a planned readmission.
policy.dispositions = {
  home = { "01", "08", "81", "HOME", "HOM" },
  home_health = { "06", "50", "86", "HHC", "HOMEHEALTH" },
  facility = { "02", "03", "04", "05", "21", "43", "51", "61", "62", "63", "64", "65", "66", "69", "70",
    "82", "83", "84", "85", "87", "88", "89", "90", "91", "92", "93", "94", "95", "SNF", "REHAB", "LTC" },
  ama = { "07", "AMA", "LAMA" },
  died = { "20", "40", "41", "42", "EXP", "EXPIRED", "DEC", "DECEASED", "DEATH", "DIED" },
  in_house = { "09" },  -- Of an outpatient, who was admitted here as an inpatient: the stay that follows is the one that ends.
}
-- "Still a patient", which bills for a part of a stay say: this ends none.
policy.still_here = { "30" }
-- A code that is in none of these lists, or no code: followed up like somebody who went home, since that asks for most.
policy.default_disposition = "home"

-- Tasks belong to the patient's ward: a nurse sees those of the units in her account (`baton users set --unit`). Say false where nobody is assigned
-- to wards; then everybody of the role sees all of them.
policy.tasks_by_ward = true

policy.admission = {
  -- Planning begins early in the stay: 42 CFR 482.43(a).
  checklist_within = "24h",
  -- Of a stay of which nobody has heard for so long, somebody is asked whether it still is one.
  silence_days = 30,
  -- Differences between what was taken at home and what is ordered, while there is time to ask (Joint Commission NPSG.03.06.01).
  medication_review_within = "4h",  -- Working time.
}

-- A discharge that is told by an update (A08) alone. The A03 comes within minutes where there is one; where it does not, the call within two business
-- days (below) can still be made in time. These are this house's rules.
policy.discharge_by_update = {
  wait_hours = 1,        -- It says when the patient left, or that she has died: then the follow-up begins without an A03.
  ask_after_hours = 24,  -- It says only where the patient goes, or a day to come: somebody is asked, from then or from that day on.
}

-- Whose discharge says that she was admitted here, and no admission is told: somebody is asked, and again as long as she is said to be in.
policy.in_house = { ask_after_hours = 24, ask_again_days = 7 }

-- Why a pharmacist refuses the orders, for the rates.
policy.medication_refusals = {
  { code = "dose", title = "The dose does not fit" },
  { code = "interaction", title = "The drugs do not go together" },
  { code = "allergy", title = "The patient is allergic to it" },
  { code = "omission", title = "A drug was left out" },
  { code = "other", title = "Another reason" },
}

-- The next carers know of an admission or a discharge: 42 CFR 482.24(d). How long to wait for "we have it" is this house's rule.
policy.notices = {
  recipients = {
    home = { "primary_care" },
    home_health = { "primary_care", "home_health_agency" },
    facility = { "primary_care", "facility" },
    ama = { "primary_care" },
  },
  reminders = { "4h", "20h" },  -- Each a wait for the acknowledgement; then a person calls.
  call_within = "4h",           -- Working time.
}

-- The summary reaches the next carer in time for the follow-up; the outer limit is 30 days: 42 CFR 482.24(c)(4).
policy.summary = { within = "2d" }  -- Working time.

-- Transitional care management: contact within 2 business days after the day of discharge; two or more separate attempts in
-- time count, and attempts go on until somebody is reached (CMS, Transitional Care Management Services, MLN908628).
policy.contact = {
  within = "2d",         -- Working time: until the second of these days closes.
  attempts = 4,
  between_attempts = "4h",  -- Working time.
}

-- Face to face within 7 days for high, within 14 for moderate complexity: CPT 99496 and 99495. Calendar days, all of the last one.
policy.visit = {
  within_days = { high = 7, moderate = 14 },
  attempts = 3,
  appointment_kinds = { "FOLLOWUP", "FOLLOW-UP", "HOSPFU", "TCM" },  -- SCH-8
  ask_after_hours = 24,  -- After the appointment: was the patient there?
}

-- Who is at high risk. A length of stay of 7 days and more and an emergency admission weigh most in LACE (van Walraven 2010); the
-- nurse's own judgement in the checklist goes before all of this.
policy.risk = { long_stay_days = 7, age = 80 }

-- Results that were not there at discharge.
policy.results = { chase_after_days = 14, review_within = "1d", corrections_days = 30 }  -- How long a correction of one is heard.

-- 30 days: the window of the Hospital Readmissions Reduction Program, 42 CFR 412.152.
policy.close_after_days = 30

-- How long a case that has ended early still listens for the correction of what ended it.
policy.correction_window = "24h"

-- How long a case whose patient is said to have died still listens: it may have been told of the wrong one, and nobody calls meanwhile.
policy.death_correction_window = "7d"

-- How long a case whose patient was readmitted still listens at least; else until day 30. When the new admission is cancelled, the follow-up goes on.
policy.readmission_hold_hours = 24

-- An admission or a discharge of a stay whose case has ended is a repetition when it was written longer ago than this: messages may wait for a weekend.
policy.told_again_days = 3

-- A patient who is moved to a stay with another number may be admitted there before the first one has ended, by so much.
policy.transfer_overlap_hours = 24

-- A stay that a person has declared over, since nobody had heard of it, still takes the discharge that is told at last.
policy.late_discharge_days = 30

-- A sender's clock that is further ahead than this is wrong: its messages count from when they were received.
policy.clock_ahead_hours = 24

-- A message that arrives longer after the fact than this starts its clocks when it arrives: a deadline that passed before anybody
-- could know of it helps nobody.
policy.late_message_days = 3

-- Referrals: the loop closes when the one who asked has read the answer (MIPS quality measure 374 counts the reports that come
-- back). The clocks are this house's.
policy.referral = {
  acknowledge_within = { urgent = "4h", high = "1d", normal = "2d" },  -- Working time.
  triage_within = { urgent = "4h", high = "1d", normal = "3d" },       -- Working time.
  schedule_within = { urgent = "1d", high = "5d", normal = "10d" },    -- Working time.
  report_within = "5d",        -- Working time, after the visit.
  read_within = "2d",          -- Working time, after the report.
  missed_visits = 2,           -- Then the one who asked decides.
  late_report_days = 90,       -- How long a closed door still takes a report.
}

-- ---- reading the rules -------------------------------------------------------------------------------------------------

local kind_of_code = {}
for kind, codes in pairs(policy.dispositions) do
  for _, code in ipairs(codes) do kind_of_code[code] = kind end
end

-- "home", "home_health", "facility", "ama", "died" or "in_house"; and whether the code was known.
function policy.disposition(code)
  local kind = kind_of_code[(code or ""):upper()] or kind_of_code["0" .. (code or "")]
  return kind or policy.default_disposition, kind ~= nil
end

-- Whether the code says that the patient has not left.
function policy.says_still_here(code)
  for _, each in ipairs(policy.still_here) do
    if code == each then return true end
  end
  return false
end

return policy
