#include "tests/engine/engine_fixture.hpp"

#include "runtime/engine/open_activities.hpp"

namespace baton {

Programs::Programs() = default;
Programs::~Programs() = default;

std::string Programs::deploy(BundleFiles files) {
  auto program = Program::compile("test", std::move(files));
  if (!program.ok()) {
    ADD_FAILURE() << to_string(program.error());
    return {};
  }
  const std::string hash = (*program)->hash();
  programs_[hash] = *program;
  return hash;
}

std::shared_ptr<const Program> Programs::find(std::string_view hash) const {
  const auto found = programs_.find(std::string(hash));
  return found == programs_.end() ? nullptr : found->second;
}

BundleFiles bundle_of(const std::string& body, const std::string& fields) {
  return {
      {"workflows/test.lua",
       "local workflow = require 'workflow'\nlocal json = require 'json'\nreturn workflow.define { name = 'test', " +
           fields + " run = function(ctx, input)\n" + body + "\nend }\n"},
      {"activities/test.lua", "return { work = function(input) return input end, other = function() return 1 end }"}};
}

InstanceFixture::InstanceFixture() = default;
InstanceFixture::~InstanceFixture() = default;

void InstanceFixture::given(const std::string& body, const std::string& fields) {
  bundle_ = programs_.deploy(bundle_of(body, fields));
  instance_ = std::make_unique<Instance>("i1", programs_);
}

void InstanceFixture::when(std::vector<InstanceMessage> messages) {
  Handled handled = instance_->handle(std::move(messages), now_);
  replies_ = std::move(handled.immediately);
  refused_alone_ = std::move(handled.refused_alone);
  effects_.clear();
  changes_.clear();
  if (refused_alone_) return crash();
  if (!handled.turn) return;
  for (const Change& change : handled.turn->changes()) store(change);
  changes_ = handled.turn->changes();
  for (const AuditLeaf& leaf : handled.turn->audit_leaves()) leaves_.push_back(leaf.bytes);
  effects_ = handled.turn->take_effects();
  for (Reply& reply : handled.turn->take_replies()) replies_.push_back(std::move(reply));
  expect_that_recovery_would_find_what_is_pending();
}

void InstanceFixture::when(InstanceMessage message) {
  std::vector<InstanceMessage> messages;
  messages.push_back(std::move(message));
  when(std::move(messages));
}

void InstanceFixture::start(JsonText input) {
  when(StartInstance{"test", bundle_, std::move(input), "", "", 7, {}, 1});
}

void InstanceFixture::finish(OperationSeq seq, JsonText value, std::uint32_t attempt) {
  when(FinishActivity{seq, attempt, Outcome::of(std::move(value)), std::nullopt, true});
}

void InstanceFixture::fail(OperationSeq seq, const std::string& code, std::uint32_t attempt, bool retryable) {
  when(FinishActivity{seq, attempt, Outcome::failed({code, "it failed", {}}), std::nullopt, retryable});
}

void InstanceFixture::fire_next_timer() {
  ASSERT_FALSE(timers_.empty());
  const TimerRecord timer = *timers_.begin();
  now_ = std::max(now_, timer.due);
  when(FireTimer{timer});
}

void InstanceFixture::crash() {
  StoredInstance stored;
  stored.record = *record_;
  stored.journal = journal();
  for (const auto& [seq, pending] : pending_rows_) stored.pending.push_back(pending);
  stored.activities_marked = marked_;
  for (const auto& [seq, task] : tasks_) {
    if (task.open_for_decision()) stored.open_tasks.push_back(task);
  }
  for (const auto& [number, incident] : incidents_) {
    if (!incident.resolved_at) stored.open_incidents.push_back(incident);
  }
  instance_ = std::make_unique<Instance>(std::move(stored), programs_);
}

std::vector<std::string> InstanceFixture::dispatched() const {
  std::vector<std::string> names;
  for (const Effect& effect : effects_) {
    if (const auto* dispatch = std::get_if<DispatchActivity>(&effect))
      names.push_back(dispatch->pending->operation.name);
  }
  return names;
}

std::vector<Entry> InstanceFixture::journal() const {
  std::vector<Entry> entries;
  for (const auto& [first, row] : journal_) {
    const auto decoded = decode_entries(row);
    for (std::size_t i = 0; i < decoded->size(); ++i) {
      if (first + i >= record_->run_begins_at) entries.push_back((*decoded)[i]);
    }
  }
  return entries;
}

std::string InstanceFixture::journal_bytes() const {
  std::string all;
  for (const auto& [first, row] : journal_) all += row;
  return all;
}

const IncidentRecord& InstanceFixture::only_incident() const {
  EXPECT_EQ(incidents_.size(), 1u);
  return incidents_.begin()->second;
}

void InstanceFixture::store(const Change& change) {
  if (const auto* c = std::get_if<AppendJournal>(&change)) journal_[c->first] = c->row;
  if (const auto* c = std::get_if<PutInstance>(&change)) record_ = c->after;
  if (const auto* c = std::get_if<PutTask>(&change)) tasks_[c->after->seq] = c->after;
  if (const auto* c = std::get_if<PutIncident>(&change)) incidents_[c->after->number] = c->after;
  if (const auto* c = std::get_if<PutPending>(&change)) {
    pending_[c->record->operation.seq] = c->record;
    if (!c->in_journal) pending_rows_[c->record->operation.seq] = c->record;
  }
  if (const auto* c = std::get_if<DeletePending>(&change)) {
    pending_.erase(c->seq);
    if (c->has_row) pending_rows_.erase(c->seq);
  }
  if (const auto* c = std::get_if<MarkActivities>(&change)) marked_ = c->open;
  if (const auto* c = std::get_if<PutTimer>(&change)) timers_.insert(c->timer);
  if (const auto* c = std::get_if<DeleteTimer>(&change)) timers_.erase(c->timer);
  if (const auto* c = std::get_if<PutOutbox>(&change)) outbox_.push_back(c->record);
}

void InstanceFixture::expect_that_recovery_would_find_what_is_pending() {
  using Found = std::tuple<OperationSeq, std::string, std::uint32_t, bool>;
  const auto told = [](const PendingRecord& of) {
    return Found{of.operation.seq, of.operation.request, of.attempt, of.backing_off};
  };
  std::set<Found> expected;
  for (const auto& [seq, pending] : pending_) expected.insert(told(pending));
  std::set<Found> found;
  for (const auto& [seq, pending] : pending_rows_) found.insert(told(pending));
  if (marked_) {
    for (const PendingRecord& each : open_activities(*record_, journal())) {
      if (!pending_rows_.contains(each.operation.seq)) found.insert(told(each));
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(marked_, std::ranges::any_of(pending_, [this](const auto& each) {
              return each.second.operation.kind == OperationKind::activity && !pending_rows_.contains(each.first);
            }));
}

}  // namespace baton
