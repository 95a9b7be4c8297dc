#include "tests/simulation/feed.hpp"

#include <algorithm>

namespace baton::simulation {
namespace {

std::string hl7_time(Instant at) {
  std::string digits;
  for (const char c : format_instant(at)) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  return digits.substr(0, 14) + "+0000";
}

}  // namespace

Plan plan_of_day(std::mt19937_64& random, Instant begin, int stays) {
  constexpr std::size_t kFeeds = 3;
  Plan plan;
  plan.feeds.resize(kFeeds);
  int number = 0;
  const auto add = [&](std::size_t feed, const std::string& trigger, const std::string& patient,
                       const std::string& encounter, Instant at, const std::string& ended = {}) {
    const std::string id = "M" + std::to_string(++number);
    const std::string source = "ADT" + std::to_string(feed);
    std::string raw = "MSH|^~\\&|" + source + "|HOSP|BATON|HOSP|" + hl7_time(at) + "||ADT^" + trigger + "|" + id +
                      "|P|2.5.1\rPID|1||" + patient + "^^^HOSP^MR\r";
    if (!ended.empty()) raw += "MRG|" + ended + "^^^HOSP^MR\r";
    if (!encounter.empty()) raw += "PV1|1|I" + std::string(17, '|') + encounter + "\r";
    plan.feeds[feed].push_back({id, std::move(raw), at});
  };
  for (int i = 0; i < stays; ++i) {
    const std::size_t feed = random() % kFeeds;
    const std::string name = "P" + std::to_string(i);
    const std::string encounter = "E" + std::to_string(i);
    const Instant in = begin + Duration{static_cast<std::int64_t>(random() % (14 * kHour.ms))};
    const Instant out = in + kMinute + Duration{static_cast<std::int64_t>(random() % (9 * kHour.ms))};
    const auto between = [&] { return in + Duration{static_cast<std::int64_t>(random() % (out - in).ms)}; };
    plan.encounters.push_back(encounter);
    const bool twice = random() % 4 == 0;  // Registered twice; the records are merged during the stay.
    const Instant merged = twice ? between() : out;
    add(feed, "A01", name, encounter, in);
    if (random() % 3 == 0) add(feed, "A08", name, encounter, std::min(between(), merged));
    if (twice) add(feed, "A40", name + "-new", "", merged, name);
    // Some systems still use the old number afterwards.
    add(feed, "A03", twice && random() % 2 == 0 ? name + "-new" : name, encounter, out);
  }
  for (auto& feed : plan.feeds) {
    std::stable_sort(feed.begin(), feed.end(), [](const Message& a, const Message& b) { return a.at < b.at; });
    // Interface engines mix up what is close in time, but not the messages about one person that follow each other.
    for (std::size_t i = 1; i < feed.size(); ++i) {
      const bool merges =
          feed[i].raw.find("MRG|") != std::string::npos || feed[i - 1].raw.find("MRG|") != std::string::npos;
      if (!merges && random() % 5 == 0) std::swap(feed[i - 1], feed[i]);
    }
  }
  return plan;
}

}  // namespace baton::simulation
