#include "actors/bundle_check.hpp"

#include <array>
#include <utility>

#include "actors/cpu_clock.hpp"
#include "actors/stored_instance.hpp"
#include "runtime/engine/check.hpp"

namespace baton {

namespace {

constexpr std::size_t kSlice = 64;
constexpr std::size_t kFindings = 1'000;  // Listed one by one; beyond that they are counted.

}  // namespace

struct BundleCheck::Pass {
  Pass(StoreReader at, std::shared_ptr<const Program> bundle, std::uint64_t reply_to)
      : snapshot(std::move(at)), candidate(std::move(bundle)), token(reply_to) {}

  StoreReader snapshot;
  std::shared_ptr<const Program> candidate;
  std::uint64_t token;
  std::string cursor;
  std::array<std::uint64_t, 4> counts{};  // By verdict.
  std::vector<CheckFinding> findings;
};

namespace {

Result<CheckFinding> check_one(const StoreReader& snapshot, const InstanceRecord& record,
                               const std::shared_ptr<const Program>& candidate) {
  auto journal = read_run(snapshot, record);
  if (!journal.ok()) return journal.error();
  return check(record.id, *journal, record.run_begins_at, record.workflow, candidate);
}

JsonText report(const Program& candidate, const std::array<std::uint64_t, 4>& counts,
                const std::vector<CheckFinding>& findings) {
  JsonWriter writer;
  std::uint64_t checked = 0;
  for (const std::uint64_t count : counts) checked += count;
  writer.begin_object().field("name", candidate.name()).field("hash", candidate.hash());
  writer.field("checked", static_cast<std::int64_t>(checked));
  for (const auto verdict :
       {CheckVerdict::same, CheckVerdict::safe, CheckVerdict::needs_patch, CheckVerdict::impossible}) {
    writer.field(to_string(verdict), static_cast<std::int64_t>(counts[static_cast<std::size_t>(verdict)]));
  }
  const std::uint64_t listed = checked - counts[static_cast<std::size_t>(CheckVerdict::same)];
  writer.flag("truncated", listed > findings.size()).key("findings").begin_array();
  for (const CheckFinding& finding : findings) {
    writer.begin_object().field("instance", finding.instance).field("verdict", to_string(finding.verdict));
    writer.optional_field("journal_line", finding.journal_line).optional_field("script_line", finding.script_line);
    writer.optional_field("message", finding.message).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace

void BundleCheck::take(CheckRequest request, std::uint64_t token) {
  lanes_.post("check", [this, request = std::move(request), token]() mutable {
    auto candidate = Program::compile(std::move(request.name), std::move(request.files), &thread_cpu_ns);
    if (!candidate.ok()) return replies_.give(token, candidate.error());
    run_slice(std::make_shared<Pass>(reader_.snapshot(), *std::move(candidate), token));
  });
}

void BundleCheck::run_slice(const std::shared_ptr<Pass>& pass) {
  InstanceFilter open;
  open.status = InstanceStatus::running;
  open.oldest_first = true;
  auto page = pass->snapshot.list_instances(open, pass->cursor, kSlice);
  if (!page.ok()) return replies_.give(pass->token, page.error());
  for (const InstanceRecord& record : page->items) {
    auto finding = check_one(pass->snapshot, record, pass->candidate);
    if (!finding.ok()) return replies_.give(pass->token, finding.error());
    ++pass->counts[static_cast<std::size_t>(finding->verdict)];
    if (finding->verdict != CheckVerdict::same && pass->findings.size() < kFindings) {
      pass->findings.push_back(*std::move(finding));
    }
  }
  pass->cursor = page->cursor;
  if (pass->cursor.empty()) {
    return replies_.give(pass->token, report(*pass->candidate, pass->counts, pass->findings));
  }
  lanes_.post("check", [this, pass] { run_slice(pass); });
}

}  // namespace baton
