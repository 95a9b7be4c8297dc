// SQL over the live store: what it finds, what is handed down, and what it refuses.
#include "persistence/sql/audit_sql.hpp"

#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

void given_a_store(StoreWorld& world) {
  InstanceRecord other = sample_instance();
  other.id = "i-2";
  other.patient = "p-2";
  other.status = InstanceStatus::running;
  std::vector<Change> changes = {PutInstance{{}, sample_instance()}, PutInstance{{}, other}, PutTask{{}, sample_task()},
                                 PutIncident{{}, sample_incident()}};
  std::vector<AuditLeaf> leaves;
  for (int i = 0; i < 300; ++i) {
    AuditRecord record;
    record.action = i % 3 == 0 ? action::kTaskDecided : action::kPatientRead;
    record.at = kSampleStart + Duration{i * kMinute.ms};
    record.by = {PrincipalKind::person, "u-" + std::to_string(i % 4), "nurse", "local", ""};
    record.patient = i % 2 == 0 ? "p-1" : "p-2";
    record.outcome = "done";
    leaves.emplace_back(record);
  }
  world.committer->submit(Turn(std::move(changes), std::move(leaves), {}, {}), {});
  world.committer->run_once();
}

std::string ask(const StoreWorld& world, std::string_view query, const SqlLimits& limits = {}) {
  const auto answer = run_audit_sql(world.reader(), query, limits);
  if (!answer.ok()) return std::string(code_of(answer.error().code));
  const std::size_t rows = answer->find("\"rows\":") + 7;
  return answer->substr(rows, answer->rfind(",\"truncated\"") - rows);
}

TEST(AuditSql, counts_joins_and_groups_records_instances_tasks_and_incidents) {
  StoreWorld world;
  given_a_store(world);
  EXPECT_EQ(ask(world, "SELECT count(*) FROM records"), "[[300]]");
  EXPECT_EQ(ask(world, "SELECT action, count(*) FROM records GROUP BY action ORDER BY 1"),
            R"([["patient.read",200],["task.decided",100]])");
  EXPECT_EQ(ask(world, "SELECT id, status FROM instances ORDER BY id"), R"([["i-1","completed"],["i-2","running"]])");
  EXPECT_EQ(ask(world, "SELECT t.id, i.patient FROM tasks t JOIN instances i ON i.id = t.instance"),
            R"([["i-1.2","p-1"]])");
  EXPECT_EQ(ask(world, "SELECT code, resolution FROM incidents WHERE instance = 'i-1'"), R"([["BT308","retry"]])");
}

TEST(AuditSql, a_condition_on_an_indexed_column_finds_the_same_as_one_that_is_not_handed_down) {
  StoreWorld world;
  given_a_store(world);
  for (const std::string column : {"patient", "subject", "action", "instance", "at"}) {
    for (const std::string& value : std::vector<std::string>{"'p-1'", "'u-3'", "'task.decided'", "'nobody'", "NULL",
                                                             "7", "'" + format_instant(kSampleStart + kHour) + "'"}) {
      for (const std::string compare : {"=", "<", ">", "<=", ">="}) {
        const std::string where = compare + " " + value;
        EXPECT_EQ(ask(world, "SELECT count(*), min(idx), max(idx) FROM records WHERE " + column + " " + where),
                  ask(world, "SELECT count(*), min(idx), max(idx) FROM records WHERE (" + column + " || '') " + where))
            << column << where;
      }
    }
  }
  EXPECT_EQ(ask(world, "SELECT idx FROM records WHERE patient = 'p-1' AND subject = 'u-2' AND at < '" +
                           format_instant(kSampleStart + Duration{kHour.ms / 6}) + "'"),
            "[[2],[6]]");
}

std::uint64_t looked_at(const StoreWorld& world, std::string_view query) {
  SqlWork work;
  EXPECT_TRUE(run_audit_sql(world.reader(), query, {}, &work).ok()) << query;
  return work.looked;
}

