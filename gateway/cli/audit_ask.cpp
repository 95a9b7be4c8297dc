// audit ask: the questions that auditors come with, and that nothing was changed since a checkpoint which they kept.
#include <boost/json.hpp>
#include <iostream>

#include "gateway/cli/audit_verbs.hpp"
#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/merkle.hpp"
#include "persistence/ledger/note_key.hpp"

namespace baton {
namespace {

constexpr std::size_t kNoteSize = 64 << 10;

struct AskOptions {
  std::string name, patient, person, instance, rule, from, to, zone, known, key;
};

std::vector<std::string> texts_of(const boost::json::array& cells) {
  std::vector<std::string> texts;
  for (const auto& cell : cells) {
    texts.push_back(cell.is_null()     ? ""
                    : cell.is_string() ? std::string(cell.as_string())
                                       : boost::json::serialize(cell));
  }
  return texts;
}

int list(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/audit/questions");
  if (!answer) return fail(cli, answer.error());
  const auto& items = answer->as_object().at("items").as_array();
  if (cli.json) {
    print_json(items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "QUESTION", "TAKES"}};
  for (const auto& item : items) {
    std::string takes;
    for (const auto& parameter : item.as_object().at("parameters").as_array()) {
      const std::string option = "--" + field_text(parameter, "name");
      const bool required = parameter.as_object().at("required").as_bool();
      takes += (takes.empty() ? "" : " ") + (required ? option : "[" + option + "]");
    }
    rows.push_back({field_text(item, "name"), field_text(item, "title"), takes});
  }
  rows.push_back({"unchanged", "Was anything changed since the checkpoint that I kept?", "--known --key"});
  print_table(rows);
  return 0;
}

int ask(const Cli& cli, const AskOptions& options) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query += (query.empty() ? "?" : "&") + std::string(name) + "=" + segment(value);
  };
  add("patient", options.patient);
  add("person", options.person);
  add("instance", options.instance);
  add("rule", options.rule);
  add("from", options.from);
  add("to", options.to);
  add("zone", options.zone);
  const auto answer = call_api(cli, "GET", "/v1/audit/questions/" + segment(options.name) + query);
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::cout << field_text(*answer, "title") << "\n";
  for (const auto& part : answer->as_object().at("parts").as_array()) {
    const auto& table = part.as_object().at("answer").as_object();
    std::cout << "\n" << field_text(part, "title") << "\n";
    std::vector<std::vector<std::string>> rows{texts_of(table.at("columns").as_array())};
    for (const auto& row : table.at("rows").as_array()) rows.push_back(texts_of(row.as_array()));
    print_table(rows);
    if (table.at("truncated").as_bool()) std::cout << "(there is more: give --from and --to)\n";
  }
  return 0;
}

Result<Checkpoint> open(std::string_view note, const CheckpointTrust& trust) {
  const auto opened = open_checkpoint(note, trust);
  if (!opened.ok()) return opened.error();
  return opened->checkpoint;
}

Result<merkle::Proof> read_proof(const boost::json::value& answer) {
  merkle::Proof proof;
  for (const auto& each : answer.as_object().at("proof").as_array()) {
    const auto hash = parse_hash(std::string_view(each.as_string()));
    if (!hash.ok()) return hash.error();
    proof.push_back(*hash);
  }
  return proof;
}

// Believes nothing but the key and the checkpoint that was kept: what the server says is checked here.
int unchanged(const Cli& cli, const AskOptions& options) {
  if (options.known.empty() || options.key.empty()) {
    return usage_error(cli, "this needs what you kept", "give --known FILE and --key VKEY");
  }
  const auto key = parse_verifier_key(options.key);
  if (!key) return fail(cli, key.error());
  const CheckpointTrust trust{key->get(), {}, 0};
  const auto kept = read_export_file(options.known, kNoteSize);
  if (!kept) return fail(cli, kept.error());
  const auto before = open(*kept, trust);
  if (!before) return fail(cli, before.error());
  const auto note = fetch_bytes(cli, "/checkpoint");
  if (!note) return fail(cli, note.error());
  const auto now = open(*note, trust);
  if (!now) return fail(cli, now.error());
  merkle::Proof proof;
  if (before->size > 0 && before->size < now->size) {
    const auto answer = call_api(
        cli, "GET",
        "/v1/audit/proof/consistency?from=" + std::to_string(before->size) + "&to=" + std::to_string(now->size));
    if (!answer) return fail(cli, answer.error());
    auto read = read_proof(*answer);
    if (!read) return fail(cli, read.error());
    proof = *std::move(read);
  }
  Status same = success();
  if (before->size > now->size) {
    same = Error{ErrorCode::ledger_mismatch, "the ledger is shorter than what you kept", {}};
  } else if (before->size > 0) {
    same = merkle::verify_consistency(before->size, now->size, before->root, now->root, proof);
  }
  if (!same) return fail(cli, same.error());
  const std::string sizes = std::to_string(before->size) + " records then, " + std::to_string(now->size) + " now";
  return done(cli, boost::json::object{{"unchanged", true}, {"from", before->size}, {"to", now->size}},
              "unchanged: " + sizes + "; those of then are the beginning of those of now, as both signatures say");
}

int run(const Cli& cli, const AskOptions& options) {
  if (options.name.empty()) return list(cli);
  return options.name == "unchanged" ? unchanged(cli, options) : ask(cli, options);
}

}  // namespace

Verb audit_ask_verb(Cli& cli) {
  auto options = std::make_shared<AskOptions>();
  return {"ask",
          "Ready questions; without a name, what they are",
          "  baton audit ask patient --patient p-1\n"
          "  baton audit ask overrides --rule hold --zone Europe/Berlin\n"
          "  baton audit ask unchanged --known 2026-03.checkpoint --key \"$(cat ledger.vkey)\"",
          {{"name", "The question", &options->name},
           {"--patient", "Patient id", &options->patient},
           {"--person", "Who did it", &options->person},
           {"--instance", "Instance id", &options->instance},
           {"--rule", "Name of the decision or task in the script", &options->rule},
           {"--from", "RFC 3339, inclusive", &options->from},
           {"--to", "RFC 3339, exclusive", &options->to},
           {"--zone", "Time zone of the shifts, such as Europe/Berlin", &options->zone},
           {"--known", "File with a checkpoint from before", &options->known},
           {"--key", "The ledger's verifier key", &options->key}},
          [&cli, options] { return run(cli, *options); },
          {},
          options};
}

}  // namespace baton
