// /v1/queues and /v1/tasks/reassign: how much waits for whom, and many tasks handed to others at once.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/work/assigner.hpp"
#include "gateway/work/standing.hpp"
#include "persistence/tallies.hpp"

namespace baton {
namespace {

constexpr std::size_t kCounted = 1'000;  // Of each role and unit; beyond it nobody needs the number.
constexpr std::size_t kSample = 20;

// ---- queues ------------------------------------------------------------------------------------------------------------

Result<JsonText> queues(const StoreReader& reader, const Roster& roster, const Standing& standing, Instant now) {
  const auto tallies = tallies_of(reader, Tally::open_by_role);
  if (!tallies.ok()) return tallies.error();
  std::set<std::string> units;
  for (const std::string& unit : standing.every_unit ? roster.units() : standing.units) units.insert(unit);
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  // Of a role over all units it is known how many are open; everything else is counted.
  const auto write = [&](const std::string& role, const std::string& unit, std::optional<std::int64_t> open) -> Status {
    TaskFilter filter;
    filter.roles = {role};
    if (!unit.empty()) filter.seen_units = std::vector<std::string>{unit};
    if (!open) {
      const auto counted = count_open_tasks(reader, filter, kCounted);
      if (!counted.ok()) return counted.error();
      open = static_cast<std::int64_t>(*counted);
    }
    filter.overdue_at = now;
    const auto late = count_open_tasks(reader, filter, kCounted);
    if (!late.ok()) return late.error();
    writer.begin_object().field("role", role).optional_field("unit", unit);
    writer.field("open", *open).field("late", static_cast<std::int64_t>(*late));
    writer.key("on_duty").begin_array();
    for (const Shift& shift : roster.on_duty(unit, role, now)) writer.string(shift.person);
    writer.end_array().end_object();
    return success();
  };
  for (const auto& [key, count] : *tallies) {
    if (standing.every_unit) {
      if (Status done = write(key.a, "", count); !done) return done.error();
    }
    for (const std::string& unit : units) {
      if (Status done = write(key.a, unit, std::nullopt); !done) return done.error();
    }
  }
  writer.end_array().field("counted_to", static_cast<std::int64_t>(kCounted)).end_object();
  return std::move(writer).take();
}

void list_queues(ApiContext& context, RoutedRequest request, Responder responder) {
  read_and_send(context, std::move(responder),
                [&context, standing = standing_of(context, request), now = context.node.now()](
                    const StoreReader& reader) { return queues(reader, context.roster, standing, now); });
}

// ---- many at once --------------------------------------------------------------------------------------------------------

struct Bulk {
  TaskFilter filter;
  std::string to;  // A person, or empty: the least busy on shift for each.
  std::string reason;
  bool preview = false;
  std::optional<std::int64_t> expect;  // How many the caller has seen in the preview.
  Principal by;
};

Result<Bulk> read_bulk(const RoutedRequest& request) {
  auto body = read_object(request.http);
  if (!body) return body.error();
  JsonFields fields(*body, "", ErrorCode::bad_field);
  Bulk bulk;
  bulk.to = fields.text("to").value_or("");
  bulk.reason = reason_of(fields);
  bulk.preview = fields.boolean("preview").value_or(false);
  bulk.expect = fields.integer("expect", 0, INT64_MAX);
  bulk.by = principal_of(request.http);
  const boost::json::value* const filter = fields.value("filter");
  if (filter == nullptr || !filter->is_object() || filter->get_object().empty()) {
    fields.refuse("filter", "is missing or empty", "say which tasks: role, unit, subject, workflow or instance");
  } else {
    JsonFields inner(filter->get_object(), "filter", ErrorCode::bad_field);
    // Taken as not given, an empty text would hand over more than was meant.
    const auto said = [&inner](std::string_view name) {
      const auto text = inner.text(name);
      if (text && text->empty()) inner.refuse(name, "is empty", "say which, or leave it out");
      return text;
    };
    if (const auto role = said("role")) bulk.filter.roles = {*role};
    if (const auto unit = said("unit")) bulk.filter.units = {*unit};
    bulk.filter.subject = said("subject").value_or("");
    bulk.filter.workflow = said("workflow").value_or("");
    bulk.filter.instance = said("instance").value_or("");
    if (Status status = inner.finish(); !status) fields.refuse(status.error());
  }
  if (!bulk.preview && bulk.reason.empty())
    fields.refuse("reason", "is missing", "say why: it stands in every task's history");
  if (Status status = fields.finish(); !status) return status.error();
  return bulk;
}

Result<std::vector<TaskRecord>> matching(const StoreReader& reader, const Bulk& bulk) {
  std::vector<TaskRecord> tasks;
  std::string cursor;
  do {
    auto page = reader.list_tasks(bulk.filter, cursor, 1000);
    if (!page.ok()) return page.error();
    for (TaskRecord& task : page->items) {
      if (!task.open_for_decision() || (!bulk.to.empty() && task.claimed_by == bulk.to)) continue;
      tasks.push_back(std::move(task));
    }
    cursor = page->cursor;
  } while (!cursor.empty() && tasks.size() <= limits::kBulkTasks);
  if (tasks.size() > limits::kBulkTasks) {
    return Error{ErrorCode::too_large, "more than " + std::to_string(limits::kBulkTasks) + " tasks match",
                 "narrow the filter"};
  }
  return tasks;
}

// The tasks of one request on their way, some at a time; answers when all have been answered.
class Handover : public std::enable_shared_from_this<Handover> {
 public:
  Handover(ApiContext& context, Bulk bulk, std::vector<TaskRecord> tasks, std::shared_ptr<Responder> responder)
      : context_(context), bulk_(std::move(bulk)), tasks_(std::move(tasks)), responder_(std::move(responder)) {}

