-- From admission to closed follow-up: one instance for each stay. docs/WORKFLOWS.md says what it does for whom.
--
-- The case moves from state to state. Each state is a function that does its work, hears of what changes the case meanwhile, and
-- returns that change: the name of the next state. Work that a change overtakes is stopped with everything it waits for, so no
-- timer and no task of a withdrawn discharge is left.
local workflow = require "workflow"
local begin = require "begin"
local Case = require "case"
local follow_up = require "follow_up"
local notices = require "notices"
local policy = require "policy"
local questions = require "questions"
local same_stay = require "same_stay"
local tables = require "tables"
local times = require "times"
local ward = require "ward"
local written = require "written"

-- Does the work of these branches until the next change is heard, or one of them returns one; a branch that returns none is done.
local function until_change(ctx, case, branches)
  branches.change = function(s) return case:next_change(s) end
  branches.number = function(s) return same_stay.lost(s, case) end
  local change
  repeat
    local done
    done, change = ctx:race(branches)
    branches[done] = nil
  until change
  return change
end

-- ---- in hospital ------------------------------------------------------------------------------------------------------------

local function checklist(ctx, case)
  case.checklist = ctx:task("readiness_checklist", {
    why = "Planning the discharge begins with the admission: what will this patient need?",
    form = "readiness_checklist",
    data = { ward = case.ward, encounter = case.encounter },
    candidates = ward.people(case.ward, { roles = { "nurse", "discharge_coordinator" } }),
    outcomes = { "ready", "needs_services" },
    due = policy.admission.checklist_within,
    escalate = { { at = "due", to = "charge_nurse" } },
  })
end

-- Services that were ordered become referrals, which go on by themselves.
local function refer(ctx, case)
  if case.referred then return end
  case.referred = true
  local value = case.checklist.value or {}
  for _, order in ipairs(value.referrals or {}) do
    case.referrals = (case.referrals or 0) + 1  -- No two referrals of a stay have the same number.
    local key = ("%s/referral/%d"):format(case.encounter, case.referrals)
    local child = ctx:child("referral", { order = order, encounter = case.encounter, ward = case.ward }, { key = key, detach = true })
    case.referral_ids = case.referral_ids or {}
    table.insert(case.referral_ids, child.id)
  end
end

-- For somebody who has died nothing is planned.
local function prepare(ctx, case)
  ctx:all {
    notice = function(s) notices.tell(s, case, "admission", "primary_care") end,
    checklist = not case.deceased and function(s)
      if not case.checklist then checklist(s, case) end
      refer(s, case)
    end or nil,
    medication = not case.deceased and function(s)
      if case.done.medication then return end
      follow_up.medication(s, case)
      case.done.medication = true
    end or nil,
  }
end

-- Nobody has told of this stay for a month: is it still one?
local function ask_whether_still_here(ctx, case)
  local function silent_until() return case.heard_at + times.days(policy.admission.silence_days) end
  repeat
    while ctx:now() < silent_until() do ctx:sleep_until(silent_until(), { why = "When nobody tells of this stay until then, somebody is asked" }) end
    local answer = ctx:task("long_stay", {
      why = ("Nobody has told of this stay for %d days: is the patient still here?"):format(policy.admission.silence_days),
      candidates = ward.people(case.ward, { role = "unit_clerk" }),
      outcomes = { "still_here", "gone" },
      due = "2d",
    })
    case.heard_at = ctx:now()
  until answer.outcome == "gone"
  return { kind = "lost" }
end

-- ---- after the discharge ------------------------------------------------------------------------------------------------------

local after = {}

function after.followed_up(ctx, case)
  local close_at = case.left_at + times.days(policy.close_after_days)
  repeat
    ctx:race {
      care = function(s) follow_up.run(s, case) end,
      day = function(s) s:sleep_until(close_at, { why = "Then the case is closed, or somebody is asked about what is still open" }) end,
    }
    if #follow_up.open(case) == 0 then return { kind = "closed", how = "completed" } end
    local answer = ctx:task("unfinished_follow_up", {
      why = ("%d days after the discharge this is still open: %s"):format(policy.close_after_days, table.concat(follow_up.open(case), ", ")),
      data = { open = follow_up.open(case) },
      candidates = ward.people(case.ward, { role = "case_manager" }),
      outcomes = { "close", "go_on" },
      due = ctx:business("2d", { calendar = policy.calendar }),
    })
    close_at = ctx:now() + times.days(7)
  until answer.outcome == "close"
  return { kind = "closed", how = "unfinished" }
end

