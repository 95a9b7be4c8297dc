-- activities/pharmacy.lua
local http = require "http"
local json = require "json"

return {
  home_list = function(input, activity)
    local answer = http.get(activity.settings.pharmacy.endpoint .. "/lists/" .. input.patient)
    if answer.status == 404 then error { code = "unknown_patient", message = "no list", retryable = false } end
    if answer.status >= 500 then error { code = "pharmacy_down", message = "status " .. answer.status } end
    return json.decode(answer.body)
  end,
  fill = function(input) return { filled = input.drug ~= nil } end,
}