TEST(AuditSql, reads_only_what_an_index_says_may_fit) {
  StoreWorld world;
  given_a_store(world);
  EXPECT_EQ(looked_at(world, "SELECT count(*) FROM records"), 300u);
  EXPECT_EQ(looked_at(world, "SELECT count(*) FROM records WHERE patient = 'p-1'"), 150u);
  EXPECT_EQ(looked_at(world, "SELECT count(*) FROM records WHERE subject = 'u-1' AND action = 'task.decided'"), 25u);
  EXPECT_EQ(looked_at(world, "SELECT count(*) FROM records WHERE subject = 'nobody'"), 0u);
  EXPECT_EQ(looked_at(world, "SELECT * FROM records WHERE idx = 7"), 1u);
  EXPECT_EQ(looked_at(world, "SELECT * FROM records WHERE idx >= 290"), 10u);
  EXPECT_EQ(looked_at(world, "SELECT * FROM records WHERE idx < -1"), 0u);
  EXPECT_EQ(looked_at(world, "SELECT count(*) FROM decisions"), 100u);
  EXPECT_EQ(looked_at(world, "SELECT id FROM instances WHERE id = 'i-2'"), 1u);
  EXPECT_EQ(looked_at(world, "SELECT id FROM tasks WHERE instance = 'i-1'"), 1u);
  EXPECT_EQ(looked_at(world, "SELECT a.idx FROM records a JOIN records b ON b.idx = a.idx WHERE a.idx = 5"), 2u);
}

TEST(AuditSql, a_record_of_a_list_is_found_by_every_patient_on_it_and_counts_once_where_nobody_asks_for_patients) {
  StoreWorld world;
  given_a_store(world);
  AuditRecord list;
  list.action = action::kPatientRead;
  list.at = kSampleStart;
  list.patients = {"p-1", "p-8", "p-9"};
  world.committer->submit(Turn({}, {list}, {}, {}), {});
  world.committer->run_once();
  EXPECT_EQ(ask(world, "SELECT count(*) FROM records"), "[[301]]");
  EXPECT_EQ(ask(world, "SELECT idx FROM records WHERE patient = 'p-8'"), "[[300]]");
  EXPECT_EQ(ask(world, "SELECT count(*) FROM records WHERE patient = 'p-1'"), "[[151]]");
  EXPECT_EQ(ask(world, "SELECT idx FROM records WHERE patient || '' = 'p-9'"), "[[300]]");
  EXPECT_EQ(ask(world, "SELECT patient, count(*) FROM records GROUP BY 1"),
            R"([["p-1",151],["p-2",150],["p-8",1],["p-9",1]])");
  EXPECT_EQ(ask(world, "SELECT r.idx FROM instances i JOIN records r ON r.patient = i.patient WHERE r.idx = 300"),
            "[[300]]");
}

TEST(AuditSql, a_query_that_needs_more_memory_than_it_may_have_is_stopped) {
  StoreWorld world;
  given_a_store(world);
  EXPECT_EQ(ask(world,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT count(*) FROM "
                "(SELECT i, hex(zeroblob(200)) || i AS t FROM n ORDER BY t)",
                {.time = std::chrono::seconds(60)}),
            "BT117");
}

TEST(AuditSql, nothing_can_be_written_attached_or_set) {
  StoreWorld world;
  given_a_store(world);
  for (const char* query :
       {"DELETE FROM records", "UPDATE instances SET status = 'failed'", "CREATE TABLE a(b)",
        "ATTACH '/tmp/other.db' AS other", "PRAGMA user_version = 3", "DROP TABLE records",
        "INSERT INTO records(idx) VALUES (1)", "SELECT 1; SELECT 2", "", "SELECT load_extension('x')",
        "SELECT nothing FROM records", "VACUUM INTO '/tmp/copy.db'", "BEGIN"}) {
    EXPECT_EQ(ask(world, query), "BT117") << query;
  }
}

TEST(AuditSql, an_answer_ends_at_the_limit_of_rows_and_says_so) {
  StoreWorld world;
  given_a_store(world);
  SqlLimits limits;
  limits.rows = 3;
  const auto answer = must(run_audit_sql(world.reader(), "SELECT idx FROM records", limits));
  EXPECT_EQ(answer, R"({"columns":["idx"],"rows":[[0],[1],[2]],"truncated":true})");
}

