#include "persistence/sql/audit_sql.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "persistence/sql/bounded_functions.hpp"
#include "persistence/sql/rota_shifts.hpp"
#include "persistence/sql/sql_tables.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {
namespace {

using sql::Compare;
using sql::Condition;
using sql::Row;
using sql::Table;
using sql::Value;

constexpr std::size_t kSqlMemory = 128 << 20;
constexpr std::size_t kTextSize = 1 << 20;
constexpr int kPatternSize = 500;  // Of LIKE and GLOB.

using Deadline = std::chrono::steady_clock::time_point;

// What all tables of one query share.
struct Query {
  StoreReader reader;
  Deadline deadline;
  std::stop_token stop;
  std::optional<Error> error;  // From the store; SQLite only carries a number.

  std::uint64_t looked = 0;              // What the sources have read.
  std::optional<sql::RotaShifts> rotas;  // Once they are asked for.
  bool declaring = false;                // SQLite asks its authorizer about declarations of tables as well.

  [[nodiscard]] bool must_end() const { return stop.stop_requested() || std::chrono::steady_clock::now() >= deadline; }
};

struct TableOfQuery {
  const Table* table;
  Query* query;
};

// SQLite's C structs come first in ours, as it wants.
struct VirtualTable {
  sqlite3_vtab base;
  const TableOfQuery* of;
};

struct Cursor {
  sqlite3_vtab_cursor base;
  const TableOfQuery* of;
  std::unique_ptr<sql::Source> source;
  std::vector<Row> rows;
  std::size_t at = 0;
  bool more = false;
  std::int64_t number = 0;
};

int connect(sqlite3* database, void* of, int, const char* const*, sqlite3_vtab** table, char**) {
  const auto* const context = static_cast<const TableOfQuery*>(of);
  std::string schema = "CREATE TABLE x(";
  for (const std::string& column : context->table->columns) schema += (schema.back() == '(' ? "" : ",") + column;
  context->query->declaring = true;
  const int declared = sqlite3_declare_vtab(database, (schema + ")").c_str());
  context->query->declaring = false;
  if (declared != SQLITE_OK) return declared;
  auto* const made = new (std::nothrow) VirtualTable{};
  if (made == nullptr) return SQLITE_NOMEM;
  made->of = context;
  *table = &made->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete reinterpret_cast<VirtualTable*>(table);
  return SQLITE_OK;
}

std::optional<char> letter_of(unsigned char operation, bool spans) {
  switch (operation) {
    case SQLITE_INDEX_CONSTRAINT_EQ: return '=';
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE: return spans ? std::optional('>') : std::nullopt;
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE: return spans ? std::optional('<') : std::nullopt;
    default: return std::nullopt;
  }
}

// Says which conditions are handed down: "<column><letter>" for each, in the order of the arguments of filter(). SQLite
// checks them again, so a source may give more rows than were asked for.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) {
  const Table& of = *reinterpret_cast<VirtualTable*>(table)->of->table;
  std::string plan;
  int arguments = 0;
  double cost = 1e7;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    const auto pushed = of.pushed.find(constraint.iColumn);
    if (constraint.usable == 0 || pushed == of.pushed.end()) continue;
    if (std::strcmp(sqlite3_vtab_collation(info, i), "BINARY") != 0) continue;
    const auto letter = letter_of(constraint.op, pushed->second);
    if (!letter) continue;
    info->aConstraintUsage[i].argvIndex = ++arguments;
    plan += std::to_string(constraint.iColumn) + *letter;
    cost /= *letter == '=' ? 1000 : 2;
  }
  const auto patient = std::ranges::find(of.columns, "patient");
  const auto column = patient - of.columns.begin();
  info->idxNum =
      patient != of.columns.end() && (info->colUsed >> std::min<std::ptrdiff_t>(column, 63) & 1) != 0 ? 1 : 0;
  info->idxStr = sqlite3_mprintf("%s", plan.c_str());
  info->needToFreeIdxStr = 1;
  info->estimatedCost = std::max(cost, 1.0);
  info->estimatedRows = static_cast<sqlite3_int64>(std::max(cost, 1.0));
  return info->idxStr == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  auto* const made = new (std::nothrow) Cursor{};
  if (made == nullptr) return SQLITE_NOMEM;
  made->of = reinterpret_cast<VirtualTable*>(table)->of;
  *cursor = &made->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete reinterpret_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

