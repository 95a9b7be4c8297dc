-- The pharmacies' side: what a patient takes at home.
local hospital = require "hospital"

return {
  -- { patient } -> list of { code, name, dose }
  home_list = function(input, activity)
    return hospital.get(activity, "/pharmacy/home-list", input.patient)
  end,
}
