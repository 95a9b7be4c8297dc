-- What the other side says to a referral (RRI): accepted, declined, expired or pending. The answer that was written last counts: one that was
-- written before an answer that has decided something was overtaken, and one that is told again is none.
local tables = require "tables"
local written = require "written"

local answers = {}

-- Whether a message says something that was not heard; from then on it was.
local function is_new(referral, event)
  local sent = written.when(event)
  if not sent then return true end
  local name = ("%s@%d"):format(event.data.status or "", sent.first)
  if referral.heard[name] or written.before(sent, referral.answered) then return false end
  referral.heard[name] = true
  return true
end
answers.is_new = is_new

-- Waits for the next answer to what was sent, of one of these statuses if they are given; nil when `until_` passed first.
function answers.wait(ctx, referral, statuses, until_)
  local where = { ["data.referral"] = referral.number, ["data.status"] = statuses }
  repeat
    local event = ctx:wait_event("referral.answered", { where = where, until_ = until_, why = "The other side may answer, or answer otherwise" })
    if not event then return nil end
    if is_new(referral, event) then return tables.merge(event.data, { written = written.when(event) }) end
  until false
end

-- An answer that decides whether they take the patient; `after` is the one that it replaces.
function answers.decide(ctx, referral, answer, after)
  ctx:decide("triage", { outcome = answer.status, reason = answer.reason, evidence = { by = answer.by, after = after } })
  referral.answered = answer.written or referral.answered
  if answer.status == "expired" then
    referral.refusal = "expired"
  elseif answer.status ~= "accepted" then
    referral.refusal = answer.reason
  end
end

-- What was said to an earlier sending is none to the next.
function answers.forget(referral)
  referral.heard, referral.answered = {}, nil
end

return answers
