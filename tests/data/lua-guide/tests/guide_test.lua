local test = require "test"

test.case("a review needs two people, and not the one who began it", function(t)
  t:crash_everywhere()
  t:mock("pharmacy.home_list", { "warfarin" })
  t:event { type = "encounter.admitted", encounter = "E1", data = { chart = { "apixaban" }, ward = "MED" } }
  local case = t:instance("review", "E1")
  local task = t:expect_task("medication_review", { role = "pharmacist" })
  t:equal(task.data, { home = { "warfarin" }, chart = { "apixaban" } })
  t:skip("4h", "business")
  task = t:expect_task("medication_review", { role = "charge_pharmacist" })
  task:decide("refuse", { reason = "double", by = { subject = "ann", role = "pharmacist" } })
  t:expect_task("medication_review"):decide("refuse", { reason = "double", by = { subject = "bob", role = "pharmacist" } })
  t:expect_no_task()
  t:override(case, "hold", { after = { outcome = "go" }, reason = "it was checked", by = { subject = "dr", role = "physician" } })
  t:event { type = "encounter.discharged", encounter = "E1" }
  t:equal(case:result(), { left = true, outcome = "refuse" })
end)

test.case("a pharmacy that does not answer is replaced by the family", function(t)
  t:mock("pharmacy.home_list", { fail = { code = "pharmacy_down", message = "status 503" } })
  local case = t:start("family", {}, { patient = "P1" })
  t:skip("1h")
  t:expect_task("ask_family", { role = "nurse" }):decide("done", { value = { "aspirin" } })
  t:equal(case:result(), { "aspirin" })
end)

test.case("a cancelled case asks no family", function(t)
  t:mock("pharmacy.home_list", { fail = { code = "pharmacy_down", message = "status 503" } })
  local case = t:start("family", {}, { patient = "P1" })
  case:cancel("a mistake")
  t:expect_no_task()
  t:equal(case:status(), "cancelled")
end)

local function hospital(t)
  t:mock("pharmacy.home_list", { "a" })
  t:mock("ehr.active_orders", { "b" })
  t:mock("beds.reserve", "B1")
  t:mock("beds.release", {})
  t:mock("transport.order", {})
end

test.case("branches run beside each other, and the first that ends wins", function(t)
  t:crash_everywhere()
  hospital(t)
  local case = t:start("branches", { name = "Jane" }, { patient = "P1" })
  t:expect_task("follow_up_call"):decide("done")
  t:equal(case:result(), { lists = { home = { "a" }, chart = { "b" } }, winner = "care", value = "done", moved = true })
  t:equal(#t:calls("beds.release"), 0)
end)

test.case("what was reserved is released when the transport fails, and the task of a branch that lost is gone", function(t)
  t:crash_everywhere()
  hospital(t)
  t:mock("transport.order", { fail = { code = "none", message = "no transport", retryable = false } })
  local case = t:start("branches", { name = "Jane" }, { patient = "P1" })
  t:event { type = "encounter.discharge_cancelled", encounter = "E1" }
  t:expect_no_task()
  t:expect_activity("beds.release", { bed = "B1" })
  t:equal(case:result().winner, "change")
  t:equal(case:result().moved, false)
end)

test.case("an order that nobody fills is asked about after a day", function(t)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("pharmacy.fill", { filled = false })
  local order = t:start("order", { drug = "apixaban" }, { key = "O1" })
  t:skip("1d")
  t:expect_task("ask_pharmacy", { role = "pharmacist" }):decide("filled")
  t:equal(order:status(), "completed")
end)

test.case("a message becomes a case that answers queries and takes updates", function(t)
  t:mock("pharmacy.home_list", {})
  t:message([[
    MSH|^~\&|EHR|GENHOSP|BATON|HUB|20260105100000-0500||ADT^A01|M1|P|2.5.1
    EVN|A01|20260105100000-0500
    PID|1||P1^^^GENHOSP^MR||Doe^Jane
    PV1|1|I|MED^101||||||||||||||||E1
  ]])
  local case = t:instance("discharge", "E1")
  t:equal(case:query("where"), "MED")
  t:equal(case:update("move", { ward = "ICU" }), { moved = true })
  t:equal(case:query("where"), "ICU")
  t:fails(function() case:update("move", { ward = 7 }) end, "ward must be a text")
end)

test.case("both activities read a list, and say which failures are final", function(t)
  for name, setting in pairs { pharmacy = "pharmacy", hospital = "hospital" } do
    local settings = { [setting] = { endpoint = "http://list.test" } }
    local list = t:activity(name .. ".home_list", { patient = "P1" }, { settings = settings, http = function(request)
      t:equal(request.url, "http://list.test/lists/P1")
      return { body = { "aspirin" } }
    end })
    t:equal(list, { "aspirin" })
    local failure = t:fails(function()
      t:activity(name .. ".home_list", { patient = "P1" }, { settings = settings, http = { status = 404 } })
    end)
    t:equal(failure.retryable, false)
  end
end)
