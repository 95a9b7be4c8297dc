-- Results that were pending at the discharge: who sees them, and what they outlive. 2026-03-02 is a Monday.
local test = require "test"
local json = require "json"
local discharges = require "support.discharges"
local messages = require "support.messages"

local part, result = messages.part, messages.result

-- In a facility, so that results are all that there is to wait for; O1 was pending.
local function waiting(t, code, order)
  discharges.open(t)
  t:mock("ehr.pending_results", { { order = order or "O1", name = "Blood culture" } })
  discharges.admit(t)
  t:skip("1d")
  return discharges.leave(t, code or "03"), t:instance("pending_result")
end

local function stage(case) return case:attribute("stage") end

-- ---- what a physician sees --------------------------------------------------------------------------------------------------

test.case("every part of an order counts: one that is normal does not hide the critical one behind it", function(t)
  t:crash_everywhere()
  waiting(t)
  result(t, { part("O1|F1", "F", { "NM|13|" }, "HGB^Hemoglobin"), part("O1|F2", "F", { "NM|7.1|HH" }) })
  local review = t:expect_task("review_result", { role = "physician" })
  t:contains(review.why, "Blood culture")
  t:contains(review.why, "critical")
  t:equal(review.due, t:now() + 3600000)
  t:equal(review.data.result.abnormal[1].value, "7.1")
end)

test.case("a part that is told of and not there yet is waited for", function(t)
  local _, case = waiting(t)
  result(t, { part("O1|F1", "F", { "NM|4.1|N" }, "HGB^Hemoglobin"), part("O1|F2", "P", {}) })
  t:equal(stage(case), "waiting")
  t:skip("14d")
  t:expect_task("chase_result", { role = "nurse" })
  result(t, { part("O1|F2", "F", { "NM|4.4|N" }) })
  t:expect_no_task("chase_result")
  t:equal(stage(case), "closed")
end)

test.case("a correction that is critical is seen though the value before it was normal", function(t)
  t:crash_everywhere()
  local _, case = waiting(t)
  result(t, { part("O1|F1", "F", { "NM|4.1|N" }) })
  t:equal(stage(case), "closed")
  t:skip("20d")
  result(t, { part("O1|F1", "C", { "NM|7.1|HH" }) })
  t:expect_task("review_result"):decide("patient_informed")
  t:equal(stage(case), "closed")
  t:skip("30d")
  t:equal(case:status(), "completed")
end)

test.case("a review that is open shows the newer value", function(t)
  t:crash_everywhere()
  waiting(t)
  result(t, { part("O1|F1", "F", { "NM|5.3|H" }) })
  t:equal(t:expect_task("review_result").data.result.critical, false)
  t:skip("1m")
  result(t, { part("O1|F1", "C", { "NM|7.3|HH" }) })
  local review = t:expect_task("review_result")
  t:equal({ review.data.result.critical, review.data.result.abnormal[1].value }, { true, "7.3" })
end)

test.case("a value that a physician has seen and that turns out normal is seen again", function(t)
  local _, case = waiting(t)
  result(t, { part("O1|F1", "F", { "NM|7.3|HH" }) })
  t:expect_task("review_result"):decide("patient_informed")
  result(t, { part("O1|F1", "C", { "NM|4.3|N" }) })
  t:contains(t:expect_task("review_result").why, "corrected")
  t:expect_task("review_result"):decide("patient_informed")
  t:equal(stage(case), "closed")
end)

test.case("a result that is told again, or was overtaken, is nothing new", function(t)
  waiting(t)
  for _ = 1, 2 do result(t, { part("O1|F1", "F", { "NM|7.3|HH" }) }) end
  t:expect_task("review_result"):decide("patient_informed")
  result(t, { part("O1|F1", "F", { "NM|7.3|HH" }) })
  result(t, { part("O1|F1", "P", { "NM|8.3|HH" }) }, "2026-03-01T08:00:00Z")
  t:expect_no_task("review_result")
end)

test.case("of several flags of one value the gravest counts", function(t)
  waiting(t)
  result(t, { part("O1|F1", "F", { "NM|7.1|N~HH", "NM|7.2|H~HH~A", "NM|5.2|N~H" }) })
  local flags = {}
  for i, found in ipairs(t:expect_task("review_result").data.result.abnormal) do flags[i] = found.flag end
  t:equal(flags, { "HH", "HH", "H" })
end)

