-- What was heard of one order, and whether somebody has to see it. An order may be answered in several parts (OBR), each by several
-- messages; of each part the message that was written last counts, and one that is told again says nothing new. Pure.
local json = require "json"
local written = require "written"

local results = {}

local FINAL = { final = true, corrected = true, cancelled = true }

-- Nothing was heard yet of the order with this number, which is the placer's or the filler's.
function results.of(number) return { number = number, parts = {} } end

-- The name of the part of an order that a message tells of.
function results.part_name(data)
  return ("%s/%s"):format(data.filler_order or data.order or "", data.code or "")
end

local function part_of(order, data)
  local key = results.part_name(data)
  for _, part in ipairs(order.parts) do
    if part.key == key then return part end
  end
  local part = { key = key }
  table.insert(order.parts, part)
  return part
end

-- Takes over what a message says; false when it is of another order, or was overtaken.
function results.hear(order, event)
  local data = event.data or {}
  if data.order ~= order.number and data.filler_order ~= order.number then return false end
  local part, sent = part_of(order, data), written.when(event)
  if written.before(sent, part.sent) then return false end
  part.sent = sent or part.sent
  local status = event.type:match("%.(.*)$")
  local said = {
    status = status, abnormal = data.abnormal, narrative = data.narrative, withdrawn = data.withdrawn, critical = data.critical == true,
    without_values = status ~= "cancelled" and data.without_values or nil,
  }
  part.said, part.text = said, json.encode(said)
  return true
end

-- Something critical is seen at once, and so is that a value was taken back which somebody has seen. All else when it is final: what is not
-- normal, what no flag says to be normal, what will not come any more or was taken back, and whatever replaces a value that somebody has seen.
local function part_wants_eyes(part)
  local said = part.said
  if part.text == part.seen then return false end
  if said.critical or said.withdrawn and part.seen then return true end
  if not FINAL[said.status] then return false end
  local to_be_read = said.abnormal or said.narrative or said.withdrawn
  return said.status == "cancelled" or to_be_read ~= nil or said.without_values == true or part.seen ~= nil
end

function results.wants_eyes(order)
  for _, part in ipairs(order.parts) do
    if part_wants_eyes(part) then return true end
  end
  return false
end

-- A person has seen what results.summary says now.
function results.mark_seen(order)
  for _, part in ipairs(order.parts) do
    if part_wants_eyes(part) then part.seen = part.text end
  end
end

-- Whether nothing that was told of is still to come.
function results.complete(order)
  for _, part in ipairs(order.parts) do
    if not FINAL[part.said.status] then return false end
  end
  return #order.parts > 0
end

local function append(list, items)
  for _, item in ipairs(items or {}) do list[#list + 1] = item end
end

-- What a person has to see of all parts together.
function results.summary(order)
  local abnormal, narrative, withdrawn, summary = {}, {}, {}, { critical = false }
  for _, part in ipairs(order.parts) do
    local said = part.said
    if FINAL[said.status] or said.critical or said.withdrawn then
      append(abnormal, said.abnormal)
      append(narrative, said.narrative)
      append(withdrawn, said.withdrawn)
      summary.critical = summary.critical or said.critical
      summary.preliminary = summary.preliminary or not FINAL[said.status] or nil
      summary.corrected = summary.corrected or part.seen ~= nil and part.seen ~= part.text or said.status == "corrected" or nil
      summary.cancelled = summary.cancelled or said.status == "cancelled" or nil
      summary.without_values = summary.without_values or said.without_values
    end
  end
  summary.abnormal = #abnormal > 0 and abnormal or nil
  summary.narrative = #narrative > 0 and narrative or nil
  summary.withdrawn = #withdrawn > 0 and withdrawn or nil
  return summary
end

return results
