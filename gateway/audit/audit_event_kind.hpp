// Which kind of FHIR AuditEvent a record is: the patterns of IHE BALP (https://profiles.ihe.net/ITI/BALP) for what a client
// did over the network, and plain events in the words of DICOM for what Baton does by itself. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

enum class Interaction : std::uint8_t { none, read, query, create, update, remove, disclosure };

struct AuditCode {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

struct AuditEventKind {
  Interaction interaction = Interaction::none;
  std::string profile;  // The last part of its URL; empty for a plain event.
  AuditCode type;
  std::vector<AuditCode> subtypes;  // Before the record's own action code.
  std::string_view letter;          // C, R, U, D, E.
  std::string_view outcome;         // "0", or "4" for what was refused.
};

// What of a record decides its kind.
struct RecordTraits {
  std::string action;
  std::string outcome;
  bool by_client = false;    // Over the network.
  std::size_t patients = 0;  // That the record is about.
  bool is_list = false;      // Of a list, or of a search.
};

[[nodiscard]] AuditEventKind audit_event_kind(const RecordTraits& record);

inline constexpr std::string_view kDicom = "http://dicom.nema.org/resources/ontology/DCM";

}  // namespace baton
