-- What a case needs to begin with. Whoever starts one over the API may have left it out: then the case ends at once as failed, with
-- the code bad_input and a sentence that names what is missing, and nothing of it waits for anybody.
local tables = require "tables"

local begin = {}

local function at(value, path)
  for name in path:gmatch("[^.]+") do value = type(value) == "table" and value[name] or nil end
  return value
end

-- Ends the case; a message has room for 200 characters, which shall not end inside of one.
function begin.refuse(ctx, message, details)
  ctx:fail("bad_input", (message:gsub("[\x80-\xff]", "?"):sub(1, 200)), details)
end

-- begin.needs(ctx, input, { ["order.recipient"] = "string" }): by the path of each field, its Lua type. `patient` as well when the case
-- hears of somebody.
function begin.needs(ctx, input, fields)
  local missing, types = {}, {}
  for _, path in ipairs(tables.keys(fields)) do
    if path == "patient" then
      if not ctx.patient then missing[#missing + 1] = "a patient" end
    elseif type(at(input, path)) ~= fields[path] then
      missing[#missing + 1] = "input." .. path
      types["input." .. path] = fields[path]
    end
  end
  if #missing > 0 then begin.refuse(ctx, ("%s cannot begin without %s"):format(ctx.workflow, table.concat(missing, ", ")), { missing = missing, types = types }) end
end

return begin