-- Nobody is called. The case listens a little longer, in case the message was wrong.
function after.died(ctx, case)
  if case.contradicted then
    local answer = questions.whether_lives(ctx, case)
    case.contradicted = nil
    if answer.outcome == "lives" then
      return { kind = "amended", event = { data = { disposition = policy.default_disposition, reason = answer.reason or "the patient lives" } } }
    end
  end
  ctx:sleep(policy.death_correction_window, { why = "The message may have been wrong: a correction is heard until then" })
  return { kind = "closed", how = "none" }
end

-- Admitted here, as the message says: the stay that began then looks after the patient. It may never be told.
function after.in_house(ctx, case)
  local ask_at = ctx:now() + times.hours(policy.in_house.ask_after_hours)
  repeat
    ctx:sleep_until(ask_at, { why = "The patient was admitted here, and the admission has not been told yet" })
    local answer = questions.whether_admitted_here(ctx, case)
    ask_at = ctx:now() + times.days(policy.in_house.ask_again_days)
    if answer.outcome == "left" then
      local reason = answer.reason or "the patient was not admitted here"
      return { kind = "amended", event = { data = { disposition = policy.default_disposition, reason = reason } } }
    end
  until false
end

-- Left against advice: whether and how to follow up is for a person to say.
function after.ama(ctx, case)
  if not case.ama then
    case.ama = ctx:task("ama_follow_up", {
      why = "The patient left against medical advice: shall we follow up, and how?",
      form = "ama_follow_up",
      data = { ward = case.ward, attending = case.attending },
      candidates = ward.people(case.ward, { role = "case_manager" }),
      outcomes = { "follow_up", "no_follow_up" },
      priority = "high",
      due = "4h",
      escalate = { { at = "due", to = "attending" } },
    })
    ctx:decide("ama_follow_up", { outcome = case.ama.outcome, reason = case.ama.reason, evidence = { by = case.ama.by } })
  end
  if case.ama.outcome == "follow_up" then return after.followed_up(ctx, case) end
  if not case.done.notices then
    follow_up.notices(ctx, case)  -- The next carers know of a discharge, whatever the house does about it.
    case.done.notices = true
  end
  ctx:sleep(policy.correction_window, { why = "The message may have been wrong: a correction is heard until then" })
  return { kind = "closed", how = "declined" }
end

local function care(ctx, case)
  return until_change(ctx, case, { work = function(s)
    return (after[case.disposition] or after.followed_up)(s, case)
  end })
end

-- Any of these may overtake the admission.
local BEGINS_WITH = {
  ["encounter.admitted"] = "admitted",
  ["encounter.discharged"] = "left",
  ["encounter.discharged_unnumbered"] = "left",
  ["encounter.admit_cancelled"] = "admit_cancelled",
  ["encounter.deleted"] = "admit_cancelled",
  ["encounter.discharge_cancelled"] = "admitted",  -- So the patient is in.
  ["encounter.moved"] = "moved_here",
}

-- ---- the states: each returns the change that ends it ---------------------------------------------------------------------------

local states = {}

function states.admitted(ctx, case)
  if ctx:get("stage") ~= "in_hospital" then ctx:set("stage", "in_hospital") end
  case.phase, case.preparing = "in", true
  local change = until_change(ctx, case, {
    preparation = function(s) prepare(s, case) end,
    silence = function(s)
      return case.doubt and questions.whether_left(s, case, case.doubt) or ask_whether_still_here(s, case)
    end,
  })
  case.preparing = nil
  return change
end

states.life_in_hospital = states.admitted

function states.may_have_left(ctx, case, event)
  case.doubt = event
  return states.admitted(ctx, case)
end

function states.in_after_all(ctx, case)
  case.doubt = nil
  return states.admitted(ctx, case)
end

-- The next admission may have been told before this discharge.
local function readmitted_already(case)
  local number = case.disposition ~= "died" and case:readmitted_as()
  return number and { kind = "readmitted", event = { encounter = number } } or nil
end

function states.left(ctx, case, event)
  if case.phase == "in" and not case.doubt and policy.says_still_here(event.data.disposition_code) then
    return states.may_have_left(ctx, case, event)  -- The first message of the stay says it.
  end
  case:leave(ctx, event)
  if case.died_after then return states.died(ctx, case) end
  return readmitted_already(case) or care(ctx, case)
end

-- Other carers were told than ought to know: those are corrected, and the follow-up goes on with what the new destination asks for.
function states.amended(ctx, case, event)
  notices.correct(ctx, case, "discharge", "the destination was corrected")
  case:redirect()
  return states.left(ctx, case, event)
end

function states.redated(ctx, case, event)
  case:start_clocks(ctx, times.parse(event.data.discharged_at))
  ctx:note { left_at = ctx:format_time(case.left_at) }
  return readmitted_already(case) or care(ctx, case)
