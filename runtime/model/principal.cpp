#include "runtime/model/principal.hpp"

namespace baton {

std::string_view to_string(PrincipalKind kind) noexcept {
  switch (kind) {
    case PrincipalKind::system: return "system";
    case PrincipalKind::person: return "person";
    case PrincipalKind::service: return "service";
    case PrincipalKind::script: return "script";
    case PrincipalKind::model: return "model";
  }
  return "unknown";
}

void encode(Writer& writer, const Principal& principal) {
  writer.u8(static_cast<std::uint8_t>(principal.kind));
  writer.bytes(principal.subject).bytes(principal.role).bytes(principal.authentication).bytes(principal.client);
}

Principal decode_principal(Reader& reader) {
  Principal principal;
  const std::uint8_t kind = reader.u8();
  if (kind > static_cast<std::uint8_t>(PrincipalKind::model)) reader.fail();
  principal.kind = static_cast<PrincipalKind>(kind);
  principal.subject = reader.text();
  principal.role = reader.text();
  principal.authentication = reader.text();
  principal.client = reader.text();
  return principal;
}

void write_json(JsonWriter& writer, const Principal& principal) {
  writer.begin_object();
  writer.optional_field("authentication", principal.authentication);
  writer.optional_field("client", principal.client);
  writer.field("kind", to_string(principal.kind));
  writer.optional_field("role", principal.role);
  writer.optional_field("rule", principal.rule);
  writer.field("subject", principal.subject);
  writer.end_object();
}

}  // namespace baton
