-- The visit after the discharge, as the scheduling system tells of it: late, twice, in another order. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"
local messages = require "support.messages"

-- A message of the scheduling system of the appointment `id`; `said` may have { at, kind, status, sent }.
local function schedule(t, trigger, id, said)
  said = said or {}
  local scheduling = ("SCH|%s|%s||||REG|FU|%s|30|min|^^^%s%s%s"):format(id, id, said.kind or "FOLLOWUP", said.at or "20260309100000-0400", ("|"):rep(14), said.status or "")
  t:message(messages.text(t, "SIU^" .. trigger, { scheduling }, said.sent))
end

test.case("visits that were missed during the stay, or are to be in it, are none of the follow-up", function(t)
  t:crash_everywhere()
  discharges.open(t)
  discharges.admit(t)
  for n = 1, 3 do
    schedule(t, "S12", "V" .. n, { at = "20260303100000-0500" })
    schedule(t, "S26", "V" .. n, { at = "20260303100000-0500" })
  end
  schedule(t, "S12", "V4", { at = "20260304100000-0500" })
  t:skip("4d")
  discharges.leave(t)
  t:expect_no_task("visit_missed")
  t:expect_task("book_visit")
  t:skip("1d")
  t:expect_no_task("visit_kept")
end)

test.case("a visit for the time after the discharge may be booked during the stay", function(t)
  discharges.open(t)
  discharges.admit(t)
  schedule(t, "S12", "V1")
  t:skip("1d")
  local case = discharges.leave(t)
  t:expect_no_task("book_visit")
  for _, entry in ipairs(case:history()) do
    t:truthy((entry.operation or entry).name ~= "book_visit", "nobody was ever asked to book one")
  end
end)

test.case("a booking that is told twice and then cancelled is booked again", function(t)
  t:crash_everywhere()
  discharges.home(t)
  for _ = 1, 2 do schedule(t, "S12", "V1") end
  t:expect_no_task("book_visit")
  t:skip("1h")
  schedule(t, "S15", "V1")
  t:contains(t:expect_task("book_visit").why, "cancelled")
end)

test.case("a change that was written before the cancellation books nothing", function(t)
  discharges.home(t)
  schedule(t, "S12", "V1")
  t:skip("1h")
  schedule(t, "S15", "V1")
  schedule(t, "S13", "V1", { at = "20260310100000-0400", sent = "2026-03-03T14:30:00Z" })
  t:expect_task("book_visit")
end)

test.case("a visit that is booked for after its deadline leaves the task with the scheduler", function(t)
  discharges.home(t)
  schedule(t, "S12", "V1", { at = "20280310100000-0500" })
  t:expect_task("book_visit")
  schedule(t, "S12", "V2")
  t:expect_no_task("book_visit")
end)

test.case("a visit that is moved to after its deadline is a question for the scheduler, who may leave it there", function(t)
  discharges.home(t)
  schedule(t, "S12", "V1")
  t:skip("1m")
  schedule(t, "S13", "V1", { at = "20260401100000-0400" })
  local task = t:expect_task("book_visit")
  t:contains(task.why, "moved to after its deadline")
  task:decide("booked", { value = { appointment = "V1", starts_at = "2026-04-01T10:00:00-04:00" } })
  t:expect_no_task("book_visit")
  t:clock("2026-04-02T11:00:00-04:00")
  t:contains(t:expect_task("unfinished_follow_up").why, "visit")
end)

test.case("a patient who missed one visit, of which we are told twice, has missed one", function(t)
  t:crash_everywhere()
  discharges.home(t)
  for n = 1, 2 do
    schedule(t, "S12", "V1", { at = ("2026030%d100000-0500"):format(3 + n) })
    t:skip("1d")
    for _ = 1, 2 do schedule(t, "S26", "V1", { at = ("2026030%d100000-0500"):format(3 + n) }) end
    t:skip("1m")
  end
  t:expect_no_task("visit_missed")
  schedule(t, "S13", "V1", { at = "20260310100000-0400" })
  t:expect_no_task("book_visit")
  t:clock("2026-03-11T11:00:00-04:00")
  t:expect_task("visit_kept")
end)

test.case("a visit that somebody booked without its number is known by its time", function(t)
  discharges.home(t)
  t:expect_task("book_visit"):decide("booked", { value = { starts_at = "2026-03-09T10:00:00-04:00" } })
  schedule(t, "S12", "V1")
  t:skip("1h")
  schedule(t, "S15", "V1")
  t:contains(t:expect_task("book_visit").why, "cancelled")
end)

test.case("a visit that was kept is not asked for again when the destination is corrected", function(t)
  discharges.home(t)
  schedule(t, "S12", "V1", { at = "20260304100000-0500" })
  t:skip("1d")
  schedule(t, "S14", "V1", { at = "20260304100000-0500", status = "Complete" })
  t:skip("1h")
  discharges.leave(t, "06")
  t:expect_task("follow_up_call")
  t:expect_no_task("book_visit")
end)

test.case("the kind and the state of an appointment are known however a sender writes them", function(t)
  discharges.home(t)
  schedule(t, "S12", "V1", { kind = "FollowUp" })
  t:expect_no_task("book_visit")
  t:skip("1m")
  schedule(t, "S14", "V1", { status = "NO SHOW" })
  t:contains(t:expect_task("book_visit").why, "did not take place")
  schedule(t, "S12", "V2", {})
  t:expect_no_task("book_visit")
  t:skip("1m")
  schedule(t, "S14", "V2", { status = "Canceled" })
  t:contains(t:expect_task("book_visit").why, "was cancelled")
  schedule(t, "S12", "V3", {})
  t:skip("1m")
  schedule(t, "S14", "V3", { status = "Completed" })
  t:expect_no_task("book_visit")
  t:skip("10d")
  t:expect_no_task("visit_kept")
end)

test.case("a visit is booked for a time that is one, with its offset", function(t)
  discharges.home(t)
  for _, at in ipairs { "next Monday", "2026-03-09T10:00:00", "2026-02-30T10:00:00Z" } do
    local taken = pcall(function() t:expect_task("book_visit"):decide("booked", { value = { starts_at = at } }) end)
    t:equal(taken, false, at)
  end
  t:expect_task("book_visit"):decide("booked", { value = { starts_at = "2026-03-09T10:00:00-04:00" } })
  t:expect_no_task("book_visit")
end)
