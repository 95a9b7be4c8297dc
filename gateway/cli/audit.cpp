// baton audit: the ledger. verify and export have files of their own.
#include <boost/json.hpp>
#include <iostream>

#include "gateway/cli/audit_verbs.hpp"
#include "gateway/cli/cli_support.hpp"
#include "persistence/ledger/export_files.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"

namespace baton {
namespace {

struct QueryOptions {
  std::string patient, instance, person, action, workflow, bundle, rule, model, outcome, purpose, source_event, from,
      to, limit = "100";
};

// An argument of the verbs that take one, and what else they may take.
struct OneOptions {
  std::string of, out, since, limit = "20", outcome, reason;
  bool all = false;
};

std::string joined_query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) query += (query.empty() ? "?" : "&") + name + "=" + segment(value);
  }
  return query;
}

int print_records(const Cli& cli, const boost::json::array& items) {
  if (cli.json) {
    print_json(items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"INDEX", "AT", "WHO", "ACTION", "PATIENT", "INSTANCE", "OBJECT", "OUTCOME", "REASON"}};
  for (const auto& item : items) {
    const auto& leaf = item.as_object().at("leaf");
    const auto* by = leaf.is_object() ? leaf.as_object().if_contains("by") : nullptr;
    std::vector<std::string> row{field_text(item, "index"), field_text(leaf, "at"),
                                 by == nullptr ? std::string() : field_text(*by, "subject")};
    for (const char* name : {"action", "patient", "instance", "object", "outcome", "reason"})
      row.push_back(field_text(leaf, name));
    rows.push_back(std::move(row));
  }
  print_table(rows);
  return 0;
}

int query(const Cli& cli, const QueryOptions& options) {
  const auto limit = number_argument("--limit", options.limit, 1);
  if (!limit) return usage_error(cli, limit.error());
  const std::string parameters = joined_query({{"patient", options.patient},
                                               {"instance", options.instance},
                                               {"person", options.person},
                                               {"action", options.action},
                                               {"workflow", options.workflow},
                                               {"bundle", options.bundle},
                                               {"rule", options.rule},
                                               {"model", options.model},
                                               {"outcome", options.outcome},
                                               {"purpose", options.purpose},
                                               {"source_event", options.source_event},
                                               {"from", options.from},
                                               {"to", options.to}});
  const auto items = fetch_items(cli, "/v1/audit/records" + parameters, *limit);
  return items ? print_records(cli, *items) : fail(cli, items.error());
}

int tail(const Cli& cli, const OneOptions& options) {
  const auto limit = number_argument("--limit", options.limit, 1, limits::kPageSize);
  if (!limit) return usage_error(cli, limit.error());
  const auto page = call_api(cli, "GET", "/v1/audit?limit=" + std::to_string(*limit));
  return page ? print_records(cli, page->as_object().at("items").as_array()) : fail(cli, page.error());
}

int show(const Cli& cli, const OneOptions& options) {
  const auto record = call_api(cli, "GET", "/v1/audit/records/" + segment(options.of));
  if (!record) return fail(cli, record.error());
  print_json(cli.json ? *record : record->as_object().at("leaf"));
  if (const auto* clock = record->as_object().if_contains("clock"); clock != nullptr && !cli.json) {
    std::cout << "its clock: " << field_text(*clock, "state") << ", as record " << field_text(*clock, "said_by")
              << " says\n";
  }
  if (const auto* beside = record->as_object().if_contains("beside"); beside != nullptr && !cli.json) {
    std::cout << "beside it, bound by the hashes:\n";
    for (const auto& each : beside->as_object()) {
      std::cout << "  " << std::string_view(each.key()) << ": " << std::string_view(each.value().as_string()) << "\n";
    }
  }
  return 0;
}