end

function states.withdrawn(ctx, case)
  notices.correct(ctx, case, "discharge", "the discharge was cancelled")
  case:take_back(ctx)
  case.left_said, case.code, case.deceased = nil, nil, nil
  ctx:note("The discharge was cancelled; everything that it had started has stopped")
  return states.admitted(ctx, case)
end

-- The stay goes on, and what the patient needs is asked anew.
function states.back(ctx, case, event)
  notices.correct(ctx, case, "discharge", "the patient was admitted again")
  case:take_back(ctx)
  case.left_said, case.code, case.deceased = nil, nil, nil
  case.checklist, case.referred = nil, nil
  case:learn(ctx, event)
  ctx:note("The patient was admitted again under the number of this stay; everything that the discharge had started has stopped")
  return states.admitted(ctx, case)
end

-- The new stay looks after the patient now. It may turn out that there is none.
function states.readmitted(ctx, case, event)
  case.readmission = event.encounter
  ctx:set("follow_up", "readmitted")
  ctx:note { readmitted = event.encounter }
  local until_ = math.max(ctx:now() + times.hours(policy.readmission_hold_hours), case.left_at + times.days(policy.close_after_days))
  return case:next_change(ctx, until_) or { kind = "closed", how = "readmitted" }
end

function states.readmission_cancelled(ctx, case)
  case.readmission = nil
  if case.deceased then return states.died(ctx, case) end
  ctx:set("follow_up", "open")
  ctx:note("The new admission was cancelled; the follow-up goes on where it had stopped")
  return readmitted_already(case) or care(ctx, case)
end

-- Nobody is called any more. It may have been told by mistake.
function states.died(ctx, case)
  case.died_after = true
  ctx:set("follow_up", "died")
  ctx:note("The patient has died; nobody is called any more")
  return case:next_change(ctx, ctx:parse_time(policy.death_correction_window)) or { kind = "closed", how = "died" }
end

function states.lives(ctx, case)
  case.died_after = nil
  ctx:set("follow_up", "open")
  ctx:note("The patient lives; the follow-up goes on where it had stopped")
  return readmitted_already(case) or care(ctx, case)
end

function states.contradicted(ctx, case)
  case.contradicted = true
  return care(ctx, case)
end

function states.admit_cancelled(ctx, case)
  notices.correct(ctx, case, "admission", "the admission was cancelled")
  notices.correct(ctx, case, "discharge", "the admission was cancelled")
  case:take_back(ctx)
  case.phase, case.checklist, case.referred = "never", nil, nil
  case.left_said, case.code, case.deceased = nil, nil, nil
  ctx:set("outcome", "admit_cancelled")
  ctx:set("stage", "closed")
  return case:next_change(ctx, ctx:parse_time(policy.correction_window)) or { kind = "closed", how = "none" }
end

function states.admitted_after_all(ctx, case, event)
  case:take_back(ctx)
  case:learn(ctx, event)
  return states.admitted(ctx, case)
end

-- It may be told at last, however long ago it was written.
function states.lost(ctx, case)
  case.gone = true
  ctx:set("outcome", "no_discharge_told")
  ctx:set("stage", "closed")
  return case:next_change(ctx, ctx:now() + times.days(policy.late_discharge_days)) or { kind = "closed", how = "none" }
end

-- ---- a stay of another record ---------------------------------------------------------------------------------------------------

-- Where the case goes on that was asked about, and that has stopped nothing but its work.
local function go_on(ctx, case)
  if case.phase == "in" then return states.admitted(ctx, case) end
  return readmitted_already(case) or care(ctx, case)
end

-- Whose stay it is says a person; this patient is not called meanwhile.
function states.moved_away(ctx, case, event)
  case.moved_away = true
  local change = until_change(ctx, case, { work = function(s)
    local answer = questions.whether_moved(s, case, event)
    return { kind = answer.outcome == "moved" and "of_another_record" or "moved_back" }
  end })
  case.moved_away = nil
  return change
end

states.moved_back = go_on

-- Nobody is called at home until somebody has said where the patient is.
function states.moved_after(ctx, case, event)
  return until_change(ctx, case, { work = function(s)
    local answer = questions.whether_in(s, case, event)
    if answer.outcome ~= "in_hospital" then return { kind = "moved_back" } end
    case.last_sent = written.later(case.last_sent, written.when(event))  -- What was written before that is past.
    return { kind = "withdrawn" }
  end })
end

function states.of_another_record(ctx, case)
  notices.correct(ctx, case, "admission", "the stay is another patient's")
  notices.correct(ctx, case, "discharge", "the stay is another patient's")
  ctx:set("outcome", "moved")
  return { kind = "closed", how = "none" }
