#include "gateway/auth/people_store.hpp"

#include <utility>

namespace baton {
namespace {

constexpr const char* kSpace = "people";
constexpr std::size_t kDroppedAtOnce = 100;

template <typename Row>
PutNamed put(const char* prefix, const Row& row) {
  return {kSpace, prefix + row.id, encode(row)};
}
PutNamed gone(const char* prefix, const std::string& id) { return {kSpace, prefix + id, std::nullopt}; }

template <typename Row, typename Map>
std::vector<Row> values_of(const Map& map) {
  std::vector<Row> rows;
  for (const auto& [id, row] : map) rows.push_back(row);
  return rows;
}

// Puts back what a map holds under `id` now.
template <typename Map>
std::function<void()> restoring(Map& map, const std::string& id) {
  const auto found = map.find(id);
  if (found == map.end()) return [&map, id] { map.erase(id); };
  return [&map, id, before = found->second] { map[id] = before; };
}

// Reads all rows of a prefix.
template <typename Decode, typename Take>
Status load_rows(const StoreReader& reader, std::string_view prefix, Decode decode, Take take) {
  const auto rows = reader.named_all(kSpace, prefix);
  if (!rows) return rows.error();
  for (const auto& [key, text] : *rows) {
    auto row = decode(std::string_view(key).substr(prefix.size()), text);
    if (!row) return std::move(row).error();
    take(std::move(*row));
  }
  return success();
}

}  // namespace

PeopleStore::PeopleStore(Node& node, std::shared_ptr<Clock> clock, Duration idle)
    : node_(node), clock_(std::move(clock)), idle_(idle) {}

Status PeopleStore::load() {
  const std::lock_guard lock(mutex_);
  const StoreReader& reader = node_.reader();
  Status status = load_rows(reader, "user/", decode_user, [this](LocalUser row) { users_[row.id] = std::move(row); });
  if (!status) return status;
  status = load_rows(reader, "key/", decode_key, [this](ServiceKey row) { keys_[row.id] = std::move(row); });
  if (!status) return status;
  status = load_rows(reader, "link/", decode_link, [this](FirstLink row) { links_[row.id] = std::move(row); });
  if (!status) return status;
  const Instant now = clock_->now();
  return load_rows(reader, "session/", decode_session, [this, now](Session row) {
    row.seen_at = now;
    sessions_[row.id] = std::move(row);
  });
}

// ---- reading -------------------------------------------------------------------------------------------------------

std::vector<LocalUser> PeopleStore::users() const {
  const std::lock_guard lock(mutex_);
  return values_of<LocalUser>(users_);
}

std::optional<LocalUser> PeopleStore::user(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(id);
  return found == users_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<ServiceKey> PeopleStore::keys() const {
  const std::lock_guard lock(mutex_);
  return values_of<ServiceKey>(keys_);
}

std::optional<ServiceKey> PeopleStore::key(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(id);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ServiceKey> PeopleStore::key_of_certificate(const std::string& subject) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, key] : keys_) {
    if (!key.certificate.empty() && key.certificate == subject && !key.revoked) return key;
  }
  return std::nullopt;
}

bool PeopleStore::ended(const Session& session) const {
  const Instant now = clock_->now();
  return now >= session.expires_at || now >= session.seen_at + idle_;
}

std::optional<Session> PeopleStore::use_session(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || ended(found->second)) return std::nullopt;
  found->second.seen_at = clock_->now();
  return found->second;
}

std::optional<Session> PeopleStore::session(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() || ended(found->second) ? std::nullopt : std::optional(found->second);
}

std::size_t PeopleStore::count_sessions(const std::string& subject) const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, session] : sessions_) count += session.subject == subject && !ended(session) ? 1 : 0;
  return count;
}

bool PeopleStore::link_is_good(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(id);
  return found != links_.end() && clock_->now() < found->second.expires_at;
}

// ---- changing ------------------------------------------------------------------------------------------------------

void PeopleStore::write(std::vector<PutNamed> changes, AuditRecord record, Written written) {
  if (!changes.empty()) version_.fetch_add(1, std::memory_order_release);  // Memory has changed already.
  node_.submit(RecordAccess{std::move(changes), std::move(record)},
               [written = std::move(written)](Result<JsonText> answer) {
                 if (written) written(answer.ok() ? success() : Status(answer.error()));
               });
}

void PeopleStore::record(AuditRecord record, Written written) { write({}, std::move(record), std::move(written)); }

