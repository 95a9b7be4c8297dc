-- What a case learns of those that were open when it began. 2026-03-02 is a Monday.
local test = require "test"
local adt = require "support.adt"
local discharges = require "support.discharges"

local function case_of(t, number) return t:instance("discharge", number) end

test.case("a death that was told while another stay of the patient was followed up is known to the next", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A03", { number = "E1", code = "03" })
  t:skip("1h")
  adt.send(t, "A31", { pv1 = false, dead = "Y" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E2" })
  t:skip("1h")
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:equal(case_of(t, "E2"):attribute("outcome"), "deceased_no_followup")
  adt.send(t, "A08", { number = "E2", dead = "N" })
  t:equal(case_of(t, "E2"):attribute("outcome"), "discharged", "and so is its order")
end)

test.case("a stay that is told late calls nobody who is in again", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A01", { number = "E2" })
  t:skip("1d")
  adt.send(t, "A01", { number = "E1", written = "20260301100000-0500", admitted = "20260301100000-0500" })
  adt.send(t, "A03", { number = "E1", code = "01", written = "20260302080000-0500", left = "20260302080000-0500" })
  t:equal(case_of(t, "E1"):attribute("follow_up"), "readmitted")
  t:expect_no_task("follow_up_call")
end)

test.case("a new stay that was cancelled before this one began, and whose admission comes late, ends no calls", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A11", { number = "E3", written = "20260302085000-0500" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E2" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E3", written = "20260302084000-0500" })
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:equal(case_of(t, "E2"):attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

test.case("a discharge without a number is of the stay that is open, also for the one that began after it and has ended", function(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  t:skip("1d")
  adt.send(t, "A01", { number = "E2" })
  t:skip("1d")
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:skip("1d")
  adt.send(t, "A03", { code = "06" })
  t:equal(case_of(t, "E1"):attribute("disposition"), "home_health")
  t:equal(case_of(t, "E2"):attribute("disposition"), "home")
end)

test.case("a signal of another case that says nothing stops no case", function(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  for _, payload in ipairs { "now", { stays = "all" }, { stays = { E2 = 5 } }, { stays = {}, dead = true, dead_sent = "today" } } do
    case_of(t, "E1"):signal("patient_known", payload)
  end
  adt.send(t, "A03", { code = "01" })
  t:equal(case_of(t, "E1"):attribute("outcome"), "deceased_no_followup")
end)
