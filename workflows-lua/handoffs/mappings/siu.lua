-- HL7 v2 SIU: appointments (HL7 v2.5.1, chapter 10).
local mapping = require "mapping"
local clinical = require "clinical"

local TRIGGERS = {
  S12 = "appointment.booked",
  S13 = "appointment.rescheduled",
  S14 = "appointment.updated",
  S15 = "appointment.cancelled",
  S16 = "appointment.cancelled",    -- Discontinued: the rest of a series.
  S17 = "appointment.cancelled",    -- Deleted: it was an error.
  S26 = "appointment.missed",
}

-- Filler status (SCH-25, HL7 table 0278) says more than the trigger when the patient was there. In capitals, and letters only: senders differ,
-- also in how they spell it.
local STATUS = {
  COMPLETE = "appointment.kept", COMPLETED = "appointment.kept", STARTED = "appointment.kept", NOSHOW = "appointment.missed",
  CANCELLED = "appointment.cancelled", CANCELED = "appointment.cancelled", DC = "appointment.cancelled", DELETED = "appointment.cancelled",
}

local function status(m) return STATUS[((m:get("SCH-25.1") or ""):upper():gsub("%A", ""))] end

return mapping.define {
  name = "appointments",
  format = "hl7v2",
  types = { "SIU" },

  map = clinical.reader(function(m)
    local trigger = m.trigger or ""
    local type = TRIGGERS[trigger]
    if not type then
      if trigger:match("^S%d%d$") then return {} end  -- Slots, holds and resources: about no patient's plan.
      return nil, "SIU^" .. trigger .. " is no scheduling message"
    end
    if type == "appointment.updated" then type = status(m) or type end
    local said = {
      appointment = m:get("SCH-2.1") or m:get("SCH-1.1"),
      placer = m:get("SCH-1.1"),
      referral = m:get("SCH-26.1"),
      starts_at = m:time("SCH-11.4") or m:time("TQ1-7") or m:time("AIS-4") or m:time("AIP-6") or m:time("AIL-6") or m:time("AIG-8"),
      reason = m:get("SCH-7.2") or m:get("SCH-7.1"),
      kind = m:get("SCH-8.1"),
      service = m:get("AIS-3.2") or m:get("AIS-3.1"),
      provider = clinical.provider(m, "AIP-3"),
      sent_at = m.sent,
    }
    local events, patients = {}, m:groups("PID")
    for i, part in ipairs(#patients > 1 and patients or { m }) do  -- Several patients may come together, as to a training.
      local event, reason, field = clinical.event(part, type, clinical.occurred_at(m), said)
      if not event then return nil, reason, field end
      events[i] = event
    end
    return events
  end),
}