test.case("what is critical is seen while it is preliminary, and again when it is final", function(t)
  t:crash_everywhere()
  local _, case = waiting(t)
  result(t, { part("O1|F1", "P", { "ST|MRSA|AA" }) })
  t:contains(t:expect_task("review_result").why, "preliminary")
  t:expect_task("review_result"):decide("patient_informed")
  t:equal(stage(case), "waiting")
  result(t, { part("O1|F1", "F", { "ST|MRSA, resistant to clindamycin|AA" }) })
  t:expect_task("review_result"):decide("patient_informed")
  t:equal(stage(case), "closed")
end)

test.case("where the order has no status (OBR-25), that of its values (OBX-11) counts", function(t)
  local _, case = waiting(t)
  result(t, { part("O1|F1", nil, { "ST|no growth at 24h||P" }) })
  t:equal(stage(case), "waiting")
  t:expect_no_task("review_result")
  result(t, { part("O1|F1", nil, { "NM|4.1|N|F" }) })
  t:equal(stage(case), "closed")
end)

test.case("a result that is cancelled is a question, since nobody will ever tell it", function(t)
  waiting(t)
  result(t, { part("O1|F1", "X") })
  t:contains(t:expect_task("review_result", { role = "physician" }).why, "cancelled by the laboratory")
end)

test.case("a text that no flag calls normal is read by somebody, and so is a report without any value", function(t)
  local _, case = waiting(t)
  result(t, { part("O1|F1", "F", { "TX|Invasive carcinoma" }) })
  local review = t:expect_task("review_result")
  t:contains(review.why, "has to read it")
  t:equal(review.data.result.narrative[1].value, "Invasive carcinoma")
  review:decide("patient_informed")
  result(t, { part("O1|F2", "F") })
  t:equal(t:expect_task("review_result").data.result.without_values, true)
  t:expect_task("review_result"):decide("no_action_needed")
  t:equal(stage(case), "closed")
end)

test.case("a text that a flag calls normal, a number without a flag and the heading of a panel need nobody", function(t)
  local _, case = waiting(t)
  result(t, { part("O1|F1", "F"), part("O1|F2", "F", { "ST|no growth|N", "NM|13|" }) })
  t:expect_no_task("review_result")
  t:equal(stage(case), "closed")
end)

test.case("an order is known by the laboratory's number as well", function(t)
  waiting(t, "03", "F2")
  result(t, { part("O1|F2", "F", { "NM|7.1|HH" }) })
  t:expect_task("review_result")
end)

test.case("what somebody found who looked for it, and what the laboratory tells later, are both seen", function(t)
  local _, case = waiting(t)
  t:skip("14d")
  t:expect_task("chase_result"):decide("abnormal", { value = { value = "S. aureus" } })
  t:equal(t:expect_task("review_result").data.result.value.value, "S. aureus")
  t:expect_task("review_result"):decide("patient_informed")
  t:equal(stage(case), "closed")
  result(t, { part("O1|F1", "F", { "ST|S. aureus|AA" }) })
  t:expect_task("review_result")
end)

-- ---- whose it is --------------------------------------------------------------------------------------------------------------

test.case("a pending result outlives a readmission, and reaches a physician", function(t)
  t:crash_everywhere()
  waiting(t, "01")
  t:skip("3d")
  discharges.admit(t, "E2")
  t:skip("2d")
  result(t, { part("O1|F1", "F", { "ST|carcinoma|AA" }) })
  t:expect_task("review_result", { role = "physician" })
end)

