// audit hold and audit prune: what must stay in the ledger, and what may go once it is elsewhere.
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>

#include "gateway/cli/audit_verbs.hpp"
#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/audit_verify.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/prune.hpp"
#include "persistence/ledger/tile_layout.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"

namespace baton {
namespace {

constexpr std::size_t kBundleSize = ledger_rows::kTileWidth * (2 + limits::kLedgerLeafSize);
constexpr std::size_t kNoteSize = 64 << 10;

struct HoldOptions {
  std::string id, patient, instance, from, to, matter, reason;
  bool all = false;
};

int place(const Cli& cli, const HoldOptions& options) {
  JsonWriter body;
  body.begin_object().optional_field("patient", options.patient).optional_field("instance", options.instance);
  body.optional_field("from", options.from).optional_field("to", options.to);
  body.optional_field("matter", options.matter).field("reason", options.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/audit/holds", body.view());
  return answer ? done(cli, *answer, field_text(*answer, "id") + " is in force") : fail(cli, answer.error());
}

int lift(const Cli& cli, const HoldOptions& options) {
  JsonWriter body;
  body.begin_object().field("reason", options.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/audit/holds/" + segment(options.id) + "/lift", body.view());
  return answer ? done(cli, *answer, options.id + " is lifted") : fail(cli, answer.error());
}

int list(const Cli& cli, const HoldOptions& options) {
  const auto answer = call_api(cli, "GET", std::string("/v1/audit/holds") + (options.all ? "?all=true" : ""));
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(answer->as_object().at("items"));
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"ID", "IN FORCE", "PATIENT", "INSTANCE", "FROM", "TO", "MATTER", "REASON", "PLACED BY", "PLACED AT"}};
  for (const auto& item : answer->as_object().at("items").as_array()) {
    std::vector<std::string> row;
    for (const char* name : {"id", "in_force", "patient", "instance", "from", "to", "matter", "reason"})
      row.push_back(field_text(item, name));
    row.push_back(field_text(item.as_object().at("placed_by"), "subject"));
    row.push_back(field_text(item, "placed_at"));
    rows.push_back(std::move(row));
  }
  print_table(rows);
  return 0;
}

struct PruneOptions {
  std::string before, folder, key, reason;
};

// The digest of the bundles [from, to) as they lie in the export.
Result<std::string> digest_of(const std::filesystem::path& folder, std::uint64_t from, std::uint64_t to) {
  BundleDigest digest;
  for (std::uint64_t index = from / ledger_rows::kTileWidth; index < to / ledger_rows::kTileWidth; ++index) {
    const auto bundle = read_export_file(folder / format_tile_path({std::nullopt, index}), kBundleSize);
    if (!bundle.ok()) return bundle.error();
    digest.add(*bundle);
  }
  return to_hex(digest.value());
}

// Nothing goes that is not in an export which verifies as a whole.
int prune(const Cli& cli, const PruneOptions& options) {
  const auto plan = call_api(cli, "GET", "/v1/audit/prune?before=" + segment(options.before));
  if (!plan) return fail(cli, plan.error());
  const auto from = static_cast<std::uint64_t>(plan->as_object().at("from").as_int64());
  const auto to = static_cast<std::uint64_t>(plan->as_object().at("to").as_int64());
  if (from == to) {
    return done(cli, *plan,
                "nothing to prune: the ledger begins at " + std::to_string(from) +
                    ", and its records go in whole bundles of 256");
  }
  if (options.folder.empty()) {
    return done(cli, *plan,
                "records " + std::to_string(from) + " to " + std::to_string(to - 1) +
                    " may go; give --export, --key and --reason to remove them");
  }
  const auto key = parse_verifier_key(options.key);
  if (!key) return fail(cli, key.error());
  AuditOptions audit;
  audit.trust = {key->get(), {}, 0};
  const AuditReport report = verify_export(options.folder, audit);
  if (!report.ok()) return fail(cli, *report.problem);
  if (report.checkpoint->size < to) {
    return fail(cli, {ErrorCode::not_exported,
                      "the export ends at " + std::to_string(report.checkpoint->size) + ", before record " +
                          std::to_string(to - 1),
                      "take a new one: baton audit export --tiles DIR"});
  }
  const auto digest = digest_of(options.folder, from, to);
  if (!digest) return fail(cli, digest.error());
  const auto note = read_export_file(std::filesystem::path(options.folder) / "checkpoint", kNoteSize);
  if (!note) return fail(cli, note.error());
  JsonWriter body;
  body.begin_object().field("to", static_cast<std::int64_t>(to)).field("digest", *digest);
  body.field("reason", options.reason).field("checkpoint", *note).end_object();
  const auto answer = call_api(cli, "POST", "/v1/audit/prune", body.view());
  return answer ? done(cli, *answer,
                       field_text(*answer, "records") + " records pruned; the ledger begins at " +
                           field_text(*answer, "to"))
                : fail(cli, answer.error());
}

}  // namespace

Verb audit_hold_verb(Cli& cli) {
  auto options = std::make_shared<HoldOptions>();
  const CliOption reason{"--reason", "Why, in words", &options->reason, true};
  return {"hold",
          "Legal holds: what must not be erased or pruned",
          "  baton audit hold place --patient p-1 --matter 23-cv-117 --reason 'court order of 3 March'",
          {},
          nullptr,
          {Verb{"place",
                "Place a hold on a patient, an instance, or a span of time",
                "  baton audit hold place --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z --reason 'inquiry'",
                {{"--patient", "Patient id", &options->patient},
                 {"--instance", "Instance id", &options->instance},
                 {"--from", "RFC 3339, inclusive", &options->from},
                 {"--to", "RFC 3339, exclusive", &options->to},
                 {"--matter", "The case or order that asks for it", &options->matter},
                 reason},
                [&cli, options] { return place(cli, *options); },
                {},
                {}},
           Verb{"lift",
                "End a hold",
                "  baton audit hold lift hold-1 --reason 'settled'",
                {{"id", "The hold's id", &options->id, true}, reason},
                [&cli, options] { return lift(cli, *options); },
                {},
                {}},
           Verb{"list",
                "Holds in force, or all",
                "  baton audit hold list --all",
                {{"--all", "Those that were lifted as well", &options->all}},
                [&cli, options] { return list(cli, *options); },
                {},
                {}}},
          options};
}

Verb audit_prune_verb(Cli& cli) {
  auto options = std::make_shared<PruneOptions>();
  return {"prune",
          "Remove old records that are in a verified export; proofs stay valid. Without --export, say what may go",
          "  baton audit prune --before 2020-01-01T00:00:00Z\n"
          "  baton audit prune --before 2020-01-01T00:00:00Z --export ./2019 --key \"$(cat ledger.vkey)\" --reason '10 "
          "years are over'",
          {{"--before", "RFC 3339, or an index: records from here on stay", &options->before, true},
           {"--export", "Folder of an export (--tiles) that has the records", &options->folder},
           {"--key", "The ledger's verifier key", &options->key},
           {"--reason", "Which rule of retention allows it", &options->reason}},
          [&cli, options] { return prune(cli, *options); },
          {},
          options};
}

}  // namespace baton