TEST(AuditSql, a_query_that_would_take_for_ever_is_stopped) {
  StoreWorld world;
  given_a_store(world);
  SqlLimits limits;
  limits.time = std::chrono::milliseconds(50);
  EXPECT_EQ(
      ask(world, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", limits),
      "BT205");
  EXPECT_EQ(ask(world, "SELECT count(*) FROM records a, records b, records c, records d", limits), "BT205");
}

TEST(AuditSql, a_query_ends_when_the_server_cannot_wait_for_it) {
  StoreWorld world;
  given_a_store(world);
  std::stop_source server;
  SqlLimits limits;
  limits.time = std::chrono::hours(1);
  limits.stop = server.get_token();
  EXPECT_EQ(ask(world, "SELECT count(*) FROM records", limits), "[[300]]");
  server.request_stop();
  EXPECT_EQ(
      ask(world, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", limits),
      "BT202");
}

TEST(AuditSql, a_pattern_that_would_take_for_ever_is_refused_before_it_is_tried) {
  StoreWorld world;
  given_a_store(world);
  EXPECT_EQ(ask(world,
                "SELECT replace(hex(zeroblob(400000)),'0','a') LIKE '%' || "
                "replace(hex(zeroblob(24000)),'0','a') || 'b'"),
            "BT117");
  EXPECT_EQ(ask(world, "SELECT length(hex(zeroblob(600000)))"), "BT117");
  EXPECT_EQ(ask(world, "SELECT 'Ann Lee' LIKE 'ann%', 'a_b' LIKE 'a!_b' ESCAPE '!', NULL LIKE 'x'"), "[[1,1,null]]");
}

TEST(AuditSql, a_text_that_is_looked_for_in_a_text_holds_nobody_up) {
  StoreWorld world;
  given_a_store(world);
  const std::string texts =
      " FROM (SELECT replace(hex(zeroblob(500000)), '0', 'a') x, replace(hex(zeroblob(200000)), '0', 'a') || 'b' y)";
  SqlLimits limits;
  limits.time = std::chrono::seconds(30);
  const auto begun = std::chrono::steady_clock::now();
  const std::string found = "SELECT instr(x, y), length(replace(x, y, 'c')), length(trim(y, x)), length(rtrim(x, y))";
  EXPECT_EQ(ask(world, found + texts, limits), "[[0,1000000,1,0]]");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, limits.time) << "each took minutes";
  EXPECT_EQ(ask(world, "SELECT json_patch('{}', '{}')"), "BT117");
}

TEST(AuditSql, a_long_expression_without_a_loop_is_stopped_between_its_functions) {
  StoreWorld world;
  given_a_store(world);
  std::string sum = "0";
  for (int i = 0; i < 500; ++i) sum += " + (x LIKE p)";
  SqlLimits limits;
  limits.time = std::chrono::milliseconds(50);
  EXPECT_EQ(ask(world,
                "SELECT " + sum +
                    " FROM (SELECT replace(hex(zeroblob(500000)), '0', 'a') x, '%' || "
                    "replace(hex(zeroblob(200)), '0', 'a') || 'b' p)",
                limits),
            "BT205");
}

TEST(AuditSql, texts_are_found_replaced_and_trimmed_as_sqlite_does_it) {
  StoreWorld world;
  given_a_store(world);
  EXPECT_EQ(ask(world,
                "SELECT instr('aäbäc', 'bä'), instr('abc', ''), instr('abc', 'd'), instr(x'6162', x'62'), "
                "instr(NULL, 'a')"),
            "[[3,1,0,2,null]]");
  EXPECT_EQ(ask(world, "SELECT replace('aXbX', 'X', 'ää'), replace('ab', '', 'c'), replace('ab', 'a', NULL)"),
            R"([["aääbää","ab",null]])");
  EXPECT_EQ(ask(world, "SELECT trim('äxaxä', 'äx'), ltrim('xxa', 'x'), rtrim('axx', 'x'), trim('a', '')"),
            R"([["a","a","a","a"]])");
  EXPECT_EQ(ask(world, "SELECT 'Ann' GLOB 'A*', 'Ann' GLOB 'a*', 'a%' LIKE 'a!%' ESCAPE '!'"), "[[1,0,1]]");
}

}  // namespace
}  // namespace baton
