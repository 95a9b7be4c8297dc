-- What a case learns of those that were open when it began. 2026-03-02 is a Monday.
local test = require "test"
local adt = require "support.adt"
local discharges = require "support.discharges"

local function case_of(t, number) return t:instance("discharge", number) end

test.case("a death that was told while another stay of the patient was followed up is known to the next", function(t)
  discharges.open(t)
  adt.send(t, "A03", { number = "E1", code = "03" })
  t:skip("1h")
  adt.send(t, "A31", { pv1 = false, dead = "Y" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E2" })
  t:crash()
  t:skip("1h")
  t:expect_no_task("readiness_checklist")
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

test.case("a change of number that only another stay has heard is known to the case that begins under the new one", function(t)
  t:crash_everywhere()
  adt.home(t)
  adt.send(t, "A42", { number = "E3", mrg = "P1^^^TEST^MR||||E2" })
  t:skip("1d")
  adt.send(t, "A03", { number = "E3", code = "01", admitted = "20260304080000-0500" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E2", written = "20260304080000-0500", admitted = "20260304080000-0500" })
  t:equal({ case_of(t, "E3"):attribute("follow_up"), case_of(t, "E2").id }, { "open", case_of(t, "E3").id })
  t:expect_task("follow_up_call", { case = case_of(t, "E3") })
end)

-- ---- two records become one -------------------------------------------------------------------------------------------------------

local function merge(t, into, old) adt.send(t, "A40", { patient = into, mrg = old .. "^^^TEST^MR", pv1 = false }) end

test.case("a merge ends the calls of who is in under the other record, whichever of both stays", function(t)
  for _, names in ipairs { { "P1", "P2" }, { "P3", "P4" } } do
    local out, inside = names[1], names[2]
    if out == "P1" then discharges.open(t) end
    adt.send(t, "A03", { patient = out, number = out .. "E1", code = "01" })
    t:skip("1d")
    adt.send(t, "A01", { patient = inside, number = inside .. "E2" })
    t:skip("1h")
    t:expect_task("follow_up_call")
    if out == "P1" then merge(t, inside, out) else merge(t, out, inside) end
    t:equal(case_of(t, out .. "E1"):attribute("follow_up"), "readmitted")
    t:expect_no_task("follow_up_call")
  end
end)

test.case("a merge ends the calls of who has died under the other record, though this one was said to live", function(t)
  discharges.open(t)
  adt.send(t, "A03", { number = "E1", code = "01" })
  adt.send(t, "A03", { patient = "P2", number = "E2", code = "03" })
  t:skip("1h")
  adt.send(t, "A31", { patient = "P2", pv1 = false, dead = "Y" })
  t:skip("1h")
  adt.send(t, "A08", { number = "E1", dead = "N" })
  t:expect_task("follow_up_call")
  t:skip("1h")
  merge(t, "P1", "P2")
  t:crash()
  t:equal(case_of(t, "E1"):attribute("follow_up"), "died")
  t:expect_no_task("follow_up_call")
  adt.send(t, "A08", { number = "E1", dead = "N" })
  t:equal(case_of(t, "E1"):attribute("follow_up"), "open")
end)

test.case("at a second merge the cases tell each other as at the first", function(t)
  discharges.open(t)
  adt.send(t, "A03", { number = "E1", code = "01" })
  adt.send(t, "A01", { patient = "P2", number = "E2", class = "O" })
  t:skip("1m")
  merge(t, "P1", "P2")
  t:expect_task("follow_up_call")
  t:skip("1d")
  adt.send(t, "A01", { patient = "P3", number = "E3" })
  merge(t, "P3", "P4")
  t:skip("1h")
  merge(t, "P1", "P3")
  t:equal(case_of(t, "E1"):attribute("follow_up"), "readmitted")
end)

test.case("a merge that is told again and again, and many merges, stop no case", function(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  for n = 1, 120 do merge(t, "P1", n < 60 and "P2" or "Q" .. n) end
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:expect_task("follow_up_call")
end)

test.case("three cases of two records hear of each other, and of two that follow up the last one calls", function(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:skip("1d")
  for _, number in ipairs { "E2", "E3" } do
    adt.send(t, "A01", { patient = "P2", number = number })
    adt.send(t, "A03", { patient = "P2", number = number, code = "01" })
    t:skip("1h")
  end
  merge(t, "P1", "P2")
  t:equal({ case_of(t, "E1"):attribute("follow_up"), case_of(t, "E2"):attribute("follow_up") }, { "readmitted", "readmitted" })
  t:expect_task("follow_up_call", { case = case_of(t, "E3") })
end)

test.case("a signal of another case that says nothing stops no case", function(t)
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  for _, payload in ipairs { "now", { stays = "all" }, { stays = { E2 = 5 } }, { stays = {}, numbers = { E1 = "E2", E2 = { number = 5 } } },
    { stays = {}, from = "E2", meeting = "merge:" }, { stays = {}, from = 5, meeting = {} }, { stays = {}, dead = true, dead_sent = "today" } } do
    case_of(t, "E1"):signal("patient_known", payload)
  end
  adt.send(t, "A03", { code = "01" })
  t:equal(case_of(t, "E1"):attribute("outcome"), "deceased_no_followup")
end)

test.case("of two cases of one stay, whose messages came to two records, the one goes on that has heard the last message", function(t)
  for _, names in ipairs { { "P1", "P2" }, { "P3", "P4" } } do
    local before, after = names[1], names[2]
    local number = before .. "E1"
    if before == "P1" then discharges.open(t) end
    adt.send(t, "A01", { patient = before, number = number })
    t:skip("1d")
    adt.send(t, "A03", { patient = after, number = number, code = "01" })
    t:skip("1h")
    if before == "P1" then merge(t, after, before) else merge(t, before, after) end
    local outcomes = {}
    for _, case in ipairs(t:instances("discharge")) do
      if case:attribute("encounter") == number then outcomes[#outcomes + 1] = case:attribute("outcome") end
    end
    table.sort(outcomes)
    t:equal(outcomes, { "discharged", "other_number" })
  end
  t:expect_no_task("readiness_checklist")
  t:equal(#t:tasks("follow_up_call"), 2)
end)

test.case("a new case knows of the stay before which number it has now, also where another case does not", function(t)
  discharges.open(t)
  for i, inpatient in ipairs { "E1", "N2", "N3" } do
    adt.send(t, "A01", { number = "E" .. i, class = "O" })
    t:skip("5h")
    adt.send(t, "A06", { number = inpatient })
    t:skip("2m")
    local case = case_of(t, "E" .. i)
    t:equal({ case:attribute("encounter"), case:attribute("stage") }, { inpatient, "in_hospital" })
    adt.send(t, "A03", { number = inpatient, code = "01" })
    t:skip("6h")
  end
end)

test.case("a new case knows that an observation has ended of which another case did not hear", function(t)
  discharges.open(t)
  adt.send(t, "A01", { account = "C1", class = "O" })
  t:skip("1d")
  adt.send(t, "A06", { account = "C1" })
  t:skip("1d")
  adt.send(t, "A03", { account = "C1", code = "01" })
  t:skip("1d")
  adt.send(t, "A01", { number = "E2", class = "O" })
  t:skip("1d")
  adt.send(t, "A03", { class = "O", code = "01" })
  t:skip("1h")
  adt.send(t, "A01", { number = "E3", class = "O" })
  t:skip("1h")
  adt.send(t, "A06", { number = "N3" })
  t:skip("2m")
  t:equal({ case_of(t, "E3"):attribute("encounter"), case_of(t, "N3"):status() }, { "N3", "completed" })
end)

test.case("a death that was taken back and is told again is none for a new case either", function(t)
  t:crash_everywhere()
  discharges.open(t)
  adt.send(t, "A01", { number = "E1" })
  t:skip("1d")
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:skip("1h")
  local written = "20260303100000-0500"
  adt.send(t, "A31", { dead = "Y", pv1 = false, written = written })
  t:skip("1h")
  adt.send(t, "A31", { dead = "N", pv1 = false })
  t:skip("1d")
  adt.send(t, "A01", { number = "E2" })
  t:skip("1h")
  adt.send(t, "A31", { dead = "Y", pv1 = false, written = written })
  adt.send(t, "A03", { number = "E2", code = "01" })
  t:equal({ case_of(t, "E2"):attribute("outcome"), case_of(t, "E1"):attribute("follow_up") }, { "discharged", "readmitted" })
  t:expect_task("follow_up_call")
end)

test.case("under a number that is given to many, what one case tells another stays short", function(t)
  discharges.open(t)
  for number = 1, 30 do
    t:skip("1h")
    discharges.tell(t, "admitted", ("E%02d"):format(number), 0, { ward = "MED" })
  end
  local longest = 0
  for _, entry in ipairs(case_of(t, "E30"):history()) do
    local stays = entry.type == "SignalReceived" and entry.name == "patient_known" and entry.payload.stays or {}
    longest = math.max(longest, #require("tables").keys(stays))
  end
  t:equal(longest, 21, "its own, and the twenty that began last")
end)
