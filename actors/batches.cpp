#include "actors/batches.hpp"

#include <algorithm>
#include <utility>

#include "actors/batch_state.hpp"
#include "actors/log.hpp"
#include "runtime/model/operator_actions.hpp"

namespace baton {
namespace {

constexpr std::size_t kWindow = 64;   // Steps under way at a time.
constexpr Duration kTryAgain{1'000};  // After an overload.

std::uint64_t chunk_of(std::uint64_t position) { return position / kBatchChunk; }

}  // namespace

Batches::Batches(Parts parts) : parts_(std::move(parts)), search_(parts_.reader, parts_.lanes) {}
Batches::~Batches() = default;

void Batches::recover() {
  parts_.lanes.post(kBatchLane, [this] {
    const auto rows = parts_.reader.named_all("batches");
    if (!rows.ok()) return log::error("batches could not be read: {}", to_string(rows.error()));
    for (const auto& [id, text] : *rows) {
      const auto row = read_batch_row(text);
      if (!row.ok()) {
        log::error("batch {} could not be read: {}", id, to_string(row.error()));
        continue;
      }
      if (row->state == "running") run(id);
      if (row->state != "preparing") continue;
      // Nobody was told that it begins, so it does not.
      std::vector<Change> changes{PutNamed{"batches", id, std::nullopt}};
      if (const auto items = parts_.reader.named_all("batch_items", id + "/"); items.ok()) {
        for (const auto& [key, value] : *items) changes.push_back(PutNamed{"batch_items", key, std::nullopt});
      }
      commit(std::move(changes), *row, action::kBatchAbandoned, {}, "the server stopped before it was begun", {});
    }
  });
}

Result<BatchRow> Batches::read(const std::string& id) const {
  const auto text = parts_.reader.named("batches", id);
  if (!text.ok()) return text.error();
  if (!*text) return Error{ErrorCode::not_found, "there is no batch '" + id + "'", "see GET /v1/batches"};
  return read_batch_row(**text);
}

void Batches::run(const std::string& id) {
  if (running_.contains(id)) return;
  auto row = read(id);
  if (!row.ok()) return log::error("batch {} could not be read: {}", id, to_string(row.error()));
  Running& running = running_[id];
  running.row = *std::move(row);
  running.paced_since = parts_.clock.now();
  tell_progress(running);
  pump(id);
}

// The items of the chunk at the row's position. Steps that have left their mark are done.
Status Batches::load_chunk(Running& running) {
  const BatchRow& row = running.row;
  running.chunk = chunk_of(row.position);
  const auto text = parts_.reader.named("batch_items", batch_key(row.id, running.chunk));
  if (!text.ok()) return text.error();
  if (!*text)
    return Error{ErrorCode::store_corrupt, "the items of batch " + row.id + " are gone",
                 "restore the store from a backup"};
  auto items = read_batch_items(**text);
  if (!items.ok()) return items.error();
  running.items = *std::move(items);
  running.steps.assign(running.items.size(), Running::Step::waiting);
  running.errors.clear();
  running.from = running.next = static_cast<std::size_t>(row.position % kBatchChunk);
  running.loaded = true;
  const auto marks = parts_.reader.named_all("batch_marks", row.id + "/");
  if (!marks.ok()) return marks.error();
  for (const auto& [key, value] : *marks) {
    for (std::size_t i = running.from; i < running.items.size(); ++i) {
      if (key == batch_key(row.id, running.chunk * kBatchChunk + i)) running.steps[i] = Running::Step::taken;
    }
  }
  return success();
}

void Batches::pump(const std::string& id) {
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.committing) return;
  Running& running = found->second;
  if (running.row.position >= running.row.count && running.in_flight == 0) {
    running_.erase(found);
    return;
  }
  if (!running.loaded) {
    if (const Status loaded = load_chunk(running); !loaded.ok()) {
      log::error("batch {} cannot go on: {}", id, to_string(loaded.error()));
      return;
    }
  }
  while (!running.stopping && running.in_flight < kWindow && running.next < running.items.size()) {
    if (running.steps[running.next] != Running::Step::waiting) {
      ++running.next;
      continue;
    }
    if (must_wait(running, id)) break;
    send_step(running, running.next++);
  }
  const bool all = running.next >= running.items.size();
  if (running.in_flight == 0 && (all || running.stopping)) finish_part(running);
}

// True when the rate allows no step now; then somebody looks again when it does.
bool Batches::must_wait(Running& running, const std::string& id) {
  if (running.row.rate == 0) return false;
  const Instant due =
      running.paced_since + Duration{static_cast<std::int64_t>(running.paced * 1000 / running.row.rate)};
  if (due <= parts_.clock.now()) {
    ++running.paced;
    return false;
  }
  if (!running.waits_for_time) {
    running.waits_for_time = true;
    parts_.timers.call_at(due, [this, id] {
      parts_.lanes.post(kBatchLane, [this, id] {
        if (const auto found = running_.find(id); found != running_.end()) found->second.waits_for_time = false;
        pump(id);
      });
    });
  }
  return true;
}

void Batches::send_step(Running& running, std::size_t index) {
  const std::uint64_t position = running.chunk * kBatchChunk + index;
  auto step = step_of(running.row, running.items[index], position);
  running.steps[index] = Running::Step::sent;
  ++running.in_flight;
  const std::string id = running.row.id;
  const auto then = [this, id, index](Result<JsonText> answer) {
    parts_.lanes.post(kBatchLane, [this, id, index, answer = std::move(answer)] { answered(id, index, answer); });
  };
  if (!step) return then(Error{ErrorCode::bad_field, "this is no id", "give ids as lists show them"});
  parts_.send({std::move(step->instance), std::move(step->message)}, then);
}

void Batches::answered(const std::string& id, std::size_t index, Result<JsonText> answer) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  Running& running = found->second;
  --running.in_flight;
  const bool busy =
      !answer.ok() && (answer.error().code == ErrorCode::overloaded || answer.error().code == ErrorCode::stopping);
  if (busy) {
    running.steps[index] = Running::Step::waiting;
    running.next = std::min(running.next, index);
    if (answer.error().code == ErrorCode::stopping) return;
    parts_.timers.call_at(parts_.clock.now() + kTryAgain,
                          [this, id] { parts_.lanes.post(kBatchLane, [this, id] { pump(id); }); });
    return;
  }
  running.steps[index] = answer.ok() ? Running::Step::taken : Running::Step::refused;
  if (!answer.ok()) running.errors.insert_or_assign(index, answer.error());
  tell_progress(running);
  pump(id);
}

