-- What the test in LUA_TESTING.md is about.
local workflow = require "workflow"

return workflow.define {
  name = "order",
  run = function(ctx, input)
    if ctx:activity("pharmacy.fill", { drug = input.drug }).filled then return { filled = true } end
    ctx:sleep("1d")
    local decision = ctx:task("ask_pharmacy", {
      why = "The order was not filled", candidates = { role = "pharmacist" }, outcomes = { "filled", "given_up" },
    })
    return { filled = decision.outcome == "filled" }
  end,
}
