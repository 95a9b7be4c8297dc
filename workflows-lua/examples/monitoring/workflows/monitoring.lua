-- Watching a value at home for years: a run a month, so that the journal stays short; signals, a query and an update.
local workflow = require "workflow"

return workflow.define {
  name = "monitoring",
  search = { limit = "number", month = "number", last = "number" },

  queries = {
    status = function(attributes)
      return ("month %s, last value %s, limit %s"):format(attributes.month, attributes.last or "none", attributes.limit)
    end,
  },
  updates = {
    set_limit = {
      validate = function(_, arguments)
        if type(arguments.limit) ~= "number" or arguments.limit <= 0 then return false, "limit must be a number above 0" end
        return true
      end,
      apply = function(ctx, arguments)
        local before = ctx:get("limit")
        ctx:set("limit", arguments.limit)
        return { before = before }
      end,
    },
  },

  run = function(ctx, input)
    ctx:set("limit", input.limit)
    ctx:set("month", input.month or 1)
    local month_ends = ctx:now() + 30 * 24 * 3600 * 1000

    repeat
      local reading = ctx:wait_signal("reading", { until_ = month_ends })
      if reading then
        ctx:set("last", reading.value)
        ctx:alert("rising", {
          tier = "suggestion", key = "home", level = reading.value, thresholds = { 150, 170, 190 },
          why = ("The pressure at home is %s"):format(reading.value), candidates = { role = "nurse" },
        })
        if reading.value > ctx:get("limit") then
          local seen = ctx:task("high_reading", {
            why = ("The patient measured %s, the limit is %s"):format(reading.value, ctx:get("limit")),
            data = reading, candidates = { role = "nurse" }, outcomes = { "called", "stop_monitoring" }, due = "4h",
          })
          if seen.outcome == "stop_monitoring" then return { months = input.month or 1 } end
        end
      end
    until not reading

    ctx:continue_as_new { limit = ctx:get("limit"), month = (input.month or 1) + 1 }
  end,
}
