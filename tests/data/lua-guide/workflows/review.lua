-- The guide's pieces about activities, people and events, as one workflow.
local workflow = require "workflow"

return workflow.define {
  name = "review",
  on = { event = "encounter.admitted", key = "encounter" },   -- One instance for each stay.
  listen = { "encounter.*", "result.final" },

  run = function(ctx, input)
    local list = ctx:activity("pharmacy.home_list", { patient = ctx.patient }, { timeout = "10s", retry = "gentle" })
    local home, chart = list, input.event.data.chart

    local review = ctx:task("medication_review", {
      why = "Two lists disagree on an anticoagulant",            -- A sentence; it is what the person sees first.
      data = { home = home, chart = chart },                     -- What they have to see. It is kept as the evidence.
      candidates = { role = "pharmacist" }, outcomes = { "approve", "change", "refuse" },
      due = ctx:business("4h"), escalate = { { at = "due", to = "charge_pharmacist" } },
      approvals = { need = 2, exclude = { ctx.started_by } },    -- Two different people, and not the one who began it.
    })
    if review.outcome == "refuse" then ctx:decide("hold", { outcome = "hold", reason = review.reason, evidence = { by = review.by } }) end

    local left = ctx:wait_event("encounter.discharged", { timeout = "30d" })
    return { left = left ~= nil, outcome = review.outcome }
  end,
}
