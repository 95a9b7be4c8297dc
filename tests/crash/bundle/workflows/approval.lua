-- A signal, a person, a timer and an activity.
local workflow = require "workflow"

return workflow.define {
  name = "approval",
  search = { stage = "keyword" },
  run = function(ctx)
    ctx:set("stage", "waiting")
    local said = ctx:wait_signal("go", { timeout = "7d" })
    ctx:set("stage", "asking")
    local answer = ctx:task("approve", {
      why = "Somebody has to say yes or no", candidates = { role = "nurse" }, outcomes = { "yes", "no" }, due = "1h",
    })
    ctx:sleep("50ms")
    local effect = ctx:activity("effects.apply", { instance = ctx.instance, step = answer.outcome }, { retry = "persistent" })
    ctx:set("stage", "done")
    return { said = said and said.number, outcome = answer.outcome, by = answer.by.subject, receipt = effect.receipt }
  end,
}
