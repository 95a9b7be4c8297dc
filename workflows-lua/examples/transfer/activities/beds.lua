local http = require "http"
local json = require "json"

local function post(activity, path, body)
  local answer = http.post(activity.settings.beds.endpoint .. path, body, { headers = { ["idempotency-key"] = activity.idempotency_key } })
  if answer.status >= 300 then
    error { code = "beds_" .. answer.status, message = "the bed manager said " .. answer.status, retryable = answer.status >= 500 }
  end
  return json.decode(answer.body)
end

return {
  reserve = function(input, activity) return post(activity, "/reservations", input) end,  -- -> { id }
  release = function(input, activity) return post(activity, "/releases", input) end,
}
