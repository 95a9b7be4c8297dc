-- Asking other systems from a workflow, when a person can take over if they do not answer.
local json = require "json"

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

-- Whether an error of outside.ask says that nothing was done: there is nobody to ask, or the request was refused. 408, 409 and 425 leave it open, as
-- does whatever was tried again until the attempts were used up.
function outside.certainly_not_done(err)
  local code = type(err) == "table" and tostring(err.code) or ""
  return code == "not_configured" or code:match("^http_4%d%d$") ~= nil and not (code == "http_408" or code == "http_409" or code == "http_425")
end

-- ---- what an answer has to look like -------------------------------------------------------------------------------------------
-- docs/WORKFLOWS.md says it. Any other answer counts as none: what the other system knows is not known, and a person is asked.

-- Lua has one kind of table; JSON says which it was.
local function is_list(value)
  return type(value) == "table" and (#value > 0 or json.encode(value) == "[]")
end

local function is_object(value)
  return type(value) == "table" and not is_list(value)
end

local function text(value) return type(value) == "string" and value ~= "" end

-- True for a list of objects of which each has one of these fields as text.
local function is_list_with(value, ...)
  if not is_list(value) then return false end
  for _, item in ipairs(value) do
    local found = false
    for _, field in ipairs { ... } do found = found or type(item) == "table" and text(item[field]) end
    if not found then return false end
  end
  return true
end

-- { { code or name, dose }, .. }
function outside.drugs(value) return is_list_with(value, "code", "name") and value or nil end

-- { { order, name }, .. }; one that is there twice is there once.
function outside.orders(value)
  if not is_list_with(value, "order") then return nil end
  local orders, seen = json.array {}, {}
  for _, each in ipairs(value) do
    if not seen[each.order] then orders[#orders + 1] = each end
    seen[each.order] = true
  end
  return orders
end

-- { acknowledged }: the other side has taken it, and perhaps its recipient has.
function outside.receipt(value) return is_object(value) and value or nil end

-- { complete, missing }
function outside.summary(value) return is_object(value) and type(value.complete) == "boolean" and value or nil end

return outside
