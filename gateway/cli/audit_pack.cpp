// audit pack: the evidence about a case, a patient or a decision as a folder that speaks for itself: a page to read, the
// records as they were hashed, a proof of each, and how to check them without Baton.
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <thread>

#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "runtime/base/base64.hpp"

namespace baton {
namespace {

struct PackOptions {
  std::string folder, instance, patient, index, limit = "10000";
};

struct PackedRecord {
  std::string index;
  boost::json::value leaf;
  boost::json::value beside;
};

std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

constexpr std::string_view kHowToVerify = R"text(# How to check this folder

Nothing here has to be believed. `ledger.vkey` is the ledger's key as the server told it: compare it with the one that you wrote down before.

With Baton, offline, for each file in `proofs/`:

    baton audit verify proofs/17.tlog-proof --key "$(cat ledger.vkey)"

Without Baton: each file is a C2SP `tlog-proof` (https://c2sp.org/tlog-proof). It holds the record (`extra`, in base64), its index, the hashes on
the way to the root, and the signed checkpoint.

1. SHA-256 of a zero byte and the record is the leaf's hash. Hash it with the listed hashes as in RFC 6962, section 2.1.1.
2. The result must be the root in the third line of the checkpoint, whose second line is the size of the tree.
3. The signature over the checkpoint's text (all lines before the empty one) must be Ed25519 by the key in `ledger.vkey`.

Go's `golang.org/x/mod/sumdb/tlog` (CheckRecord) and `note` (Open) do all three.

`records.ndjson` has the same records, one a line. What they say of patients is sealed in them (`sealed`), because it has to be
possible to erase a person without breaking a proof; `index.html` shows it as the server opened it for whoever made this folder.
`beside/` has what a record names by its SHA-256 because it was too long for it: `sha256sum` of the file `.sealed`, or where
there is none of `.json`, is what the record says. `explanation.json` says which decision was made at which line of which bundle, and which record binds it;
`reproduction.json` what came of running that bundle over the case's journal again.
)text";

// Whether the ledger has a record of this index, signed or not.
Result<bool> is_written(const Cli& cli, const std::string& index) {
  const auto page = call_api(cli, "GET", "/v1/audit?limit=1&from=" + segment(index));
  if (!page) return page.error();
  return !page->as_object().at("items").as_array().empty();
}

// A record is provable once a checkpoint covers it, on a disk that keeps up a second after its commit: asks until then.
Result<boost::json::value> fetch_signed_record(const Cli& cli, const std::string& index) {
  constexpr int kTries = 60;
  for (int tries = 1;; ++tries) {
    auto answer = call_api(cli, "GET", "/v1/audit/records/" + segment(index));
    if (answer || answer.error().code != ErrorCode::not_found || tries == kTries) return answer;
    if (tries == 1) {
      const auto written = is_written(cli, index);
      if (!written) return written.error();
      if (!*written) return answer;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

// Fetches the records, writes the files of each, and gives what the page shows.
Result<std::vector<PackedRecord>> pack_records(const Cli& cli, const std::filesystem::path& folder,
                                               const std::vector<std::string>& indexes) {
  std::vector<PackedRecord> records;
  std::string lines;
  for (const std::string& index : indexes) {
    const auto answer = fetch_signed_record(cli, index);
    if (!answer) return answer.error();
    const auto& fields = answer->as_object();
    PackedRecord record{index, fields.at("leaf"), nullptr};
    const std::string text = field_text(*answer, "proof");
    const auto proof = parse_tlog_proof(text);
    if (!proof) return proof.error();
    const Status kept = write_export_file(folder / "proofs" / (index + ".tlog-proof"), text);
    if (!kept) return kept.error();
    if (const auto* beside = fields.if_contains("beside")) {
      record.beside = *beside;
      for (const auto& each : beside->as_object()) {
        const std::string name = index + "." + std::string(each.key()) + ".json";
        const Status written = write_export_file(folder / "beside" / name, std::string(each.value().as_string()));
        if (!written) return written.error();
      }
    }
    if (const auto* sealed = fields.if_contains("sealed_beside")) {
      for (const auto& each : sealed->as_object()) {
        const std::string name = index + "." + std::string(each.key()) + ".sealed";
        const auto bytes = decode_base64(std::string(each.value().as_string()));
        const Status written = write_export_file(folder / "beside" / name, bytes.value_or(""));
        if (!written) return written.error();
      }
    }
    lines += proof->extra.value_or("") + "\n";
    records.push_back(std::move(record));
  }
  if (const Status written = write_export_file(folder / "records.ndjson", lines); !written) return written.error();
  return records;
}

std::string page_of(const std::string& title, const std::string& key, const std::vector<PackedRecord>& records) {
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + html(title) +
                     "</title>\n<style>body{font:15px/1.5 sans-serif;margin:2em;max-width:70em}table{border-collapse:"
                     "collapse}td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
                     "pre{white-space:pre-wrap;margin:0}</style></head><body>\n<h1>" +
                     html(title) + "</h1>\n<p>" + std::to_string(records.size()) +
                     " records of the audit ledger. Key: <code>" + html(key) +
                     "</code>. How to check them: <a href=\"VERIFY.md\">VERIFY.md</a>.</p>\n<table><tr><th>Record<th>At"
                     "<th>Who<th>What<th>Outcome<th>Why<th>All of it</tr>\n";
  for (const PackedRecord& record : records) {
    const auto text = [&record](const char* name) { return html(field_text(record.leaf, name)); };
    const auto* by = record.leaf.is_object() ? record.leaf.as_object().if_contains("by") : nullptr;
    const std::string who =
        by == nullptr ? "" : html(field_text(*by, "subject")) + "<br>" + html(field_text(*by, "role"));
    page += "<tr><td><a href=\"proofs/" + record.index + ".tlog-proof\">" + record.index + "</a><td>" + text("at") +
            "<td>" + who + "<td>" + text("action") + "<br>" + text("object") + "<td>" + text("outcome") + "<td>" +
            text("reason_code") + " " + text("reason") + "<td><details><summary>record</summary><pre>" +
            html(boost::json::serialize(record.leaf)) + "</pre></details>";
    if (record.beside.is_object()) {
      page += "<details><summary>beside it</summary><pre>" + html(boost::json::serialize(record.beside)) +
              "</pre></details>";
    }
    page += "</tr>\n";
  }
  return page + "</table></body></html>\n";
}

Result<std::vector<std::string>> indexes_of(const Cli& cli, const PackOptions& options, std::size_t limit) {
  if (!options.index.empty()) return std::vector<std::string>{options.index};
  std::string path = "/v1/audit/records?";
  if (!options.instance.empty()) path += "instance=" + segment(options.instance);
  if (!options.patient.empty()) {
    path += std::string(options.instance.empty() ? "" : "&") + "patient=" + segment(options.patient);
  }
  const auto items = fetch_items(cli, path, limit);
  if (!items) return items.error();
  std::vector<std::string> indexes;
  for (const auto& item : *items) indexes.push_back(field_text(item, "index"));
  return indexes;
}

// What is known of the case beside its records: the names of files, and what stands in them.
Result<std::map<std::string, std::string>> fetch_case(const Cli& cli, const std::string& instance) {
  std::map<std::string, std::string> files;
  if (instance.empty()) return files;
  for (const auto& [verb, file] : {std::pair{"explain", "explanation.json"}, {"reproduce", "reproduction.json"}}) {
    const auto answer = call_api(cli, "GET", "/v1/instances/" + segment(instance) + "/" + verb);
    if (!answer) return answer.error();
    files.emplace(file, boost::json::serialize(*answer) + "\n");
  }
  return files;
}

Result<std::size_t> pack(const Cli& cli, const PackOptions& options, std::size_t limit) {
  const std::filesystem::path folder = std::filesystem::absolute(options.folder);
  const auto key = call_api(cli, "GET", "/v1/audit/key");
  if (!key) return key.error();
  const auto indexes = indexes_of(cli, options, limit);
  if (!indexes) return indexes.error();
  // Before anything is written: of a case that there is not, no folder is left.
  auto files = fetch_case(cli, options.instance);
  if (!files) return files.error();
  const auto records = pack_records(cli, folder, *indexes);
  if (!records) return records.error();
  const std::string about = !options.instance.empty()  ? "case " + options.instance
                            : !options.patient.empty() ? "patient " + options.patient
                                                       : "record " + options.index;
  const std::string key_text = field_text(*key, "key");
  files->emplace("ledger.vkey", key_text + "\n");
  files->emplace("VERIFY.md", kHowToVerify);
  files->emplace("index.html", page_of("Evidence: " + about, key_text, *records));
  for (const auto& [name, text] : *files) {
    if (const Status written = write_export_file(folder / name, text); !written) return written.error();
  }
  return records->size();
}

int run(const Cli& cli, const PackOptions& options) {
  if (options.instance.empty() && options.patient.empty() && options.index.empty()) {
    return usage_error(cli, "evidence about what?", "give --instance, --patient or --index");
  }
  const auto limit = number_argument("--limit", options.limit, 1);
  if (!limit) return usage_error(cli, limit.error());
  const auto count = pack(cli, options, *limit);
  if (!count) return fail(cli, count.error());
  return done(cli, boost::json::object{{"folder", options.folder}, {"records", *count}},
              std::to_string(*count) + " records with their proofs in " + options.folder + "; begin with index.html");
}

}  // namespace

Verb audit_pack_verb(Cli& cli) {
  auto options = std::make_shared<PackOptions>();
  return {"pack",
          "Write the evidence about a case, a patient or a record as a folder that speaks for itself",
          "  baton audit pack ./evidence --instance case-1\n  baton audit pack ./evidence --index 17",
          {{"folder", "Folder for the evidence", &options->folder, true},
           {"--instance", "Instance id", &options->instance},
           {"--patient", "Patient id", &options->patient},
           {"--index", "One record's index", &options->index},
           {"--limit", "How many records at most; 10000 if not given", &options->limit}},
          [&cli, options] { return run(cli, *options); },
          {},
          options};
}

}  // namespace baton
