-- A stay that comes to have two numbers, or none. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"

local function renumber(t, old, new, hour)
  t:event { type = "encounter.renumbered", encounter = new, data = { previous_encounter = old, sent_at = hour and ("2026-03-02T%02d:00:00-05:00"):format(hour) } }
end

-- The cases of the patient that are at work.
local function working(t)
  local found = {}
  for _, case in ipairs(t:instances("discharge")) do
    if case:status() == "running" and case:attribute("stage") ~= "held" then found[#found + 1] = case end
  end
  return found
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
  t:equal(#working(t), 1)
  t:expect_activity("ehr.pending_results", { encounter = "E9" })
  t:event { type = "encounter.discharge_cancelled", encounter = "E9", data = {} }
  t:event { type = "encounter.admit_cancelled", encounter = "E9", data = {} }
  t:skip("1d")
  t:equal(case:attribute("outcome"), "admit_cancelled")
  for _, each in ipairs(t:instances("discharge")) do t:equal(each:status(), "completed") end
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
end)

test.case("a case that was started before the new number was held ends, for the one that knows the stay", function(t)
  discharges.open(t)
  local first = discharges.admit(t)
  t:skip("1d")
  renumber(t, "E1", "E9")
  -- As the message of a stay whose number is held too late: what holds it is gone.
  for _, each in ipairs(t:instances("discharge")) do
    if each:attribute("stage") == "held" then each:cancel("test") end
  end
  t:skip("1m")
  local second = discharges.leave(t, "01", "E9")
  t:truthy(second.id ~= first.id)
  t:equal(second:attribute("outcome"), "other_number")
  t:equal(second:status(), "completed")
  t:equal(first:attribute("outcome"), "discharged")
  t:equal(#t:tasks("follow_up_call"), 1)
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
