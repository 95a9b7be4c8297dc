// What was answered to which Idempotency-Key. Durable: the answer is a row in the batch of what the request did, so it is
// there after a crash if and only if the request was done, and it goes a day later. Beside it a memory of requests that are
// still under way: the same one again waits for the answer of the first and is not done, and a key that comes with another
// body is refused from the first moment. Thread-safe.
//
// A start, a signal and an update are known to the engine as well, by the id that is made from the key.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/node.hpp"
#include "gateway/http/http_types.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class IdempotencyKeys {
 public:
  struct Ticket {
    std::string name;  // Method, path, key and who asks.
    std::string body;  // SHA-256 of the body, hex.
  };
  using Waiter = std::function<void(Result<JsonText>)>;
  struct Found {
    std::optional<JsonText> answer;
    bool under_way = false;  // The waiter is called with the answer of the first; it may be, before look() is back.
    Ticket ticket;
  };

  explicit IdempotencyKeys(std::size_t capacity = 16'384) : capacity_(capacity) {}

  // Where there is neither an answer nor a request under way, the caller does what is asked for, and then calls finish().
  // Error: idempotency_mismatch when the key was used for another body, bad_field when the key is too long, and those of
  // the store.
  [[nodiscard]] Result<Found> look(const HttpRequest& request, std::string_view key, const Node& node, Waiter waiter);
  // What goes into the batch of the request: that it was done, and what was answered with `status`. Borrows the node.
  [[nodiscard]] Rider rider(Ticket ticket, int status, const Node& node);
  // What became of it, to all who wait. After an error the request may be made again.
  void finish(const Ticket& ticket, const Result<JsonText>& answer);

 private:
  struct UnderWay {
    std::string body;
    std::vector<Waiter> waiters;
  };
  struct Row {
    Ticket ticket;
    JsonText answer;
  };
  // Deletes a few rows whose time has come.
  void add_expired(std::vector<Change>& rows, const Node& node);

  const std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_map<std::string, UnderWay> under_way_;  // As many as the node takes at once.
  std::list<Row> rows_;                                  // Oldest first.
  std::unordered_map<std::string, std::list<Row>::iterator> by_name_;
  std::string swept_;  // Of the space answer_ages: up to here nothing is left.
};

// The instance id of a start whose caller gave a key and no id: the same key of the same caller gives the same id.
[[nodiscard]] std::string instance_id_of_key(std::string_view workflow, std::string_view subject, std::string_view key);

}  // namespace baton
