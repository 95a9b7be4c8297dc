#include "persistence/sql/audit_questions.hpp"

#include <algorithm>

#include "runtime/model/time/time_zone.hpp"

namespace baton {
namespace {

constexpr QuestionParameter kFrom{"from", "RFC 3339 in UTC, inclusive"};
constexpr QuestionParameter kTo{"to", "RFC 3339 in UTC, exclusive"};
constexpr QuestionParameter kRule{"rule", "Name of the decision or task in the script; all if not given"};
constexpr QuestionParameter kZone{"zone",
                                  "Time zone of shifts that no rota names, such as Europe/Berlin; UTC if not given"};

// Each override with the unit of its case, its shift, and the first override of the same outcome that came after it.
#define BATON_OVERRIDES                                                                                                \
  "WITH o AS (SELECT v.*, coalesce(i.attributes ->> '$.unit', i.attributes ->> '$.ward') AS unit, "                    \
  "shift(v.at, :zone, coalesce(i.attributes ->> '$.unit', i.attributes ->> '$.ward'), v.subject) AS shift, (SELECT "   \
  "min(l.idx) FROM overrides l WHERE l.instance = v.instance AND "                                                     \
  "l.object = v.object AND l.idx > v.idx) AS reversed_by FROM overrides v LEFT JOIN instances i ON "                   \
  "i.id = v.instance WHERE 1 [[rule AND v.rule = :rule]][[from AND v.at >= :from]][[to AND v.at < :to]]), "            \
  "d AS (SELECT c.rule, coalesce(i.attributes ->> '$.unit', i.attributes ->> '$.ward') AS unit, "                      \
  "shift(c.at, :zone, coalesce(i.attributes ->> '$.unit', i.attributes ->> '$.ward'), c.subject) AS shift, c.subject " \
  "FROM (SELECT DISTINCT rule FROM o) r JOIN decisions c ON c.rule = r.rule "                                          \
  "LEFT JOIN instances i ON i.id = c.instance WHERE 1 [[from AND c.at >= :from]][[to AND c.at < :to]]) "

#define BATON_RATES_BY(group)                                                                   \
  BATON_OVERRIDES "SELECT o.rule, o." group                                                     \
                  ", count(*) AS overrides, (SELECT count(*) FROM d WHERE d.rule = o.rule AND " \
                  "d." group " IS o." group                                                     \
                  ") AS decisions, round(1.0 * count(*) / nullif((SELECT count(*) FROM d "      \
                  "WHERE d.rule = o.rule AND d." group " IS o." group                           \
                  "), 0), 3) AS rate, count(o.reversed_by) AS "                                 \
                  "reversed FROM o GROUP BY 1, 2 ORDER BY overrides DESC"

std::vector<AuditQuestion> make_questions() {
  return {
      {"patient",
       "Who saw or changed anything of this patient?",
       {{"patient", "Patient id", true}, kFrom, kTo},
       {{"By person",
         "SELECT subject, kind, group_concat(DISTINCT role) AS roles, sum(action = 'patient.read') AS reads, "
         "sum(action <> 'patient.read') AS acts, min(at) AS first, max(at) AS last FROM records WHERE patient = "
         ":patient"
         "[[from  AND at >= :from]][[to  AND at < :to]] GROUP BY subject, kind ORDER BY last DESC"},
        {"Every record",
         "SELECT idx, at, subject, role, action, object, instance, outcome, purpose, reason FROM records "
         "WHERE patient = :patient[[from  AND at >= :from]][[to  AND at < :to]] ORDER BY idx"}}},
      {"person",
       "What did this person do on that shift?",
       {{"person", "Subject of the person, service, script or model", true}, kFrom, kTo},
       {{"By action",
         "SELECT action, count(DISTINCT idx) AS records, count(DISTINCT patient) AS patients, min(at) AS first, "
         "max(at) "
         "AS last FROM records WHERE subject = :person[[from  AND at >= :from]][[to  AND at < :to]] GROUP BY action "
         "ORDER BY records DESC"},
        {"Every record",
         "SELECT idx, at, role, action, object, instance, outcome, purpose, reason_code, reason FROM records "
         "WHERE subject = :person[[from  AND at >= :from]][[to  AND at < :to]] ORDER BY idx"}}},
      {"overrides",
       "Which overrides were there, how often by unit, shift and person, and which were reversed later?",
       {kRule, kFrom, kTo, kZone},
       {{"Every override",
         BATON_OVERRIDES "SELECT o.idx, o.at, o.rule, o.unit, o.shift, o.subject, o.role, o.instance, o.object, "
                         "o.proposed_by ->> '$.subject' AS proposed_by, o.before, o.after, o.reason_code, o.reason, "
                         "o.reversed_by FROM o "
                         "ORDER BY o.idx"},
        {"Rates by unit", BATON_RATES_BY("unit")},
        {"Rates by shift", BATON_RATES_BY("shift")},
        {"By person", BATON_OVERRIDES
         "SELECT o.rule, o.subject, count(*) AS overrides, (SELECT count(*) FROM d WHERE d.rule = o.rule) AS "
         "decisions, "
         "round(1.0 * count(*) / nullif((SELECT count(*) FROM d WHERE d.rule = o.rule), 0), 3) AS rate, "
         "count(o.reversed_by) AS reversed FROM o GROUP BY 1, 2 ORDER BY overrides DESC"}}},
      {"break-glass",
       "Which uses of break-glass has nobody reviewed?",
       {kFrom, kTo},
       {{"Not reviewed",
         "SELECT g.idx, g.at, g.subject, g.role, g.action, g.object, g.patient, g.instance, g.reason, (SELECT count(*) "
         "FROM "
         "records r WHERE r.purpose = 'BTG' AND r.subject = g.subject AND r.parent = g.object) AS reads_behind FROM "
         "records g WHERE g.purpose = 'BTG'[[from  AND g.at >= :from]][[to  AND g.at < :to]] AND (g.parent IS NULL OR "
         "g.parent NOT LIKE 'glass/%') AND NOT EXISTS (SELECT 1 FROM records v WHERE v.action = 'access.reviewed' AND "
         "v.source_event = 'record/' || g.idx) ORDER BY g.idx"}}},
      {"why",
       "Why was this case decided so?",
       {{"instance", "Instance id", true}},
       {{"Decisions and overrides",
         "SELECT idx, at, action, rule, object, line, bundle, subject, kind, role, outcome, model, confidence, "
         "reason_code, "
         "reason, after, evidence FROM decisions WHERE instance = :instance UNION ALL SELECT idx, at, "
         "'outcome.overridden', "
         "rule, object, line, bundle, subject, kind, role, CASE WHEN json_valid(after) THEN coalesce(after ->> "
         "'$.outcome', after) ELSE after END, NULL, NULL, reason_code, reason, "
         "after, "
         "before FROM overrides WHERE instance = :instance ORDER BY idx"},
        {"What led to it",
         "SELECT idx, at, action, object, source_event, parent, trace, outcome, reason_code, reason FROM records "
         "WHERE instance = :instance AND action NOT IN ('instance.advanced', 'patient.read') ORDER BY idx"}}},
      {"shown",
       "What did the reviewer see?",
       {{"instance", "Instance id", true}},
       {{"At each decision",
         "SELECT idx, at, subject, role, object, outcome, evidence ->> '$.form' AS form, evidence ->> '$.form_version' "
         "AS "
         "form_version, evidence ->> '$.as_of' AS as_of, evidence ->> '$.age_ms' AS age_ms, evidence FROM decisions "
         "WHERE "
         "instance = :instance AND action = 'task.decided' ORDER BY idx"},
        {"Looked at before",
         "SELECT idx, at, subject, role, object, purpose FROM records WHERE instance = :instance AND action = "
         "'patient.read' ORDER BY idx"}}},
      {"disclosures",
       "Who got this patient's data outside of the house?",
       {{"patient", "Patient id; all if not given"}, kFrom, kTo},
       {{"Accounting of disclosures",
         "SELECT idx, at, patient, object AS destination, workflow, instance, line, bundle, rule AS activity, purpose, "
         "evidence FROM records WHERE action = 'patient.disclosed'[[patient  AND patient = :patient]]"
         "[[from  AND at >= :from]][[to  AND at < :to]] ORDER BY idx"},
        {"Taken away from the ledger",
         "SELECT subject, role, count(*) AS bundles, min(at) AS first, max(at) AS last FROM records WHERE action = "
         "'ledger.exported'[[from  AND at >= :from]][[to  AND at < :to]] GROUP BY subject, role ORDER BY last DESC"}}},
  };
}

// The SQL with the blocks of parameters that were given, and without those that were not.
std::string filled(std::string_view sql, const std::map<std::string, std::string, std::less<>>& parameters) {
  std::string text;
  for (;;) {
    const std::size_t open = sql.find("[[");
    text += sql.substr(0, open);
    if (open == std::string_view::npos) return text;
    const std::size_t close = sql.find("]]", open);
    std::string_view block = sql.substr(open + 2, close - open - 2);
    sql.remove_prefix(close + 2);
    const std::size_t space = block.find(' ');
    if (parameters.contains(block.substr(0, space))) text += block.substr(space);
  }
}

Status check(const AuditQuestion& question, const std::map<std::string, std::string, std::less<>>& given) {
  std::string names;
  for (const QuestionParameter& each : question.parameters)
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  for (const auto& [name, value] : given) {
    if (std::ranges::find(question.parameters, name, &QuestionParameter::name) == question.parameters.end()) {
      return Error{ErrorCode::bad_query, "the question '" + std::string(question.name) + "' takes no '" + name + "'",
                   "it takes: " + names};
    }
  }
  for (const QuestionParameter& each : question.parameters) {
    if (each.required && !given.contains(each.name)) {
      return Error{ErrorCode::bad_query,
                   "the question '" + std::string(question.name) + "' needs '" + std::string(each.name) + "'",
                   std::string(each.help)};
    }
  }
  for (const char* name : {"from", "to"}) {
    const auto time = given.find(name);
    if (time == given.end()) continue;
    if (const auto at = parse_instant(time->second); !at.ok()) return at.error();
  }
  const auto zone = given.find("zone");
  if (zone == given.end()) return success();
  const auto found = find_time_zone(zone->second);
  return found.ok() ? success() : Status(found.error());
}

}  // namespace

const std::vector<AuditQuestion>& audit_questions() {
  static const std::vector<AuditQuestion> kQuestions = make_questions();
  return kQuestions;
}

const AuditQuestion* find_audit_question(std::string_view name) {
  const auto found = std::ranges::find(audit_questions(), name, &AuditQuestion::name);
  return found == audit_questions().end() ? nullptr : &*found;
}

Result<JsonText> ask_audit_question(const StoreReader& reader, const AuditQuestion& question,
                                    const std::map<std::string, std::string, std::less<>>& parameters,
                                    std::stop_token stop) {
  if (const Status sound = check(question, parameters); !sound.ok()) return sound.error();
  std::map<std::string, std::string, std::less<>> bound = parameters;
  for (const char* name : {"from", "to"}) {
    // Times are compared as texts: in UTC, as the records have them.
    if (const auto time = bound.find(name); time != bound.end())
      time->second = format_instant(*parse_instant(time->second));
  }
  SqlLimits limits;
  limits.stop = std::move(stop);
  JsonWriter writer;
  writer.begin_object()
      .field("question", question.name)
      .field("title", question.title)
      .key("parameters")
      .begin_object();
  for (const auto& [name, value] : bound) writer.field(name, value);
  writer.end_object().key("parts").begin_array();
  for (const QuestionPart& part : question.parts) {
    const std::string sql = filled(part.sql, bound);
    const auto answer = run_audit_sql(reader, sql, limits, nullptr, bound);
    if (!answer.ok()) return answer.error();
    writer.begin_object().field("title", part.title).field("sql", sql).json_field("answer", *answer).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace baton
