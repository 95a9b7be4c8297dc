// One attempt of an activity: ordinary Lua with IO modules, not replayed. The Lua runs here; the IO is done by whoever
// drives the run: step() runs until the script wants something from outside, the driver does it and calls resume. Owned
// by one thread at a time. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/model/outcome.hpp"
#include "runtime/script/program.hpp"

namespace baton {

struct ActivityContext {  // The second argument of an activity function, and what its modules know.
  std::string instance;
  std::string patient;
  std::string idempotency_key;  // "<instance>.<seq>": the same for every attempt.
  std::uint32_t attempt = 1;
  Instant now;
  JsonText settings;   // The house's [settings] as an object; empty is {}.
  JsonText heartbeat;  // The last heartbeat's details of an earlier attempt; empty where there was none.
};

// What the script wants from outside.
struct WantsHttp {
  std::string method, url, body;
  std::vector<std::pair<std::string, std::string>> headers;
  Duration timeout{30'000};
};
struct WantsSleep {  // Inside one attempt; lost when the process dies, since the attempt starts again.
  Duration length;
};
struct WantsHeartbeat {
  JsonText details;
};
struct ActivityEnded {
  Outcome outcome;                      // value or failed.
  std::optional<Duration> retry_after;  // error{retry_after = "30s"}
  bool retryable = true;                // error{retryable = false}
};
using ActivityStep = std::variant<WantsHttp, WantsSleep, WantsHeartbeat, ActivityEnded>;

class ActivityRun {
 public:
  // `name` is "module.function" in activities/. An unknown one ends at once with unknown_activity, not retryable.
  ActivityRun(std::shared_ptr<const Program> program, std::string_view name, const JsonText& input,
              ActivityContext context);
  ~ActivityRun();
  ActivityRun(ActivityRun&&) noexcept;
  ActivityRun& operator=(ActivityRun&&) noexcept;

  // Runs until the script wants something or has ended. After ActivityEnded nothing more may be called.
  [[nodiscard]] ActivityStep step();
  // The answer to WantsHttp: status, headers and body as a JSON object {"status":..,"headers":{..},"body":".."}, or a
  // failure; then step() again. WantsSleep and WantsHeartbeat are answered with an empty value.
  void resume(Outcome answer);

 private:
  friend class ActivityCache;
  class Body;
  explicit ActivityRun(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

// Keeps loaded activity sandboxes between attempts, so that a short activity costs microseconds. Owned by one thread.
// An ActivityRun made through a cache takes a sandbox out and puts it back when it ends cleanly: as it was before, so that
// no attempt finds anything of another.
class ActivityCache {
 public:
  explicit ActivityCache(std::size_t capacity = 32);
  ~ActivityCache();
  ActivityCache(const ActivityCache&) = delete;
  ActivityCache& operator=(const ActivityCache&) = delete;
  [[nodiscard]] ActivityRun begin(const std::shared_ptr<const Program>& program, std::string_view name,
                                  const JsonText& input, ActivityContext context);

 private:
  friend class ActivityRun;
  class Body;
  std::shared_ptr<Body> body_;
};

}  // namespace baton
