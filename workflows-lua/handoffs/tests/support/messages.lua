-- HL7 text for the tests, of the patient P1 of tests/support/discharges.lua. Each message has a control id of its own, and is written (MSH-7)
-- when it is sent, or at `at`.
local times = require "times"

local messages = { count = 0 }

local function hl7_time(instant) return (times.format(instant):gsub("[-:TZ]", ""):gsub("%.%d+$", "+0000")) end

-- `type` is "ORU^R01"; then the segments behind PID.
function messages.text(t, type, segments, at)
  messages.count = messages.count + 1
  local head = ("MSH|^~\\&|LAB|GENHOSP|BATON|HUB|%s||%s|T%d|P|2.5.1"):format(hl7_time(times.parse(at) or t:now()), type, messages.count)
  return table.concat({ head, "PID|1||P1^^^TEST^MR||Doe^Jane", table.unpack(segments) }, "\r")
end

-- One part of an order: OBR with its OBX. `order` is "O1|F1"; `status` is OBR-25; each value is "type|value|flags" or "type|value|flags|OBX-11".
function messages.part(order, status, values, code)
  local segments = { ("OBR|1|%s|%s|||20260303%s%s"):format(order, code or "K^Potassium", ("|"):rep(18), status or "") }
  for i, value in ipairs(values or {}) do
    local kind, what, flags, said = value:match("^([^|]*)|([^|]*)|?([^|]*)|?([^|]*)$")
    segments[#segments + 1] = ("OBX|%d|%s|K^Potassium||%s|mmol/l||%s|||%s"):format(i, kind, what, flags, said)
  end
  return segments
end

-- Sends the parts of an order in one message.
function messages.result(t, parts, at)
  local segments = {}
  for _, part in ipairs(parts) do
    for _, segment in ipairs(part) do segments[#segments + 1] = segment end
  end
  t:message(messages.text(t, "ORU^R01", segments, at))
end

return messages
