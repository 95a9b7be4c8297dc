// A batch as its rows hold it: one action on many cases, incidents or tasks, which survives a crash. docs/formats/batches.md
// has the grammar of all four spaces. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/engine/message.hpp"

namespace baton {

// What a batch is done to.
enum class BatchKind { instances, incidents, tasks };

struct BatchAction {
  std::string name;    // "cancel" "pause" "resume" "signal" "migrate", "retry" "skip", "reassign".
  std::string timers;  // pause: see verbs/pause.cpp.
  std::string signal;  // signal: its name.
  JsonText value;      // signal: its payload; skip: what goes on instead.
  std::string bundle;  // migrate: to which.
  std::string to;      // reassign: to whom; empty: nobody has it any more.

  [[nodiscard]] BatchKind kind() const;
  // Whether another batch can take it back.
  [[nodiscard]] bool can_be_undone() const { return name == "pause" || name == "resume" || name == "reassign"; }
};

// An instance's id, "<instance>/<number>" of an incident, or a task's id.
struct BatchItem {
  std::string id;
  std::string to;      // Where undoing needs it: to whom the task goes back.
  std::string timers;  // Likewise: how the timers were held.
};

struct BatchRow {
  std::string id;
  BatchAction action;
  JsonText query;
  std::string reason;
  Principal by;
  Instant created_at;
  std::optional<Instant> finished_at;
  std::string state;           // "preparing" "running" "stopped" "done"
  std::uint64_t count = 0;     // Of items, fixed by the preview.
  std::uint64_t position = 0;  // Items before it are dealt with.
  std::uint64_t done = 0;
  std::uint64_t unchanged = 0;  // They were already as asked.
  std::uint64_t refused = 0;
  std::uint32_t rate = 0;  // Items a second; 0: as fast as goes.
  std::string hash;        // SHA-256 of the items, each on a line.
  std::string undo_of;
  std::string undone_by;
  std::string pause;  // The standing pause that it serves.

  // What instances that it pauses are paused by, and those that it resumes must be.
  [[nodiscard]] std::string cause() const;
};

// {"action","with"?,...}: what a caller sends of the action; `fields` are then all known. Errors: bad_field.
[[nodiscard]] Result<BatchAction> read_batch_action(const boost::json::object& body);

[[nodiscard]] JsonText to_json(const BatchRow& row);
// Error: store_corrupt.
[[nodiscard]] Result<BatchRow> read_batch_row(std::string_view text);
[[nodiscard]] JsonText to_json(const std::vector<BatchItem>& items);
[[nodiscard]] Result<std::vector<BatchItem>> read_batch_items(std::string_view text);

// The step of the batch for its item at `position`: to which instance, and what. Nothing where the item is no id.
struct BatchStep {
  std::string instance;
  ActInBatch message;
};
[[nodiscard]] std::optional<BatchStep> step_of(const BatchRow& row, const BatchItem& item, std::uint64_t position);

// "<batch>/0000000042": the key of a mark, and, by number of the chunk, of items and results.
[[nodiscard]] std::string batch_key(const std::string& batch, std::uint64_t number);

}  // namespace baton