// Reads on until there is a row or the end.
int settle(Cursor& cursor) {
  while (cursor.at == cursor.rows.size() && cursor.more) {
    Query& query = *cursor.of->query;
    if (query.must_end()) return SQLITE_INTERRUPT;
    cursor.rows.clear();
    cursor.at = 0;
    const auto more = cursor.source->fill(cursor.rows);
    if (!more.ok()) {
      query.error = more.error();
      return SQLITE_ERROR;
    }
    cursor.more = *more;
  }
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int names_patient, const char* plan, int count, sqlite3_value** values) {
  Cursor& cursor = *reinterpret_cast<Cursor*>(base);
  std::vector<Condition> conditions;
  cursor.rows.clear();
  cursor.at = 0;
  cursor.more = true;
  for (int i = 0; i < count; ++i) {
    char* rest = nullptr;
    const auto column = static_cast<int>(std::strtol(plan, &rest, 10));
    const Compare compare = *rest == '=' ? Compare::equal : *rest == '>' ? Compare::at_least : Compare::at_most;
    plan = rest + 1;
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) cursor.more = false;  // Nothing compares with null.
    // Only what the column holds is handed down; SQLite knows how other types compare with it.
    const int held = column == cursor.of->table->number ? SQLITE_INTEGER : SQLITE_TEXT;
    if (sqlite3_value_type(values[i]) != held) continue;
    const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
    conditions.push_back({column, compare, text == nullptr ? "" : text});
  }
  Query& query = *cursor.of->query;
  cursor.source = cursor.of->table->open(query.reader, {std::move(conditions), names_patient != 0, &query.looked});
  return settle(cursor);
}

int next(sqlite3_vtab_cursor* base) {
  Cursor& cursor = *reinterpret_cast<Cursor*>(base);
  ++cursor.at;
  ++cursor.number;
  return settle(cursor);
}

int at_end(sqlite3_vtab_cursor* base) {
  const Cursor& cursor = *reinterpret_cast<Cursor*>(base);
  return cursor.at == cursor.rows.size() && !cursor.more ? 1 : 0;
}

int column(sqlite3_vtab_cursor* base, sqlite3_context* out, int number) {
  const Cursor& cursor = *reinterpret_cast<Cursor*>(base);
  const Value& value = cursor.rows[cursor.at][static_cast<std::size_t>(number)];
  if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_result_text64(out, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    sqlite3_result_int64(out, *integer);
  } else {
    sqlite3_result_null(out);
  }
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* id) {
  *id = reinterpret_cast<Cursor*>(base)->number;
  return SQLITE_OK;
}

// Without xCreate a table is there by its name alone; without xUpdate nothing can be written to it.
const sqlite3_module& module() {
  static const sqlite3_module kModule = [] {
    sqlite3_module made{};
    made.xConnect = connect;
    made.xBestIndex = best_index;
    made.xDisconnect = disconnect;
    made.xOpen = open;
    made.xClose = close;
    made.xFilter = filter;
    made.xNext = next;
    made.xEof = at_end;
    made.xColumn = column;
    made.xRowid = row_id;
    return made;
  }();
  return kModule;
}

// Only what a SELECT needs. ATTACH, PRAGMA and all that writes is refused before it runs.
int authorize(void* of, int action, const char*, const char* function, const char*, const char*) {
  if (static_cast<const Query*>(of)->declaring) return SQLITE_OK;
  if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE) return SQLITE_OK;
  if (action == SQLITE_FUNCTION && sql::may_call(function)) return SQLITE_OK;
  return SQLITE_DENY;
}

