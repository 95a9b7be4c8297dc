// The parts of sign-in, joined: who there is, the guard of the routes, the brake on guessing, and a thread for passwords.
// Made by the composition root. Thread-safe, as its parts are.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/api/read_worker.hpp"
#include "gateway/auth/access.hpp"
#include "gateway/auth/attempts.hpp"
#include "gateway/auth/client_file.hpp"
#include "gateway/auth/people_store.hpp"
#include "gateway/auth/provider.hpp"

namespace baton {

struct FrontDoorOptions {
  AccessOptions access;
  Duration session{12 * 60 * 60 * 1000};
  Duration idle{30 * 60 * 1000};
  std::shared_ptr<Clock> clock;  // The time of people; null: the system's.
};

struct FrontDoor {
  // Borrows the node.
  FrontDoor(Node& node, FrontDoorOptions options);

  // Takes a provider's people and tokens. Before the first request.
  void trust(std::shared_ptr<Provider> trusted);
  // Reads who there is, and records the policy if it is another than before. Errors: the store's.
  [[nodiscard]] Status open();
  // The key of this machine, for client.toml: the one of `known` if it is still good, or a new one. Errors: the node's.
  [[nodiscard]] Result<std::string> local_key(const std::string& known);
  // A token for the first administrator's link; nothing when there is an administrator. Errors: the node's.
  [[nodiscard]] Result<std::optional<std::string>> first_link();

  PeopleStore people;
  Access access;
  Attempts attempts;
  ReadWorker passwords{64};
  std::shared_ptr<Provider> provider;  // Null: none is configured.
  std::string public_url;              // At which browsers reach this server.
  const Duration session;

 private:
  [[nodiscard]] Status adopt_policy();
  Node& node_;
};

// A new key: what the service gets, and the row that the store keeps.
struct NewKey {
  std::string token;
  ServiceKey row;
};
[[nodiscard]] NewKey make_key(const std::string& name, std::vector<std::string> roles, Instant now);
// For the ledger: what a service may do, and how long.
[[nodiscard]] JsonText facts_of(const ServiceKey& key);
// Of Baton itself, for what it does at its start.
[[nodiscard]] AuditRecord own_record(std::string_view action, std::string object, std::string outcome);

}  // namespace baton