// Without an index: the uses of break-glass that wait for a review.
int review(const Cli& cli, const OneOptions& options) {
  if (options.of.empty()) {
    const auto limit = number_argument("--limit", options.limit, 1);
    if (!limit) return usage_error(cli, limit.error());
    const auto items =
        fetch_items(cli, std::string("/v1/audit/break-glass") + (options.all ? "?reviewed=true" : ""), *limit);
    return items ? print_records(cli, *items) : fail(cli, items.error());
  }
  JsonWriter body;
  body.begin_object().field("outcome", options.outcome).field("reason", options.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/audit/records/" + segment(options.of) + "/review", body.view());
  return answer ? done(cli, *answer, "record " + options.of + " is reviewed: " + options.outcome)
                : fail(cli, answer.error());
}

int prove(const Cli& cli, const OneOptions& options) {
  if (!options.since.empty()) {
    const auto proof = call_api(
        cli, "GET", "/v1/audit/proof/consistency" + joined_query({{"from", options.since}, {"to", options.of}}));
    if (!proof) return fail(cli, proof.error());
    print_json(*proof);
    return 0;
  }
  const auto record = call_api(cli, "GET", "/v1/audit/records/" + segment(options.of));
  if (!record) return fail(cli, record.error());
  const std::string evidence = field_text(*record, "proof");
  if (options.out.empty()) {
    std::cout << evidence;
    return 0;
  }
  const Status written = write_export_file(std::filesystem::absolute(options.out), evidence);
  return written ? done(cli, boost::json::object{{"file", options.out}}, options.out) : fail(cli, written.error());
}

int key(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/audit/key");
  return answer ? done(cli, *answer, field_text(*answer, "key")) : fail(cli, answer.error());
}

int explain(const Cli& cli, const OneOptions& options) {
  const auto answer = call_api(cli, "GET", "/v1/instances/" + segment(options.of) + "/explain");
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::cout << field_text(*answer, "workflow") << " " << field_text(*answer, "id") << ", "
            << field_text(*answer, "status") << ", bundle " << field_text(*answer, "bundle") << "\n";
  for (const auto& decision : answer->as_object().at("decisions").as_array()) {
    std::cout << "\n"
              << field_text(decision, "at") << "  " << field_text(decision, "kind") << " "
              << field_text(decision, "step") << "\n";
    for (const char* name :
         {"line", "by", "decision", "before", "reason_code", "reason", "evidence", "bundle", "record"}) {
      const std::string text = field_text(decision, name);
      if (!text.empty()) std::cout << "    " << name << ": " << text << "\n";
    }
  }
  return 0;
}

int reproduce(const Cli& cli, const OneOptions& options) {
  const auto report = call_api(cli, "GET", "/v1/instances/" + segment(options.of) + "/reproduce");
  if (!report) return fail(cli, report.error());
  const bool same = report->as_object().at("reproduced").as_bool();
  done(cli, *report,
       (same ? "reproduced: " : "NOT reproduced: ") + field_text(*report, "entries") + " entries, " +
           field_text(*report, "decisions") + " decisions, " + field_text(*report, "operations") +
           " operations compared");
  if (!same && !cli.json) std::cout << field_text(*report, "differences") << "\n";
  return static_cast<int>(same ? Exit::done : Exit::failed);
}

int sql(const Cli& cli, const OneOptions& options) {
  JsonWriter body;
  body.begin_object().field("query", options.of).end_object();
  const auto answer = call_api(cli, "POST", "/v1/audit/sql", body.view());
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  const auto cells = [](const boost::json::value& row) {
    std::vector<std::string> texts;
    for (const auto& cell : row.as_array()) {
      texts.push_back(cell.is_null()     ? ""
                      : cell.is_string() ? std::string(cell.as_string())
                                         : boost::json::serialize(cell));
    }
    return texts;
  };
  const boost::json::object& fields = answer->as_object();
  std::vector<std::vector<std::string>> rows{cells(fields.at("columns"))};
  for (const auto& row : fields.at("rows").as_array()) rows.push_back(cells(row));
  print_table(rows);
  if (fields.at("truncated").as_bool()) std::cout << "(there is more: narrow the query)\n";
  return 0;
}

Verb make_query_verb(Cli& cli) {
  auto options = std::make_shared<QueryOptions>();
  return {"query",
          "Find records, oldest first; all that is given must hold",
          "  baton audit query --patient p-1 --action patient.read\n"
          "  baton audit query --person nurse-1 --from 2026-03-01T07:00:00Z --to 2026-03-01T15:00:00Z",
          {{"--patient", "Patient id", &options->patient},
           {"--instance", "Instance id", &options->instance},
           {"--person", "Who did it: a person, service, script or model", &options->person},
           {"--action", "Action code, such as task.decided", &options->action},
           {"--workflow", "Workflow", &options->workflow},
           {"--bundle", "SHA-256 of the bundle", &options->bundle},
           {"--rule", "Name of the decision or task in the script", &options->rule},
           {"--model", "Id of the model that decided", &options->model},
           {"--outcome", "What it came to", &options->outcome},
           {"--purpose", "Purpose of use; BTG is break-glass", &options->purpose},
           {"--source-event", "Event or message that led to it", &options->source_event},
           {"--from", "RFC 3339, inclusive", &options->from},
           {"--to", "RFC 3339, exclusive", &options->to},
           {"--limit", "How many at most; 100 if not given", &options->limit}},
          [&cli, options] { return query(cli, *options); },
          {},
          options};
}

using RunOne = int (*)(const Cli&, const OneOptions&);

Verb one_verb(Cli& cli, const char* name, const char* summary, const char* argument, const char* help,
              const char* example, RunOne run) {
  auto options = std::make_shared<OneOptions>();
  return {name,
          summary,
          example,
          {{argument, help, &options->of, true}},
          [&cli, options, run] { return run(cli, *options); },
          {},
          options};
}

Verb tail_verb(Cli& cli) {
  auto options = std::make_shared<OneOptions>();
  return {"tail",
          "The last records",
          "  baton audit tail -n 50",
          {{"-n,--limit", "How many, 1 to 1000; 20 if not given", &options->limit}},
          [&cli, options] { return tail(cli, *options); },
          {},
          options};
}

Verb review_verb(Cli& cli) {
  auto options = std::make_shared<OneOptions>();
  options->limit = "100";
  return {"review",
          "Uses of break-glass that nobody has reviewed; with an index, the review of that record",
          "  baton audit review\n"
          "  baton audit review 17 --outcome justified --reason 'on call, patient in the resuscitation room'",
          {{"index", "The record's index", &options->of},
           {"--outcome", "What the review found: justified, not_justified", &options->outcome},
           {"--reason", "In words", &options->reason},
           {"--all", "Those that were reviewed as well", &options->all},
           {"--limit", "How many at most; 100 if not given", &options->limit}},
          [&cli, options] { return review(cli, *options); },
          {},
          options};
}

Verb prove_verb(Cli& cli) {
  auto options = std::make_shared<OneOptions>();
  return {"prove",
          "Evidence that a record is in the signed ledger, for 'baton audit verify' and every C2SP verifier",
          "  baton audit prove 17 --out record.tlog-proof\n  baton audit prove 2000 --since 1000",
          {{"index", "The record's index; with --since the size to prove up to", &options->of, true},
           {"--out", "File for the evidence; printed if not given", &options->out},
           {"--since", "Prove instead that the ledger of this size is the beginning of the other", &options->since}},
          [&cli, options] { return prove(cli, *options); },
          {},
          options};
}

}  // namespace

