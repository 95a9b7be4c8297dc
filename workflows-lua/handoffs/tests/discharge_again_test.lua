-- A stay that begins a second time under its number. 2026-03-02 is a Monday.
local test = require "test"
local adt = require "support.adt"
local discharges = require "support.discharges"

local REFERRALS = { value = { referrals = { { service = "physiotherapy", recipient = "Hillside", reason = "weak" } } } }

local function admit(t, admitted) adt.send(t, "A01", { number = "E1", admitted = admitted }) end

-- Admitted on Monday, home on Tuesday at nine.
local function home(t)
  discharges.open(t)
  admit(t, "20260302090000-0500")
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("1d")
  adt.send(t, "A03", { number = "E1", code = "01", left = "20260303090000-0500" })
  t:skip("1h")
  return t:instance("discharge", "E1")
end

test.case("a patient who is admitted again under the number of the stay is in, and nobody calls at home", function(t)
  t:crash_everywhere()
  local case = home(t)
  t:expect_task("follow_up_call")
  admit(t, "20260303093000-0500")
  t:equal({ case:attribute("stage"), case:attribute("outcome") }, { "in_hospital", nil })
  t:expect_no_task("follow_up_call")
  t:expect_activity("notices.correct", { kind = "discharge", reason = "the patient was admitted again" })
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("2d")
  adt.send(t, "A03", { number = "E1", code = "06" })
  t:equal({ case:attribute("outcome"), case:attribute("disposition") }, { "discharged", "home_health" })
  t:expect_task("follow_up_call")
  t:equal(#t:instances("discharge"), 1)
end)

test.case("the admission of the stay that is told again after the discharge changes nothing", function(t)
  local case = home(t)
  admit(t, "20260302090000-0500")
  admit(t)
  adt.send(t, "A01", { number = "E1", admitted = "20260303093000-0500", written = "20260302100000-0500" })
  t:equal(case:attribute("stage"), "follow_up")
  t:expect_task("follow_up_call")
end)

test.case("what is ordered after a cancelled admission came true is referred, under a number of its own", function(t)
  discharges.open(t)
  t:mock("referrals.send", {})
  admit(t)
  t:expect_task("readiness_checklist"):decide("needs_services", REFERRALS)
  t:skip("10m")
  adt.send(t, "A11", { number = "E1" })
  t:expect_task("referral_in_doubt"):decide("keep")
  t:skip("10m")
  admit(t)
  t:expect_task("readiness_checklist"):decide("needs_services", REFERRALS)
  local numbers = {}
  for i, referral in ipairs(t:instances("referral")) do numbers[i] = referral:attribute("referral") end
  table.sort(numbers)
  t:equal(numbers, { "E1/referral/1", "E1/referral/2" })
end)

-- ---- after the case has ended -----------------------------------------------------------------------------------------------------------

-- Admitted on Monday, died on Tuesday; the case has ended.
local function ended(t)
  discharges.open(t)
  admit(t)
  t:skip("1d")
  adt.send(t, "A03", { number = "E1", code = "20" })
  t:skip("8d")
  t:equal(t:instance("discharge", "E1"):status(), "completed")
end

test.case("a cancellation that comes after the case has ended is a person's question, however long ago it was written", function(t)
  ended(t)
  adt.send(t, "A11", { number = "E1" })
  t:contains(t:expect_task("stay_told_again", { role = "case_manager", unit = "MED" }).why, "does anybody still act")
  t:expect_task("stay_told_again"):decide("leave")
  adt.send(t, "A23", { number = "E1", written = "20260303100000-0500" })
  t:expect_task("stay_told_again"):decide("leave")
  t:skip("30d")
  adt.send(t, "A13", { number = "E1", written = "20260303100000-0500" })
  t:expect_task("stay_told_again"):decide("follow")
  t:equal(t:instance("discharge", "E1"):attribute("stage"), "in_hospital")
end)

test.case("an admission that has waited for a weekend, and whose case has ended, is a person's question, and an old one a repetition", function(t)
  ended(t)
  adt.send(t, "A01", { number = "E1", written = "20260309100000-0400" })
  t:expect_task("stay_told_again"):decide("leave")
  t:skip("3d")
  adt.send(t, "A01", { number = "E1", written = "20260309100000-0400" })
  t:expect_no_task("stay_told_again")
end)

test.case("when the new admission is cancelled days later, the calls go on where they stopped", function(t)
  t:crash_everywhere()
  local case = home(t)
  t:expect_task("follow_up_call"):decide("not_reached")
  t:skip("2d")
  adt.send(t, "A01", { number = "E2" })
  t:equal(case:attribute("follow_up"), "readmitted")
  t:skip("5d")
  adt.send(t, "A11", { number = "E2" })
  t:equal(case:attribute("follow_up"), "open")
  t:contains(t:expect_task("follow_up_call", { role = "case_manager" }).why, "Call 2 of 4")
end)
