// One attempt of an activity on its way through the pool, and what its request asks for. Guarded by the pool's lock, but
// for `run`, which belongs to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "actors/alarms.hpp"
#include "runtime/base/frozen.hpp"
#include "runtime/engine/message.hpp"
#include "runtime/script/activity_run.hpp"

namespace baton {

// The part of an operation's request {"input":..,"options":{..}} that the pool reads.
struct ActivityRequest {
  JsonText input;
  std::optional<Duration> timeout;        // From the start of the attempt to its end.
  std::optional<Duration> queue_timeout;  // From the moment it is owed to its start.
  std::optional<Duration> heartbeat;      // Between two signs of life.
};

// Error: bad_field naming the option, bad_json.
[[nodiscard]] Result<ActivityRequest> read_activity_request(const JsonText& request);

// The queue_timeout of such a request; cheap where it has none. None when the request cannot be read.
[[nodiscard]] std::optional<Duration> queue_timeout_of(const JsonText& request);

// {"status":..,"headers":{..},"body":".."}; names of headers in lower case, equal ones joined by ", ". A body that is
// not UTF-8 is given as "body_base64".
struct HttpAnswer;
[[nodiscard]] JsonText http_answer_json(const HttpAnswer& answer);

struct Attempt {
  enum class State { queued, running, waiting, sleeping, ended };

  explicit Attempt(Frozen<PendingRecord> owed) : pending(std::move(owed)) {}

  Frozen<PendingRecord> pending;
  ActivityRequest request;
  State state = State::queued;
  std::size_t worker = 0;  // Whose thread `run` belongs to.
  std::optional<ActivityRun> run;
  Alarms::Id queue_alarm = 0;
  Alarms::Id close_alarm = 0;
  Alarms::Id heartbeat_alarm = 0;
  Alarms::Id sleep_alarm = 0;
  JsonText heartbeat;         // What this or an earlier attempt last said of its progress,
  JsonText kept_heartbeat;    // and as much of it as is durable, or on its way to be.
  Alarms::Id keep_alarm = 0;  // Set while it is too early to make another heartbeat durable.
  std::uint32_t beats = 0;    // How many there were.
};

}  // namespace baton
