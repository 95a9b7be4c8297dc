// Remembers what was answered to which Idempotency-Key while this server runs, for as many keys as fit. What must hold
// across a restart rests on the engine: a start is known by its instance id (made from the key where the caller gave
// none), a signal by its message id, an update by its update id. Thread-safe.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/http/http_types.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class IdempotencyMemory {
 public:
  struct Ticket {
    std::string name;  // Method, path and key.
    std::string body;  // SHA-256 of the body, hex.
  };
  struct Found {
    std::optional<HttpResponse> answer;
    Ticket ticket;
  };

  explicit IdempotencyMemory(std::size_t capacity = 65'536) : capacity_(capacity) {}

  // Error: idempotency_mismatch when the key was used for another body, bad_field when the key is too long.
  [[nodiscard]] Result<Found> look(const HttpRequest& request, std::string_view key);
  void remember(const Ticket& ticket, int status, const JsonText& answer);

 private:
  struct Row {
    Ticket ticket;
    std::optional<HttpResponse> answer;  // None while the first request is under way.
  };
  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Row> rows_;  // Oldest first.
  std::unordered_map<std::string, std::list<Row>::iterator> by_name_;
};

// The instance id of a start whose caller gave a key and no id: the same key gives the same id.
[[nodiscard]] std::string instance_id_of_key(std::string_view workflow, std::string_view key);

}  // namespace baton