// ---- functions ---------------------------------------------------------------------------------------------------------

std::string text_of(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// The clock on the wall at a record's time; nothing where that is no time.
std::optional<LocalTime> wall_clock(sqlite3_value** arguments) {
  const auto at = parse_instant(text_of(arguments[0]));
  if (!at.ok()) return std::nullopt;
  const auto zone = find_time_zone(text_of(arguments[1]));
  return (zone.ok() ? *zone : TimeZone()).to_local(*at);
}

void sql_local_time(sqlite3_context* out, int, sqlite3_value** arguments) {
  const auto local = wall_clock(arguments);
  if (!local) return sqlite3_result_null(out);
  const std::string text = format_local_time(*local);
  sqlite3_result_text64(out, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void sql_shift(sqlite3_context* out, int, sqlite3_value** arguments) {
  const auto local = wall_clock(arguments);
  if (!local) return sqlite3_result_null(out);
  const std::int64_t hour = time_of_day(*local).ms / kHour.ms;
  sqlite3_result_text(out, hour < 7 || hour >= 23 ? "night" : hour < 15 ? "day" : "evening", -1, SQLITE_STATIC);
}

// shift(at, zone, unit, person): by the unit's rota; by the clock on the wall where it has none for that time.
void sql_shift_of_unit(sqlite3_context* out, int count, sqlite3_value** arguments) {
  Query& query = *static_cast<Query*>(sqlite3_user_data(out));
  const auto at = parse_instant(text_of(arguments[0]));
  if (!query.rotas) {
    auto loaded = sql::RotaShifts::load(query.reader);
    if (!loaded.ok()) {
      query.error = loaded.error();
      return sqlite3_result_error(out, "the rotas cannot be read", -1);
    }
    query.rotas = *std::move(loaded);
  }
  const std::string name =
      at.ok() ? query.rotas->name_at(text_of(arguments[2]), text_of(arguments[3]), *at) : std::string();
  if (name.empty()) return sql_shift(out, count, arguments);
  sqlite3_result_text64(out, name.data(), name.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Error bad_query(std::string why) {
  return {ErrorCode::bad_query, std::move(why),
          "one SELECT over records, decisions, overrides, instances, tasks and incidents"};
}

Error error_of(sqlite3* database, const Query& query, int code) {
  if (query.error) return *query.error;
  if (code == SQLITE_INTERRUPT && query.stop.stop_requested()) {
    return {ErrorCode::stopping, "the query was given up, because the server stops", "ask again when it is back"};
  }
  if (code == SQLITE_INTERRUPT) {
    return {ErrorCode::query_too_long, "the query took too long",
            "narrow it: patient, instance, subject, action, workflow, bundle, rule, outcome and at are indexed"};
  }
  if (code == SQLITE_NOMEM) {
    return {ErrorCode::bad_query, "the query needs more memory than it may have", "narrow it, or sort fewer columns"};
  }
  return bad_query(sqlite3_errmsg(database));
}

Result<Database> open_database(std::vector<TableOfQuery>& tables, Query& query, const SqlLimits& limits) {
  sqlite3* raw = nullptr;
  // SQLite's own memory, sorts and groups included, of all queries together. Nothing else here uses SQLite.
  static const std::int64_t kSet = sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(kSqlMemory));
  (void)kSet;
  const int opened =
      sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) return Error{ErrorCode::io_failed, "SQLite cannot be opened", {}};
  // What is sorted stays in memory, where it is limited: patients' data has no place in a temporary file.
  sqlite3_exec(raw, "PRAGMA temp_store = MEMORY", nullptr, nullptr, nullptr);
  for (const Table& table : sql::tables()) tables.push_back({&table, &query});
  for (TableOfQuery& table : tables) {
    sqlite3_create_module_v2(raw, table.table->name.c_str(), &module(), &table, nullptr);
  }
  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  sqlite3_create_function_v2(raw, "local_time", 2, kPure, nullptr, sql_local_time, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(raw, "shift", 2, kPure, nullptr, sql_shift, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(raw, "shift", 4, kPure, &query, sql_shift_of_unit, nullptr, nullptr, nullptr);
  // Nothing ends a function in the middle of its work: so texts are bounded, and patterns more.
  sql::add_bounded_functions(raw, [&query] { return query.must_end(); });
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, static_cast<int>(std::min(limits.bytes, kTextSize)));
  sqlite3_limit(raw, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kPatternSize);
  sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, 64 << 10);
  sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_set_authorizer(raw, authorize, &query);
  sqlite3_progress_handler(
      raw, 50, [](void* of) { return static_cast<Query*>(of)->must_end() ? 1 : 0; }, &query);
  return database;
}

void write_value(JsonWriter& writer, sqlite3_stmt* statement, int number) {
  switch (sqlite3_column_type(statement, number)) {
    case SQLITE_INTEGER: writer.integer(sqlite3_column_int64(statement, number)); return;
    case SQLITE_FLOAT: {
      const double value = sqlite3_column_double(statement, number);
      std::isfinite(value) ? writer.number(value) : writer.null();
      return;
    }
    case SQLITE_NULL: writer.null(); return;
    default: break;
  }
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, number));
  const std::string_view text(bytes == nullptr ? "" : bytes,
                              static_cast<std::size_t>(sqlite3_column_bytes(statement, number)));
  is_valid_utf8(text) ? writer.string(text) : writer.null();
}

Result<JsonText> rows_of(sqlite3* database, sqlite3_stmt* statement, const Query& query, const SqlLimits& limits) {
  JsonWriter writer;
  writer.begin_object().key("columns").begin_array();
  const int columns = sqlite3_column_count(statement);
  for (int i = 0; i < columns; ++i) writer.string(sqlite3_column_name(statement, i));
  writer.end_array().key("rows").begin_array();
  bool truncated = false;
  for (std::size_t count = 0;; ++count) {
    const int stepped = sqlite3_step(statement);
    if (stepped == SQLITE_DONE) break;
    if (stepped != SQLITE_ROW) return error_of(database, query, stepped);
    truncated = count == limits.rows || writer.view().size() >= limits.bytes;
    if (truncated) break;
    writer.begin_array();
    for (int i = 0; i < columns; ++i) write_value(writer, statement, i);
    writer.end_array();
  }
  writer.end_array().flag("truncated", truncated).end_object();
  return std::move(writer).take();
}

}  // namespace

