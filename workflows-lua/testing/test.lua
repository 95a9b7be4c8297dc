-- The module `test` of test files (docs/LUA_TESTING.md), over one primitive: host.ask(verb, arguments) -> value, which
-- settles everything before it returns. The rest is here: mocks, matching, checks and their words.
-- host.fail(message) raises the message with the line of the test file that is running.
local host = ...
local json = require "json"

local test, T = {}, {}
T.__index = T
local Case, Task, Incident, Alert = {}, {}, {}, {}
Case.__index, Task.__index, Incident.__index, Alert.__index = Case, Task, Incident, Alert

local cases = {}
local mocks, calls, served = {}, {}, {}  -- By activity; by activity; by "key#attempt".
local http_mocks = {}
local http_function = nil                -- Of a running t:activity.
local expected_incidents = {}
local broken = nil                       -- A check that failed inside a mock: the case fails with it.
local last_patient = "P1"
local who_claimed = {}                   -- By task id: who claimed it here.

local function fail(...) return host.fail(string.format(...)) end

local function ask(verb, arguments)
  local value = host.ask(verb, arguments or {})
  if broken then error(broken, 0) end
  return value
end

local function show(value)
  if value == nil then return "nil" end
  local ok, text = pcall(json.encode, value)
  if not ok then return tostring(value) end
  if #text > 400 then text = text:sub(1, 400) .. "..." end
  return text
end

local function map(list, fn)
  local out = {}
  for i, each in ipairs(list) do out[i] = fn(each) end
  return out
end

-- ---- arguments -------------------------------------------------------------------------------------------------------

local function check_text(value, what)
  if type(value) ~= "string" then fail("%s needs a text, and got %s", what, show(value)) end
  return value
end

local function check_options(options, known, what)
  if options == nil then return {} end
  if type(options) ~= "table" then fail("%s: the options are a table, not %s", what, show(options)) end
  for name in pairs(options) do
    local found = false
    for _, each in ipairs(known) do found = found or each == name end
    if not found then fail("%s has no option '%s'; it has %s", what, tostring(name), table.concat(known, ", ")) end
  end
  return options
end

-- ---- comparing -------------------------------------------------------------------------------------------------------

