-- Building and reading FHIR R4 resources (https://hl7.org/fhir/R4/). A resource is a plain table; nothing is sent here.
local times = require "times"

local fhir = {}

function fhir.reference(kind, id, display) return { reference = kind .. "/" .. id, display = display } end

function fhir.identifier(system, value, type_code)
  return { system = system, value = value, type = type_code and fhir.concept("http://terminology.hl7.org/CodeSystem/v2-0203", type_code) }
end

function fhir.coding(system, code, display) return { system = system, code = code, display = display } end

-- A CodeableConcept with one coding; with one argument, with text only.
function fhir.concept(system, code, display)
  if code == nil then return { text = system } end
  return { coding = { fhir.coding(system, code, display) }, text = display }
end

-- A resource of a type: the fields as given, instants as texts where the name of the field says that they are times.
local TIMES = { authoredOn = true, sent = true, received = true, lastModified = true, timestamp = true, date = true, occurrenceDateTime = true }
function fhir.resource(kind, fields)
  local resource = { resourceType = kind }
  for name, value in pairs(fields) do
    if TIMES[name] then value = times.format(value) end
    resource[name] = value
  end
  return resource
end

-- Task, the state of a request between two parties: { status, intent, code, focus, for_, requester, owner, ... }
function fhir.task(fields)
  local task = fhir.resource("Task", fields)
  task["for"], task.for_ = task["for"] or task.for_, nil  -- `for` is a word of Lua.
  task.status = task.status or "requested"
  task.intent = task.intent or "order"
  return task
end

-- A message to somebody: { subject, recipient, payload = "text", ... }
function fhir.communication(fields)
  local communication = fhir.resource("Communication", fields)
  communication.status = communication.status or "completed"
  if type(communication.payload) == "string" then
    communication.payload = { { contentString = communication.payload } }
  end
  return communication
end

function fhir.service_request(fields)
  local request = fhir.resource("ServiceRequest", fields)
  request.status = request.status or "active"
  request.intent = request.intent or "order"
  return request
end

-- A document: a Composition first, then what it refers to.
function fhir.document_bundle(resources, instant)
  local entries = {}
  for i, resource in ipairs(resources) do entries[i] = { resource = resource } end
  return { resourceType = "Bundle", type = "document", timestamp = times.format(instant), entry = entries }
end

-- All resources of a type in a Bundle.
function fhir.find(bundle, kind)
  local found = {}
  for _, entry in ipairs(bundle.entry or {}) do
    if entry.resource and entry.resource.resourceType == kind then found[#found + 1] = entry.resource end
  end
  return found
end

return fhir
