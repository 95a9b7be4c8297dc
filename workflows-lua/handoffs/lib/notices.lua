-- Telling the next carers, and making sure that they know: send, wait for the acknowledgement, remind, then have a person call.
-- The list of what was said is in case.notices, so that all of it can be corrected.
--
-- An acknowledgement is the signal acknowledged:<recipient>. One that names a notice ({ "notice": "<id>" }) is of that one only; one
-- that names none is of the last one, if it came after that was sent.
local inbox = require "inbox"
local outside = require "outside"
local policy = require "policy"
local tables = require "tables"
local ward = require "ward"

local notices = {}

local function find(case, kind, recipient)
  return tables.find(case.notices, function(notice)
    return notice.kind == kind and notice.recipient == recipient and not notice.corrected
  end)
end

-- "primary_care" as people say it.
local function spoken(recipient) return (recipient:gsub("_", " ")) end

local function signal_of(recipient) return "acknowledged:" .. recipient end

local function letter(ctx, case, notice)
  return {
    id = notice.id, kind = notice.kind, recipient = notice.recipient, instance = ctx.instance,
    acknowledge_by_signal = signal_of(notice.recipient),
    patient = ctx.patient, encounter = case.encounter, ward = case.ward,
    disposition = case.disposition, left_at = case.left and ctx:format_time(case.left),
    primary_care = notice.recipient == "primary_care" and case.primary_care or nil,
  }
end

-- Waits until this very notice is acknowledged; false when `until_` passed first.
local function wait_for_acknowledgement(ctx, notice, until_)
  repeat
    local told = ctx:wait_signal(signal_of(notice.recipient), { until_ = until_, why = ("%s has to acknowledge the notice"):format(spoken(notice.recipient)) })
    if not told then return false end
    local of = type(told) == "table" and type(told.notice) == "string" and told.notice or notice.id
    if of == notice.id then return true end
    ctx:note("An acknowledgement of another notice came from " .. notice.recipient)
  until false
end

-- What has come before a notice is sent is of an earlier one.
local function drop_earlier_acknowledgements(ctx, recipient)
  if inbox.drop_signals(ctx, signal_of(recipient)) > 0 then
    ctx:note(("An acknowledgement from %s came before the next notice was sent: it is not of that one"):format(recipient))
  end
end

local function acknowledged(notice, how)
  notice.state, notice.how, notice.unsaid = "acknowledged", how, nil
end

-- What somebody needs who tells it by telephone.
local function what_to_tell(ctx, case, notice)
  local data = { notice = notice.id, kind = notice.kind, recipient = notice.recipient, encounter = case.encounter }
  if notice.recipient == "primary_care" then data.primary_care = case.primary_care end
  if notice.kind == "discharge" then data.disposition, data.left_at = case.disposition, ctx:format_time(case.left) end
  return data
end

-- Nobody has answered: somebody picks up the telephone. An acknowledgement that comes meanwhile does as well.
local function call(ctx, case, notice, why)
  local winner, answer = ctx:race {
    signal = function(s) return wait_for_acknowledgement(s, notice) end,
    person = function(s)
      return s:task("call_recipient", {
        why = why,
        form = "call_recipient",
        data = what_to_tell(s, case, notice),
        candidates = ward.people(case.ward, { role = "unit_clerk" }),
        outcomes = { "told", "unreachable" },
        due = s:business(policy.notices.call_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "charge_nurse" } },
      })
    end,
  }
  if winner == "signal" then return acknowledged(notice, "signal") end
  if answer.outcome == "told" then return acknowledged(notice, "telephone") end
  notice.state, notice.how = "unreachable", "telephone"
end

-- One recipient. `kind` is "admission" or "discharge"; only a discharge is waited for.
function notices.tell(ctx, case, kind, recipient)
  local notice = find(case, kind, recipient)
  if notice and (notice.state == "acknowledged" or notice.state == "unreachable") then return notice end
  if not notice then
    if tables.find(case.notices, function(each) return each.recipient == recipient end) then drop_earlier_acknowledgements(ctx, recipient) end
    notice = { id = ("%s/%s/%s/%d"):format(case.encounter, kind, recipient, #case.notices + 1), kind = kind, recipient = recipient }
    table.insert(case.notices, notice)
  end

  if not notice.state or notice.state == "sending" then
    notice.state = "sending"  -- From here on it may have gone out: whoever takes the notice back has to assume that it has.
    local answer, refused = outside.ask(ctx, "notices.send", letter(ctx, case, notice))
    local receipt = outside.receipt(answer)
    if not receipt then
      notice.unsaid = outside.certainly_not_done(refused) or nil  -- Until somebody tells it by telephone.
      call(ctx, case, notice, ("The %s notice to %s could not be sent: tell them by telephone"):format(kind, spoken(recipient)))
      return notice
    end
    notice.state = "sent"
    if receipt.acknowledged == true or kind == "admission" then
      acknowledged(notice, "at once")
      return notice
    end
  end

  for _, wait in ipairs(policy.notices.reminders) do
    if wait_for_acknowledgement(ctx, notice, ctx:parse_time(wait)) then
      acknowledged(notice, "signal")
      return notice
    end
    outside.ask(ctx, "notices.remind", letter(ctx, case, notice))
  end
  call(ctx, case, notice, ("The %s notice was not acknowledged by %s: call them"):format(kind, spoken(recipient)))
  return notice
end

-- Everybody who is to know of a discharge to where this patient went.
function notices.tell_all(ctx, case)
  ctx:map(policy.notices.recipients[case.disposition] or {}, function(s, recipient)
    notices.tell(s, case, "discharge", recipient)
  end)
end

local function correct_one(ctx, case, notice, reason)
  local input = { notice = notice, encounter = case.encounter, ward = case.ward, reason = reason }
  if notice.recipient == "primary_care" then input.primary_care = case.primary_care end
  ctx:child("notice_correction", input, { key = notice.id, detach = true })
end

-- Takes back what was said: every notice of that kind which went out, or may have, is corrected by a small workflow of its own,
-- so that this case need not wait for it. What was not sent is simply not sent; of what certainly was not said nobody hears.
function notices.correct(ctx, case, kind, reason)
  for _, notice in ipairs(case.notices) do
    if notice.kind == kind and not notice.corrected then
      notice.corrected = true
      if not notice.unsaid then correct_one(ctx, case, notice, reason) end
    end
  end
end

return notices
