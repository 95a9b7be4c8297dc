-- Begun by an admission, ended by a discharge; a child workflow in between.
local workflow = require "workflow"

return workflow.define {
  name = "stay",
  on = { event = "encounter.admitted", key = "encounter" },
  listen = { "encounter.*" },
  search = { encounter = "keyword", stage = "keyword" },
  run = function(ctx, input)
    ctx:set("encounter", input.event.encounter)
    ctx:set("stage", "in")
    local done = ctx:child("chain", { steps = 2 }, { key = input.event.encounter })
    local left = ctx:wait_event("encounter.discharged", { where = { encounter = input.event.encounter } })
    ctx:set("stage", "out")
    return { receipts = #done.receipts, left = left.occurred_at }
  end,
}
