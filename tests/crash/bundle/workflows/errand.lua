-- A promise, a child, an activity that reports its progress, and a task that escalates.
local workflow = require "workflow"

return workflow.define {
  name = "errand",
  search = { stage = "keyword" },
  run = function(ctx)
    local asked = ctx:promise("answer")
    ctx:set("stage", "asked")
    local told = asked:wait()
    ctx:set("stage", "working")
    local child = ctx:child("chain", { steps = 1 })
    local slow = ctx:activity("effects.slow", { instance = ctx.instance, step = "slow" },
      { retry = "persistent", heartbeat = "30s", timeout = "2m" })
    ctx:set("stage", "checking")
    local answer = ctx:task("check", {
      why = "Somebody has to look at it", candidates = { role = "unit_clerk" }, outcomes = { "yes", "no" },
      due = "100ms", escalate = { { at = "due", to = "nurse" } },
    })
    ctx:set("stage", "done")
    return { told = told.number, child = #child.receipts, receipt = slow.receipt, outcome = answer.outcome }
  end,
}