// All steps from `from` to `next` are answered: counts them by their marks, and commits how far the batch is.
void Batches::finish_part(Running& running) {
  BatchRow& row = running.row;
  const std::string id = row.id;
  const auto marks = parts_.reader.named_all("batch_marks", id + "/");
  const std::string results_key = batch_key(id, running.chunk);
  const auto before = parts_.reader.named("batch_results", results_key);
  if (!marks.ok() || !before.ok()) return log::error("batch {} cannot read its marks", id);
  std::map<std::string, std::string> marked(marks->begin(), marks->end());
  std::vector<Change> changes;
  std::string results = *before ? **before : std::string();
  const auto note = [&](const JsonText& result) {
    results = results.empty() ? "[" + result + "]" : results.substr(0, results.size() - 1) + "," + result + "]";
  };
  for (std::size_t i = running.from; i < running.next; ++i) {
    const std::uint64_t position = running.chunk * kBatchChunk + i;
    const auto mark = marked.find(batch_key(id, position));
    JsonWriter writer;
    writer.begin_object().field("position", static_cast<std::int64_t>(position)).field("id", running.items[i].id);
    if (mark != marked.end()) {
      ++row.done;
      if (mark->second != "{}")
        note(std::move(writer.field("state", "done").json_field("before", mark->second).end_object()).take());
      changes.push_back(PutNamed{"batch_marks", mark->first, std::nullopt});
    } else if (const auto error = running.errors.find(i); error != running.errors.end()) {
      ++row.refused;
      writer.field("state", "refused").field("code", code_of(error->second.code)).field("detail", error->second.detail);
      note(std::move(writer.end_object()).take());
    } else {
      ++row.unchanged;
      note(std::move(writer.field("state", "unchanged").end_object()).take());
    }
  }
  if (!results.empty()) changes.push_back(PutNamed{"batch_results", results_key, results});
  row.position = running.chunk * kBatchChunk + running.next;
  running.loaded = false;
  running.committing = true;
  const bool done = row.position >= row.count;
  if (done) row.finished_at = parts_.clock.now();
  row.state = done ? "done" : running.stopping ? "stopped" : "running";
  const std::string_view action = done               ? action::kBatchFinished
                                  : running.stopping ? action::kBatchStopped
                                                     : action::kBatchAdvanced;
  for (const std::uint64_t token : running.stop_tokens) {
    for (Change& each : parts_.replies.rows_with(token, to_json(row))) changes.push_back(std::move(each));
  }
  changes.push_back(PutNamed{"batches", id, to_json(row)});
  const bool stopped = !done && running.stopping;
  commit(std::move(changes), row, action, stopped ? running.stopped_by : Principal{},
         stopped ? running.stop_reason : "", [this, id] {
           const auto found = running_.find(id);
           if (found == running_.end()) return;
           found->second.committing = false;
           if (found->second.row.state == "running") return pump(id);
           const Running ended = std::move(found->second);
           running_.erase(found);
           {
             const std::lock_guard lock(mutex_);
             progress_.erase(id);
           }
           if (over_) over_(ended.row);
           for (const std::uint64_t token : ended.stop_tokens) parts_.replies.give(token, to_json(ended.row));
         });
}

void Batches::commit(std::vector<Change> changes, const BatchRow& row, std::string_view action, const Principal& by,
                     const std::string& reason, Then then) {
  AuditRecord record;
  record.action = action;
  record.at = parts_.clock.now();
  record.by = by;
  record.object = row.id;
  record.outcome = row.action.name;
  record.reason = reason;
  JsonWriter after;
  after.begin_object().field("count", static_cast<std::int64_t>(row.count));
  after.field("done", static_cast<std::int64_t>(row.done)).field("hash", row.hash);
  after.field("position", static_cast<std::int64_t>(row.position)).json_field("query", row.query);
  after.field("refused", static_cast<std::int64_t>(row.refused));
  after.field("unchanged", static_cast<std::int64_t>(row.unchanged)).end_object();
  record.after = std::move(after).take();
  parts_.path.commit(Turn(std::move(changes), {std::move(record)}, {Notify{"batch", row.id, {}}}, {}), {},
                     [this, then = std::move(then)] {
                       if (then) parts_.lanes.post(kBatchLane, then);
                     });
}

void Batches::tell_progress(const Running& running) {
  BatchProgress progress;
  for (std::size_t i = running.from; i < running.steps.size(); ++i) {
    if (running.steps[i] == Running::Step::taken) ++progress.taken;
    if (running.steps[i] == Running::Step::refused) ++progress.refused;
  }
  progress.in_flight = running.in_flight;
  const std::lock_guard lock(mutex_);
  progress_[running.row.id] = progress;
}

std::optional<BatchProgress> Batches::progress(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = progress_.find(id);
  return found == progress_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace baton
