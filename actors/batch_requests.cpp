// What people ask of batches: a preview, and with its token to begin; to stop, to go on, to take back.
#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "actors/batch_state.hpp"
#include "actors/batches.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/operator_actions.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr Duration kPreviewLasts{15 * 60 * 1000};
constexpr std::size_t kChunksPerTurn = 20;
constexpr std::uint32_t kMostRate = 10'000;

std::string hash_of(const std::vector<BatchItem>& items) {
  std::string all;
  for (const BatchItem& item : items) all += item.id + "\n";
  return to_hex(sha256(all));
}

Result<json::object> object_of(const JsonText& body) {
  if (body.empty()) return json::object();
  auto parsed = parse_json_document(body);
  if (!parsed.ok()) return parsed.error();
  if (!parsed->is_object())
    return Error{ErrorCode::bad_field, "the body is no object", "send a JSON object; see /openapi.json"};
  return std::move(parsed->get_object());
}

Result<std::string> reason_of(const JsonText& body) {
  const auto object = object_of(body);
  if (!object.ok()) return object.error();
  JsonFields fields(*object, "", ErrorCode::bad_field);
  const std::string reason = fields.text("reason").value_or("");
  if (Status status = fields.finish(); !status) return status.error();
  return reason;
}

}  // namespace

void Batches::take(BatchRequest request, std::uint64_t token) {
  parts_.lanes.post(kBatchLane, [this, request = std::move(request), token] {
    if (request.action == "preview") return preview(request, token);
    if (request.action == "begin") return begin(request, token);
    rows_.when_there(request.id, [this, request, token] {
      if (request.action == "stop") return stop(request, token);
      if (request.action == "go_on") return go_on(request, token);
      if (request.action == "undo") return undo(request, token);
      parts_.replies.give(
          token, Error{ErrorCode::bad_field, "a batch cannot " + request.action, "stop it, let it go on or undo it"});
    });
  });
}

