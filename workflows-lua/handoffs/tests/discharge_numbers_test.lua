-- A stay that comes to have two numbers, or none. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"

local function renumber(t, old, new, hour)
  t:event { type = "encounter.renumbered", encounter = new, data = { previous_encounter = old, sent_at = hour and ("2026-03-02T%02d:00:00-05:00"):format(hour) } }
end

test.case("a stay that gets another number stays one case, and its discharge is followed up once", function(t)
  t:crash_everywhere()
  discharges.open(t)
  local case = discharges.admit(t)
  t:skip("1d")
  renumber(t, "E1", "E9")
  t:equal(case:attribute("encounter"), "E9")
  discharges.leave(t, "01", "E9")
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(#t:tasks("follow_up_call"), 1)
  t:equal(#t:instances("discharge"), 1)
  t:equal(t:instance("discharge", "E9").id, case.id)
  t:expect_activity("ehr.pending_results", { encounter = "E9" })
  t:event { type = "encounter.discharge_cancelled", encounter = "E9", data = {} }
  t:event { type = "encounter.admit_cancelled", encounter = "E9", data = {} }
  t:skip("1d")
  t:equal(case:attribute("outcome"), "admit_cancelled")
  t:equal(case:status(), "completed")
end)

test.case("a discharge under the new number that overtakes the change of number is followed up once", function(t)
  t:crash_everywhere()
  discharges.open(t)
  local first = discharges.admit(t)
  t:skip("1d")
  local second = discharges.leave(t, "01", "E9")
  t:skip("1h")
  renumber(t, "E1", "E9")
  t:equal(first:status(), "completed")
  t:equal(first:attribute("outcome"), "other_number")
  t:equal(second:attribute("outcome"), "discharged")
  t:equal(#t:tasks("follow_up_call"), 1)
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:equal(second:attribute("stage"), "in_hospital", "the old number is its own as well")
  t:equal(#t:instances("discharge"), 2, "and starts none")
end)

test.case("a younger case of the stay ends for one that has heard its message, and only for that", function(t)
  discharges.open(t)
  local case = discharges.leave(t, "01", "E9")
  local an_hour_ago = t:now() - 3600000
  case:signal("same_stay", { instance = "discharge:0", since = an_hour_ago })
  t:equal(case:status(), "running", "nobody else knows of the discharge")
  case:signal("same_stay", { instance = "discharge:0", since = an_hour_ago, heard = true })
  t:equal(case:attribute("outcome"), "other_number")
  t:equal(case:status(), "completed")
end)

test.case("a message of either number, after the case has ended, is the stay told again", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  renumber(t, "E1", "E9")
  t:event { type = "encounter.admit_cancelled", encounter = "E9", data = {} }
  t:skip("1d")
  t:equal(case:status(), "completed")
  for _, number in ipairs { "E9", "E1" } do
    local again = discharges.leave(t, "01", number)
    t:truthy(again.id:find("~2$"), again.id)
    t:equal(again.key, number)
  end
  t:equal(#t:tasks("stay_told_again"), 2)
end)

test.case("two changes of number count in any order", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:skip("1d")
  renumber(t, "E8", "E9", 11)
  renumber(t, "E1", "E8", 10)
  t:equal(case:attribute("encounter"), "E9")
  discharges.leave(t, "01", "E9")
  t:equal(#t:tasks("follow_up_call"), 1)
end)

test.case("a new stay that gets another number is the same new stay", function(t)
  local case = discharges.home(t)
  t:skip("1d")
  discharges.admit(t, "E2")
  renumber(t, "E2", "E3")
  t:event { type = "encounter.admit_cancelled", encounter = "E3", data = {} }
  t:equal(case:attribute("follow_up"), "open")
end)

test.case("a signal of another stay that says nothing stops no case", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  for _, payload in ipairs { "now", { since = "today" }, { instance = "discharge:0", since = {} } } do case:signal("same_stay", payload) end
  t:equal(case:status(), "running")
  t:expect_task("readiness_checklist")
end)
