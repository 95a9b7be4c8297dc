// The canonical clinical event: what an HL7 message, a FHIR resource, a document or a row came to mean. Pure.
//
// A mapping (Lua) says what happened; Baton adds where it was said. Whatever a mapping returns is validated here in
// full, because everything behind this point (identity, routing, workflows) trusts it. The grammar of both JSON forms
// is in docs/formats/canonical_event.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"
#include "runtime/model/records.hpp"

namespace baton {

// Where an event comes from, so that anybody can find the input and the mapping that read it.
struct EventSource {
  std::string system;           // The sender as configured or as it names itself ("GENHOSP").
  std::string message_id;       // Its id for the input (MSH-10); with `system` it names the input for ever.
  std::string format;           // "hl7v2", "fhir", "ccda", "flat", "json".
  std::string mapping;          // The mapping's name.
  std::string mapping_version;  // The hash of the bundle that it is in.
  std::size_t sequence = 0;     // Place in the list that the mapping returned for this input, from 0.

  bool operator==(const EventSource&) const = default;
};

struct ClinicalEvent {
  std::string type;                     // "encounter.discharged"
  std::vector<Identifier> identifiers;  // Of the patient; never empty. In the order of the source.
  JsonText demographics;                // The rest of "patient": an object, "{}" when nothing was said.
  std::string encounter;                // The source's id of the encounter; may be empty.
  Instant occurred_at;                  // When it happened, as the source says.
  Instant recorded_at;                  // When Baton took it in.
  JsonText data;                        // An object; "{}" when the mapping gave none.
  std::vector<Identifier> merge;        // A merge: the identifiers that end in favour of `identifiers`.
  EventSource source;

  bool operator==(const ClinicalEvent&) const = default;
};

// Reads what a mapping returned for one input: an event, a list of events, or null (or "no value") for an input that
// means nothing here. Errors: bad_json; bad_event naming the field and the cure. One bad event refuses the whole
// input, so that no half of it takes effect.
[[nodiscard]] Result<std::vector<ClinicalEvent>> read_mapped_events(std::string_view json, const EventSource& source,
                                                                    Instant recorded_at);

// The durable form, which read_clinical_event reads back as an equal event.
[[nodiscard]] JsonText to_json(const ClinicalEvent& event);
// Errors: bad_json, bad_event.
[[nodiscard]] Result<ClinicalEvent> read_clinical_event(std::string_view json);

// The event's own id: the same input and place give the same id, so that the same input again is the same event.
[[nodiscard]] std::string event_id_of(const EventSource& source);
// The event as it stands in a timeline. `patient` is left empty: who this is about is decided elsewhere.
[[nodiscard]] EventRecord record_of(const ClinicalEvent& event);

}  // namespace baton
