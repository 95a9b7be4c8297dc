// Who may ask: local people, sessions, keys of services and the first administrator's link, in memory and in the store.
//
// Invariant: memory is what the store holds, or is about to hold: a change is made in memory at once, so that of two
// requests one wins, and is told to the caller only once it is durable. Nothing is given out before that. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/node.hpp"
#include "gateway/auth/people_rows.hpp"

namespace baton {

class PeopleStore {
 public:
  // Called once the change and its record are durable, or with why they are not. Any thread.
  using Written = std::function<void(Status)>;

  // Borrows the node. `clock` is the time of people, also where the node's clock is a virtual one.
  PeopleStore(Node& node, std::shared_ptr<Clock> clock, Duration idle);
  // Reads everything; sessions that have ended are left out. Errors: the reader's.
  [[nodiscard]] Status load();

  [[nodiscard]] Instant now() const { return clock_->now(); }
  [[nodiscard]] std::vector<LocalUser> users() const;
  [[nodiscard]] std::optional<LocalUser> user(const std::string& id) const;
  [[nodiscard]] std::vector<ServiceKey> keys() const;
  [[nodiscard]] std::optional<ServiceKey> key(const std::string& id) const;
  [[nodiscard]] std::optional<ServiceKey> key_of_certificate(const std::string& subject) const;
  // A session that has not ended; it counts as used now.
  [[nodiscard]] std::optional<Session> use_session(const std::string& id);
  // The same without using it.
  [[nodiscard]] std::optional<Session> session(const std::string& id) const;
  // Another after each change of people, keys and sessions.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t count_sessions(const std::string& subject) const;

  // Each writes the row and `record` in one turn. Error: already_exists.
  void add_user(LocalUser user, AuditRecord record, Written written);
  // Changes a person as they stand by then, whatever others have changed meanwhile. `change` must be quick and ask nothing of
  // this store; it gives what is recorded, or refuses. Errors: not_found, and those of `change`.
  using ChangeOfUser = std::function<Result<AuditRecord>(LocalUser&)>;
  void change_user(const std::string& id, const ChangeOfUser& change, std::function<void(Result<LocalUser>)> changed);
  void put_key(ServiceKey key, AuditRecord record, Written written);
  // The same session under a new id, so that a cookie from before the sign-in is worth nothing.
  void renew_session(const std::string& old_id, Session session, AuditRecord record, Written written);
  void end_session(const std::string& id, AuditRecord record, Written written);
  // All sessions of somebody.
  void end_sessions(const std::string& subject, AuditRecord record, Written written);
  void put_link(FirstLink link, AuditRecord record, Written written);
  // Spends the link and creates the person in one turn. Errors: used_link, already_exists.
  void use_link(const std::string& id, LocalUser user, AuditRecord record, Written written);
  [[nodiscard]] bool link_is_good(const std::string& id) const;
  // A record without a change.
  void record(AuditRecord record, Written written = {});
  // Any rows of other spaces, with a record: the policy.
  void write(std::vector<PutNamed> changes, AuditRecord record, Written written);

 private:
  [[nodiscard]] bool ended(const Session& session) const;
  // A change that was not written is undone in memory. What ended stays ended.
  [[nodiscard]] Written undone_by(std::function<void()> undo, Written written);
  // Deletions of sessions that ended, a few at a time. Caller holds mutex_.
  void drop_ended(std::vector<PutNamed>& changes);

  Node& node_;
  const std::shared_ptr<Clock> clock_;
  const Duration idle_;
  std::mutex order_;  // Held over a change and its submit, so that the store sees changes in the order of memory.
  std::atomic<std::uint64_t> version_{0};
  mutable std::mutex mutex_;
  std::map<std::string, LocalUser> users_;
  std::map<std::string, ServiceKey> keys_;
  std::map<std::string, FirstLink> links_;
  std::unordered_map<std::string, Session> sessions_;
};

}  // namespace baton
