-- Results that come while nobody knows yet which are awaited: the record could not say, and a nurse is asked. They are kept here, and each case
-- of a pending result asks for those of its order when it begins.
local workflow = require "workflow"
local begin = require "begin"
local policy = require "policy"
local results = require "results"
local tables = require "tables"
local times = require "times"

-- Of each part of an order the last message that says something, and of all the newest so many.
local MOST = 100

local function keep(heard, event)
  local data = event.data or {}
  local kept = { type = event.type, data = data, recorded_at = event.recorded_at, part = results.part_name(data) }
  local _, at = tables.find(heard, function(each) return each.part == kept.part and each.type == kept.type end)
  if at or #heard == MOST then table.remove(heard, at or 1) end
  heard[#heard + 1] = kept
end

local function of_order(heard, order)
  return tables.filter(heard, function(event) return event.data.order == order or event.data.filler_order == order end)
end

return workflow.define {
  name = "result_watch",
  title = "Results that come before it is known which are awaited",
  listen = { "result.*" },
  search = { encounter = "keyword", ward = "keyword" },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, encounter = "string" })
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)
    local heard = {}
    ctx:race {
      results = function(s)
        repeat keep(heard, s:wait_event("result.*", { why = "It may be one that was pending at the discharge" })) until false
      end,
      asked = function(s)
        repeat
          local asks = s:wait_signal("asks", { why = "The case of a pending result asks for what has come already" })
          local known = type(asks) == "table" and type(asks.instance) == "string" and type(asks.order) == "string"  -- Anybody may send a signal.
          if known then s:signal(asks.instance, "heard", { events = of_order(heard, asks.order) }) end
        until false
      end,
      over = function(s)
        s:sleep_until(ctx:now() + times.days(policy.results.chase_after_days), { why = "Whoever is asked has said by then which are awaited" })
      end,
    }
    return { heard = #heard }
  end,
}
