-- Whose an acknowledgement is, when the same recipient is told twice. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"

-- Home, then corrected to a facility: the second notice to primary care waits. Returns the case and the ids of both.
local function told_twice(t)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { acknowledged = false })
  local case = discharges.leave(t)
  discharges.leave(t, "03")
  local ids = {}
  for _, notice in ipairs(t:calls("notices.send")) do
    if notice.kind == "discharge" and notice.recipient == "primary_care" then ids[#ids + 1] = notice.id end
  end
  t:equal(#ids, 2)
  return case, ids
end

local function reminded(t, id)
  for _, notice in ipairs(t:calls("notices.remind")) do
    if notice.id == id then return true end
  end
  return false
end

test.case("a late acknowledgement that names the notice that was replaced is not one of the new", function(t)
  t:crash_everywhere()
  local case, ids = told_twice(t)
  case:signal("acknowledged:primary_care", { notice = ids[1] })
  t:skip("4h")
  t:truthy(reminded(t, ids[2]), "the new one is still waited for")
  case:signal("acknowledged:primary_care", { notice = ids[2] })
  case:signal("acknowledged:facility")
  t:skip("20h")
  t:expect_no_task("call_recipient")
end)

test.case("an acknowledgement that names none is of the last notice", function(t)
  local case, ids = told_twice(t)
  case:signal("acknowledged:primary_care", { by = "Nurse Hill" })
  t:skip("4h")
  t:equal(reminded(t, ids[2]), false)
end)

test.case("an acknowledgement that came before the next notice was sent is not one of it", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:mock("notices.send", { acknowledged = false })
  case:signal("acknowledged:primary_care")  -- Of the admission.
  discharges.leave(t)
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  case:signal("acknowledged:primary_care")  -- Of the discharge that was withdrawn.
  t:skip("1h")
  discharges.leave(t)
  t:skip("1d")
  t:expect_task("call_recipient")
  case:signal("acknowledged:primary_care", { notice = "of nothing" })
  t:expect_task("call_recipient")
  case:signal("acknowledged:primary_care")
  t:expect_no_task("call_recipient")
end)
