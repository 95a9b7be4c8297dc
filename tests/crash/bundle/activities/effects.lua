local http = require "http"
local json = require "json"

return {
  -- { instance, step } -> { receipt }: the other side counts what reaches it.
  apply = function(input, activity)
    local answer = http.request {
      method = "POST",
      url = activity.settings.hospital.endpoint .. "/effects",
      headers = { ["content-type"] = "application/json", ["idempotency-key"] = activity.idempotency_key },
      body = json.encode { instance = input.instance, step = input.step },
      timeout = "10s",
    }
    if answer.status ~= 200 then error { code = "refused", message = "status " .. answer.status } end
    return json.decode(answer.body)
  end,
}
