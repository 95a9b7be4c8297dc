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

-- Home, with this failure of the activity that sends notices; then the discharge is cancelled. Returns how many were corrected.
local function corrections_after(t, code, told)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { fail = { code = code, message = "no", retryable = false } })
  discharges.leave(t)
  if told then t:expect_task("call_recipient"):decide(told) end
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  return #t:calls("notices.correct")
end

test.case("a notice that certainly was not sent is not corrected", function(t)
  t:crash_everywhere()
  t:equal(corrections_after(t, "not_configured"), 0)
end)

test.case("a notice that was refused and that nobody could tell by telephone is not corrected", function(t)
  t:equal(corrections_after(t, "http_400", "unreachable"), 0)
end)

test.case("a notice that may have been sent, or was told by telephone, is corrected", function(t)
  t:equal(corrections_after(t, "http_500"), 1)
end)

test.case("a notice that could not be sent and was told by telephone is corrected", function(t)
  t:equal(corrections_after(t, "not_configured", "told"), 1)
end)

test.case("whoever tells a notice or its correction by telephone sees whom to call, and what is to be said", function(t)
  discharges.open(t)
  local refused = { fail = { code = "http_404", message = "nobody there", retryable = false } }
  t:event { type = "encounter.admitted", encounter = "E1", data = { ward = "MED", primary_care = { id = "77", family = "Okafor" } } }
  t:mock("notices.send", refused)
  t:mock("notices.correct", refused)
  t:skip("1d")
  discharges.leave(t)
  local call = t:expect_task("call_recipient")
  t:contains(call.why, "The discharge notice to primary care could not be sent")
  t:equal({ call.data.primary_care.family, call.data.encounter, call.data.disposition }, { "Okafor", "E1", "home" })
  t:equal(call.data.left_at, "2026-03-03T14:00:00.000Z")
  call:decide("told")
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  local correction = t:expect_task("call_about_correction")
  t:equal(correction.why, "The discharge of which primary care was told is no longer true: the discharge was cancelled")
  t:equal({ correction.data.primary_care.family, correction.data.encounter }, { "Okafor", "E1" })
end)