Result<JsonText> run_audit_sql(const StoreReader& reader, std::string_view text, const SqlLimits& limits, SqlWork* work,
                               const SqlParameters& parameters) {
  Query query{reader.snapshot(), std::chrono::steady_clock::now() + limits.time, limits.stop, std::nullopt};
  std::vector<TableOfQuery> tables;
  tables.reserve(sql::tables().size());
  auto database = open_database(tables, query, limits);
  if (!database.ok()) return database.error();
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int prepared = sqlite3_prepare_v2(database->get(), text.data(), static_cast<int>(text.size()), &raw, &rest);
  const Statement statement(raw);
  if (prepared != SQLITE_OK) return error_of(database->get(), query, prepared);
  if (raw == nullptr) return bad_query("the query is empty");
  if (std::string_view(rest, static_cast<std::size_t>(text.data() + text.size() - rest))
          .find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return bad_query("there is more than one statement");
  }
  if (sqlite3_stmt_readonly(raw) == 0 || sqlite3_column_count(raw) == 0) return bad_query("this is not a SELECT");
  for (int i = 1; i <= sqlite3_bind_parameter_count(raw); ++i) {
    const char* const name = sqlite3_bind_parameter_name(raw, i);
    const auto given = name == nullptr ? parameters.end() : parameters.find(std::string_view(name + 1));
    if (given == parameters.end()) continue;
    sqlite3_bind_text64(raw, i, given->second.data(), given->second.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  auto rows = rows_of(database->get(), raw, query, limits);
  if (work != nullptr) work->looked = query.looked;
  return rows;
}

}  // namespace baton
