#include "actors/standing_pauses.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "actors/batch_state.hpp"
#include "actors/log.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/operator_actions.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr Duration kLookAgain{1'000};
constexpr Duration kTurnsPass{20};  // Until turns that were under way are likely to be durable.
constexpr std::size_t kPausedAtOnce = 1'000;

}  // namespace

struct StandingPauses::Row {
  json::object fields;

  [[nodiscard]] std::string text(std::string_view name) const { return text_at(fields, name); }
  [[nodiscard]] std::string id() const { return text("id"); }
  [[nodiscard]] bool stands() const { return text("state") == "pausing" || text("state") == "quiet"; }
  [[nodiscard]] JsonText written() const { return json::serialize(fields); }
  [[nodiscard]] StandingPause pause() const {
    StandingPause pause{id(), text("workflow"), text("bundle"), text("unit"), text("timers"), text("reason"), {}};
    const json::value* const by = fields.if_contains("by");
    if (by != nullptr && by->is_object()) {
      const json::object& who = by->get_object();
      pause.by = {text_at(who, "kind") == "service" ? PrincipalKind::service : PrincipalKind::person,
                  text_at(who, "subject"), text_at(who, "role"), text_at(who, "authentication"),
                  text_at(who, "client")};
    }
    return pause;
  }
  [[nodiscard]] BatchRow batch(const std::string& action) const {
    BatchRow batch;
    batch.action.name = action;
    batch.action.timers = action == "pause" ? text("timers") : std::string();
    batch.reason = text("reason");
    batch.by = pause().by;
    batch.pause = id();
    return batch;
  }
  [[nodiscard]] BatchQuery query() const {
    BatchQuery query;
    query.workflow = text("workflow");
    query.bundle = text("bundle");
    query.unit = text("unit");
    JsonWriter writer;
    writer.begin_object().optional_field("workflow", query.workflow).optional_field("bundle", query.bundle);
    query.json = std::move(writer.optional_field("unit", query.unit).end_object()).take();
    return query;
  }
};

StandingPauses::StandingPauses(const StoreReader& reader)
    : reader_(reader), standing_(std::make_shared<const std::vector<StandingPause>>()) {}

Status StandingPauses::load() {
  const auto rows = reader_.named_all("standing_pauses");
  if (!rows.ok()) return rows.error();
  auto standing = std::make_shared<std::vector<StandingPause>>();
  for (const auto& [id, text] : *rows) {
    const auto parsed = parse_json_document(text);
    if (!parsed.ok() || !parsed->is_object()) continue;
    const Row row{parsed->get_object()};
    if (row.stands()) standing->push_back(row.pause());
  }
  const std::lock_guard lock(mutex_);
  standing_ = std::move(standing);
  return success();
}

void StandingPauses::begin(Parts parts) {
  parts_.emplace(parts);
  parts_->batches.on_over([this](const BatchRow& batch) {
    if (!batch.pause.empty()) rows_.when_there(batch.pause, [this, batch] { pass_done(batch); });
  });
}

void StandingPauses::recover() {
  parts_->lanes.post(kBatchLane, [this] {
    const auto batches = reader_.named_all("batches");
    const auto rows = reader_.named_all("standing_pauses");
    if (!batches.ok()) return log::error("batches could not be read: {}", to_string(batches.error()));
    if (!rows.ok()) return log::error("standing pauses could not be read: {}", to_string(rows.error()));
    for (const auto& [id, text] : *batches) {
      const auto batch = read_batch_row(text);
      if (batch.ok() && batch->state == "running" && !batch->pause.empty()) passes_[batch->pause] = false;
    }
    for (const auto& [id, text] : *rows) recover_pass(id);
  });
}

// Also of one that was called ended: a server before this one could say so while a case was on its way to be held back.
void StandingPauses::recover_pass(const std::string& id) {
  const auto row = read(id);
  if (!row.ok()) return log::error("standing pause {} could not be read: {}", id, to_string(row.error()));
  if (row->text("state") != "ended") return go_on(id);
  const auto held = reader_.named_all("paused_by", id + "/", {}, 1);
  if (!held.ok()) return log::error("standing pause {} could not be read: {}", id, to_string(held.error()));
  if (!held->empty()) let_go(id);
}

