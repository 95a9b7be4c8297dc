local workflow = require "workflow"

return workflow.define {
  name = "callback",
  run = function(ctx, input)
    ctx:sleep(input.wait or "10s")
    local call = ctx:task("call_back", {
      why = "Call " .. input.name, candidates = { role = "nurse" }, outcomes = { "reached", "not_reached" } })
    return { call = call.outcome }
  end,
}
