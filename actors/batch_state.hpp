// What the lane of batches remembers; for the files of Batches only.
#pragma once

#include "actors/batches.hpp"

namespace baton {

constexpr std::string_view kBatchLane = "batches";
constexpr std::size_t kBatchChunk = 200;  // Items of a row.

struct Batches::Preview {
  BatchAction action;
  JsonText query;
  std::string subject;  // Who asked, and may begin it.
  Instant expires_at;
  std::shared_ptr<const std::vector<BatchItem>> items;
  std::string hash;
};

struct Batches::Running {
  // What became of a step, as far as it is known.
  enum class Step : std::uint8_t { waiting, sent, taken, refused };

  BatchRow row;
  std::uint64_t chunk = 0;       // Number of the chunk that is under way.
  std::vector<BatchItem> items;  // Of the chunk.
  std::vector<Step> steps;       // Likewise.
  std::map<std::size_t, Error> errors;
  std::size_t from = 0;  // In the chunk: items before it are committed.
  std::size_t next = 0;  // The first that may not have been sent.
  std::size_t in_flight = 0;
  bool loaded = false;
  bool committing = false;
  bool stopping = false;
  Instant paced_since;      // The rate counts from here.
  std::uint64_t paced = 0;  // Sent since then.
  bool waits_for_time = false;
  std::vector<std::uint64_t> stop_tokens;
  Principal stopped_by;
  std::string stop_reason;
};

}  // namespace baton
