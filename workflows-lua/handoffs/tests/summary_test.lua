-- The discharge summary: whose document it is, and what takes it back. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"
local messages = require "support.messages"

-- In a facility, so that only the summary is owed; the record does not know of one.
local function without_summary(t)
  discharges.open(t)
  t:mock("ehr.summary_status", { complete = false })
  discharges.admit(t)
  t:skip("1d")
  return discharges.leave(t, "03")
end

-- A document of trigger T01 to T11 with TXA-17, of the stay `encounter`.
local function document(t, trigger, status, encounter, id)
  local stay = "PV1|1|I|MED" .. ("|"):rep(16) .. (encounter or "E1")
  t:message(messages.text(t, "MDM^" .. trigger, { stay, ("TXA|1|DS|TX|20260303||||||||%s|||||%s"):format(id or "D1", status) }))
end

test.case("the summary of another stay does not complete this one's", function(t)
  t:crash_everywhere()
  without_summary(t)
  document(t, "T02", "AU", "E0")
  t:skip("2d", "business")
  t:expect_task("complete_summary", { role = "attending" })
end)

test.case("a document that is cancelled completes no summary", function(t)
  without_summary(t)
  document(t, "T11", "AU")
  t:skip("2d", "business")
  t:expect_task("complete_summary")
end)

test.case("a summary that is taken back after it was complete is owed again, until the case closes", function(t)
  t:crash_everywhere()
  local case = without_summary(t)
  document(t, "T02", "AU")
  t:skip("5d")
  t:expect_no_task("complete_summary")
  document(t, "T11", "CA", nil, "another")
  t:expect_no_task("complete_summary")
  document(t, "T11", "CA")
  t:expect_task("complete_summary"):decide("done")
  t:expect_no_task()
  document(t, "T10", "DI")
  t:expect_task("complete_summary")
  t:skip("25d")
  t:contains(t:expect_task("unfinished_follow_up").why, "summary")
  t:equal(case:status(), "running")
end)

test.case("a document that was signed and cancelled during the stay completes nothing; one that is signed again does", function(t)
  discharges.open(t)
  t:mock("ehr.summary_status", { complete = false })
  discharges.admit(t)
  document(t, "T02", "AU")
  t:skip("1h")
  document(t, "T11", "CA")
  t:skip("1d")
  discharges.leave(t, "03")
  t:skip("2d", "business")
  t:expect_task("complete_summary"):decide("done")
  document(t, "T11", "CA")
  t:expect_task("complete_summary")
  document(t, "T02", "AU")
  t:expect_task("complete_summary"):decide("done")
  t:expect_no_task()
end)

test.case("a case whose summary is complete closes on day 30", function(t)
  local case = without_summary(t)
  document(t, "T02", "AU")
  t:skip("29d")
  t:equal(case:status(), "running")
  t:skip("1d")
  t:equal(case:attribute("follow_up"), "completed")
end)
