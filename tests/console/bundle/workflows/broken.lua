-- Fails at once and for good: an incident for the console's tests.
local workflow = require "workflow"

return workflow.define {
  name = "broken",
  search = { stage = "keyword" },
  run = function(ctx, input)
    ctx:set("stage", "planning")
    error("the plan has no " .. input.missing)
  end,
}
