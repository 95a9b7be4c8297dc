// audit verify: an export or a piece of evidence, offline, with nothing but the ledger's key.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/audit_verify.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

constexpr std::size_t kNoteSize = 64 << 10;
constexpr std::size_t kEvidenceSize = 256 << 10;

struct VerifyOptions {
  std::string path, key, known;
};

JsonText report_json(const AuditReport& report) {
  JsonWriter writer;
  writer.begin_object().flag("verified", report.ok());
  if (report.problem) writer.field("problem", report.problem->detail).field("code", code_of(report.problem->code));
  if (report.first_bad_index) writer.field("first_bad_index", static_cast<std::int64_t>(*report.first_bad_index));
  if (report.checkpoint) {
    writer.field("origin", report.checkpoint->origin).field("size", static_cast<std::int64_t>(report.checkpoint->size));
  }
  writer.key("signed_by").begin_array();
  for (const std::string& name : report.signed_by) writer.string(name);
  writer.end_array().field("entries_verified", static_cast<std::int64_t>(report.entries_verified));
  if (report.minimum_index != 0) {
    writer.field("minimum_index", static_cast<std::int64_t>(report.minimum_index));
    if (report.pruned_by) writer.field("pruned_by", static_cast<std::int64_t>(*report.pruned_by));
  }
  writer.field("tiles_verified", static_cast<std::int64_t>(report.tiles_verified));
  writer.field("files_not_covered", static_cast<std::int64_t>(report.files_not_covered)).end_object();
  return std::move(writer).take();
}

std::string report_text(const AuditReport& report) {
  if (report.ok()) {
    return "verified: " + std::to_string(report.entries_verified) + " records of " + report.checkpoint->origin +
           ", all as they were signed" +
           (report.minimum_index == 0 ? std::string()
                                      : "; those below " + std::to_string(report.minimum_index) +
                                            " were pruned, as record " + std::to_string(*report.pruned_by) + " says");
  }
  std::string text = "REFUSED: " + report.problem->detail;
  if (report.first_bad_index) text += "\nfirst bad record: " + std::to_string(*report.first_bad_index);
  return text;
}

Result<Checkpoint> read_known(const std::string& path, const CheckpointTrust& trust) {
  const auto note = read_export_file(path, kNoteSize);
  if (!note.ok()) return note.error();
  const auto opened = open_checkpoint(*note, trust);
  if (!opened.ok()) return opened.error();
  return opened->checkpoint;
}

int verify_folder(const Cli& cli, const VerifyOptions& options, const CheckpointTrust& trust) {
  AuditOptions audit;
  audit.trust = trust;
  if (!options.known.empty()) {
    const auto known = read_known(options.known, trust);
    if (!known) return fail(cli, known.error());
    audit.known = *known;
  }
  const AuditReport report = verify_export(options.path, audit);
  std::cout << (cli.json ? report_json(report) : report_text(report)) << "\n";
  return static_cast<int>(report.ok() ? Exit::done : Exit::failed);
}

// As an export that is refused: in the same words, with the same exit code.
int refuse_evidence(const Cli& cli, const Error& problem) {
  AuditReport report;
  report.problem = problem;
  std::cout << (cli.json ? report_json(report) : report_text(report)) << "\n";
  return static_cast<int>(Exit::failed);
}

int verify_evidence(const Cli& cli, const VerifyOptions& options, const CheckpointTrust& trust) {
  const auto text = read_export_file(options.path, kEvidenceSize);
  if (!text) return fail(cli, text.error());
  const auto proof = parse_tlog_proof(*text);
  if (!proof) return refuse_evidence(cli, proof.error());
  const auto proved = verify_tlog_proof(*proof, std::nullopt, trust);
  if (!proved) return refuse_evidence(cli, proved.error());
  const Checkpoint& checkpoint = proved->checkpoint.checkpoint;
  JsonWriter writer;
  writer.begin_object().flag("verified", true).field("index", static_cast<std::int64_t>(proved->index));
  writer.field("size", static_cast<std::int64_t>(checkpoint.size)).json_field("leaf", proved->leaf).end_object();
  std::cout << (cli.json ? writer.view()
                         : "verified: record " + std::to_string(proved->index) + " of " + checkpoint.origin + "\n" +
                               proved->leaf)
            << "\n";
  return static_cast<int>(Exit::done);
}

int run(const Cli& cli, const VerifyOptions& options) {
  const auto key = parse_verifier_key(options.key);
  if (!key) return fail(cli, key.error());
  const CheckpointTrust trust{key->get(), {}, 0};
  std::error_code ignored;
  if (std::filesystem::is_regular_file(options.path, ignored)) return verify_evidence(cli, options, trust);
  return verify_folder(cli, options, trust);
}

}  // namespace

Verb audit_verify_verb(Cli& cli) {
  auto options = std::make_shared<VerifyOptions>();
  return {"verify",
          "Check an export or an evidence file, offline; exit code 1 when it is refused",
          "  baton audit verify export --key \"$(cat ledger.vkey)\" --known 2026-03.checkpoint\n"
          "  baton audit verify record.tlog-proof --key \"$(cat ledger.vkey)\"",
          {{"path", "Folder of an export, or a .tlog-proof file", &options->path, true},
           {"--key", "The ledger's verifier key, as 'baton audit key' prints it", &options->key, true},
           {"--known", "File with a checkpoint from before, which the export must contain", &options->known}},
          [&cli, options] { return run(cli, *options); },
          {},
          options};
}

}  // namespace baton
