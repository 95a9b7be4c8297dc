// Finds what a batch is done to: walks the store's indexes at one snapshot, in slices, so that others go on beside it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/batch_row.hpp"
#include "actors/lanes.hpp"
#include "persistence/store_reader.hpp"

namespace baton {

struct BatchQuery {
  bool everything = false;  // {"all": true}: said on purpose, since an empty query is mostly a slip.
  std::string workflow, bundle, unit, patient, business_key;
  std::vector<std::pair<std::string, JsonText>> attributes;
  std::optional<bool> with_incident, paused;
  std::optional<Instant> started_after, started_before;
  std::vector<std::string> ids;  // Of instances.
  std::string code;              // Incidents: of the cause.
  std::string name;              // Tasks.
  std::string role, subject;     // Tasks: offered to the role, or offered to or held by the person.
  bool overdue = false;          // Tasks.
  std::string paused_by;         // Not asked by callers: instances that this batch or standing pause holds back.
  JsonText json;                 // As it came.
};

// Of a workflow, or of any where none is named.
using IsTimeAttribute = std::function<bool(const std::string& workflow, const std::string& attribute)>;
// A time is taken in RFC 3339 as well. Errors: bad_field, also for a query that says nothing, for what is there and empty, and
// for what an action of this kind does not go by.
[[nodiscard]] Result<BatchQuery> read_batch_query(const boost::json::value* value, BatchKind kind,
                                                  const IsTimeAttribute& is_time);
// The query's conditions on the instance itself.
[[nodiscard]] bool matches(const BatchQuery& query, const InstanceRecord& record);

// What was found, in the order of the walk.
struct BatchMatches {
  std::vector<BatchItem> items;
  std::map<std::string, std::uint64_t> by_workflow;
  std::vector<JsonText> sample;  // The first of them, as the API shows such things.
};

class BatchSearch {
 public:
  using Done = std::function<void(Result<BatchMatches>)>;

  // Borrows both.
  BatchSearch(const StoreReader& reader, Lanes& lanes) : reader_(reader), lanes_(lanes) {}

  // `done` runs once, in a lane; dropped when the node stops. Errors: the reader's, too_many_matches.
  void run(BatchKind kind, BatchQuery query, Instant now, Done done);

 private:
  struct Pass;
  void slice(const std::shared_ptr<Pass>& pass);

  const StoreReader& reader_;
  Lanes& lanes_;
};

}  // namespace baton
