-- Results that come before anybody has said which were pending at the discharge. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"
local messages = require "support.messages"

local part, result = messages.part, messages.result

-- In a facility, so that results are all that there is to wait for; the record does not say which.
local function asked(t)
  discharges.open(t)
  t:mock("ehr.pending_results", { fail = { code = "not_configured", message = "no address", retryable = false } })
  discharges.admit(t)
  t:skip("1d")
  return discharges.leave(t, "03")
end

local function list(t, order)
  t:expect_task("list_pending_results"):decide("listed", { value = { orders = { { order = order or "O1", name = "Potassium" } } } })
end

test.case("a critical result that came before the nurse named it reaches a physician when she does", function(t)
  t:crash_everywhere()
  asked(t)
  t:skip("3h")
  result(t, { part("O1|F1", "P", { "NM|6.9|HH" }) })
  result(t, { part("O1|F1", "F", { "NM|7.1|HH" }), part("O2|F2", "F", { "NM|9|HH" }) })
  t:skip("12h")
  list(t)
  local review = t:expect_task("review_result", { role = "physician" })
  t:equal({ review.due, review.data.result.abnormal[1].value }, { t:now() + 3600000, "7.1" })
  review:decide("patient_informed")
  t:equal(t:instance("pending_result"):attribute("stage"), "closed")
end)

test.case("a result that came normal before the nurse named it needs nobody, and its correction is heard", function(t)
  asked(t)
  result(t, { part("O1|F1", "F", { "NM|4.1|N" }) })
  t:skip("1h")
  list(t)
  t:equal(t:instance("pending_result"):attribute("stage"), "closed")
  result(t, { part("O1|F1", "C", { "NM|7.1|HH" }) })
  t:expect_task("review_result")
end)

test.case("a result that has not come is waited for, and one that nobody kept is looked for", function(t)
  asked(t)
  t:skip("15d")
  t:equal(t:instance("result_watch"):status(), "completed")
  list(t)
  t:skip("2m")
  t:expect_task("chase_result")
end)

test.case("signals that say something else than expected change nothing", function(t)
  asked(t)
  for _, payload in ipairs { "now", { order = 7 }, { instance = {}, order = "O1" } } do t:instance("result_watch"):signal("asks", payload) end
  list(t)
  for _, payload in ipairs { "now", { events = "all" }, { events = { "x", { type = "result.final" } } } } do
    t:instance("pending_result"):signal("heard", payload)
  end
  t:skip("2m")
  t:equal(t:instance("pending_result"):attribute("stage"), "waiting")
end)

test.case("a critical result that comes while the record is asked again reaches a physician", function(t)
  discharges.open(t)
  t:mock("ehr.pending_results", { fail = { code = "down", message = "down", retryable = true } })
  discharges.admit(t)
  t:skip("1d")
  discharges.leave(t, "03")
  t:skip("1m")
  result(t, { part("O1|F1", "F", { "NM|7.1|HH" }) })
  t:skip("30m")
  list(t)
  t:expect_task("review_result")
end)
