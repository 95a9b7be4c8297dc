-- Asking other systems from a workflow, when a person can take over if they do not answer.
local outside = {}

-- The activity's value; or nil and the error, when it failed for good. The end of a branch is not a failure of the other system.
function outside.ask(ctx, name, input, options)
  options = options or {}
  options.retry = options.retry or "gentle"
  options.timeout = options.timeout or "30s"
  options.on_exhausted = "raise"
  local answered, value = pcall(ctx.activity, ctx, name, input, options)
  if answered then return value end
  if type(value) ~= "table" or value.code == "cancelled" then error(value, 0) end
  ctx:log("warn", name .. " gave up: " .. tostring(value.code))
  return nil, value
end

-- A list that may be empty on the way in.
function outside.list(value)
  return type(value) == "table" and value or {}
end

return outside
