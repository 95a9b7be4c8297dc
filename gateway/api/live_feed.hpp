// Tells browsers and programs what has changed, as server-sent events. Numbers the node's notices, keeps the latest, and
// lets a client that was away go on where it stopped while they are kept. Thread-safe.
//
//   id: <begin of this server>.<number>
//   event: instance | task | incident | patient | message | batch | many | reset
//   data: {"topic":..,"id":..,"patient":..}, of a task "roles" and "people" as well
//
// A thing that changed several times since a client was told last is named once. "many", for clients that ask for it:
// more things of a topic changed at once than are worth naming; it should read again whatever it shows of that topic.
// "reset": what happened since the client's last id is not kept any more; it should read everything again.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "gateway/http/http_server.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

// What is kept of a notice. Not the record that it may come with: of thousands of large ones nobody could keep that.
struct LiveNews {
  std::string topic, id, patient;
};

struct LiveFilter {
  std::set<std::string> topics;  // Empty: all.
  std::string patient;           // Empty: everyone.
  std::string id;                // Empty: everything.
  bool hide_patients = false;    // For who may not see personal data.
  bool gather = false;           // "many" in place of very many.
  // Whether the watcher may go on watching. Empty: for ever. On the loop's thread.
  std::function<bool()> allowed = {};
  [[nodiscard]] bool takes(const LiveNews& change) const;
};

class LiveFeed {
 public:
  // Borrows both; the node must live until stop() has returned.
  LiveFeed(Node& node, IoLoop& loop, std::size_t kept = 16'384, Duration heartbeat = Duration{15'000});
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // Answers with a stream of what changes from now on, or since `last_event_id` if it is not empty.
  void attach(Responder responder, LiveFilter filter, std::string_view last_event_id);
  [[nodiscard]] std::size_t watchers() const noexcept { return watcher_count_.load(); }
  // Ends all streams. Idempotent; not from the loop's thread.
  void stop();

 private:
  struct Watcher {
    std::shared_ptr<HttpStream> stream;
    LiveFilter filter;
    std::uint64_t next = 0;  // The first number that it has not been told.
  };
  void tell(const Notify& change);
  void flush_in_time();
  void flush();
  // Those that are gone, and those that may no longer watch. Caller holds mutex_.
  void drop_watchers();
  [[nodiscard]] std::string news_for(const Watcher& watcher, std::uint64_t end, const std::vector<bool>& told_later,
                                     std::map<std::uint64_t, std::string>& whom) const;
  void beat();
  // For whom a task is, so that a client need not read again what is for others; empty of anything else.
  [[nodiscard]] std::string whom_of(const LiveNews& change) const;
  [[nodiscard]] std::string text_of(std::uint64_t number, const LiveNews& change, bool hide_patient,
                                    const std::string& whom) const;

  Node& node_;
  IoLoop& loop_;
  const std::size_t kept_;
  const Duration heartbeat_;
  const std::string epoch_;
  std::size_t subscription_ = 0;
  std::atomic<std::size_t> watcher_count_{0};
  std::atomic<bool> flush_posted_{false};
  // The loop's own. A timer that is due may still run once it was cancelled: it looks whether the feed is there.
  std::int64_t flushed_at_ms_ = 0;
  std::shared_ptr<char> there_ = std::make_shared<char>();
  std::uint64_t heartbeat_timer_ = 0;
  std::mutex mutex_;
  std::deque<LiveNews> recent_;
  std::uint64_t first_ = 1;  // The number of recent_.front().
  std::list<Watcher> watchers_;
  bool stopped_ = false;
};

}  // namespace baton
