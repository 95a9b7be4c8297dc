-- The hospital's own record.
local hospital = require "hospital"

return {
  -- { patient, encounter } -> list of { code, name, dose }
  active_orders = function(input, activity)
    return hospital.get(activity, "/ehr/active-orders", input.encounter)
  end,

  -- { encounter } -> list of { order, name, ordered_by }
  pending_results = function(input, activity)
    return hospital.get(activity, "/ehr/pending-results", input.encounter)
  end,

  -- { encounter } -> { complete, missing = { "..." } }
  summary_status = function(input, activity)
    return hospital.get(activity, "/ehr/discharge-summary", input.encounter)
  end,
}
