// The rows about who may ask: local people, sessions, keys of services, the first administrator's link. They are JSON, in
// the space "people" of the store; docs/formats/people.md. No secret is among them, only what a secret hashes to. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct LocalUser {  // "user/<id>"
  std::string id;   // What the person signs in with, and their subject in records: "nurse.ann".
  std::string name;
  std::vector<std::string> roles;
  std::vector<std::string> units;
  std::string password;  // hash_password(...)
  bool disabled = false;
  Instant created_at;
  std::optional<Instant> expires_at;  // From then on as if disabled: for people who come for a day.

  [[nodiscard]] bool may_sign_in(Instant now) const { return !disabled && (!expires_at || now < *expires_at); }
};

struct Session {                   // "session/<id>"
  std::string id;                  // hash_of_token(the cookie's value)
  std::string subject;             // A local person's id, or what the provider says.
  std::string name;                // Of a provider's person; a local one's is in their own row.
  std::string how;                 // "password" or "oidc": Principal::authentication.
  std::vector<std::string> roles;  // Of a provider's person; a local one's are in their own row.
  std::vector<std::string> units;
  Instant created_at;
  Instant expires_at;
  Instant authenticated_at;  // When the person last proved who they are.
  Instant seen_at;           // Not stored: the last request, or the start of this server.
};

struct ServiceKey {  // "key/<id>"
  std::string id;    // Shown in lists and at the front of the key: 12 characters. For a certificate a number like it.
  std::string name;  // The service's subject in records.
  std::vector<std::string> roles;
  std::string hash;         // hash_of_token(the whole key); empty for a certificate.
  std::string certificate;  // The subject of a client certificate, RFC 2253; empty for a key.
  Instant created_at;
  std::optional<Instant> expires_at;
  bool revoked = false;
};

struct FirstLink {  // "link/<id>"
  std::string id;   // hash_of_token(the link's token)
  Instant expires_at;
};

[[nodiscard]] std::string encode(const LocalUser& row);
[[nodiscard]] std::string encode(const Session& row);
[[nodiscard]] std::string encode(const ServiceKey& row);
[[nodiscard]] std::string encode(const FirstLink& row);
// `id` is the part of the key behind the '/'. Error: store_corrupt.
[[nodiscard]] Result<LocalUser> decode_user(std::string_view id, std::string_view row);
[[nodiscard]] Result<Session> decode_session(std::string_view id, std::string_view row);
[[nodiscard]] Result<ServiceKey> decode_key(std::string_view id, std::string_view row);
[[nodiscard]] Result<FirstLink> decode_link(std::string_view id, std::string_view row);

}  // namespace baton
