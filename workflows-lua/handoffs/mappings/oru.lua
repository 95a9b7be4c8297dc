-- HL7 v2 ORU: results (HL7 v2.5.1, chapter 7). One event for each order that the message answers.
local mapping = require "mapping"
local clinical = require "clinical"

-- OBR-25, HL7 table 0123.
local STATUS = {
  F = "final", C = "corrected", X = "cancelled", Y = "cancelled",
  P = "preliminary", R = "preliminary", A = "partial", I = "pending", S = "pending", O = "ordered",
}
local CRITICAL = { LL = true, HH = true, AA = true }  -- OBX-8, HL7 table 0078.

-- The OBR segments of a message, each with the OBX segments behind it.
local function orders(m)
  local list = {}
  for _, segment in ipairs(m.list) do
    if segment.name == "OBR" then
      list[#list + 1] = { obr = segment, results = {} }
    elseif segment.name == "OBX" and #list > 0 then
      table.insert(list[#list].results, segment)
    end
  end
  return list
end

return mapping.define {
  name = "results",
  format = "hl7v2",
  types = { "ORU" },

  map = clinical.reader(function(m)
    local events = {}
    for _, order in ipairs(orders(m)) do
      local obr = order.obr
      local abnormal, critical = {}, false
      for _, obx in ipairs(order.results) do
        local flag = obx:get("8.1")
        if flag and flag ~= "N" then
          abnormal[#abnormal + 1] = { code = obx:get("3.1"), name = obx:get("3.2"), value = obx:get("5.1"), unit = obx:get("6.1"), flag = flag }
          critical = critical or CRITICAL[flag] == true
        end
      end
      local status = STATUS[obr:get("25.1") or "F"] or "final"
      local event, reason = clinical.event(m, "result." .. status, clinical.occurred_at(m, "OBR-22", "OBR-7"), {
        order = obr:get("2.1") or obr:get("3.1"),
        filler_order = obr:get("3.1"),
        code = obr:get("4.1"),
        name = obr:get("4.2"),
        abnormal = #abnormal > 0 and abnormal or nil,
        critical = critical,
      })
      if not event then return nil, reason end
      events[#events + 1] = event
    end
    if #events == 0 then return nil, "the message has no order (OBR)" end
    return events
  end),
}
