// The words that sentences for people are made of. English. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/model/principal.hpp"

namespace baton::words {

// "3 days", "2 hours", "1 minute", "less than a minute": the largest unit, rounded down; never negative.
[[nodiscard]] std::string length(Duration duration);
// "in 3 days" or "3 days ago".
[[nodiscard]] std::string when(Instant at, Instant now);
// "2026-03-02 14:05 UTC"
[[nodiscard]] std::string time(Instant at);
// "medication_review" as people read it: "medication review".
[[nodiscard]] std::string plain(std::string_view name);
// "a", "a or b", "a, b or c"; with `last` = "and" likewise.
[[nodiscard]] std::string list(const std::vector<std::string>& items, std::string_view last = "or");
// "ada (pharmacist)", "the workflow referral-1", "Baton".
[[nodiscard]] std::string who(const Principal& by);
// "1 attempt", "3 attempts".
[[nodiscard]] std::string count(std::uint64_t number, std::string_view noun);

}  // namespace baton::words