test.case("a critical review outlives a readmission and a corrected destination, and is asked once", function(t)
  t:crash_everywhere()
  waiting(t, "01")
  result(t, { part("O1|F1", "F", { "NM|7.1|HH" }) })
  local before = t:expect_task("review_result").due
  t:skip("10m")
  discharges.leave(t, "06")
  discharges.admit(t, "E2")
  t:equal(t:expect_task("review_result").due, before, "the same question")
  t:equal(#t:instances("pending_result"), 1)
end)

test.case("a result that comes while the patient is said to be back is not lost when that was a mistake", function(t)
  local stay = waiting(t, "01")
  t:skip("1h")
  discharges.admit(t, "E2")
  t:skip("10m")
  result(t, { part("O1|F1", "F", { "NM|7.1|HH" }) })
  t:event { type = "encounter.admit_cancelled", encounter = "E2", data = {} }
  t:equal(stay:attribute("follow_up"), "open")
  t:expect_task("review_result")
  t:equal(#t:instances("pending_result"), 1)
end)

test.case("a result that two stays wait for is one case, and both hear that it is settled", function(t)
  local first = waiting(t)
  t:skip("1d")
  discharges.admit(t, "E2")
  t:skip("1d")
  local second = discharges.leave(t, "03", "E2")
  t:equal(#t:instances("pending_result"), 1)
  result(t, { part("O1|F1", "F", { "NM|4.1|N" }) })
  t:skip("31d")
  t:equal(first:attribute("follow_up"), "readmitted")
  t:equal(second:attribute("follow_up"), "completed")
end)

test.case("an order number that is used again after its case has ended gets a new case", function(t)
  waiting(t)
  result(t, { part("O1|F1", "F", { "NM|4.1|N" }) })
  t:skip("60d")
  discharges.admit(t, "E2")
  discharges.leave(t, "03", "E2")
  t:skip("1m")
  t:equal(#t:instances("pending_result"), 2)
  result(t, { part("O1|F9", "F", { "NM|7.1|HH" }) })
  t:expect_task("review_result")
end)

test.case("a nurse who has listed the open results is not asked again when the destination is corrected", function(t)
  discharges.open(t)
  t:mock("ehr.pending_results", { fail = { code = "not_configured", message = "no address", retryable = false } })
  discharges.admit(t)
  discharges.leave(t, "01")
  t:expect_task("list_pending_results"):decide("listed", { value = { orders = { { order = "O1" } } } })
  discharges.leave(t, "06")
  t:expect_no_task("list_pending_results")
  t:equal(#t:instances("pending_result"), 1)
end)

test.case("a result that is not settled is still open on day 30", function(t)
  local stay = waiting(t)
  t:skip("30d")
  t:contains(t:expect_task("unfinished_follow_up").why, "results")
  t:expect_task("unfinished_follow_up"):decide("close")
  t:equal(stay:attribute("follow_up"), "unfinished")
  t:expect_task("chase_result")
end)

test.case("signals that say something else than expected stop neither the stay nor the result", function(t)
  local stay, case = waiting(t)
  for _, payload in ipairs { "now", 7, { order = 7 }, { instance = 7 }, json.array {} } do
    stay:signal("result", payload)
    case:signal("watched_by", payload)
  end
  result(t, { part("O1|F1", "F", { "NM|7.1|HH" }) })
  t:expect_task("review_result")
end)

-- ---- what worries the patient ---------------------------------------------------------------------------------------------------

local function worried(t)
  local case = discharges.home(t)
  t:expect_task("follow_up_call"):decide("reached", { value = { concern = "chest pain" } })
  t:expect_task("clinical_concern", { role = "nurse", unit = "MED" })
  return case
end

test.case("a worry of the patient outlives a corrected destination and a new admission", function(t)
  t:crash_everywhere()
  worried(t)
  discharges.leave(t, "06")
  t:contains(t:expect_task("clinical_concern").why, "chest pain")
  discharges.admit(t, "E2")
  t:skip("10m")
  t:event { type = "encounter.admit_cancelled", encounter = "E2", data = {} }
  t:skip("2h")
  t:expect_task("clinical_concern", { role = "physician" }):decide("visit_today")
  t:equal(t:instance("clinical_concern"):result(), { outcome = "visit_today" })
end)

test.case("nobody calls about a worry after a death, unless that was told by mistake", function(t)
  t:crash_everywhere()
  worried(t)
  t:event { type = "patient.died", patient = discharges.patient(true), data = {} }
  t:expect_no_task()
  t:skip("3h")
  t:event { type = "encounter.updated", encounter = "E1", patient = discharges.patient(false), data = {} }
  t:expect_task("clinical_concern")
  t:event { type = "patient.died", patient = discharges.patient(true), data = {} }
  t:skip("25h")
  t:equal(t:instance("clinical_concern"):result(), { outcome = "died" })
end)
