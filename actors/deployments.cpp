#include "actors/deployments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/log.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/script/declaration_check.hpp"

namespace baton {

namespace {

constexpr std::string_view kDeployLane = "deploy";
// One row for all names: whether a workflow's name is free depends on every bundle.
constexpr const char* kLiveRow = "live";

Error stale(const CheckReport& report) {
  std::string detail =
      std::to_string(report.blocked()) + " of " + std::to_string(report.checked()) +
      " open instances could not move to this bundle: " + std::to_string(report.count(CheckVerdict::needs_patch)) +
      " need a patch, " + std::to_string(report.count(CheckVerdict::impossible)) + " impossible";
  for (const CheckFinding& finding : report.findings) {
    if (finding.verdict != CheckVerdict::needs_patch && finding.verdict != CheckVerdict::impossible) continue;
    detail += "; the first is " + finding.instance;
    if (!finding.journal_line.empty()) detail += ", journaled at " + finding.journal_line;
    if (!finding.script_line.empty()) detail += ", now at " + finding.script_line;
    break;
  }
  return {ErrorCode::stale_bundle, std::move(detail),
          "see them all with baton check; they finish on the bundle that they began with, so when that is what you "
          "want, deploy with --accept-findings (accept_findings in the API)"};
}

// What could be deployed and never started.
Status names_can_be_started(const Program& program) {
  for (const WorkflowDefinition& workflow : program.workflows()) {
    const std::string& name = workflow.name;
    const bool plain = std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (name.size() <= limits::kNameSize && plain && is_valid_utf8(name)) continue;
    return Error{
        ErrorCode::bad_bundle,
        workflow.module + ": the workflow's name has " + std::to_string(name.size()) + " bytes or a control character",
        "give it a name of 1 to " + std::to_string(limits::kNameSize) + " bytes of UTF-8 text"};
  }
  return success();
}

// What a bundle must be that comes here for the first time. One that an earlier version let in stays, and may be gone back to.
Status can_be_new(const BundleRegistry& bundles, const Program& program) {
  if (bundles.was_deployed(program.hash())) return success();
  if (Status named = names_can_be_started(program); !named) return named;
  return script::check_declarations(program);
}

}  // namespace

struct Deployments::Attempt {
  std::shared_ptr<const Program> program;
  std::shared_ptr<const Program> replaced;  // Null: nothing was live under the name.
  Principal by;
  DeployRequest::Findings findings;
  std::uint64_t token;
  std::optional<CheckReport> report;

  [[nodiscard]] std::string_view verdict() const {
    if (!report) return "unchecked";
    return report->blocked() > 0 ? "accepted" : "none";
  }
  // Of the report, where it lists something.
  [[nodiscard]] std::string report_hash() const {
    return report && !report->findings.empty() ? to_hex(sha256(report->json_to_keep())) : std::string();
  }

