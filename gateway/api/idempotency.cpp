#include "gateway/api/idempotency.hpp"

#include "gateway/auth/caller.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

Result<IdempotencyMemory::Found> IdempotencyMemory::look(const HttpRequest& request, std::string_view key) {
  if (key.size() > limits::kNameSize || !is_valid_utf8(key)) {
    return Error{ErrorCode::bad_field, "the Idempotency-Key is not 1 to 200 bytes of UTF-8", "send a UUID"};
  }
  Found found;
  // An answer is given again to the one who got it first, and to nobody else.
  const std::string asker =
      request.caller ? request.caller->principal.subject + " " + request.caller->principal.role : "";
  found.ticket.name = request.method + " " + std::string(request.path()) + " " + std::string(key) + " " + asker;
  found.ticket.body = to_hex(sha256(request.body));
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(found.ticket.name);
  if (known != by_name_.end()) {
    if (known->second->ticket.body != found.ticket.body) {
      return Error{ErrorCode::idempotency_mismatch, "this Idempotency-Key came with another body before",
                   "use a new key for a new request"};
    }
    found.answer = known->second->answer;
    return found;
  }
  rows_.push_back({found.ticket, std::nullopt});
  by_name_.emplace(found.ticket.name, std::prev(rows_.end()));
  if (rows_.size() > capacity_) {
    by_name_.erase(rows_.front().ticket.name);
    rows_.pop_front();
  }
  return found;
}

void IdempotencyMemory::remember(const Ticket& ticket, int status, const JsonText& answer) {
  const std::lock_guard lock(mutex_);
  const auto known = by_name_.find(ticket.name);
  if (known == by_name_.end()) return;
  known->second->answer = HttpResponse{status, "application/json", answer.empty() ? "{}" : answer, {}};
}

std::string instance_id_of_key(std::string_view workflow, std::string_view key) {
  const std::string hash = to_hex(sha256(std::string(workflow) + '\0' + std::string(key)));
  return std::string(workflow) + "-" + hash.substr(0, 24);
}

}  // namespace baton
