// Who acts: a person, a service, a script, a model, or Baton itself; and how that was established. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/codec.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

enum class PrincipalKind : std::uint8_t { system = 0, person = 1, service = 2, script = 3, model = 4 };

[[nodiscard]] std::string_view to_string(PrincipalKind kind) noexcept;

struct Principal {
  PrincipalKind kind = PrincipalKind::system;
  std::string subject = "baton";  // A stable id of the person or service, never a name.
  std::string role;               // The role used for this act; empty where none was needed.
  std::string authentication;     // "password", "oidc", "jwt", "mtls", "api-key", "mllp", "none"...
  std::string client;             // Address or device of the caller; empty for scripts and Baton itself.
  // The rule of the access policy that allowed the act, "<first 16 digits of the policy's SHA-256>/<role>:<permission>".
  // It goes into the audit record and nowhere else: a journal does not keep it.
  std::string rule = {};
  // What the act was for: "TREAT", "BTG" (break-glass)... Kept like the rule, as a field of the record.
  std::string purpose = {};
  // The request's trace and the caller's span in it (W3C Trace Context), 32 and 16 hexadecimal digits. Kept likewise.
  std::string trace = {};
  std::string parent = {};

  bool operator==(const Principal&) const = default;
};

void encode(Writer& writer, const Principal& principal);
[[nodiscard]] Principal decode_principal(Reader& reader);
// {"authentication":..,"client":..,"kind":..,"role":..,"rule":..,"subject":..}; keys sorted, empty ones left out.
void write_json(JsonWriter& writer, const Principal& principal);

}  // namespace baton
