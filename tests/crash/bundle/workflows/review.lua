-- What people do: a decision of the script that they replace, an alert, a task that they claim and fill in, in one of three wards.
local workflow = require "workflow"

return workflow.define {
  name = "review",
  search = { ward = "keyword", stage = "keyword" },
  run = function(ctx, input)
    ctx:set("ward", input.ward)
    ctx:on_override("plan", function(c, override)
      c:activity("effects.apply", { instance = ctx.instance, step = "undo " .. override.after.number }, { retry = "persistent" })
    end)
    ctx:alert("level", { key = "level", why = "Somebody has to know", candidates = { role = "nurse" } })
    ctx:decide("plan", { outcome = "keep" })
    ctx:set("stage", "asking")
    local answer = ctx:task("review", {
      why = "Somebody has to look at it", candidates = { role = "nurse" }, outcomes = { "yes", "no" }, due = "1h",
    })
    ctx:set("stage", "done")
    return { outcome = answer.outcome }
  end,
}