std::shared_ptr<const std::vector<StandingPause>> StandingPauses::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

std::optional<PauseProgress> StandingPauses::progress(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = progress_.find(id);
  return found == progress_.end() ? std::nullopt : std::optional(found->second);
}

Result<StandingPauses::Row> StandingPauses::read(const std::string& id) const {
  const auto text = reader_.named("standing_pauses", id);
  if (!text.ok()) return text.error();
  if (!*text) return Error{ErrorCode::not_found, "there is no standing pause '" + id + "'", "see GET /v1/pauses"};
  const auto parsed = parse_json_document(**text);
  if (!parsed.ok() || !parsed->is_object()) {
    return Error{ErrorCode::store_corrupt, "the standing pause " + id + " cannot be read",
                 "restore the store from a backup"};
  }
  return Row{parsed->get_object()};
}

void StandingPauses::take(PauseRequest request, std::uint64_t token) {
  parts_->lanes.post(kBatchLane, [this, request = std::move(request), token] {
    if (request.action == "begin") return begin_pause(request, token);
    rows_.when_there(request.id, [this, request, token] { end_pause(request, token); });
  });
}

void StandingPauses::begin_pause(const PauseRequest& request, std::uint64_t token) {
  const auto parsed = parse_json_document(request.body.empty() ? "{}" : request.body);
  if (!parsed.ok()) return parts_->replies.give(token, parsed.error());
  if (!parsed->is_object())
    return parts_->replies.give(
        token, Error{ErrorCode::bad_field, "the body is no object", "send a JSON object; see /openapi.json"});
  JsonFields fields(parsed->get_object(), "", ErrorCode::bad_field);
  StandingPause pause;
  pause.workflow = fields.text("workflow").value_or("");
  pause.bundle = fields.text("bundle").value_or("");
  pause.unit = fields.text("unit").value_or("");
  pause.timers = fields.text("timers").value_or("run");
  pause.reason = fields.text("reason").value_or("");
  if (pause.timers != "run" && pause.timers != "freeze" && pause.timers != "on_resume") {
    fields.refuse("timers", "is unknown", "say run, freeze or on_resume");
  }
  if (pause.reason.empty()) fields.refuse("reason", "is missing", "say why; it goes into the ledger");
  if (pause.workflow.empty() && pause.bundle.empty() && pause.unit.empty()) {
    fields.refuse("workflow", "is missing", "name a workflow, a bundle or a unit; a batch pauses other queries once");
  }
  if (Status status = fields.finish(); !status) return parts_->replies.give(token, status.error());
  std::string time = format_instant(parts_->clock.now()).substr(0, 23);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  std::string id = "pause-" + time;
  for (int more = 2; !ids_.insert(id).second || read(id).ok(); ++more)
    id = "pause-" + time + "-" + std::to_string(more);
  JsonWriter writer;
  writer.begin_object().field("id", id).optional_field("workflow", pause.workflow);
  writer.optional_field("bundle", pause.bundle).optional_field("unit", pause.unit).field("timers", pause.timers);
  writer.field("reason", pause.reason).key("by");
  write_json(writer, request.by);
  writer.field("begun_at", format_instant(parts_->clock.now())).field("state", "pausing").end_object();
  const auto written = parse_json_document(writer.view());
  const Row row{written->get_object()};
  commit(
      row, action::kPauseBegun, request.by, pause.reason,
      [this, row, token] {
        publish(row);
        parts_->replies.give(token, row.written());
        hold_back(row.id());
      },
      token);
}

// From now on, or no longer: what begins begins paused.
void StandingPauses::publish(const Row& row) {
  const std::lock_guard lock(mutex_);
  auto standing = std::make_shared<std::vector<StandingPause>>(*standing_);
  std::erase_if(*standing, [&](const StandingPause& each) { return each.id == row.id(); });
  if (row.stands()) standing->push_back(row.pause());
  before_.push_back(standing_);
  standing_ = std::move(standing);
}

