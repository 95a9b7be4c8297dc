local http = require "http"
local json = require "json"

-- { instance, step } -> { receipt }: the other side counts what reaches it.
local function apply(input, activity)
  local answer = http.request {
    method = "POST",
    url = activity.settings.hospital.endpoint .. "/effects",
    headers = { ["content-type"] = "application/json", ["idempotency-key"] = activity.idempotency_key },
    body = json.encode { instance = input.instance, step = input.step },
    timeout = "10s",
  }
  if answer.status ~= 200 then error { code = "refused", message = "status " .. answer.status } end
  return json.decode(answer.body)
end

return {
  apply = apply,
  -- The same in three steps, each of which is reported; an attempt goes on where the one before has come to.
  slow = function(input, activity)
    for step = (activity.last_heartbeat and activity.last_heartbeat.step or 0) + 1, 3 do
      activity:sleep("20ms")
      activity:heartbeat { step = step }
    end
    return apply(input, activity)
  end,
}