PeopleStore::Written PeopleStore::undone_by(std::function<void()> undo, Written written) {
  return [this, undo = std::move(undo), written = std::move(written)](Status status) {
    if (!status) {
      const std::lock_guard lock(mutex_);
      undo();
      version_.fetch_add(1, std::memory_order_release);
    }
    if (written) written(std::move(status));
  };
}

void PeopleStore::add_user(LocalUser user, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes{put("user/", user)};
  {
    const std::lock_guard lock(mutex_);
    if (!users_.contains(user.id)) {
      written = undone_by(restoring(users_, user.id), std::move(written));
      users_[user.id] = std::move(user);
    } else {
      changes.clear();
    }
  }
  if (changes.empty()) {
    return written(
        Error{ErrorCode::already_exists, "there is a person with this name already", "see baton users list"});
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::change_user(const std::string& id, const ChangeOfUser& change,
                              std::function<void(Result<LocalUser>)> changed) {
  const auto change_now = [&]() -> Status {
    const std::lock_guard order(order_);  // Over the reading as well: nobody writes in between.
    auto row = user(id);
    if (!row) return Error{ErrorCode::not_found, "there is no person '" + id + "'", "see GET /v1/users"};
    auto record = change(*row);
    if (!record) return std::move(record).error();
    Written written = [row = *row, changed](Status status) {
      changed(status ? Result<LocalUser>(row) : Result<LocalUser>(std::move(status).error()));
    };
    {
      const std::lock_guard lock(mutex_);
      written = undone_by(restoring(users_, id), std::move(written));
      users_[id] = *row;
    }
    write({put("user/", *row)}, std::move(*record), std::move(written));
    return success();
  };
  if (Status status = change_now(); !status) changed(std::move(status).error());
}

void PeopleStore::put_key(ServiceKey key, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes{put("key/", key)};
  {
    const std::lock_guard lock(mutex_);
    written = undone_by(restoring(keys_, key.id), std::move(written));
    keys_[key.id] = std::move(key);
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::renew_session(const std::string& old_id, Session session, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes{put("session/", session)};
  {
    const std::lock_guard lock(mutex_);
    if (!old_id.empty() && sessions_.erase(old_id) > 0) changes.push_back(gone("session/", old_id));
    session.seen_at = clock_->now();
    written = undone_by([this, id = session.id] { sessions_.erase(id); }, std::move(written));
    sessions_[session.id] = std::move(session);
    drop_ended(changes);
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::drop_ended(std::vector<PutNamed>& changes) {
  std::size_t dropped = 0;
  for (auto next = sessions_.begin(); next != sessions_.end() && dropped < kDroppedAtOnce;) {
    if (ended(next->second)) {
      changes.push_back(gone("session/", next->first));
      next = sessions_.erase(next);
      ++dropped;
    } else {
      ++next;
    }
  }
}

void PeopleStore::end_session(const std::string& id, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes;
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.erase(id) > 0) changes.push_back(gone("session/", id));
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::end_sessions(const std::string& subject, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = sessions_.begin(); next != sessions_.end();) {
      if (next->second.subject == subject) {
        changes.push_back(gone("session/", next->first));
        next = sessions_.erase(next);
      } else {
        ++next;
      }
    }
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::put_link(FirstLink link, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes;
  {
    const std::lock_guard lock(mutex_);
    written = undone_by([this, before = links_] { links_ = before; }, std::move(written));
    for (const auto& [id, old] : links_) changes.push_back(gone("link/", id));
    links_.clear();
    changes.push_back(put("link/", link));
    links_[link.id] = std::move(link);
  }
  write(std::move(changes), std::move(record), std::move(written));
}

void PeopleStore::use_link(const std::string& id, LocalUser user, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  std::vector<PutNamed> changes;
  Status status = success();
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end() || clock_->now() >= found->second.expires_at) {
      status = Error{ErrorCode::used_link, "this link was used or has expired", "start the server again for a new one"};
    } else if (users_.contains(user.id)) {
      status = Error{ErrorCode::already_exists, "there is a person with this name already", "choose another"};
    } else {
      written = undone_by(
          [this, link = found->second, user_id = user.id] {
            links_[link.id] = link;
            users_.erase(user_id);
          },
          std::move(written));
      links_.erase(found);
      changes = {gone("link/", id), put("user/", user)};
      users_[user.id] = std::move(user);
    }
  }
  if (!status) return written(std::move(status));
  write(std::move(changes), std::move(record), std::move(written));
}

}  // namespace baton
