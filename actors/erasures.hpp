// Carries erasures out: asked for by one person, decided by another, then done whatever crashes come in between. And renews
// the keys. Thread-safe; all of it runs in one lane, but for the writing of the key store.
//
//   requested   a row, and a record
//   approved    a row; from here on it is carried out, after a crash at the next start:
//                 1. the keys of messages about the person are retired, in the turn of the approval
//                 2. each of the person's records ends in a turn of its own actor, which retires its key; nobody writes under
//                    a retired key any more
//                 3. the retired keys are destroyed: the one moment at which the data goes, all of it at once
//                 4. a row and a record say so
//
// One erasure of a person at a time: an approval is refused where another is on its way, or was done since the request.
// Legal holds are looked for at the approval and again before 3, and none is placed while one of the two is under way
// (Retention::alone): who is under a hold is not erased, in whatever order the two come.
//
// Until 3 nothing is lost: what a crash leaves is either readable, or gone for good with its record owed.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "actors/commit_path.hpp"
#include "actors/lanes.hpp"
#include "actors/node.hpp"
#include "actors/replies.hpp"
#include "actors/router.hpp"
#include "actors/rows_in_flight.hpp"
#include "persistence/erasures.hpp"

namespace baton {

class Retention;

class Erasures {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    Store& store;
    Lanes& lanes;
    Router& router;
    CommitPath& path;
    Replies& replies;
    Retention& retention;
    std::function<std::string()> make_id;
    bool stepped;  // Everything on the caller's thread.
  };
  explicit Erasures(Parts parts) : parts_(std::move(parts)) {}
  ~Erasures() { stop(); }

  // Goes on with what was approved and is not done.
  void recover();
  void take(EraseRequest request, std::uint64_t token);
  void take(RotateKeys request, std::uint64_t token);
  // Waits for what is written to the key store just now; what waits behind it is left for the next start.
  void stop();

 private:
  using Then = std::function<void(Result<JsonText>)>;
  void request(const EraseRequest& asked, const Then& then);
  void decide(const EraseRequest& asked, const Then& then);
  [[nodiscard]] Then decided(const std::string& id, Then then);
  void refuse(const EraseRequest& asked, Erasure erasure, const Then& then);
  void approve(const EraseRequest& asked, Erasure erasure, const Then& then);
  // While no hold and no other approval is under way, until `done` is called.
  using Done = std::function<void()>;
  void approve_alone(const EraseRequest& asked, Erasure erasure, const Then& then, const Done& done);
  // The same from wherever it stands.
  void carry_out(const Erasure& erasure, const Then& then);
  // One that is being carried out.
  struct Work {
    Erasure erasure;
    std::vector<std::string> people;      // Ids, as far as they can still be known.
    std::vector<std::string> yet_to_end;  // Of them, the last first.
    std::vector<RetiredKey> retired;
    Then then;
  };
  using WorkPtr = std::shared_ptr<Work>;
  void end_records(const WorkPtr& work);
  void destroy(const WorkPtr& work);
  // While no hold is under way, until the erasure's answer is given.
  void destroy_alone(const WorkPtr& work);
  void finish(const WorkPtr& work);

  void commit(const Erasure& erasure, std::string_view action, const Principal& by, std::vector<Change> changes,
              std::function<void()> then);
  [[nodiscard]] Status may_be_erased(const Erasure& erasure, ErasureScope& scope) const;
  [[nodiscard]] Status may_be_approved(const Erasure& erasure, ErasureScope& scope) const;
  [[nodiscard]] Status nobody_is_held(const Work& work) const;
  [[nodiscard]] Status is_the_only_one(const Erasure& erasure, const ErasureScope& scope) const;
  // Runs what writes the key store beside everything else, one after the other; not once stop() was called.
  void write_keys(std::function<void()> work);
  void write_what_waits();
  void in_lane(std::function<void()> work);

  Parts parts_;
  RowsInFlight rows_;                          // Of the lane: one decision on an erasure at a time.
  std::mutex mutex_;                           // Of what follows, but for joining at the end.
  std::deque<std::function<void()>> waiting_;  // For the key store.
  bool writing_ = false;
  bool stopped_ = false;
  std::thread writer_;  // Ends when nothing waits.
};

}  // namespace baton
