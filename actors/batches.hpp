// Runs batches: one action on many cases, incidents or tasks, at a rate, with progress, until it is done or stopped.
// Thread-safe; all of it runs in one lane.
//
// Goes on exactly where it was: what a batch acts on is fixed in rows when it begins; each step leaves a mark in the turn
// that it changes, and the batch's position is committed part by part. After a crash the marks of the part that was under
// way say which of its steps are done, and only the others are taken.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/batch_query.hpp"
#include "actors/commit_path.hpp"
#include "actors/lanes.hpp"
#include "actors/node.hpp"
#include "actors/replies.hpp"
#include "actors/rows_in_flight.hpp"
#include "actors/timer_service.hpp"

namespace baton {

class Batches {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    Lanes& lanes;
    CommitPath& path;
    Replies& replies;
    TimerService& timers;
    // Sends a message to an instance as a request from outside would.
    std::function<void(InstanceRequest, Answer)> send;
    // Whether a search attribute of a workflow, or of any where none is named, is a time.
    std::function<bool(const std::string& workflow, const std::string& attribute)> is_time;
    std::uint64_t salt = 0;  // Of the tokens of previews.
  };
  explicit Batches(Parts parts);
  ~Batches();

  // Goes on with what was under way; forgets what had not begun.
  void recover();
  void take(BatchRequest request, std::uint64_t token);
  // A batch on behalf of a standing pause: finds, writes down and begins. `begun` gets its id, or why not. Where there is
  // nothing to do no batch is written, and it is done at once.
  void begin_for(BatchRow row, BatchQuery query, std::function<void(Result<std::string>)> begun);
  // Runs in the lane when a batch is done, or was stopped.
  void on_over(std::function<void(const BatchRow&)> over) { over_ = std::move(over); }
  // Of one that runs, beyond what its row says.
  [[nodiscard]] std::optional<BatchProgress> progress(const std::string& id) const;

 private:
  struct Preview;
  struct Running;
  using Then = std::function<void()>;

  // batch_requests.cpp: what people ask.
  void preview(const BatchRequest& request, std::uint64_t token);
  void begin(const BatchRequest& request, std::uint64_t token);
  void stop(const BatchRequest& request, std::uint64_t token);
  void go_on(const BatchRequest& request, std::uint64_t token);
  void undo(const BatchRequest& request, std::uint64_t token);
  [[nodiscard]] Result<std::vector<BatchItem>> undo_items(const BatchRow& row) const;
  using Begun = std::function<void(const BatchRow&)>;
  void keep_items(BatchRow row, std::shared_ptr<const std::vector<BatchItem>> items, std::size_t chunk,
                  std::optional<BatchRow> undone, std::uint64_t token, Begun begun);
  void drop_previews();
  [[nodiscard]] std::string new_id();

  // batches.cpp: the work.
  [[nodiscard]] Result<BatchRow> read(const std::string& id) const;
  void run(const std::string& id);
  [[nodiscard]] Status load_chunk(Running& running);
  void pump(const std::string& id);
  [[nodiscard]] bool must_wait(Running& running, const std::string& id);
  void send_step(Running& running, std::size_t index);
  void answered(const std::string& id, std::size_t index, Result<JsonText> answer);
  void finish_part(Running& running);
  void commit(std::vector<Change> changes, const BatchRow& row, std::string_view action, const Principal& by,
              const std::string& reason, Then then);
  void tell_progress(const Running& running);

  Parts parts_;
  BatchSearch search_;
  // The lane's own.
  std::map<std::string, Preview> previews_;
  std::map<std::string, Running> running_;
  RowsInFlight rows_;  // That are resumed or taken back; running ones are in running_.
  std::uint64_t tokens_ = 0;
  std::set<std::string> ids_;  // Given out since the start.
  std::function<void(const BatchRow&)> over_;
  // What others may ask.
  mutable std::mutex mutex_;
  std::map<std::string, BatchProgress> progress_;
};

}  // namespace baton
