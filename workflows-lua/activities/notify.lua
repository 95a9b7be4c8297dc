-- What lib/notify.lua asks for. [settings.notify] says where:
--
--   [settings.notify]
--   smtp = "smtps://mail.hospital.example:465"      or "smtp+starttls://mail.hospital.example:587"
--   from = "baton@hospital.example"
--   user = ".."  password = ".."              only where the server asks for them
--   [settings.notify.hooks.bed_board]
--   url = "https://beds.hospital.example/events"
--   secret = ".."                             signs each message: X-Baton-Signature: sha256=<HMAC of the body>
local hash = require "hash"
local http = require "http"
local json = require "json"
local smtp = require "smtp"

local function house(activity)
  local settings = activity.settings.notify
  if not settings then error { code = "not_configured", message = "[settings.notify] is missing", retryable = false } end
  return settings
end

local M = {}

function M.mail(input, activity)
  local settings = house(activity)
  if not settings.smtp then error { code = "not_configured", message = "[settings.notify] has no smtp", retryable = false } end
  local answer = smtp.send {
    server = settings.smtp, user = settings.user, password = settings.password,
    from = input.from or settings.from, to = input.to, subject = input.subject, text = input.text or "",
  }
  return { taken = true, reply = answer.body }
end

function M.webhook(input, activity)
  local hook = (house(activity).hooks or {})[input.hook or ""]
  if not hook or not hook.url then
    error { code = "not_configured", message = "[settings.notify.hooks] has no " .. tostring(input.hook), retryable = false }
  end
  local body = json.encode { event = input.event, instance = activity.instance, id = activity.idempotency_key, data = input.data }
  local headers = { ["content-type"] = "application/json", ["idempotency-key"] = activity.idempotency_key }
  if hook.secret then headers["x-baton-signature"] = "sha256=" .. hash.hmac_sha256(hook.secret, body) end
  local answer = http.post(hook.url, body, { headers = headers })
  if answer.status >= 400 then
    error { code = "webhook_" .. answer.status, message = "the hook answered " .. answer.status, retryable = answer.status >= 500 or answer.status == 429 }
  end
  return { status = answer.status }
end

return M