bool StandingPauses::all_turns_know() {
  std::erase_if(before_, [](const std::weak_ptr<const void>& each) { return each.expired(); });
  return before_.empty();
}

// Those that are there already. Looked for again until none is left: one may have begun while the row was committed.
void StandingPauses::hold_back(const std::string& id) {
  const auto row = read(id);
  if (!row.ok() || row->text("state") != "pausing") return;
  BatchQuery query = row->query();
  query.paused = false;
  pass(id, row->batch("pause"), std::move(query));
}

// Until none is left: a turn that was decided before the end, as when another pause lets its cases go, may hold one back after it.
void StandingPauses::let_go(const std::string& id) {
  const auto row = read(id);
  if (!row.ok() || row->stands()) return;
  // By what has paused them, not by what they are now: either may have changed.
  BatchQuery query;
  query.paused_by = id;
  query.json = row->query().json;
  pass(id, row->batch("resume"), std::move(query));
}

// Where one is under way, its end says what comes next.
void StandingPauses::pass(const std::string& id, BatchRow batch, BatchQuery query) {
  if (passes_.contains(id)) return;
  passes_[id] = all_turns_know();
  parts_->batches.begin_for(std::move(batch), std::move(query), [this, id](const Result<std::string>& begun) {
    if (begun.ok()) return;
    log::error("a pass of the standing pause {} could not begin: {}", id, to_string(begun.error()));
    parts_->lanes.post(kBatchLane, [this, id] {
      passes_.erase(id);
      in_a_while(kLookAgain, id, &StandingPauses::go_on);
    });
  });
}

void StandingPauses::go_on(const std::string& id) {
  hold_back(id);
  let_go(id);
}

void StandingPauses::pass_done(const BatchRow& batch) {
  const auto mine = passes_.extract(batch.pause);
  const bool saw_all = !mine.empty() && mine.mapped();
  const auto row = read(batch.pause);
  if (!row.ok()) return log::error("standing pause {} could not be read: {}", batch.pause, to_string(row.error()));
  const std::string id = row->id();
  // Stopped by somebody, who may let it go on. The end of the pause overtakes what still held back.
  if (batch.state == "stopped" && (row->stands() || batch.action.name != "pause")) return;
  if (row->text("state") == "pausing") {
    if (batch.done > 0) return hold_back(id);
    if (saw_all) return look_whether_quiet(id);
    return in_a_while(kTurnsPass, id, &StandingPauses::hold_back);
  }
  // What a batch has still paused meanwhile is let go as well.
  if (batch.done > 0 || batch.action.name == "pause") return let_go(id);
  if (row->text("state") != "ending") return;
  if (!saw_all) return in_a_while(kTurnsPass, id, &StandingPauses::let_go);
  Row ended = *row;
  ended.fields["state"] = "ended";
  commit(ended, action::kPauseEnded, {}, "", {});
}

Result<bool> StandingPauses::has_attempt(const std::string& instance) const {
  const auto pending = reader_.pending_of(instance);
  if (!pending.ok()) return pending.error();
  return std::ranges::any_of(*pending, [](const PendingRecord& each) {
    return each.operation.kind == OperationKind::activity && !each.backing_off;
  });
}

Result<PauseProgress> StandingPauses::count(const std::string& id) const {
  PauseProgress progress;
  const std::string prefix = id + "/";
  std::string after;
  while (true) {
    const auto rows = reader_.named_all("paused_by", prefix, after, kPausedAtOnce);
    if (!rows.ok()) return rows.error();
    for (const auto& [key, value] : *rows) {
      ++progress.paused;
      const std::string instance = key.substr(prefix.size());
      const auto busy = has_attempt(instance);
      if (!busy.ok()) return busy.error();
      if (*busy) progress.instances.push_back(instance);
    }
    if (rows->size() < kPausedAtOnce) return progress;
    after = rows->back().first;
  }
}