local function differences(got, expected, path, found)
  if #found >= 5 or got == expected then return found end
  if type(got) ~= "table" or type(expected) ~= "table" then
    found[#found + 1] = string.format("%sgot %s, expected %s", path == "" and "" or path .. ": ", show(got), show(expected))
    return found
  end
  local seen = {}
  local function compare(key)
    if seen[key] then return end
    seen[key] = true
    local step = type(key) == "number" and "[" .. key .. "]" or (path == "" and tostring(key) or "." .. tostring(key))
    differences(got[key], expected[key], path .. step, found)
  end
  for key in pairs(expected) do compare(key) end
  for key in pairs(got) do compare(key) end
  return found
end

-- True when every field of `part` is in `whole`.
local function includes(whole, part)
  if type(part) ~= "table" or type(whole) ~= "table" then return whole == part end
  for key, value in pairs(part) do
    if not includes(whole[key], value) then return false end
  end
  return true
end

-- ---- time ------------------------------------------------------------------------------------------------------------

function T:clock(at)
  if type(at) ~= "string" and type(at) ~= "number" then fail("t:clock needs an instant, such as \"2026-03-02T09:00:00-05:00\"") end
  ask("clock", { at = at })
end

function T:skip(length, kind, calendar)
  check_text(length, "t:skip")
  if kind ~= nil and kind ~= "business" then fail("t:skip(length) or t:skip(length, \"business\"), not %s", show(kind)) end
  ask("skip", { length = length, business = kind == "business", calendar = calendar })
end

function T:now() return ask("now").now end

-- ---- the outside -----------------------------------------------------------------------------------------------------

function T:mock(name, what, times)
  check_text(name, "t:mock")
  ask("check_activity", { name = name })
  if times ~= nil and (math.type(times) ~= "integer" or times < 1) then fail("t:mock(name, what, times): times is a whole number from 1") end
  local mock = { left = times, kind = "value", what = what }
  if type(what) == "function" then
    mock.kind = "function"
  elseif type(what) == "table" and type(what.fail) == "table" then
    check_options(what, { "fail" }, "t:mock(name, { fail = .. })")
    check_options(what.fail, { "code", "message", "retryable", "retry_after", "details" }, "fail")
    mock.kind = "fail"
  end
  mocks[name] = mocks[name] or {}
  table.insert(mocks[name], mock)
end

function T:http(pattern, what)
  check_text(pattern, "t:http")
  if type(what) ~= "function" and type(what) ~= "table" then fail("t:http(pattern, { status, body } or function(request))") end
  table.insert(http_mocks, 1, { pattern = pattern, what = what })
end

-- What answers this attempt; the same attempt again, after a crash, is answered by the same mock.
local function mock_of(request)
  local attempt = request.idempotency_key .. "#" .. request.attempt
  if served[attempt] then return served[attempt] end
  calls[request.name] = calls[request.name] or {}
  table.insert(calls[request.name], request.input == nil and json.null or request.input)
  local list = mocks[request.name] or {}
  while #list > 0 and list[#list].left == 0 do table.remove(list) end
  local mock = list[#list] or { kind = "none" }
  if mock.left then mock.left = mock.left - 1 end
  served[attempt] = mock
  return mock
end

-- As of an activity that runs for real: an error that is no table, or has no code, is BT303.
local function failure_of(err)
  if type(err) ~= "table" then return { code = "BT303", message = tostring(err) } end
  return { code = err.code or "BT303", message = err.message or "", details = err.details, retryable = err.retryable,
           retry_after = err.retry_after }
end

local function answer_activity(request)
  local mock = mock_of(request)
  if mock.kind == "value" then return { value = mock.what } end
  if mock.kind == "fail" then return { failed = failure_of(mock.what.fail) } end
  if mock.kind == "none" then return { unmocked = true, http = #http_mocks > 0 } end
  local activity = { idempotency_key = request.idempotency_key, attempt = request.attempt, instance = request.instance,
                     patient = request.patient, settings = {}, heartbeat = function() end }
  local ok, value = pcall(mock.what, request.input, activity)
  if ok then return { value = value } end
  if host.is_check(value) then broken = value end
  return { failed = failure_of(value) }
end

local function http_answer(answer)
  if type(answer) ~= "table" then answer = { body = answer } end
  local body = answer.body
  if type(body) == "table" then body = json.encode(body) end
  return { value = { status = answer.status or 200, headers = answer.headers or {}, body = body or "" } }
end

local function answer_http(request)
  local what = http_function
  for _, mock in ipairs(http_mocks) do
    if not what and request.url:find(mock.pattern) then what = mock.what end
  end
  if not what then
    return { failed = { message = "no http of this test answers " .. request.method .. " " .. request.url } }
  end
  if type(what) == "table" then return http_answer(what) end
  local ok, value = pcall(what, request)
  if ok then return http_answer(value) end
  if host.is_check(value) then broken = value end
  return { failed = failure_of(value) }
end

function T:calls(name)
  ask("check_activity", { name = check_text(name, "t:calls") })
  local list = json.array {}
  for i, input in ipairs(calls[name] or {}) do list[i] = input end
  return list
end

function T:expect_activity(name, matcher)
  local all = self:calls(name)
  for _, input in ipairs(all) do
    if matcher == nil or (type(matcher) == "function" and matcher(input)) or (type(matcher) == "table" and includes(input, matcher)) then
      return input
    end
  end
  if #all == 0 then fail("expected a call of the activity %s, and there was none\n%s", name, ask("situation").text) end
  local like = type(matcher) == "table" and " like " .. show(matcher) or " that the function takes"
  fail("expected a call of the activity %s%s; its %d call(s) were\n  %s", name, like, #all, table.concat(map(all, show), "\n  "))
end

function T:activity(name, input, options)
  options = check_options(options, { "http", "settings", "attempt" }, "t:activity")
  http_function = options.http
  local result = ask("activity", { name = check_text(name, "t:activity"), input = input, settings = options.settings, attempt = options.attempt })
  http_function = nil
  if result.failed then error(result.failed, 0) end
  return result.value
end

function T:map(mapping, message)
  local result = ask("map", { mapping = check_text(mapping, "t:map"), message = message })
  return result.events, result.reason
end

-- ---- instances and events ---------------------------------------------------------------------------------------------

local function case_of(record)
  return setmetatable({ id = record.id, key = record.business_key, added_keys = record.added_keys or {}, patient = record.patient, workflow = record.workflow }, Case)
end

local function record_of(case) return ask("instance", { id = case.id }) end

function T:start(workflow, input, options)
  options = check_options(options, { "key", "patient", "id" }, "t:start")
  return case_of(ask("start", { workflow = check_text(workflow, "t:start"), input = input, key = options.key, patient = options.patient, id = options.id }))
end

local function person(who)
  if type(who) == "table" then return who end
  return { identifiers = { { system = "TEST", value = tostring(who), type = "MR" } } }
end

function T:event(event)
  check_options(event, { "type", "patient", "encounter", "occurred_at", "data", "merge" }, "t:event")
  check_text(event.type, "t:event: type")
  last_patient = event.patient or last_patient
  local merge = event.merge and person(event.merge) or nil
  return ask("event", { type = event.type, patient = person(last_patient), encounter = event.encounter,
                        occurred_at = event.occurred_at, data = event.data, merge = merge })
end

function T:message(text)
  local result = ask("message", { text = check_text(text, "t:message") })
  if result.reason then fail("the message went to quarantine: %s", result.reason) end
  return result.event
end

function T:instances(workflow)
  return map(ask("instances", { workflow = check_text(workflow, "t:instances") }).list, case_of)
end

function T:instance(workflow, key)
  for _, case in ipairs(self:instances(workflow)) do
    if key == nil or case.key == key then return case end
    for _, added in ipairs(case.added_keys) do
      if added == key then return case end
    end
  end
end

function Case:status() return record_of(self).status end

function Case:result()
  local outcome = record_of(self).outcome
  if not outcome then fail("instance %s has no result yet\n%s", self.id, ask("situation").text) end
  if outcome.kind == "failed" then return outcome.failure end
  return outcome.value
end

function Case:attribute(name)
  local value = record_of(self).attributes[check_text(name, "case:attribute")]
  if value == json.null then return nil end
  return value
end

function Case:history() return ask("history", { id = self.id }).list end
function Case:signal(name, payload) ask("signal", { id = self.id, name = check_text(name, "case:signal"), payload = payload }) end
function Case:query(name, arguments) return ask("query", { id = self.id, name = check_text(name, "case:query"), arguments = arguments }).value end
-- What apply returned; nil while it still waits. Raises a refusal, and what apply raised.
function Case:update(name, arguments)
  local answer = ask("update", { id = self.id, name = check_text(name, "case:update"), arguments = arguments }).value
  local outcome = answer.outcome or {}
  if outcome.failure then error(outcome.failure, 0) end
  return outcome.value
end
function Case:cancel(reason) ask("cancel", { id = self.id, reason = reason or "cancelled by the test" }) end

-- ---- people -----------------------------------------------------------------------------------------------------------

local function contains(list, part)
  for _, each in ipairs(list or {}) do
    if each == part then return true end
  end
  return false
end

local function task_of(entry)
  local record = entry.record
  local request = record.request or {}
  return setmetatable({ id = record.id, name = record.name, instance = record.instance, why = request.why, data = request.data,
                        form = request.form, outcomes = map(record.outcomes, function(each) return each.name end), due = entry.due,
                        roles = record.roles, persons = record.subjects, units = record.units, claimed_by = record.claimed_by,
                        next_steps = record.next_steps, patient = record.patient }, Task)
end

function T:tasks(name)
  local list = {}
  for _, entry in ipairs(ask("tasks").list) do
    if name == nil or entry.record.name == name then list[#list + 1] = task_of(entry) end
  end
  return list
end

local function task_line(task)
  return string.format("%s of %s for %s", task.name, task.instance, table.concat(task.roles, ", ") .. table.concat(task.persons, ", "))
end

function T:expect_task(name, who)
  check_text(name, "t:expect_task")
  who = check_options(who, { "role", "person", "unit", "case", "form" }, "t:expect_task")
  local found = {}
  for _, task in ipairs(self:tasks(name)) do
    local right = (not who.case or task.instance == who.case.id) and (not who.role or contains(task.roles, who.role))
    right = right and (not who.unit or contains(task.units, who.unit))
    if right and (not who.person or contains(task.persons, who.person)) then found[#found + 1] = task end
  end
  if #found == 1 then
    if who.form and found[1].form ~= who.form then
      fail("expected task %s to have the form %s, and it has %s", name, who.form, found[1].form or "none")
    end
    return found[1]
  end
  local like = (who.role and " for " .. who.role or "") .. (who.person and " for the person " .. who.person or "") .. (who.case and " of " .. who.case.id or "")
  if #found > 1 then fail("expected one open task %s%s, and there are %d:\n  %s", name, like, #found, table.concat(map(found, task_line), "\n  ")) end
  fail("expected an open task %s%s, and there is none\n%s", name, like, ask("situation").text)
end

function T:expect_no_task(name)
  local list = self:tasks(name)
  if #list > 0 then fail("expected no open task%s, and there is\n  %s", name and " " .. name or "", table.concat(map(list, task_line), "\n  ")) end
end

-- Who acts on the task when the test does not say.
local function actor_for(task, who)
  if who then return check_options(who, { "subject", "role", "unit" }, "a person") end
  if who_claimed[task.id] then return who_claimed[task.id] end
  if #task.roles == 0 and #task.persons > 0 then return { subject = task.persons[1] } end
  return { subject = "tester", role = task.roles[1] }
end

function Task:claim(who)
  who = actor_for(self, who)
  ask("claim", { task = self.id, by = who })
  who_claimed[self.id] = who
  return self
end

function Task:decide(outcome, options)
  options = check_options(options, { "value", "reason", "reason_code", "by" }, "task:decide")
  ask("decide", { task = self.id, outcome = check_text(outcome, "task:decide"), value = options.value, reason = options.reason,
                  reason_code = options.reason_code, by = actor_for(self, options.by) })
end

-- Open ones, those whose batch is still to come as well.
function T:alerts(name)
  local list = {}
  for _, record in ipairs(ask("alerts").list) do
    if name == nil or record.name == name then
      local request = record.request or {}
      list[#list + 1] = setmetatable({ id = record.id, name = record.name, condition = record.condition, tier = record.tier, why = request.why,
                                       data = request.data, told = record.fired, roles = record.roles, units = record.units }, Alert)
    end
  end
  return list
end

local function settle(alert, action, options)
  options = check_options(options, { "reason", "by" }, "alert:" .. action)
  local who = options.by or { subject = "tester", role = alert.roles[1] }
  ask("settle", { alert = alert.id, action = action, reason = options.reason, by = who })
end

function Alert:acknowledge(options) settle(self, "acknowledge", options) end
function Alert:dismiss(options) settle(self, "dismiss", options) end
function Alert:correct(options) settle(self, "correct", options) end

function T:override(case, target, options)
  options = check_options(options, { "after", "reason", "code", "by" }, "t:override")
  ask("override", { id = case.id, target = check_text(target, "t:override"), after = options.after, reason = options.reason,
                    code = options.code, by = options.by or { subject = "tester" } })
end

function T:expect_incident(code)
  local found = {}
  for _, entry in ipairs(ask("incidents").list) do
    if code == nil or entry.record.cause.code == code or entry.name == code then found[#found + 1] = entry.record end
  end
  if #found ~= 1 then
    fail("expected one open incident%s, and there %s %d\n%s", code and " " .. code or "", #found == 1 and "is" or "are", #found, ask("situation").text)
  end
  local record = found[1]
  expected_incidents[record.id] = true
  return setmetatable({ id = record.id, instance = record.instance, number = record.number, code = record.cause.code,
                        message = record.cause.message, details = record.cause.details, line = record.line }, Incident)
end

local function resolve(incident, action, extra)
  extra.instance, extra.number, extra.action = incident.instance, incident.number, action
  ask("resolve", extra)
end

function Incident:retry() resolve(self, "retry", {}) end
function Incident:skip(value) resolve(self, "skip", { value = value }) end
function Incident:rewind(index) resolve(self, "rewind", { index = index }) end
function Incident:cancel() resolve(self, "cancel", {}) end

-- ---- crashes and checks -----------------------------------------------------------------------------------------------

function T:crash() ask("crash") end
function T:crash_everywhere() ask("crash_everywhere") end
function T:replay(case) ask("replay", { id = case.id }) end

local function said(words) return words and words .. ": " or "" end

function T:equal(got, expected, words)
  local found = differences(got, expected, "", {})
  if #found > 0 then fail("%s%s", said(words), table.concat(found, "\n  ")) end
end

function T:truthy(value, words)
  if not value then fail("%sgot %s, expected something true", said(words), show(value)) end
end

local function text_of(err)
  if type(err) == "table" and (err.code or err.message) then return tostring(err.code) .. ": " .. tostring(err.message) end
  return tostring(err)
end

function T:fails(fn, pattern)
  if type(fn) ~= "function" then fail("t:fails needs a function") end
  local ok, err = pcall(fn)
  if ok then fail("expected an error%s, and there was none", pattern and " like '" .. pattern .. "'" or "") end
  if pattern and not text_of(err):find(pattern) then fail("expected an error like '%s', and got: %s", pattern, text_of(err)) end
  broken = nil
  return err
end

function T:contains(whole, part)
  if type(whole) == "string" then
    if not whole:find(part, 1, true) then fail("expected %s to contain %s", show(whole), show(part)) end
    return
  end
  for _, each in ipairs(whole) do
    if #differences(each, part, "", {}) == 0 then return end
  end
  fail("expected the list %s to contain %s", show(whole), show(part))
end

-- ---- cases ------------------------------------------------------------------------------------------------------------

local running = false

function test.case(sentence, body)
  check_text(sentence, "test.case")
  if running then fail("test.case('%s') stands inside another case, where it would never run: end that one first", sentence) end
  if type(body) ~= "function" then fail("test.case(sentence, function(t) .. end)") end
  cases[#cases + 1] = { name = sentence, body = body }
end

local inside = {}

function inside.names() return json.array(map(cases, function(case) return case.name end)) end

function inside.run(arguments)
  running = true
  cases[arguments.index].body(setmetatable({}, T))
  for _, entry in ipairs(ask("incidents").list) do
    local record = entry.record
    if not expected_incidents[record.id] then
      error(string.format("an incident is open that the test did not expect: %s: %s%s", record.cause.code, record.cause.message,
                          record.line and " (" .. record.line .. ")" or ""), 0)
    end
  end
end

function inside.answer(request)
  if request.what == "http" then return answer_http(request) end
  return answer_activity(request)
end

return test, inside
