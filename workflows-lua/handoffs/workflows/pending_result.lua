-- A result that was not there when the patient left: it arrives, or somebody looks for it; and when it is abnormal, a physician sees it.
-- A case of its own, so that only these few hear of every result in the house.
local workflow = require "workflow"
local begin = require "begin"
local policy = require "policy"
local ward = require "ward"

return workflow.define {
  name = "pending_result",
  title = "Result pending at discharge",
  listen = { "result.final", "result.corrected", "result.cancelled" },
  search = { stage = "keyword", order = "keyword", encounter = "keyword", ward = "keyword" },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, ["order.order"] = "string", chase_at = "number" })
    local order = input.order
    local name = type(order.name) == "string" and order.name or order.order
    ctx:set("order", order.order)
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)
    ctx:set("stage", "waiting")

    local result = ctx:wait_event({ "result.final", "result.corrected", "result.cancelled" },
      { where = { ["data.order"] = order.order }, until_ = input.chase_at })

    local concern
    if not result then
      ctx:set("stage", "chasing")
      local found = ctx:task("chase_result", {
        why = ("%s was pending at discharge and has not come"):format(name),
        form = "chase_result",
        data = { order = order },
        candidates = ward.people(input.ward, { role = "nurse" }),
        outcomes = { "normal", "abnormal", "never_done" },
        due = ctx:business(policy.results.review_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "charge_nurse" } },
      })
      if found.outcome == "abnormal" then concern = { told_by = found.by, value = found.value } end
    elseif result.data.abnormal then
      concern = { abnormal = result.data.abnormal, critical = result.data.critical }
    end

    if concern then
      ctx:set("stage", "review")
      local review = ctx:task("review_result", {
        why = ("%s came after the patient had left, and it is abnormal"):format(name),
        form = "review_result",
        data = { order = order, result = concern },
        candidates = ward.people(input.ward, { role = "physician" }),
        outcomes = { "patient_informed", "next_carer_informed", "no_action_needed" },
        priority = concern.critical and "urgent" or "high",
        due = concern.critical and "1h" or ctx:business(policy.results.review_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "attending" } },
      })
      ctx:decide("result_handled", { outcome = review.outcome, reason = review.reason, evidence = { order = order.order } })
    end
    ctx:set("stage", "closed")
    return { order = order.order, arrived = result ~= nil, reviewed = concern ~= nil }
  end,
}
