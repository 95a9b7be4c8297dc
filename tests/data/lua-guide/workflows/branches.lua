-- The guide's pieces about several things at once, undoing, and versions.
local workflow = require "workflow"

local function follow_up(s, case)
  return s:task("follow_up_call", { why = "Call " .. case.name, candidates = { role = "nurse" } }).outcome
end

local function call(ctx) ctx:note("call") end
local function visit(ctx) ctx:note("visit") end

return workflow.define {
  name = "branches",
  run = function(ctx, case)
    local lists = ctx:all {
      home = function(s) return s:activity("pharmacy.home_list", { patient = case.name }) end,
      chart = function(s) return s:activity("ehr.active_orders", { patient = case.name }) end,
    }

    local winner, value = ctx:race {
      care = function(s) return follow_up(s, case) end,
      change = function(s) return s:wait_event("encounter.discharge_cancelled") end,
    }

    local moved = pcall(function()
      ctx:scope(function(s)
        local bed = s:activity("beds.reserve", { ward = "MED" })
        s:compensate(function() ctx:activity("beds.release", { bed = bed }) end)
        s:activity("transport.order", { to = bed })      -- If this fails, the bed is released, and the error goes on.
      end)
    end)

    if ctx:patch("call-before-visit") then
      call(ctx); visit(ctx)     -- Cases that have not been here yet.
    else
      visit(ctx); call(ctx)     -- Those that have.
    end
    return { lists = lists, winner = winner, value = type(value) == "string" and value or nil, moved = moved }
  end,
}
