#include "gateway/auth/front_door.hpp"

#include <future>

#include "gateway/auth/request_patient.hpp"
#include "gateway/auth/secret.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr Duration kLinkGood{24 * 60 * 60 * 1000};
constexpr const char* kLocal = "local";

// For the start of the server, which may wait.
template <typename Write>
Status wait_for(Write write) {
  std::promise<Status> written;
  write([&written](Status status) { written.set_value(std::move(status)); });
  return written.get_future().get();
}

std::string random_hex(std::size_t bytes) {
  return to_hex(decode_base64url(random_token(bytes)).value_or(std::string(bytes, '\0')));
}

}  // namespace

NewKey make_key(const std::string& name, std::vector<std::string> roles, Instant now) {
  NewKey made;
  made.row.id = random_hex(6);
  made.row.name = name;
  made.row.roles = std::move(roles);
  made.row.created_at = now;
  made.token = "baton_" + made.row.id + "_" + random_token();
  made.row.hash = hash_of_token(made.token);
  return made;
}

JsonText facts_of(const ServiceKey& key) {
  JsonWriter writer;
  writer.begin_object().field("name", key.name).key("roles").begin_array();
  for (const std::string& role : key.roles) writer.string(role);
  writer.end_array().optional_field("certificate", key.certificate);
  if (key.expires_at) writer.field("expires_at", format_instant(*key.expires_at));
  writer.end_object();
  return std::move(writer).take();
}

AuditRecord own_record(std::string_view action, std::string object, std::string outcome) {
  AuditRecord record;
  record.action = action;
  record.object = std::move(object);
  record.outcome = std::move(outcome);
  return record;
}

FrontDoor::FrontDoor(Node& node, FrontDoorOptions options)
    : people(node, options.clock ? options.clock : system_clock(), options.idle),
      access(people, std::move(options.access)),
      session(options.session),
      node_(node) {
  access.find_patients_with(
      [this](const RoutedRequest& request) { return patient_of_request(node_.reader(), request); });
}

void FrontDoor::trust(std::shared_ptr<Provider> trusted) {
  provider = std::move(trusted);
  access.verify_tokens_with(
      [held = provider](const std::string& token, TokenVerified done) { held->verify(token, std::move(done)); });
}

Status FrontDoor::open() {
  if (Status status = people.load(); !status) return status;
  return adopt_policy();
}

Status FrontDoor::adopt_policy() {
  const Policy& policy = access.policy();
  const auto live = node_.reader().named("policies", "live");
  if (!live) return live.error();
  if (*live == policy.hash()) return success();
  return wait_for([&](PeopleStore::Written written) {
    people.write({PutNamed{"policies", policy.hash(), policy.text()}, PutNamed{"policies", "live", policy.hash()}},
                 own_record(action::kPolicyAdopted, policy.hash(), "adopted"), std::move(written));
  });
}

Result<std::string> FrontDoor::local_key(const std::string& known) {
  const auto keys = people.keys();
  for (const ServiceKey& key : keys) {
    if (key.name == kLocal && !key.revoked && same_secret(key.hash, hash_of_token(known))) return known;
  }
  for (ServiceKey key : keys) {
    if (key.name != kLocal || key.revoked) continue;
    key.revoked = true;
    const Status status = wait_for([&](PeopleStore::Written written) {
      AuditRecord record = own_record(action::kKeyChanged, key.id, "revoked");
      record.before = facts_of(key);
      people.put_key(key, std::move(record), std::move(written));
    });
    if (!status) return status.error();
  }
  NewKey made = make_key(kLocal, {kLocal}, people.now());
  const Status status = wait_for([&](PeopleStore::Written written) {
    AuditRecord record = own_record(action::kKeyChanged, made.row.id, "created");
    record.after = facts_of(made.row);
    people.put_key(made.row, std::move(record), std::move(written));
  });
  if (!status) return status.error();
  return made.token;
}

Result<std::optional<std::string>> FrontDoor::first_link() {
  for (const LocalUser& user : people.users()) {
    if (user.may_sign_in(people.now()) && access.policy().rule_for(user.roles, "people.manage"))
      return std::optional<std::string>();
  }
  const std::string token = random_token();
  const Status status = wait_for([&](PeopleStore::Written written) {
    people.put_link({hash_of_token(token), people.now() + kLinkGood},
                    own_record(action::kUserChanged, "first administrator's link", "created"), std::move(written));
  });
  if (!status) return status.error();
  return std::optional(token);
}

}  // namespace baton