  void begin() {
    if (tasks_.empty()) return finish();
    step();
  }

 private:
  void step() {
    const std::size_t number = next_++;
    if (number >= tasks_.size()) return finish();
    const TaskRecord& task = tasks_[number];
    std::string to = bulk_.to;
    if (to.empty()) {
      const auto chosen = choose_person(context_.node.reader(), context_.roster, task, context_.node.now());
      if (!chosen.ok() || !*chosen) {
        failed_.emplace_back(
            task_id_of(task.instance, task.seq),
            Error{ErrorCode::not_found, "nobody who may take it is on shift", "name the person, or enter a shift"});
        return again();
      }
      to = **chosen;
    }
    ActOnTask message;
    message.seq = task.seq;
    message.action = "reassign";
    message.to = std::move(to);
    message.reason = bulk_.reason;
    message.by = bulk_.by;
    message.every_unit = message.assigns = true;
    context_.node.submit(
        InstanceRequest{task.instance, std::move(message)},
        [self = shared_from_this(), id = task_id_of(task.instance, task.seq)](const Result<JsonText>& answer) {
          if (answer.ok()) ++self->moved_;
          if (!answer.ok()) self->failed_.emplace_back(id, answer.error());
          self->again();
        });
  }

  // Never from inside an answer: a chain of thousands would be a stack of thousands.
  void again() {
    context_.loop.post([self = shared_from_this()] { self->step(); });
  }

  void finish() {
    JsonWriter writer;
    writer.begin_object().field("matches", static_cast<std::int64_t>(tasks_.size())).field("moved", moved_);
    writer.key("failed").begin_array();
    for (const auto& [id, why] : failed_) {
      writer.begin_object().field("code", code_of(why.code)).field("detail", why.detail).field("id", id).end_object();
    }
    writer.end_array().end_object();
    AuditRecord record;
    record.action = action::kTasksReassigned;
    record.by = bulk_.by;
    record.outcome = std::to_string(moved_) + " of " + std::to_string(tasks_.size());
    record.object = bulk_.to.empty() ? "the least busy on shift" : bulk_.to;
    record.reason = bulk_.reason;
    context_.node.submit(RecordAccess{{}, std::move(record)},
                         [responder = responder_, json = std::move(writer).take()](const Result<JsonText>& recorded) {
                           if (!recorded.ok()) return send_error(*responder, recorded.error());
                           send_json(*responder, 200, json);
                         });
  }

  ApiContext& context_;
  const Bulk bulk_;
  const std::vector<TaskRecord> tasks_;
  std::shared_ptr<Responder> responder_;
  std::size_t next_ = 0;
  std::int64_t moved_ = 0;
  std::vector<std::pair<std::string, Error>> failed_;
};

JsonText preview_json(const std::vector<TaskRecord>& tasks) {
  JsonWriter writer;
  writer.begin_object().field("matches", static_cast<std::int64_t>(tasks.size())).key("sample").begin_array();
  for (std::size_t i = 0; i < std::min(tasks.size(), kSample); ++i)
    writer.string(task_id_of(tasks[i].instance, tasks[i].seq));
  writer.end_array().end_object();
  return std::move(writer).take();
}

void reassign(ApiContext& context, RoutedRequest request, Responder responder) {
  auto bulk = read_bulk(request);
  if (!bulk) return send_error(responder, bulk.error());
  bind_tasks(bulk->filter, standing_of(context, request));
  context.reads.run([&context, bulk = *std::move(bulk),
                     shared = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*shared, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    auto tasks = matching(context.node.reader(), bulk);
    if (!tasks.ok()) return send_error(*shared, tasks.error());
    if (bulk.preview) return send_json(*shared, 200, preview_json(*tasks));
    if (bulk.expect && *bulk.expect != static_cast<std::int64_t>(tasks->size())) {
      return send_error(
          *shared,
          {ErrorCode::conflict, std::to_string(tasks->size()) + " tasks match now, not " + std::to_string(*bulk.expect),
           "look at the preview again"});
    }
    std::make_shared<Handover>(context, bulk, *std::move(tasks), shared)->begin();
  });
}

}  // namespace

void add_task_queue_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/queues",
              "listQueues",
              "Open and late tasks by role and unit, and who is on duty for them.",
              {},
              "",
              "QueueList",
              200,
              [&context](RoutedRequest request, Responder responder) {
                list_queues(context, std::move(request), std::move(responder));
              }});
  router.add({"POST",
              "/v1/tasks/reassign",
              "reassignTasks",
              "Hand all tasks that match to somebody else, or each to the least busy on shift; first as a preview.",
              {},
              "BulkReassign",
              "BulkReassigned",
              200,
              [&context](RoutedRequest request, Responder responder) {
                reassign(context, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
