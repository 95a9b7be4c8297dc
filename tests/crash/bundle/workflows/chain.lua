-- Activities in a row, each durable before the next starts.
local workflow = require "workflow"

return workflow.define {
  name = "chain",
  search = { done = "number" },
  run = function(ctx, input)
    local receipts = {}
    for i = 1, input.steps do
      receipts[i] = ctx:activity("effects.apply", { instance = ctx.instance, step = tostring(i) }, { retry = "persistent" }).receipt
      ctx:set("done", i)
    end
    return { receipts = receipts }
  end,
}