Verb audit_verb(Cli& cli) {
  return {
      "audit",
      "The ledger: find, explain, prove, export, verify",
      "  baton audit tail\n  baton audit query --patient p-1\n  docs/AUDITORS.md has the questions and their answers",
      {},
      nullptr,
      {tail_verb(cli), make_query_verb(cli),
       one_verb(cli, "show", "One record, whole", "index", "Its index", "  baton audit show 17", show), prove_verb(cli),
       review_verb(cli), audit_verify_verb(cli), audit_export_verb(cli), audit_pack_verb(cli), audit_erase_verb(cli),
       audit_ask_verb(cli), audit_hold_verb(cli), audit_prune_verb(cli),
       Verb{"key",
            "The ledger's verifier key",
            "  baton audit key > ledger.vkey",
            {},
            [&cli] { return key(cli); },
            {},
            {}},
       one_verb(cli, "explain", "Why a case was decided so: step, source line, bundle, evidence", "instance", "Its id",
                "  baton audit explain case-1", explain),
       one_verb(cli, "reproduce",
                "Run a case's own bundle over its journal again, read-only; exit code 1 when it decides otherwise",
                "instance", "Its id", "  baton audit reproduce case-1", reproduce),
       one_verb(
           cli, "sql", "One SELECT over records, decisions, overrides, instances, tasks and incidents", "query",
           "The SELECT",
           "  baton audit sql \"SELECT subject, count(*) FROM records WHERE action = 'outcome.overridden' GROUP BY 1\"",
           sql)},
      {}};
}

}  // namespace baton