  [[nodiscard]] JsonText history(Instant now) const {
    JsonWriter writer;
    writer.begin_object().field("at", format_instant(now)).key("by");
    write_json(writer, by);
    writer.field("findings", verdict()).field("hash", program->hash()).field("name", program->name());
    if (report) writer.json_field("check", report->counts_json());
    writer.optional_field("report", report_hash()).end_object();
    return std::move(writer).take();
  }
  [[nodiscard]] JsonText answer(bool changed) const {
    JsonWriter writer;
    writer.begin_object().field("name", program->name()).field("hash", program->hash()).flag("changed", changed);
    writer.key("workflows").begin_array();
    for (const WorkflowDefinition& workflow : program->workflows()) writer.string(workflow.name);
    writer.end_array();
    if (changed && report) writer.json_field("check", report->counts_json());
    if (changed) writer.optional_field("report", report_hash());
    writer.end_object();
    return std::move(writer).take();
  }
  [[nodiscard]] AuditRecord record(std::string_view action, Instant now) const {
    AuditRecord record;
    record.action = action;
    record.at = now;
    record.by = by;
    record.object = program->name();
    record.bundle = program->hash();
    record.outcome = verdict() == "none" ? "no findings" : verdict() == "accepted" ? "findings accepted" : "unchecked";
    if (!report) return record;
    record.after = report->counts_json();
    if (!report->findings.empty()) record.evidence = report->json_to_keep();
    return record;
  }
  void add_report(std::vector<Change>& changes) const {
    if (const std::string hash = report_hash(); !hash.empty()) {
      changes.push_back(PutNamed{"deployments", "report/" + hash, report->json_to_keep()});
    }
  }
};

void Deployments::check(CheckRequest request, std::uint64_t token) {
  parts_.lanes.post("check", [this, request = std::move(request), token]() mutable {
    auto candidate = parts_.bundles.compile(request.name, std::move(request.files));
    if (!candidate.ok()) return parts_.replies.give(token, candidate.error());
    if (Status fit = can_be_new(parts_.bundles, **candidate); !fit) return parts_.replies.give(token, fit.error());
    parts_.check.run(*candidate, parts_.bundles.latest(request.name), [this, token](const Result<CheckReport>& report) {
      if (!report.ok()) return parts_.replies.give(token, report.error());
      parts_.replies.give(token, report->json());
    });
  });
}

void Deployments::deploy(DeployRequest request, std::uint64_t token) {
  parts_.lanes.post(kDeployLane,
                    [this, request = std::move(request), token]() mutable { begin(std::move(request), token); });
}

void Deployments::begin(DeployRequest request, std::uint64_t token) {
  auto compiled = parts_.bundles.compile(request.name, std::move(request.files));
  if (!compiled.ok()) return parts_.replies.give(token, compiled.error());
  if (Status fit = can_be_new(parts_.bundles, **compiled); !fit) return parts_.replies.give(token, fit.error());
  auto attempt = std::make_shared<Attempt>(Attempt{
      *std::move(compiled), parts_.bundles.latest(request.name), std::move(request.by), request.findings, token, {}});
  const bool changes = attempt->replaced == nullptr || attempt->replaced->hash() != attempt->program->hash();
  if (!changes || attempt->findings == DeployRequest::Findings::check_later) return make_live(attempt);
  parts_.check.run(attempt->program, attempt->replaced, [this, attempt](Result<CheckReport> report) {
    if (!report.ok()) return parts_.replies.give(attempt->token, report.error());
    attempt->report = *std::move(report);
    if (attempt->report->blocked() > 0 && attempt->findings == DeployRequest::Findings::refuse) {
      return parts_.replies.give(attempt->token, stale(*attempt->report));
    }
    parts_.lanes.post(kDeployLane, [this, attempt] { make_live(attempt); });
  });
}

void Deployments::make_live(const std::shared_ptr<Attempt>& attempt) {
  rows_.when_there(kLiveRow, [this, attempt] { commit(attempt); });
}

void Deployments::commit(const std::shared_ptr<Attempt>& attempt) {
  const Instant now = parts_.clock.now();
  auto planned = parts_.bundles.plan(attempt->program, attempt->history(now), now);
  if (!planned.ok()) return parts_.replies.give(attempt->token, planned.error());
  if (planned->changes.empty()) return parts_.replies.give(attempt->token, attempt->answer(false));
  attempt->add_report(planned->changes);
  for (Change& row : parts_.replies.rows_with(attempt->token, attempt->answer(true))) {
    planned->changes.push_back(std::move(row));
  }
  Turn turn(std::move(planned->changes), {attempt->record(action::kBundleDeployed, now)}, {}, {});
  rows_.leave(kLiveRow);
  parts_.path.commit(std::move(turn), {}, [this, attempt] {
    parts_.bundles.publish(attempt->program);
    log::info("bundle {} went live under {}", attempt->program->hash(), attempt->program->name());
    parts_.replies.give(attempt->token, attempt->answer(true));
    parts_.lanes.post(kDeployLane, [this] { rows_.arrive(kLiveRow, {}); });
    if (!attempt->report) check_later(attempt);
  });
}

void Deployments::check_later(const std::shared_ptr<Attempt>& attempt) {
  parts_.check.run(attempt->program, attempt->replaced, [this, attempt](Result<CheckReport> report) {
    if (!report.ok()) {
      log::error("bundle {} could not be checked: {}", attempt->program->hash(), to_string(report.error()));
      return;
    }
    attempt->report = *std::move(report);
    std::vector<Change> changes;
    attempt->add_report(changes);
    AuditRecord record = attempt->record(action::kBundleChecked, parts_.clock.now());
    if (attempt->report->blocked() > 0) record.outcome = "findings";
    parts_.path.commit(Turn(std::move(changes), {record}, {}, {}), {}, {});
  });
}

}  // namespace baton
