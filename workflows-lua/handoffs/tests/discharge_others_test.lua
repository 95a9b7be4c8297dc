-- Several stays of one patient, visits that are none, and messages without a number. 2026-03-02 is a Monday.
local test = require "test"
local adt = require "support.adt"
local discharges = require "support.discharges"

local function case_of(t, number) return t:instance("discharge", number) end

-- The stays of these numbers begin one after the other, a day between them.
local function admit(t, ...)
  for _, number in ipairs { ... } do
    adt.send(t, "A01", { number = number })
    t:skip("1d")
  end
end

local function home(t)
  discharges.open(t)
  admit(t, "E1")
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:skip("5h")
  return case_of(t, "E1")
end

-- ---- without a number ---------------------------------------------------------------------------------------------------------------

test.case("a cancelled admission without a number is of the stay that is open, and none of one that has ended", function(t)
  local case = home(t)
  t:skip("5d")
  t:event { type = "encounter.admit_cancelled", data = {} }
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("of two stays that are open, a cancelled admission without a number is of the one that began last", function(t)
  t:crash_everywhere()
  discharges.open(t)
  admit(t, "E1", "E2")
  adt.send(t, "A11", {})
  t:equal(case_of(t, "E2"):attribute("outcome"), "admit_cancelled")
  t:equal(case_of(t, "E1"):attribute("stage"), "in_hospital")
  adt.send(t, "A11", {})
  t:equal(case_of(t, "E1"):attribute("outcome"), "admit_cancelled", "the next is of the other")
end)

test.case("of two stays that are open, a discharge without a number is of the one that began last, and is followed up once", function(t)
  t:crash_everywhere()
  discharges.open(t)
  admit(t, "E1", "E2")
  adt.send(t, "A03", { code = "01" })
  t:skip("5m")
  t:equal(case_of(t, "E2"):attribute("outcome"), "discharged")
  t:equal(case_of(t, "E1"):attribute("stage"), "in_hospital")
  t:equal(#t:tasks("follow_up_call"), 1)
end)

test.case("a discharge without a number changes nothing of a stay after which the patient was admitted again", function(t)
  local first = home(t)
  adt.send(t, "A01", { number = "E2" })
  t:skip("6h")
  adt.send(t, "A03", { code = "06" })
  t:equal(first:attribute("disposition"), "home")
  t:equal(case_of(t, "E2"):attribute("disposition"), "home_health")
  t:equal(#t:calls("notices.correct"), 0)
end)

test.case("a cancelled discharge without a number is of the stay that ended last", function(t)
  t:crash_everywhere()
  local first = home(t)
  adt.send(t, "A01", { number = "E2" })
  t:skip("3h")
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:skip("1h")
  adt.send(t, "A13", {})
  t:equal(case_of(t, "E2"):attribute("stage"), "in_hospital")
  t:equal(first:attribute("stage"), "follow_up")
  t:equal(first:attribute("follow_up"), "readmitted")
end)

test.case("a cancelled discharge without a number does not make what is told of a stay that is open old", function(t)
  discharges.open(t)
  admit(t, "E1", "E2")
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:skip("1h")
  adt.send(t, "A13", {})
  t:equal(case_of(t, "E2"):attribute("stage"), "in_hospital")
  adt.send(t, "A03", { number = "E1", code = "01", written = "20260304093000-0500" })
  t:equal(case_of(t, "E1"):attribute("outcome"), "discharged")
end)

-- ---- visits -------------------------------------------------------------------------------------------------------------------------

test.case("the cancellation of a visit without a number, by A23 as well, cancels no stay", function(t)
  discharges.open(t)
  admit(t, "E1")
  adt.send(t, "A23", { class = "E" })
  adt.send(t, "A23", { number = "E1", class = "E" })
  adt.send(t, "A11", { class = "O" })
  t:equal(case_of(t, "E1"):attribute("stage"), "in_hospital")
end)

test.case("the end of the emergency visit under the number of the stay is not the end of the stay", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A04", { number = "E1", class = "E" })
  adt.send(t, "A06", { number = "E1" })
  adt.send(t, "A08", { number = "E1", class = "E" })
  t:skip("1h")
  adt.send(t, "A03", { number = "E1", class = "E", code = "09" })
  adt.send(t, "A11", { number = "E1", class = "E" })
  local case = case_of(t, "E1")
  t:equal(case:attribute("stage"), "in_hospital")
  t:skip("12d")
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("an observation ends with the discharge of its class, with or without a number", function(t)
  discharges.open(t)
  for _, number in ipairs { "E1", false } do
    adt.send(t, "A01", { number = number or "E2", class = "O" })
    t:skip("1d")
    adt.send(t, "A03", { number = number or nil, class = "O", code = "01" })
    t:equal(case_of(t, number or "E2"):attribute("outcome"), "discharged")
  end
end)

test.case("a stay that turns into an observation ends as one", function(t)
  discharges.open(t)
  admit(t, "E1")
  adt.send(t, "A07", { number = "E1", class = "O" })
  adt.send(t, "A03", { class = "O", code = "01" })
  t:equal(case_of(t, "E1"):attribute("outcome"), "discharged")
end)

test.case("who comes again and again is no stay, and ends no calls; nor does an observation", function(t)
  local case = home(t)
  adt.send(t, "A01", { number = "D1", class = "R" })
  adt.send(t, "A01", { number = "O1", class = "O" })
  t:equal(case_of(t, "D1"), nil)
  t:equal(case:attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

-- ---- one stay goes over into the next ------------------------------------------------------------------------------------------------

test.case("a patient who was admitted elsewhere in the house just before the discharge is not called", function(t)
  t:crash_everywhere()
  discharges.open(t)
  admit(t, "E1")
  adt.send(t, "A01", { number = "E2", ward = "REHAB" })
  t:skip("5m")
  adt.send(t, "A03", { number = "E1" })
  t:equal(case_of(t, "E1"):attribute("follow_up"), "readmitted")
  t:expect_no_task("follow_up_call")
  adt.send(t, "A11", { number = "E2" })
  t:expect_task("follow_up_call")
end)

test.case("a stay that began days before the discharge of this one, and of which nobody heard again, ends no calls", function(t)
  discharges.open(t)
  admit(t, "E1", "E2")
  t:skip("1d")
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:equal(case_of(t, "E1"):attribute("follow_up"), "open")
end)

test.case("an admission of the same day that says no hour is a readmission", function(t)
  local case = home(t)
  adt.send(t, "A01", { number = "E2", admitted = "20260303" })
  t:equal(case:attribute("follow_up"), "readmitted")
end)

test.case("a new stay of which the discharge comes first ends the calls of the old one, and its own are made", function(t)
  local case = home(t)
  t:skip("2d")
  adt.send(t, "A03", { number = "E2", code = "01", admitted = "20260304090000-0500" })
  t:equal(case:attribute("follow_up"), "readmitted")
  t:equal(#t:tasks("follow_up_call"), 1)
  t:expect_task("follow_up_call", { case = case_of(t, "E2") })
end)

test.case("a patient who is moved to another ward of a new stay is in", function(t)
  local case = home(t)
  adt.send(t, "A02", { number = "E2" })
  t:equal(case:attribute("follow_up"), "readmitted")
end)

-- ---- accounts -------------------------------------------------------------------------------------------------------------------------

test.case("where the account is the number of the stay, a new account number is followed", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A01", { account = "C1" })
  t:skip("1d")
  adt.send(t, "A49", { account = "C2", pv1 = false, mrg = "P1^^^TEST^MR||C1" })
  t:skip("1h")
  adt.send(t, "A03", { account = "C2", code = "01" })
  t:equal(case_of(t, "C1"):attribute("outcome"), "discharged")
  t:equal(case_of(t, "C1"):attribute("encounter"), "C2")
  t:equal(#t:tasks("follow_up_call"), 1)
end)
