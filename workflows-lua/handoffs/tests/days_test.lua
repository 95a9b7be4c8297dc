-- The days that the rules count after a discharge: whole days, on the wall of the house.
local test = require "test"
local discharges = require "support.discharges"
local days = require "days"
local times = require "times"

-- What is due after a discharge home at this moment: until when the call, until when the visit.
local function due_after(t, left)
  discharges.open(t)
  t:clock(left)
  discharges.leave(t)
  return times.format(t:expect_task("follow_up_call").due), t:expect_task("book_visit").data.deadline
end

test.case("the second business day after the discharge counts until it closes, whenever on its day the patient left", function(t)
  t:equal(due_after(t, "2026-03-03T01:30:00-05:00"), "2026-03-05T22:00:00.000Z")
end)

test.case("a patient who left late on Friday is called by Tuesday evening", function(t)
  t:equal(due_after(t, "2026-03-06T23:50:00-05:00"), "2026-03-10T21:00:00.000Z")
end)

test.case("a patient who left on Saturday is called by Tuesday evening", function(t)
  t:equal(due_after(t, "2026-03-07T10:00:00-05:00"), "2026-03-10T21:00:00.000Z")
end)

test.case("a visit is in time on all of its last day, over a change of the clocks and a leap day", function(t)
  local _, deadline = due_after(t, "2028-02-28T23:30:00-05:00")  -- The clocks change on 12 March.
  t:equal(deadline, "2028-03-14T03:59:00.000Z")
end)

test.case("the day on which the clocks change is one day", function(t)
  local call, deadline = due_after(t, "2026-11-01T00:30:00-04:00")  -- A Sunday of 25 hours.
  t:equal({ call, deadline }, { "2026-11-03T22:00:00.000Z", "2026-11-16T04:59:00.000Z" })
end)

-- A house whose clocks are changed at this moment, from so many hours ahead of UTC to so many.
local function house(changed, before, after)
  return { format_time = function(_, instant)
    return times.format(instant + times.hours(instant < times.parse(changed) and before or after)):sub(1, 16)
  end }
end

test.case("a day that ends where the clocks go over midnight has its last minute right before that", function(t)
  local cairo = house("2026-04-23T22:00:00Z", 2, 3)  -- The 24th begins at one.
  t:equal(times.format(days.end_of(cairo, times.parse("2026-04-23T10:00:00Z"))), "2026-04-23T21:59:00.000Z")
  t:equal(times.format(days.end_of(cairo, times.parse("2026-04-20T10:00:00Z"), 3)), "2026-04-23T21:59:00.000Z")
  t:equal(times.format(days.end_of(cairo, times.parse("2026-04-23T10:00:00Z"), 1)), "2026-04-24T20:59:00.000Z")
  cairo = house("2026-10-29T21:00:00Z", 3, 2)  -- The last hour of the 29th comes twice.
  t:equal(times.format(days.end_of(cairo, times.parse("2026-10-29T10:00:00Z"))), "2026-10-29T21:59:00.000Z")
  local havana = house("2026-03-08T05:00:00Z", -5, -4)  -- The 8th begins at one.
  t:equal(times.format(days.end_of(havana, times.parse("2026-03-07T23:00:00Z"))), "2026-03-08T04:59:00.000Z")
end)

test.case("a call in the afternoon of the second business day is in time, and a visit in the afternoon of the last day is no late one", function(t)
  local case = discharges.home(t)  -- On Tuesday at nine.
  t:event { type = "appointment.booked", data = { appointment = "V1", kind = "FOLLOWUP", starts_at = "2026-03-17T15:00:00-04:00" } }
  t:expect_no_task("book_visit")
  t:skip("56h")
  t:expect_task("follow_up_call"):decide("reached")
  local attempt
  for _, entry in ipairs(case:history()) do
    if entry.type == "NoteWritten" and type(entry.note) == "table" and entry.note.contact_attempt then attempt = entry.note end
  end
  t:equal(attempt.in_time, true)
end)
