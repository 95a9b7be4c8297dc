local hl7 = require "hl7"

local TYPES = { A01 = "encounter.admitted", A03 = "encounter.discharged" }

return require("mapping").define {
  name = "adt",
  format = "hl7v2",
  types = { "ADT" },
  map = function(message)
    local m = hl7.wrap(message)
    local type = TYPES[m.trigger or ""]
    if not type then return nil, "neither an admission nor a discharge" end
    return {
      type = type,
      patient = { identifiers = m:identifiers("PID-3") },
      encounter = m:get("PV1-19.1"),
      occurred_at = m:time("EVN-2"),
    }
  end,
}
