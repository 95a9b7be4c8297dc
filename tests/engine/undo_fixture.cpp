#include "tests/engine/undo_fixture.hpp"

namespace baton {

void UndoFixture::cancel() { when(CancelInstance{"enough", {PrincipalKind::person, "op", "", "", ""}, 2}); }
void UndoFixture::cancel_incident() { resolve(IncidentAction::cancel); }

void UndoFixture::resolve(IncidentAction action) {
  for (const auto& [number, incident] : std::map(incidents_)) {
    if (!incident.resolved_at) {
      return when(ResolveIncident{number, action, "", 0, "op says so", {PrincipalKind::person, "op", "", "", ""}, 3});
    }
  }
  ADD_FAILURE() << "no incident is open";
}

std::size_t UndoFixture::open_incidents() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(incidents_, [](const auto& each) { return !each.second.resolved_at; }));
}

std::string UndoFixture::notes() const {
  std::string all;
  for (const auto& [first, row] : journal_) {
    const auto entries = decode_entries(row);
    for (const Entry& entry : *entries) {
      const auto* const note = std::get_if<NoteWritten>(&entry.body);
      if (note != nullptr) all += (all.empty() ? "" : ", ") + note->note.substr(1, note->note.size() - 2);
    }
  }
  return all;
}

OperationSeq UndoFixture::open_activity() const {
  for (const auto& [seq, pending] : pending_) {
    if (pending.operation.kind == OperationKind::activity) return seq;
  }
  ADD_FAILURE() << "no activity is open";
  return 0;
}

void UndoFixture::finish_open() { finish(open_activity(), "1", pending_.at(open_activity()).attempt); }
void UndoFixture::fail_open() { fail(open_activity(), "boom"); }

void UndoFixture::agrees() {
  const CheckFinding finding = check("i1", journal(), record_->run_begins_at, "test", programs_.find(bundle_));
  EXPECT_TRUE(finding.verdict == CheckVerdict::same ||
              (finding.verdict == CheckVerdict::safe && !record_->open() && finding.script_line.empty()))
      << finding.message;
}

void UndoFixture::replays() {
  const std::string before = journal_bytes();
  const auto pending = pending_.size();
  for (int i = 0; i < 2 && record_->open(); ++i) {
    now_ = now_ + kMinute;
    crash();
    when(RunQuery{"", {}, 7});
    EXPECT_EQ(journal_bytes(), before) << "a replay did something anew";
    EXPECT_EQ(pending_.size(), pending);
  }
}

}  // namespace baton
