#include "gateway/auth/attempts.hpp"

#include <algorithm>
#include <array>

namespace baton {
namespace {

constexpr std::size_t kMost = 100'000;
constexpr Duration kForgotten{15 * 60 * 1000};
constexpr Duration kLongest{5 * 60 * 1000};
// Failures that cost nothing. A name has many, so that a stranger cannot keep its owner out with a few requests from
// elsewhere; an address in between, since a ward has one.
constexpr int kFreeOfPair = 4;
constexpr int kFreeOfAddress = 20;
constexpr int kFreeOfName = 50;

struct Key {
  std::string text;
  int free;
};
std::array<Key, 3> keys_of(const std::string& user, const std::string& address) {
  return {Key{"both " + address + " " + user, kFreeOfPair}, Key{"address " + address, kFreeOfAddress},
          Key{"name " + user, kFreeOfName}};
}

}  // namespace

Duration Attempts::wait_for(const std::string& user, const std::string& address, Instant now) const {
  const std::lock_guard lock(mutex_);
  Duration longest{0};
  for (const Key& key : keys_of(user, address)) {
    const auto found = counts_.find(key.text);
    if (found != counts_.end()) longest = std::max(longest, found->second.open_at - now);
  }
  return longest;
}

void Attempts::failed(const std::string& user, const std::string& address, Instant now) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() > kMost) {
    std::erase_if(counts_, [now](const auto& row) { return row.second.last + kForgotten < now; });
    if (counts_.size() > kMost) counts_.clear();
  }
  for (const Key& key : keys_of(user, address)) count(key.text, key.free, now);
}

void Attempts::count(const std::string& key, int free, Instant now) {
  Count& row = counts_[key];
  if (row.last + kForgotten < now) row = {};
  row.last = now;
  if (++row.failures <= free) return;
  const int doublings = std::min(row.failures - free - 1, 9);
  row.open_at = now + Duration{std::min<std::int64_t>(1000LL << doublings, kLongest.ms)};
}

void Attempts::succeeded(const std::string& user, const std::string& address) {
  const std::lock_guard lock(mutex_);
  for (const Key& key : keys_of(user, address)) {
    const auto found = counts_.find(key.text);
    if (found == counts_.end()) continue;
    if (key.free == kFreeOfPair || --found->second.failures == 0) {
      counts_.erase(found);
    } else if (found->second.failures <= key.free) {
      found->second.open_at = {};
    }
  }
}

std::string address_of(const std::string& client) { return client.substr(0, client.rfind(':')); }

}  // namespace baton