end

-- What was told of the stay before is in the other record: where it stands says a person, or the next message.
function states.moved_here(ctx, case, event)
  ctx:set("stage", "asked")
  return until_change(ctx, case, { work = function(s)
    local answer = questions.where_now(s, case, event)
    if answer.outcome == "in_hospital" then return { kind = "admitted" } end
    if answer.outcome == "left" then return { kind = "left", event = event } end
    return { kind = "of_another_record" }
  end })
end

-- A case of this stay has ended, and a message of it has come since. What is being repeated changes nothing; what was written in these days may be a
-- stay that came true after all, which a person says. A cancellation takes back what others go on with, whenever it was written.
local CANCELS = { ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.discharge_cancelled"] = true }

function states.told_again(ctx, case, event)
  local sent = times.parse(event.data.sent_at)
  if not CANCELS[event.type] and sent and ctx:now() - sent > times.days(policy.told_again_days) then
    ctx:note(event.type .. " was told again after the case of this stay had ended: nothing to do")
    ctx:set("outcome", "told_again")
    return { kind = "closed", how = "none" }
  end
  case.phase = "asked"
  ctx:set("stage", "asked")
  return until_change(ctx, case, { work = function(s)
    local answer = questions.whether_to_follow(s, case, event, BEGINS_WITH[event.type] ~= "admit_cancelled")
    if answer.outcome == "follow" then return { kind = BEGINS_WITH[event.type], event = event } end
    s:set("outcome", "told_again")
    return { kind = "closed", how = "none" }
  end })
end

-- Nothing is taken back: what this case has said is true, and the other one goes on with it.
function states.other_number(ctx, _, told)
  ctx:note { same_stay = told.instance }
  ctx:set("outcome", "other_number")
  return { kind = "closed", how = "none" }
end

-- What to answer while the case listens whose stay did not end with a discharge.
local NOT_DISCHARGED = {
  admit_cancelled = "not here: the admission was cancelled",
  no_discharge_told = "not here any more, though nobody has told of a discharge",
}

return workflow.define {
  name = "discharge",
  title = "Discharge and follow-up",
  on = {
    event = {
      "encounter.admitted", "encounter.discharged", "encounter.discharged_unnumbered", "encounter.admit_cancelled", "encounter.deleted",
      "encounter.discharge_cancelled", "encounter.moved",
    },
    key = "encounter",
    again = true,
  },
  listen = { "encounter.*", "patient.*", "appointment.*", "discharge_summary.*" },
  owner = "case_manager",
  drift = { window = "7d", above = 0.2, at_least = 10 },
  search = {
    encounter = "keyword",
    stage = "keyword",        -- in_hospital, follow_up, closed, cancelled; asked: a person says whether, or where, it goes on
    ward = "keyword",
    disposition = "keyword",  -- home, home_health, facility, ama, died, in_house
    outcome = "keyword",      -- discharged, ama_followup_review, deceased_no_followup, admit_cancelled, no_discharge_told, moved, other_number, told_again
    follow_up = "keyword",    -- open, completed, unfinished, declined, readmitted, died, none
  },
  queries = {
    -- One sentence for somebody who asks on the telephone.
    where = function(attributes)
      if attributes.stage == "in_hospital" then return "in hospital, ward " .. (attributes.ward or "unknown") end
      if attributes.stage == "asked" then return "not known: a case manager is asked about this stay" end
      return NOT_DISCHARGED[attributes.outcome] or ("left: %s; follow-up: %s"):format(attributes.disposition, attributes.follow_up or "none")
    end,
  },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, ["event.type"] = "string", ["event.encounter"] = "string", ["event.occurred_at"] = "string", ["event.data"] = "table" })
    if not BEGINS_WITH[input.event.type] then
      begin.refuse(ctx, "input.event.type begins no stay: " .. input.event.type, { types = tables.keys(BEGINS_WITH) })
    end
    local case = Case.open(ctx, input.event)
    ctx:on_rollback(function() ctx:set("stage", "cancelled") end)
    local change = { kind = BEGINS_WITH[input.event.type], event = input.event }
    local is_again = ctx.instance:find("~%d+$") and input.event.type ~= "encounter.moved"
    if is_again then change.kind = "told_again" end  -- So the engine names all but the first case of a stay.
    if same_stay.may_be_claimed(input.event) and same_stay.is_claimed(ctx) then change = { kind = "other_number", event = {} } end
    repeat
      change = states[change.kind](ctx, case, change.event)
    until change.kind == "closed"
    return case:close(ctx, change.how)
  end,
}
