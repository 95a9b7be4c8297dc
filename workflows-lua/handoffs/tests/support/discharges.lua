-- What the tests of the discharge workflow share. 2026-03-02 is a Monday.
local json = require "json"

local discharges = {}

-- A hospital where everything answers, and both medication lists agree.
function discharges.open(t)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("pharmacy.home_list", { { code = "A1", name = "Apixaban", dose = "5 mg" } })
  t:mock("ehr.active_orders", { { code = "A1", name = "Apixaban", dose = "5 mg" } })
  t:mock("ehr.pending_results", json.array {})
  t:mock("ehr.summary_status", { complete = true })
  t:mock("notices.send", { acknowledged = true })
  t:mock("notices.remind", {})
  t:mock("notices.correct", { acknowledged = true })
end

function discharges.admit(t, encounter)
  t:event { type = "encounter.admitted", encounter = encounter or "E1", data = { ward = "MED", admission_type = "R" } }
  return t:instance("discharge", encounter or "E1")
end

function discharges.leave(t, code, encounter)
  t:event { type = "encounter.discharged", encounter = encounter or "E1", data = { disposition_code = code or "01", ward = "MED" } }
  return t:instance("discharge", encounter or "E1")
end

-- The patient of these tests, with what a message says of a death.
function discharges.patient(deceased)
  return { identifiers = { { system = "TEST", value = "P1", type = "MR" } }, deceased = deceased }
end

-- A message of a stay that says when it was written (MSH-7), on 2 March at `hour`; it may come in any order.
-- `deceased` is what PID-30 says, if anything.
function discharges.tell(t, type, encounter, hour, data, deceased)
  local at = ("2026-03-02T%02d:00:00-05:00"):format(hour)
  local said = { sent_at = at }
  for name, value in pairs(data or {}) do said[name] = value end
  t:event { type = "encounter." .. type, encounter = encounter, patient = discharges.patient(deceased), occurred_at = at, data = said }
end

-- Admitted on Monday at nine, home on Tuesday at nine.
function discharges.home(t)
  discharges.open(t)
  discharges.admit(t)
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("1d")
  return discharges.leave(t)
end

return discharges
