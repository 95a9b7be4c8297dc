-- Tells people and programs outside of Baton: by mail, or over a webhook. An effect like any other: an activity, journaled, tried
-- again, with a key that is the same for every attempt. docs/LUA_API.md has the fields; where to send is the house's: [settings.notify].
local notify = {}

-- A message that nobody takes is tried for some hours and is then an incident, unless the options say otherwise.
local RETRY = { initial = "10s", factor = 2, cap = "15m", attempts = 20 }

local function check(message, fields, name)
  if type(message) ~= "table" then error("notify." .. name .. " takes a table", 3) end
  for field in pairs(message) do
    if not fields[field] then error(("notify.%s has no field '%s'"):format(name, tostring(field)), 3) end
  end
end

-- notify.mail(ctx, { to, subject, text, from }, options): waits until the mail server has taken it.
function notify.mail(ctx, message, options)
  check(message, { to = true, subject = true, text = true, from = true }, "mail")
  return ctx:activity("notify.mail", message, options or { retry = RETRY })
end

-- notify.webhook(ctx, { hook, event, data }, options): POSTs JSON to one of the house's hooks, signed where it has a secret.
function notify.webhook(ctx, message, options)
  check(message, { hook = true, event = true, data = true }, "webhook")
  return ctx:activity("notify.webhook", message, options or { retry = RETRY })
end

return notify
