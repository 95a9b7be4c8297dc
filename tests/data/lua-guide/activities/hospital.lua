-- The activity of LUA_API.md.
local http = require "http"
local json = require "json"

return {
  home_list = function(input, activity)
    local answer = http.get(activity.settings.hospital.endpoint .. "/lists/" .. input.patient, { timeout = "10s" })
    if answer.status == 404 then error { code = "no_list", message = "nobody knows this patient", retryable = false } end
    return json.decode(answer.body)
  end,
}
