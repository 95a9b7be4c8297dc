-- The mapping of LUA_API.md, with a body.
return require("mapping").define {
  name = "adt", format = "hl7v2", types = { "ADT" },
  map = function(message)
    local m = require("hl7").wrap(message)
    if not m:get("PID-3.1") then return nil, "nobody is named" end
    return {
      type = "encounter.admitted", patient = { identifiers = m:identifiers("PID-3") }, encounter = m:get("PV1-19.1"),
      occurred_at = m:time("EVN-2"), data = { ward = m:get("PV1-3.1") },
    }
  end,
}
