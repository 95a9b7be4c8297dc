-- Moving a patient to another ward: several systems, and what was done is undone when a later part fails.
local workflow = require "workflow"

return workflow.define {
  name = "transfer",
  search = { stage = "keyword", ward = "keyword" },

  run = function(ctx, input)
    ctx:set("ward", input.ward)
    ctx:set("stage", "arranging")

    local arranged, failure = pcall(ctx.scope, ctx, function(s)
      local bed = s:activity("beds.reserve", { ward = input.ward }, { on_exhausted = "raise" })
      s:compensate(function() ctx:activity("beds.release", { bed = bed.id }) end)

      -- Both at once; when one fails, the other is stopped and the bed is released.
      s:all {
        porter = function(b) return b:activity("porters.order", { to = bed.id }, { retry = "gentle", on_exhausted = "raise" }) end,
        report = function(b)
          return b:task("give_report", {
            why = "The next ward needs to know the patient", candidates = { role = "nurse" }, outcomes = { "given" }, due = "1h",
          })
        end,
      }
    end)

    if not arranged then
      if failure.code == "cancelled" then error(failure, 0) end
      ctx:set("stage", "failed")
      ctx:fail("not_transferred", "the transfer could not be arranged: " .. tostring(failure.message))
    end
    ctx:set("stage", "transferred")
  end,
}
