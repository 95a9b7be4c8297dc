#include "actors/bundle_check.hpp"

#include <numeric>
#include <utility>

#include "persistence/store_reader.hpp"

namespace baton {

namespace {

constexpr std::size_t kCheckedAtOnce = 64;
constexpr std::size_t kFindings = 1'000;  // Listed one by one; beyond that they are counted.

Result<CheckFinding> check_one(const StoreReader& snapshot, const InstanceRecord& record,
                               const std::shared_ptr<const Program>& candidate) {
  auto journal = snapshot.run(record);
  if (!journal.ok()) return journal.error();
  return check(record.id, *journal, record.run_begins_at, record.workflow, candidate);
}

void write_counts(JsonWriter& writer, const CheckReport& report) {
  writer.field("checked", static_cast<std::int64_t>(report.checked()));
  for (const auto verdict :
       {CheckVerdict::same, CheckVerdict::safe, CheckVerdict::needs_patch, CheckVerdict::impossible}) {
    writer.field(to_string(verdict), static_cast<std::int64_t>(report.count(verdict)));
  }
  writer.field("elsewhere", static_cast<std::int64_t>(report.elsewhere));
}

}  // namespace

std::uint64_t CheckReport::checked() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

JsonText CheckReport::counts_json() const {
  JsonWriter writer;
  writer.begin_object();
  write_counts(writer, *this);
  writer.end_object();
  return std::move(writer).take();
}

JsonText CheckReport::json_with(bool words_of_scripts) const {
  JsonWriter writer;
  writer.begin_object().field("name", name).field("hash", hash);
  write_counts(writer, *this);
  writer.key("elsewhere_of").begin_object();
  for (const auto& [workflow, open] : elsewhere_of) writer.field(workflow, static_cast<std::int64_t>(open));
  writer.end_object();
  const std::uint64_t listed = checked() - count(CheckVerdict::same);
  writer.flag("truncated", listed > findings.size()).key("findings").begin_array();
  for (const CheckFinding& finding : findings) {
    writer.begin_object().field("instance", finding.instance).field("verdict", to_string(finding.verdict));
    writer.optional_field("journal_line", finding.journal_line).optional_field("script_line", finding.script_line);
    writer.optional_field("message", finding.message);
    writer.optional_field("told", words_of_scripts ? finding.told : std::string()).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

struct BundleCheck::Pass {
  StoreReader snapshot;
  std::shared_ptr<const Program> candidate;
  std::shared_ptr<const Program> replaced;
  Done done;
  std::string cursor;
  CheckReport report;

  [[nodiscard]] bool concerns(const std::string& workflow) const {
    return candidate->find_workflow(workflow) != nullptr ||
           (replaced != nullptr && replaced->find_workflow(workflow) != nullptr);
  }
};

void BundleCheck::run(std::shared_ptr<const Program> candidate, std::shared_ptr<const Program> replaced, Done done) {
  auto pass = std::make_shared<Pass>(
      Pass{reader_.snapshot(), std::move(candidate), std::move(replaced), std::move(done), {}, {}});
  pass->report.name = pass->candidate->name();
  pass->report.hash = pass->candidate->hash();
  lanes_.post("check", [this, pass = std::move(pass)] { run_slice(pass); });
}

void BundleCheck::run_slice(const std::shared_ptr<Pass>& pass) {
  InstanceFilter open;
  open.status = InstanceStatus::running;
  open.oldest_first = true;
  auto page = pass->snapshot.list_instances(open, pass->cursor, kCheckedAtOnce);
  if (!page.ok()) return pass->done(page.error());
  CheckReport& report = pass->report;
  for (const InstanceRecord& record : page->items) {
    if (!pass->concerns(record.workflow)) {
      ++report.elsewhere;
      ++report.elsewhere_of[record.workflow];
      continue;
    }
    auto finding = check_one(pass->snapshot, record, pass->candidate);
    if (!finding.ok()) return pass->done(finding.error());
    ++report.counts[static_cast<std::size_t>(finding->verdict)];
    if (finding->verdict != CheckVerdict::same && report.findings.size() < kFindings) {
      report.findings.push_back(*std::move(finding));
    }
  }
  pass->cursor = page->cursor;
  if (pass->cursor.empty()) return pass->done(std::move(report));
  lanes_.post("check", [this, pass] { run_slice(pass); });
}

}  // namespace baton
