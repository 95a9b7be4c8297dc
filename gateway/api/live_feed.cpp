#include "gateway/api/live_feed.hpp"

#include <charconv>
#include <chrono>
#include <future>

#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

std::string epoch_now() {
  using namespace std::chrono;
  return std::to_string(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

bool LiveFilter::takes(const Notify& change) const {
  if (hide_patients && change.topic == "patient") return false;
  return (topics.empty() || topics.contains(change.topic)) && (patient.empty() || patient == change.patient) &&
         (id.empty() || id == change.id);
}

LiveFeed::LiveFeed(Node& node, IoLoop& loop, std::size_t kept, Duration heartbeat)
    : node_(node), loop_(loop), kept_(kept), heartbeat_(heartbeat), epoch_(epoch_now()) {
  subscription_ = node_.subscribe([this](const Notify& change) { tell(change); });
  loop_.post([this] { beat(); });
}

LiveFeed::~LiveFeed() { stop(); }

// On a thread of the node.
void LiveFeed::tell(const Notify& change) {
  {
    const std::lock_guard lock(mutex_);
    recent_.push_back(change);
    if (recent_.size() > kept_) {
      recent_.pop_front();
      ++first_;
    }
  }
  if (watcher_count_.load() > 0 && !flush_posted_.exchange(true)) loop_.post([this] { flush(); });
}

std::string LiveFeed::text_of(std::uint64_t number, const Notify& change, bool hide_patient) const {
  JsonWriter data;
  data.begin_object().field("topic", change.topic).field("id", change.id);
  data.optional_field("patient", hide_patient ? std::string_view() : std::string_view(change.patient)).end_object();
  return "id: " + epoch_ + "." + std::to_string(number) + "\nevent: " + change.topic + "\ndata: " + data.view() +
         "\n\n";
}

void LiveFeed::flush() {
  flush_posted_.store(false);
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = first_ + recent_.size();
  std::erase_if(watchers_, [](const Watcher& watcher) { return watcher.stream->closed(); });
  watcher_count_.store(watchers_.size());
  for (Watcher& watcher : watchers_) {
    std::string chunk;
    if (watcher.next < first_) {
      chunk += "event: reset\ndata: {}\n\n";
      watcher.next = first_;
    }
    for (; watcher.next < end; ++watcher.next) {
      const Notify& change = recent_[watcher.next - first_];
      if (watcher.filter.takes(change)) chunk += text_of(watcher.next, change, watcher.filter.hide_patients);
    }
    if (!chunk.empty()) watcher.stream->write(std::move(chunk));
  }
}

void LiveFeed::attach(Responder responder, LiveFilter filter, std::string_view last_event_id) {
  HttpResponse head{200, "text/event-stream; charset=utf-8", "retry: 1000\n\n", {{"Cache-Control", "no-store"}}};
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    Watcher watcher{nullptr, std::move(filter), first_ + recent_.size()};
    if (!last_event_id.empty()) {
      const std::size_t dot = last_event_id.find('.');
      std::uint64_t last = 0;
      const bool ours = dot != std::string_view::npos && last_event_id.substr(0, dot) == epoch_;
      if (ours) std::from_chars(last_event_id.data() + dot + 1, last_event_id.data() + last_event_id.size(), last);
      watcher.next = ours ? std::min(last + 1, watcher.next) : 0;  // 0 is never kept: the client is told to read again.
    }
    watcher.stream = responder.stream(std::move(head));
    watchers_.push_back(std::move(watcher));
    watcher_count_.store(watchers_.size());
  }
  loop_.dispatch([this] { flush(); });
}

// A line that says nothing keeps proxies from closing, and finds clients that are gone.
void LiveFeed::beat() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    for (Watcher& watcher : watchers_) watcher.stream->write(": still here\n\n");
  }
  heartbeat_timer_ = loop_.after(heartbeat_, [this] { beat(); });
}

void LiveFeed::stop() {
  if (subscription_ != 0) node_.unsubscribe(std::exchange(subscription_, 0));
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    for (Watcher& watcher : watchers_) watcher.stream->close();
    watchers_.clear();
    watcher_count_.store(0);
  }
  // Once this has run on the loop nothing of ours is waiting there.
  std::promise<void> done;
  loop_.dispatch([this, &done] {
    loop_.cancel(heartbeat_timer_);
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace baton
