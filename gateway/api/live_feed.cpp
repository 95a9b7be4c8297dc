#include "gateway/api/live_feed.hpp"

#include <charconv>
#include <chrono>
#include <future>
#include <map>
#include <unordered_set>

#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

// Clients are told at once of what comes alone, and this often of what keeps coming.
constexpr std::int64_t kPaceMs = 20;
constexpr std::size_t kMany = 64;

std::string epoch_now() {
  using namespace std::chrono;
  return std::to_string(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

bool LiveFilter::takes(const LiveNews& change) const {
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
    recent_.push_back({change.topic, change.id, change.patient});
    if (recent_.size() > kept_) {
      recent_.pop_front();
      ++first_;
    }
  }
  if (watcher_count_.load() > 0 && !flush_posted_.exchange(true)) loop_.post([this] { flush_in_time(); });
}

void LiveFeed::flush_in_time() {
  const std::int64_t wait = flushed_at_ms_ + kPaceMs - steady_ms();
  if (wait <= 0) return flush();
  loop_.after(Duration{wait}, [this, there = std::weak_ptr(there_)] {
    if (there.lock()) flush();
  });
}

std::string LiveFeed::whom_of(const LiveNews& change) const {
  if (change.topic != "task") return {};
  const auto id = parse_task_id(change.id);
  if (!id) return {};
  const auto task = node_.reader().task(id->first, id->second);
  if (!task || !*task) return {};
  JsonWriter writer;
  writer.begin_object().key("roles").begin_array();
  for (const std::string& role : (*task)->roles) writer.string(role);
  writer.end_array().key("people").begin_array();
  for (const std::string& subject : (*task)->subjects) writer.string(subject);
  if (!(*task)->claimed_by.empty()) writer.string((*task)->claimed_by);
  writer.end_array().end_object();
  const std::string& whole = writer.view();
  return "," + whole.substr(1, whole.size() - 2);
}

std::string LiveFeed::text_of(std::uint64_t number, const LiveNews& change, bool hide_patient,
                              const std::string& whom) const {
  JsonWriter data;
  data.begin_object().field("topic", change.topic).field("id", change.id);
  data.optional_field("patient", hide_patient ? std::string_view() : std::string_view(change.patient));
  return "id: " + epoch_ + "." + std::to_string(number) + "\nevent: " + change.topic + "\ndata: " + data.view() + whom +
         "}\n\n";
}

// What a watcher has not been told. `told_later[i]`: of what recent_[i] names, something newer is there.
std::string LiveFeed::news_for(const Watcher& watcher, std::uint64_t end, const std::vector<bool>& told_later,
                               std::map<std::uint64_t, std::string>& whom) const {
  std::map<std::string_view, std::vector<std::uint64_t>> by_topic;
  for (std::uint64_t number = std::max(watcher.next, first_); number < end; ++number) {
    const LiveNews& change = recent_[number - first_];
    if (!told_later[number - first_] && watcher.filter.takes(change)) by_topic[change.topic].push_back(number);
  }
  std::map<std::uint64_t, std::string> in_order;
  for (const auto& [topic, numbers] : by_topic) {
    if (watcher.filter.gather && numbers.size() > kMany) {
      in_order[numbers.back()] = "id: " + epoch_ + "." + std::to_string(numbers.back()) +
                                 "\nevent: many\ndata: {\"topic\":\"" + std::string(topic) + "\"}\n\n";
      continue;
    }
    for (const std::uint64_t number : numbers) {
      const LiveNews& change = recent_[number - first_];
      if (numbers.size() <= kMany && !whom.contains(number)) whom[number] = whom_of(change);
      in_order[number] = text_of(number, change, watcher.filter.hide_patients, whom[number]);
    }
  }
  std::string news;
  for (const auto& [number, text] : in_order) news += text;
  return news;
}

void LiveFeed::drop_watchers() {
  std::erase_if(watchers_, [](const Watcher& watcher) {
    if (watcher.stream->closed()) return true;
    if (!watcher.filter.allowed || watcher.filter.allowed()) return false;
    watcher.stream->close();
    return true;
  });
  watcher_count_.store(watchers_.size());
}

void LiveFeed::flush() {
  flush_posted_.store(false);
  flushed_at_ms_ = steady_ms();
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const std::uint64_t end = first_ + recent_.size();
  drop_watchers();
  std::uint64_t from = end;
  for (const Watcher& watcher : watchers_) from = std::min(from, std::max(watcher.next, first_));
  std::vector<bool> told_later(recent_.size(), false);
  std::unordered_set<std::string> named;
  for (std::uint64_t number = end; number-- > from;) {
    const LiveNews& change = recent_[number - first_];
    told_later[number - first_] = !named.insert(change.topic + " " + change.id).second;
  }
  std::map<std::uint64_t, std::string> whom;  // Read once for all watchers.
  for (Watcher& watcher : watchers_) {
    std::string chunk;
    if (watcher.next < first_) {
      chunk += "event: reset\ndata: {}\n\n";
      watcher.next = first_;
    }
    chunk += news_for(watcher, end, told_later, whom);
    watcher.next = end;
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
    drop_watchers();
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
    there_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace baton