void Batches::preview(const BatchRequest& request, std::uint64_t token) {
  const auto body = object_of(request.body);
  if (!body.ok()) return parts_.replies.give(token, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  fields.text("action");
  fields.value("with");
  auto action = read_batch_action(*body);
  if (!action.ok()) return parts_.replies.give(token, action.error());
  auto query = read_batch_query(fields.value("query"), action->kind(), parts_.is_time);
  if (Status status = fields.finish(); !status) return parts_.replies.give(token, status.error());
  if (!query.ok()) return parts_.replies.give(token, query.error());
  Preview preview{*action, query->json, request.by.subject, {}, nullptr, {}};
  search_.run(
      action->kind(), *std::move(query), parts_.clock.now(),
      [this, preview = std::move(preview), token](Result<BatchMatches> found) mutable {
        if (!found.ok()) return parts_.replies.give(token, found.error());
        preview.items = std::make_shared<const std::vector<BatchItem>>(std::move(found->items));
        preview.hash = hash_of(*preview.items);
        parts_.lanes.post(kBatchLane, [this, preview = std::move(preview), found = *std::move(found), token] {
          const std::string name =
              to_hex(sha256(std::to_string(parts_.salt) + ".preview." + std::to_string(++tokens_))).substr(0, 32);
          Preview& kept = previews_[name];
          kept = preview;
          kept.expires_at = parts_.clock.now() + kPreviewLasts;
          drop_previews();
          JsonWriter writer;
          writer.begin_object().field("token", name).field("expires_at", format_instant(kept.expires_at));
          writer.field("action", kept.action.name).field("count", static_cast<std::int64_t>(kept.items->size()));
          writer.field("hash", kept.hash).flag("can_be_undone", kept.action.can_be_undone());
          writer.key("by_workflow").begin_array();
          for (const auto& [workflow, count] : found.by_workflow) {
            writer.begin_object().field("workflow", workflow).field("count", static_cast<std::int64_t>(count));
            writer.end_object();
          }
          writer.end_array().key("sample").begin_array();
          for (const JsonText& each : found.sample) writer.value(each);
          writer.end_array().end_object();
          parts_.replies.give(token, std::move(writer).take());
        });
      });
}

// Those that have expired, and the oldest while all together remember too much.
void Batches::drop_previews() {
  const Instant now = parts_.clock.now();
  std::erase_if(previews_, [&](const auto& each) { return each.second.expires_at <= now; });
  const auto remembered = [&] {
    std::size_t items = 0;
    for (const auto& [name, preview] : previews_) items += preview.items->size();
    return items;
  };
  while (previews_.size() > 1 && remembered() > limits::kPreviewedItems) {
    previews_.erase(std::ranges::min_element(
        previews_, [](const auto& a, const auto& b) { return a.second.expires_at < b.second.expires_at; }));
  }
}

std::string Batches::new_id() {
  std::string time = format_instant(parts_.clock.now()).substr(0, 23);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  std::string id = "batch-" + time;
  for (int more = 2; !ids_.insert(id).second || read(id).ok(); ++more)
    id = "batch-" + time + "-" + std::to_string(more);
  return id;
}

void Batches::begin(const BatchRequest& request, std::uint64_t token) {
  const auto body = object_of(request.body);
  if (!body.ok()) return parts_.replies.give(token, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string name = fields.text("token").value_or("");
  BatchRow row;
  row.reason = fields.text("reason").value_or("");
  if (row.reason.empty()) fields.refuse("reason", "is missing", "say why; it goes into the ledger");
  row.rate = static_cast<std::uint32_t>(fields.integer("rate", 0, kMostRate).value_or(0));
  if (Status status = fields.finish(); !status) return parts_.replies.give(token, status.error());
  drop_previews();
  const auto found = previews_.find(name);
  if (found == previews_.end() || found->second.subject != request.by.subject) {
    return parts_.replies.give(token, Error{ErrorCode::unknown_preview, "this preview is not there any more",
                                            "preview again, and look at the count"});
  }
  if (request.refusal) {
    if (const auto refused = request.refusal(found->second.action.name)) return parts_.replies.give(token, *refused);
  }
  const Preview preview = std::move(found->second);
  previews_.erase(found);
  row.id = new_id();
  row.action = preview.action;
  row.query = preview.query;
  row.hash = preview.hash;
  row.by = request.by;
  row.count = preview.items->size();
  keep_items(std::move(row), preview.items, 0, std::nullopt, token,
             [this, token](const BatchRow& begun) { parts_.replies.give(token, to_json(begun)); });
}

// Writes the items, some chunks a turn; with the last of them the batch begins, and whoever asked (0: nobody) is answered.
void Batches::keep_items(BatchRow row, std::shared_ptr<const std::vector<BatchItem>> items, std::size_t chunk,
                         std::optional<BatchRow> undone, std::uint64_t token, Begun begun) {
  std::vector<Change> changes;
  const std::size_t chunks = (items->size() + kBatchChunk - 1) / kBatchChunk;
  const std::size_t end = std::min(chunks, chunk + kChunksPerTurn);
  for (std::size_t i = chunk; i < end; ++i) {
    const auto from = items->begin() + static_cast<std::ptrdiff_t>(i * kBatchChunk);
    const auto to = items->begin() + static_cast<std::ptrdiff_t>(std::min(items->size(), (i + 1) * kBatchChunk));
    changes.push_back(PutNamed{"batch_items", batch_key(row.id, i), to_json(std::vector<BatchItem>(from, to))});
  }
  const bool last = end == chunks;
  row.created_at = parts_.clock.now();
  row.state = !last ? "preparing" : row.count == 0 ? "done" : "running";
  if (last && row.count == 0) row.finished_at = row.created_at;
  changes.push_back(PutNamed{"batches", row.id, to_json(row)});
  if (last && undone) {
    undone->undone_by = row.id;
    changes.push_back(PutNamed{"batches", undone->id, to_json(*undone)});
  }
  if (last) {
    for (Change& each : parts_.replies.rows_with(token, to_json(row))) changes.push_back(std::move(each));
  }
  commit(std::move(changes), row, last ? action::kBatchStarted : action::kBatchAdvanced, row.by, row.reason,
         [this, row, items, end, last, undone, token, begun] {
           if (!last) return keep_items(row, items, end, undone, token, begun);
           begun(row);
           if (row.count > 0) return run(row.id);
           if (over_) over_(row);
         });
}

void Batches::begin_for(BatchRow row, BatchQuery query, std::function<void(Result<std::string>)> begun) {
  const BatchKind kind = row.action.kind();
  search_.run(kind, std::move(query), parts_.clock.now(),
              [this, row = std::move(row), begun = std::move(begun)](Result<BatchMatches> found) mutable {
                if (!found.ok()) return begun(found.error());
                if (found->items.empty()) {
                  return parts_.lanes.post(kBatchLane, [this, row = std::move(row)] {
                    if (over_) over_(row);
                  });
                }
                auto items = std::make_shared<const std::vector<BatchItem>>(std::move(found->items));
                parts_.lanes.post(kBatchLane, [this, row = std::move(row), items, begun = std::move(begun)]() mutable {
                  row.id = new_id();
                  row.count = items->size();
                  row.hash = hash_of(*items);
                  keep_items(std::move(row), items, 0, std::nullopt, 0,
                             [begun](const BatchRow& kept) { begun(kept.id); });
                });
              });
}

void Batches::stop(const BatchRequest& request, std::uint64_t token) {
  const auto reason = reason_of(request.body);
  if (!reason.ok()) return parts_.replies.give(token, reason.error());
  const auto row = read(request.id);
  if (!row.ok()) return parts_.replies.give(token, row.error());
  const auto found = running_.find(request.id);
  if (found == running_.end()) return parts_.replies.give(token, to_json(*row));
  found->second.stopping = true;
  found->second.stop_tokens.push_back(token);
  found->second.stopped_by = request.by;
  found->second.stop_reason = *reason;
  pump(request.id);
}

void Batches::go_on(const BatchRequest& request, std::uint64_t token) {
  const auto reason = reason_of(request.body);
  if (!reason.ok()) return parts_.replies.give(token, reason.error());
  auto row = read(request.id);
  if (!row.ok()) return parts_.replies.give(token, row.error());
  if (row->state != "stopped") {
    return parts_.replies.give(token, Error{ErrorCode::conflict, "the batch is " + row->state + ", not stopped",
                                            "look at it again: baton batch show " + row->id});
  }
  row->state = "running";
  std::vector<Change> changes = parts_.replies.rows_with(token, to_json(*row));
  changes.push_back(PutNamed{"batches", row->id, to_json(*row)});
  rows_.leave(row->id);
  commit(std::move(changes), *row, action::kBatchResumed, request.by, *reason, [this, row = *row, token] {
    parts_.replies.give(token, to_json(row));
    rows_.arrive(row.id, [this, row] { run(row.id); });
  });
}

// What the batch has done, in its order, with what it was before.
Result<std::vector<BatchItem>> Batches::undo_items(const BatchRow& row) const {
  std::vector<BatchItem> items;
  for (std::uint64_t chunk = 0; chunk * kBatchChunk < row.position; ++chunk) {
    const auto text = parts_.reader.named("batch_items", batch_key(row.id, chunk));
    const auto noted = parts_.reader.named("batch_results", batch_key(row.id, chunk));
    if (!text.ok()) return text.error();
    if (!noted.ok()) return noted.error();
    auto there = read_batch_items(text->value_or("[]"));
    if (!there.ok()) return there.error();
    std::map<std::uint64_t, json::object> results;
    const auto parsed = parse_json_document(noted->value_or("[]"));
    for (const json::value& each : parsed.ok() && parsed->is_array() ? parsed->get_array() : json::array()) {
      results.emplace(static_cast<std::uint64_t>(each.at("position").as_int64()), each.as_object());
    }
    for (std::size_t i = 0; i < there->size(); ++i) {
      const std::uint64_t position = chunk * kBatchChunk + i;
      if (position >= row.position) break;
      BatchItem item{(*there)[i].id, {}, {}};
      if (const auto result = results.find(position); result != results.end()) {
        if (result->second.at("state") != "done") continue;
        const json::object& before = result->second.at("before").as_object();
        if (const auto* to = before.if_contains("to")) item.to = to->as_string();
        if (const auto* timers = before.if_contains("timers")) item.timers = timers->as_string();
      }
      items.push_back(std::move(item));
    }
  }
  return items;
}

void Batches::undo(const BatchRequest& request, std::uint64_t token) {
  const auto reason = reason_of(request.body);
  if (!reason.ok()) return parts_.replies.give(token, reason.error());
  auto old = read(request.id);
  if (!old.ok()) return parts_.replies.give(token, old.error());
  const auto refuse = [&](const std::string& why, const std::string& cure) {
    parts_.replies.give(token, Error{ErrorCode::conflict, why, cure});
  };
  if (!old->action.can_be_undone()) return refuse("'" + old->action.name + "' cannot be taken back", {});
  if (!old->pause.empty()) return refuse("the batch belongs to the standing pause " + old->pause, "end that pause");
  if (!old->undone_by.empty()) return refuse("the batch was taken back already, by " + old->undone_by, {});
  if (old->state != "done" && old->state != "stopped") return refuse("the batch is " + old->state, "stop it first");
  auto items = undo_items(*old);
  if (!items.ok()) return parts_.replies.give(token, items.error());
  BatchRow row;
  row.id = new_id();
  row.action = old->action;
  if (old->action.name == "pause") row.action.name = "resume";
  if (old->action.name == "resume") row.action.name = "pause";
  row.undo_of = old->id;
  row.query = old->query;
  row.reason = *reason;
  row.by = request.by;
  row.rate = old->rate;
  row.count = items->size();
  row.hash = hash_of(*items);
  auto shared = std::make_shared<const std::vector<BatchItem>>(*std::move(items));
  const std::string taken_back = old->id;
  rows_.leave(taken_back);
  keep_items(std::move(row), std::move(shared), 0, *std::move(old), token,
             [this, token, taken_back](const BatchRow& begun) {
               parts_.replies.give(token, to_json(begun));
               rows_.arrive(taken_back, {});
             });
}

}  // namespace baton
