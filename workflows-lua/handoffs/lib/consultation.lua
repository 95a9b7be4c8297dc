-- The report on a referral, as documents tell of it: which of them is one, and what replaces or takes back the one that is being read.
local consultation = {}

-- Signed, and not taken back. A sender that says nothing of signatures (TXA-17 is empty) is believed.
local function is_report(event)
  return event.type ~= "consultation.cancelled" and (event.data.complete == true or event.data.status == nil)
end
consultation.is_report = is_report

-- The next report on this referral, or on these numbers of it; nil when `until_` passed first.
function consultation.wait(ctx, referral, until_, numbers)
  repeat
    local event = ctx:wait_event("consultation.*", {
      where = { ["data.referral"] = numbers or referral.numbers }, until_ = until_, why = "The signed report has not come yet",
    })
    if not event or is_report(event) then return event end
  until false
end

local CHANGES = { ["consultation.replaced"] = true, ["consultation.addended"] = true, ["consultation.edited"] = true }

-- Waits for what changes referral.report: a report that says something new, or the cancellation of that document.
function consultation.wait_for_change(ctx, referral)
  repeat
    local event = ctx:wait_event("consultation.*", {
      where = { ["data.referral"] = referral.numbers }, why = "The report may be replaced or taken back",
    })
    local same = referral.report.document == nil or event.data.document == referral.report.document
    if event.type == "consultation.cancelled" and same then return event end
    if is_report(event) and (not same or CHANGES[event.type]) then return event end
  until false
end

-- A report proves that the patient was seen: it is read next.
function consultation.take(ctx, referral, data)
  referral.report, referral.seen_at = data, referral.seen_at or ctx:now()
  return "reading"
end

-- Does `work`, which returns the next state, unless the report on what was sent comes first.
function consultation.unless_reported(ctx, referral, work)
  local winner, result = ctx:race {
    report = function(s) return consultation.wait(s, referral, nil, { referral.number }) end,
    work = work,
  }
  return winner == "report" and consultation.take(ctx, referral, result.data) or result
end

return consultation
