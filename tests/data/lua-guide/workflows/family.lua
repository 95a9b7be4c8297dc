-- The guide's piece about a failure that the workflow handles itself.
local workflow = require "workflow"

return workflow.define {
  name = "family",
  run = function(ctx)
    local ok, list = pcall(function() return ctx:activity("pharmacy.home_list", { patient = ctx.patient }, { on_exhausted = "raise" }) end)
    if not ok then
      if list.code == "cancelled" then error(list, 0) end   -- The end of the case is not the pharmacy's failure.
      list = ctx:task("ask_family", { why = "The pharmacy does not answer", candidates = { role = "nurse" }, outcomes = { "done" } }).value
    end
    return list
  end,
}
