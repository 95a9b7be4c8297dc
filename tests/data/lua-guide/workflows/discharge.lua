-- The definition that LUA_API.md begins with.
local workflow = require "workflow"

return workflow.define {
  name = "discharge",
  on = { event = { "encounter.admitted", "encounter.discharged" }, key = "encounter" },
  listen = { "encounter.*", "patient.*" },
  search = { stage = "keyword", ward = "keyword", due = "time" },
  timeout = "90d",
  queries = { where = function(attributes) return attributes.ward end },
  updates = {
    move = {
      validate = function(_, arguments) return type(arguments.ward) == "string", "ward must be a text" end,
      apply = function(ctx, arguments) ctx:set("ward", arguments.ward) return { moved = true } end,
    },
  },
  run = function(ctx, input)
    ctx:set("stage", "in_hospital")
    ctx:set("ward", input.event.data.ward)
    ctx:set("due", ctx:now())
    ctx:wait_signal("left")
  end,
}
