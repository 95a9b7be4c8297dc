-- HL7 v2 MDM: documents (HL7 v2.5.1, chapter 9).
local mapping = require "mapping"
local clinical = require "clinical"

-- Odd triggers notify, even ones bring the content along; both mean the same here.
local TRIGGERS = {
  T01 = "created", T02 = "created",
  T03 = "status_changed", T04 = "status_changed",
  T05 = "addended", T06 = "addended",
  T07 = "edited", T08 = "edited",
  T09 = "replaced", T10 = "replaced",
  T11 = "cancelled",
}

-- TXA-2, HL7 table 0270. The kinds that a handoff waits for have event types of their own, so that a case does not hear of
-- every progress note; all others are "document".
local KINDS = { DS = "discharge_summary", CN = "consultation" }

-- TXA-17, HL7 table 0271: these need no further signature.
local COMPLETE = { AU = true, LA = true, DO = false, DI = false, IN = false, IP = false, PA = false }

-- TXA-19, HL7 table 0273: whatever its signatures, nobody shall treat the patient by it.
local UNAVAILABLE = { CA = true, OB = true, UN = true }

return mapping.define {
  name = "documents",
  format = "hl7v2",
  types = { "MDM" },

  map = clinical.reader(function(m)
    local change = TRIGGERS[m.trigger or ""]
    if not change then return nil, "MDM^" .. tostring(m.trigger) .. " is no document message" end
    local kind = m:get("TXA-2.1")
    local type = (KINDS[kind or ""] or "document") .. "." .. change
    local withdrawn = change == "cancelled" or UNAVAILABLE[m:get("TXA-19.1") or ""]
    local complete = not withdrawn and COMPLETE[m:get("TXA-17.1") or ""] == true
    return clinical.event(m, type, clinical.occurred_at(m, "TXA-4"), {
      document = m:get("TXA-12.1") or m:get("TXA-12.3"),  -- The third is that of the authority, unless a sender puts the number there alone.
      kind = kind,
      complete = complete,
      referral = m:get("TXA-14.1"),
      author = clinical.provider(m, "TXA-9"),
      status = m:get("TXA-17.1"),
      sent_at = m.sent,
    })
  end),
}
