// Breaking the glass: somebody without the right to a person's data opens it all the same, with a reason and for a while.
// The record of it waits for a review; every read behind the glass names it. Opened glass is kept in memory alone: a server
// that starts again has all of it closed. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/instant.hpp"

namespace baton {

// HL7 v3 ActReason: the purpose of use of everything that is done behind broken glass.
inline constexpr std::string_view kBreakGlassPurpose = "BTG";

struct OpenGlass {
  std::string id;  // "glass/<16 hex digits>": the object of its record, and the parent of the reads.
  std::string subject;
  std::string patient;
  Instant until;
};

class BreakGlass {
 public:
  // Once its record is durable. The same person and patient again is another glass.
  void open(OpenGlass glass, Instant now);
  // What this person has open for this patient; nothing when it was never opened, or has closed.
  [[nodiscard]] std::optional<OpenGlass> find(const std::string& subject, const std::string& patient,
                                              Instant now) const;
  // Nobody has anything open; says so without a lock, for every request asks.
  [[nodiscard]] bool none() const { return count_.load(std::memory_order_relaxed) == 0; }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, OpenGlass> open_;  // By subject and patient.
  std::atomic<std::size_t> count_{0};
};

}  // namespace baton
