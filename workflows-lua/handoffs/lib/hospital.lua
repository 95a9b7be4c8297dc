-- How the activities here reach the hospital's other systems: one HTTP address, set in the server's configuration:
--
--   [settings.hospital]
--   endpoint = "https://integration.example.org/baton"
--   token = "..."
--
-- Every request carries the activity's idempotency key, so a repeated one has one effect.
local http = require "http"
local json = require "json"

local hospital = {}

local function settings(activity)
  local mine = activity.settings and activity.settings.hospital
  if mine and mine.endpoint and mine.endpoint ~= "" then return mine end
  error {
    code = "not_configured",
    message = "no address of the hospital's systems: set endpoint under [settings.hospital] in the server's configuration",
    retryable = false,
  }
end

local function escape(text)
  return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- What comes back after 408, 425, 429 and 5xx may be better next time; any other refusal will not.
local function fail(response, path)
  local status = response.status
  local retryable = status >= 500 or status == 408 or status == 425 or status == 429
  local after = (response.headers or {})["retry-after"]
  error {
    code = "http_" .. status,
    message = "the hospital's systems answered " .. status .. " to " .. path,
    retryable = retryable,
    retry_after = after and after:match("^%d+$") and after .. "s" or nil,
  }
end

local function send(activity, method, path, body)
  local mine = settings(activity)
  local headers = { ["accept"] = "application/json", ["idempotency-key"] = activity.idempotency_key }
  if mine.token then headers["authorization"] = "Bearer " .. mine.token end
  if body then headers["content-type"] = "application/json" end
  local response = http.request {
    method = method,
    url = mine.endpoint:gsub("/$", "") .. path,
    headers = headers,
    body = body and json.encode(body),
    timeout = "20s",
  }
  if response.status >= 300 then fail(response, path) end
  if not response.body or response.body == "" then return {} end
  return json.decode(response.body)
end

-- hospital.get(activity, "/patients", id, "medications")
function hospital.get(activity, path, ...)
  for _, part in ipairs { ... } do path = path .. "/" .. escape(part) end
  return send(activity, "GET", path)
end

function hospital.post(activity, path, body) return send(activity, "POST", path, body) end

return hospital
