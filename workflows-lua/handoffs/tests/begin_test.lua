-- Cases that somebody starts by hand without what they need.
local test = require "test"

local PATIENT = { patient = "P1" }

-- Each ends at once as failed, and says what it lacks.
local BAD = {
  { "discharge", nil, PATIENT, "input.event.encounter" },
  { "discharge", {}, PATIENT, "input.event.type" },
  { "discharge", { encounter = "E1" }, PATIENT, "input.event.occurred_at" },
  { "discharge", { event = { type = "result.final", encounter = "E1", occurred_at = "2026-03-02T09:00:00Z", data = {} } }, PATIENT, "begins no stay: result.final" },
  { "discharge", {}, {}, "a patient" },
  { "discharge", { event = { type = ("long"):rep(100), encounter = "E1", occurred_at = "2026-03-02T09:00:00Z", data = {} } }, PATIENT, "begins no stay" },
  { "discharge", { event = { type = "encounter.admitted", encounter = "E1", occurred_at = "2026-03-02T09:00:00Z", data = {} } }, {}, "a patient" },
  { "referral", nil, nil, "input.order" },
  { "referral", {}, PATIENT, "input.order" },
  { "referral", { order = "cardiology" }, PATIENT, "input.order" },
  { "referral", { order = { recipient = "Heart Clinic" } }, {}, "a patient" },
  { "pending_result", { order = {} }, PATIENT, "input.order.order" },
  { "clinical_concern", { call = {} }, PATIENT, "input.concern" },
  { "notice_correction", {}, PATIENT, "input.notice.recipient" },
  { "rule_drift", {}, {}, "input.rule" },
}

for i, bad in ipairs(BAD) do
  test.case(("%s cannot begin without what it needs: %s (%d)"):format(bad[1], bad[4], i), function(t)
    local case = t:start(bad[1], bad[2], bad[3])
    t:equal(case:status(), "failed")
    t:equal(case:result().code, "bad_input")
    t:contains(case:result().message, bad[4])
    t:expect_no_task()
  end)
end

test.case("a stay that is started by hand, with the event that would have started it, is a case", function(t)
  t:mock("notices.send", { acknowledged = true })
  t:mock("pharmacy.home_list", {})
  t:mock("ehr.active_orders", {})
  local case = t:start("discharge", {
    event = { type = "encounter.admitted", encounter = "E1", occurred_at = "2026-03-02T09:00:00Z", data = { ward = "MED" } },
  }, { key = "E1", patient = "P1" })
  t:equal(case:status(), "running")
  t:expect_task("readiness_checklist")
end)
