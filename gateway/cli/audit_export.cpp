// audit export: the whole signed ledger as files: C2SP tiles, NDJSON, CSV, FHIR AuditEvents. All from the tiles that the
// server publishes, so that every form is of one checkpoint.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>

#include "gateway/audit/audit_event.hpp"
#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/signed_note.hpp"
#include "persistence/ledger/tile_layout.hpp"

namespace baton {
namespace {

struct ExportOptions {
  std::string tiles, ndjson, csv, fhir;
  bool open = false;
};

struct Target {
  std::string note;
  Checkpoint checkpoint;
  std::uint64_t minimum = 0;  // Records below were pruned.
};

Result<Target> fetch_checkpoint(const Cli& cli) {
  auto note = fetch_bytes(cli, "/checkpoint");
  if (!note.ok()) return note.error();
  const auto parsed = parse_note(*note);
  if (!parsed.ok()) return parsed.error();
  auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.error();
  const auto retention = call_api(cli, "GET", "/v1/audit/retention");
  if (!retention.ok()) return retention.error();
  const auto minimum = static_cast<std::uint64_t>(retention->as_object().at("minimum_index").as_int64());
  return Target{*std::move(note), *std::move(checkpoint), minimum};
}

// Fetches one file of the layout into the folder. Full tiles never change: what is there already is kept.
Status fetch_file(const Cli& cli, const std::filesystem::path& folder, const TilePath& path) {
  const std::string name = format_tile_path(path);
  std::error_code ignored;
  if (path.width == ledger_rows::kTileWidth && std::filesystem::exists(folder / name, ignored)) return success();
  const auto bytes = fetch_bytes(cli, "/" + name);
  if (!bytes.ok()) return bytes.error();
  return write_export_file(folder / name, *bytes);
}

// The checkpoint comes last, so that a folder with one is whole.
Status fetch_tiles(const Cli& cli, const Target& target, const std::filesystem::path& folder) {
  const std::uint64_t size = target.checkpoint.size;
  for (unsigned level = 0; level < ledger_rows::kTileLevels && size >> (level * ledger_rows::kTileHeight) > 0;
       ++level) {
    for (std::uint64_t index = 0;; ++index) {
      const std::size_t width = ledger_rows::tile_width(level, index, size);
      if (width == 0) break;
      if (const Status got = fetch_file(cli, folder, {level, index, width}); !got.ok()) return got;
      if (level > 0 || index < target.minimum / ledger_rows::kTileWidth) continue;
      if (const Status got = fetch_file(cli, folder, {std::nullopt, index, width}); !got.ok()) return got;
    }
  }
  if (target.minimum > 0) {
    const Status said = write_export_file(folder / kMinimumIndexFile, std::to_string(target.minimum) + "\n");
    if (!said.ok()) return said;
  }
  return write_export_file(folder / "checkpoint", target.note);
}

// The records from `first` on as the server opens them for this caller; it records that they were read.
Result<std::vector<std::string>> fetch_opened(const Cli& cli, std::uint64_t first, std::size_t count) {
  const auto page = call_api(
      cli, "GET", "/v1/audit?from=" + std::to_string(first) + "&limit=" + std::to_string(ledger_rows::kTileWidth));
  if (!page.ok()) return page.error();
  std::vector<std::string> leaves;
  for (const auto& item : page->as_object().at("items").as_array()) {
    if (leaves.size() < count) leaves.push_back(boost::json::serialize(item.as_object().at("leaf")));
  }
  if (leaves.size() == count) return leaves;
  return Error{ErrorCode::ledger_mismatch, "the server has fewer records than its checkpoint", {}};
}

// Calls each(index, leaf) for all records of the checkpoint: as the tree hashes them, or opened.
template <typename Each>
Status for_each_record(const Cli& cli, const Target& target, bool open, Each&& each) {
  const std::uint64_t size = target.checkpoint.size;
  for (std::uint64_t index = target.minimum; index < size;) {
    const std::uint64_t bundle = index / ledger_rows::kTileWidth;
    const TilePath path{std::nullopt, bundle, ledger_rows::tile_width(0, bundle, size)};
    const auto bytes = fetch_bytes(cli, "/" + format_tile_path(path));
    if (!bytes.ok()) return bytes.error();
    std::string_view list = *bytes;
    std::vector<std::string> opened;
    if (open) {
      auto fetched = fetch_opened(cli, index, path.width);
      if (!fetched.ok()) return fetched.error();
      opened = *std::move(fetched);
    }
    for (std::size_t i = 0; i < path.width; ++i, ++index) {
      const auto stored = ledger_rows::take_entry(list);
      const auto leaf = stored && open ? std::optional<std::string_view>(opened[i]) : stored;
      if (!leaf)
        return Error{ErrorCode::ledger_mismatch, "the bundle at record " + std::to_string(index) + " is cut short", {}};
      if (const Status done = each(index, *leaf); !done.ok()) return done;
    }
  }
  return success();
}

// A file that is written record by record.
template <typename Write>
Status write_records(const Cli& cli, const Target& target, bool open, const std::string& path, const std::string& begin,
                     const std::string& end, Write&& write) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << begin;
  const Status done = for_each_record(cli, target, open, [&](std::uint64_t index, std::string_view leaf) -> Status {
    const Result<std::string> text = write(index, leaf);
    if (!text.ok()) return text.error();
    file << *text;
    return success();
  });
  if (!done.ok()) return done;
  file << end;
  file.close();
  return file.good()
             ? success()
             : Status(Error{ErrorCode::io_failed, path + " cannot be written", "name a file in a folder that exists"});
}

Status export_all(const Cli& cli, const Target& target, const ExportOptions& options) {
  if (!options.tiles.empty()) {
    if (const Status done = fetch_tiles(cli, target, options.tiles); !done.ok()) return done;
  }
  if (!options.ndjson.empty()) {
    const Status done = write_records(
        cli, target, options.open, options.ndjson, "", "",
        [](std::uint64_t, std::string_view leaf) { return Result<std::string>(std::string(leaf) + "\n"); });
    if (!done.ok()) return done;
  }
  if (!options.csv.empty()) {
    const Status done = write_records(cli, target, options.open, options.csv, audit_csv_heading(), "", audit_csv_row);
    if (!done.ok()) return done;
  }
  if (!options.fhir.empty()) {
    const std::string& origin = target.checkpoint.origin;
    const Status done = write_records(
        cli, target, options.open, options.fhir, R"({"resourceType":"Bundle","type":"collection","entry":[)", "]}\n",
        [&origin, first = target.minimum](std::uint64_t index, std::string_view leaf) -> Result<std::string> {
          const auto events = audit_events(index, leaf, origin);
          if (!events.ok()) return events.error();
          std::string text;
          for (const AuditEvent& event : *events) {
            text += index == first && text.empty() ? "" : ",\n";
            text += R"({"fullUrl":"urn:baton:audit:)" + event.id + R"(","resource":)" + event.json + "}";
          }
          return text;
        });
    if (!done.ok()) return done;
  }
  return success();
}

int run(const Cli& cli, const ExportOptions& options) {
  if (options.tiles.empty() && options.ndjson.empty() && options.csv.empty() && options.fhir.empty()) {
    return usage_error(cli, "nothing to export to", "give --tiles, --ndjson, --csv or --fhir");
  }
  const auto target = fetch_checkpoint(cli);
  if (!target) return fail(cli, target.error());
  if (const Status written = export_all(cli, *target, options); !written) return fail(cli, written.error());
  const std::uint64_t size = target->checkpoint.size;
  return done(cli, boost::json::object{{"origin", target->checkpoint.origin}, {"records", size}},
              std::to_string(size - target->minimum) + " records of " + target->checkpoint.origin + " exported");
}

}  // namespace

Verb audit_export_verb(Cli& cli) {
  auto options = std::make_shared<ExportOptions>();
  return {"export",
          "Write the whole signed ledger as files",
          "  baton audit export --tiles export        the C2SP layout, for 'baton audit verify' and every C2SP client\n"
          "  baton audit export --ndjson all.ndjson   line n+1 is record n, byte for byte\n"
          "  baton audit export --csv all.csv --open  with what was sealed of patients; recorded as a read",
          {{"--tiles", "Folder for the C2SP layout: checkpoint, tile/, tile/entries/", &options->tiles},
           {"--ndjson", "File for one record a line", &options->ndjson},
           {"--csv", "File for a table", &options->csv},
           {"--fhir", "File for a FHIR R4 Bundle of AuditEvents", &options->fhir},
           {"--open", "Opened, not as the tree hashes them: --ndjson, --csv and --fhir hold personal data",
            &options->open}},
          [&cli, options] { return run(cli, *options); },
          {},
          options};
}

}  // namespace baton
