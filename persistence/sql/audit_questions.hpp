// The questions that auditors come with, ready to ask: each is one or more SELECTs over the tables of audit_sql.hpp, with
// parameters. The answer shows the SQL beside the rows, so that it can be checked and varied. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/sql/audit_sql.hpp"

namespace baton {

struct QuestionParameter {
  std::string_view name;
  std::string_view help;
  bool required = false;
};

struct QuestionPart {
  std::string_view title;
  // `:name` is a parameter; `[[name text]]` is left out where the parameter was not given.
  std::string_view sql;
};

struct AuditQuestion {
  std::string_view name;
  std::string_view title;
  std::vector<QuestionParameter> parameters;
  std::vector<QuestionPart> parts;
};

[[nodiscard]] const std::vector<AuditQuestion>& audit_questions();
// Null when there is no such question.
[[nodiscard]] const AuditQuestion* find_audit_question(std::string_view name);

// {"question","title","parameters":{..},"parts":[{"title","sql","answer":{"columns","rows","truncated"}}]}. Each part has the limits of a
// query of its own, and `stop` ends it. Errors: bad_query where a parameter is missing or unknown; those of run_audit_sql.
[[nodiscard]] Result<JsonText> ask_audit_question(const StoreReader& reader, const AuditQuestion& question,
                                                  const std::map<std::string, std::string, std::less<>>& parameters,
                                                  std::stop_token stop = {});

}  // namespace baton