// What is paused begins no attempt, so only those that had one may still have it.
Result<PauseProgress> StandingPauses::count_again(PauseProgress before) const {
  std::vector<std::string> busy;
  for (const std::string& instance : before.instances) {
    const auto still = has_attempt(instance);
    if (!still.ok()) return still.error();
    if (*still) busy.push_back(instance);
  }
  before.instances = std::move(busy);
  return before;
}

void StandingPauses::look_whether_quiet(const std::string& id) {
  const auto row = read(id);
  if (!row.ok() || row->text("state") != "pausing") return;
  const auto before = progress(id);
  auto now = before && !before->instances.empty() ? count_again(*before) : count(id);
  // Before it is called quiet all are looked at once more.
  if (now.ok() && now->instances.empty() && before) now = count(id);
  if (!now.ok()) return log::error("standing pause {} cannot be counted: {}", id, to_string(now.error()));
  {
    const std::lock_guard lock(mutex_);
    progress_[id] = *now;
  }
  if (!now->instances.empty()) {
    in_a_while(kLookAgain, id, &StandingPauses::look_whether_quiet);
    return;
  }
  Row quiet = *row;
  quiet.fields["state"] = "quiet";
  quiet.fields["quiet_at"] = format_instant(parts_->clock.now());
  quiet.fields["paused"] = static_cast<std::int64_t>(now->paused);
  commit(quiet, action::kPauseQuiet, {}, "", {});
}

void StandingPauses::in_a_while(Duration wait, const std::string& id, Look look) {
  parts_->timers.call_at(parts_->clock.now() + wait, [this, id, look] {
    parts_->lanes.post(kBatchLane, [this, id, look] { rows_.when_there(id, [this, id, look] { (this->*look)(id); }); });
  });
}

void StandingPauses::end_pause(const PauseRequest& request, std::uint64_t token) {
  const auto parsed = parse_json_document(request.body.empty() ? "{}" : request.body);
  if (!parsed.ok() || !parsed->is_object()) {
    return parts_->replies.give(
        token, Error{ErrorCode::bad_json, "the body is no JSON object", "send a JSON object; see /openapi.json"});
  }
  JsonFields fields(parsed->get_object(), "", ErrorCode::bad_field);
  const std::string reason = fields.text("reason").value_or("");
  if (Status status = fields.finish(); !status) return parts_->replies.give(token, status.error());
  const auto found = read(request.id);
  if (!found.ok()) return parts_->replies.give(token, found.error());
  if (!found->stands()) return parts_->replies.give(token, found->written());
  Row row = *found;
  row.fields["state"] = "ending";
  row.fields["ended_at"] = format_instant(parts_->clock.now());
  row.fields["ended_by"] = request.by.subject;
  commit(
      row, action::kPauseEnded, request.by, reason,
      [this, row, token] {
        publish(row);
        parts_->replies.give(token, row.written());
        let_go(row.id());
      },
      token);
}

// `answers`: whom this turn answers, with the row; that it was done is in the turn.
void StandingPauses::commit(const Row& row, std::string_view action, const Principal& by, const std::string& reason,
                            Then then, std::uint64_t answers) {
  AuditRecord record;
  record.action = action;
  record.at = parts_->clock.now();
  record.by = by;
  record.object = row.id();
  record.workflow = row.text("workflow");
  record.bundle = row.text("bundle");
  record.outcome = row.text("state");
  record.reason = reason;
  record.after = row.written();
  std::vector<Change> changes = parts_->replies.rows_with(answers, row.written());
  changes.push_back(PutNamed{"standing_pauses", row.id(), row.written()});
  rows_.leave(row.id());
  parts_->path.commit(Turn(std::move(changes), {std::move(record)}, {Notify{"batch", row.id(), {}}}, {}), {},
                      [this, id = row.id(), then = std::move(then)] {
                        parts_->lanes.post(kBatchLane, [this, id, then = std::move(then)] { rows_.arrive(id, then); });
                      });
}

}  // namespace baton
