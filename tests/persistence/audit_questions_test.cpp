// The ready questions: each is asked of a small hospital whose answers are known.
#include "persistence/sql/audit_questions.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;
namespace json = boost::json;

constexpr Instant kMidnight{1772323200000};  // 2026-03-01T00:00:00Z

AuditRecord record(std::string_view action, int hour, const std::string& subject, const std::string& patient = "p-1") {
  AuditRecord made;
  made.action = action;
  made.at = kMidnight + Duration{hour * kHour.ms};
  made.by = {PrincipalKind::person, subject, "nurse", "oidc", ""};
  made.patient = patient;
  made.instance = "case of " + patient;
  return made;
}

AuditRecord overridden(int hour, const std::string& subject, const std::string& patient) {
  AuditRecord made = record(action::kOutcomeOverridden, hour, subject, patient);
  made.rule = "hold";
  made.object = "decision:hold";
  made.before = R"({"outcome":"hold"})";
  made.after = R"({"outcome":"go"})";
  made.proposed_by = R"({"kind":"model","subject":"triage"})";
  made.reason = "seen";
  return made;
}

AuditRecord decided(int hour, const std::string& patient) {
  AuditRecord made = record(action::kDecisionMade, hour, "triage", patient);
  made.rule = "hold";
  made.object = "decision:hold";
  made.outcome = "hold";
  return made;
}

class Questions : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<Change> changes;
    for (const auto& [patient, ward] : {std::pair("p-1", "4E"), std::pair("p-2", "5W")}) {
      InstanceRecord instance = sample_instance();
      instance.id = std::string("case of ") + patient;
      instance.patient = patient;
      instance.attributes = {{"ward", "\"" + std::string(ward) + "\""}};
      changes.push_back(PutInstance{std::nullopt, instance});
    }
    AuditRecord list = record(action::kPatientRead, 9, "n-2", "");
    list.patients = {"p-1", "p-2"};
    list.instance.clear();
    AuditRecord glass = record(action::kGlassBroken, 10, "op-1");
    glass.by.purpose = "BTG";
    glass.object = "glass/1";
    AuditRecord behind = record(action::kPatientRead, 10, "op-1");
    behind.by.purpose = "BTG";
    behind.parent = "glass/1";
    AuditRecord reviewed = record(action::kGlassBroken, 11, "op-2");
    reviewed.by.purpose = "BTG";
    reviewed.object = "glass/2";
    AuditRecord task = record(action::kTaskDecided, 12, "ph-1");
    task.rule = "review";
    task.outcome = "approve";
    task.evidence = R"({"age_ms":60000,"as_of":"2026-03-01T11:59:00Z","form":"meds","form_version":"b0","values":{}})";
    AuditRecord sent = record(action::kPatientDisclosed, 13, "discharge");
    sent.object = "https://lab.example";
    // Indexes:                    0                     1     2                            3                  4
    std::vector<AuditRecord> all = {
        record(action::kPatientRead, 8, "n-1"), list, decided(8, "p-1"), decided(16, "p-2"), decided(17, "p-2"),
        // 5                     6                          7
        overridden(9, "d-1", "p-1"), overridden(20, "d-1", "p-1"), overridden(17, "d-2", "p-2"),
        // 8    9       10        11    12
        glass, behind, reviewed, task, sent};
    AuditRecord review = record(action::kAccessReviewed, 14, "officer");
    review.source_event = "record/10";
    all.push_back(review);
    world_.committer->submit(Turn(std::move(changes), {all.begin(), all.end()}, {}, {}), {});
    world_.committer->run_once();
  }
  // The rows of part `number`, as JSON.
  std::string ask(const char* name, const SqlParameters& parameters, std::size_t number,
                  const char* columns = nullptr) {
    const AuditQuestion* question = find_audit_question(name);
    EXPECT_NE(question, nullptr);
    const auto answer = ask_audit_question(world_.reader(), *question, parameters);
    EXPECT_TRUE(answer.ok()) << to_string(answer.error());
    if (!answer.ok()) return {};
    const json::value parsed = json::parse(*answer);
    const auto& table = parsed.at("parts").as_array().at(number).at("answer").as_object();
    if (columns == nullptr) return json::serialize(table.at("rows"));
    json::array rows;
    for (const auto& row : table.at("rows").as_array()) {
      json::array chosen;
      std::string_view rest = columns;
      while (!rest.empty()) {
        const std::string_view column = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), column.size() + 1));
        const auto& all = table.at("columns").as_array();
        const auto at = std::ranges::find(all, json::value(column)) - all.begin();
        chosen.push_back(row.as_array().at(static_cast<std::size_t>(at)));
      }
      rows.push_back(std::move(chosen));
    }
    return json::serialize(rows);
  }

  StoreWorld world_;
};

TEST_F(Questions, who_saw_or_changed_anything_of_this_patient_finds_lists_too) {
  EXPECT_EQ(ask("patient", {{"patient", "p-2"}}, 1, "idx subject"),
            R"([[1,"n-2"],[3,"triage"],[4,"triage"],[7,"d-2"]])");
  EXPECT_EQ(ask("patient", {{"patient", "p-1"}, {"from", "2026-03-01T12:00:00Z"}, {"to", "2026-03-01T13:00:00Z"}}, 0,
                "subject reads acts"),
            R"([["ph-1",0,1]])");
}

TEST_F(Questions, what_a_person_did_on_a_shift) {
  EXPECT_EQ(ask("person", {{"person", "d-1"}, {"from", "2026-03-01T15:00:00Z"}, {"to", "2026-03-01T23:00:00Z"}}, 1,
                "idx action"),
            R"([[6,"outcome.overridden"]])");
}

TEST_F(Questions, overrides_with_rates_by_unit_shift_and_person_and_which_were_reversed) {
  EXPECT_EQ(ask("overrides", {{"rule", "hold"}}, 0, "idx unit shift subject proposed_by reversed_by"),
            R"([[5,"4E","day","d-1","triage",6],[6,"4E","evening","d-1","triage",null],)"
            R"([7,"5W","evening","d-2","triage",null]])");
  EXPECT_EQ(ask("overrides", {{"rule", "hold"}}, 1, "unit overrides decisions rate reversed"),
            R"([["4E",2,1,2,1],["5W",1,2,5E-1,0]])");
  EXPECT_EQ(ask("overrides", {}, 2, "shift overrides decisions"), R"([["evening",2,2],["day",1,1]])");
  EXPECT_EQ(ask("overrides", {}, 3, "subject overrides decisions"), R"([["d-1",2,3],["d-2",1,3]])");
  // On the other side of the world it was another shift.
  EXPECT_EQ(ask("overrides", {{"zone", "Asia/Tokyo"}}, 0, "shift"), R"([["evening"],["night"],["night"]])");
}

TEST_F(Questions, shifts_are_those_of_the_units_rota_where_it_has_one) {
  const auto rota = [](int version, const std::string& shifts) {
    return R"({"unit":"4E","version":)" + std::to_string(version) + R"(,"shifts":[)" + shifts + "]}";
  };
  const std::string early =
      rota(1, R"({"person":"d-1","shift":"early","from":"2026-03-01T06:00:00.000Z","to":"2026-03-01T14:00:00.000Z"})");
  const std::string late =
      rota(2, R"({"person":"d-9","shift":"late","from":"2026-03-01T18:00:00.000Z","to":"2026-03-01T23:00:00.000Z"},
                                      {"person":"d-1","shift":"on call","from":"2026-03-01T17:00:00.000Z","to":"2026-03-02T07:00:00.000Z"})");
  std::vector<Change> changes{PutNamed{"rotas", "4E", late}, PutNamed{"rotas", "4E@1", early},
                              PutNamed{"rotas", "4E@2", late}};
  world_.committer->submit(Turn(std::move(changes), {record(action::kRotaChanged, 15, "charge")}, {}, {}), {});
  world_.committer->run_once();
  // The first by the version before; the second by her own shift, though another began later; the other ward has no rota.
  EXPECT_EQ(ask("overrides", {}, 0, "unit shift subject"),
            R"([["4E","early","d-1"],["4E","on call","d-1"],["5W","evening","d-2"]])");
  EXPECT_EQ(ask("overrides", {{"rule", "hold"}}, 2, "shift overrides decisions"),
            R"([["early",1,1],["evening",1,2],["on call",1,0]])");
}

TEST_F(Questions, break_glass_that_nobody_has_reviewed_with_the_reads_behind_it) {
  EXPECT_EQ(ask("break-glass", {}, 0, "idx subject patient reads_behind"), R"([[8,"op-1","p-1",1]])");
}

TEST_F(Questions, why_a_case_was_decided_so) {
  EXPECT_EQ(ask("why", {{"instance", "case of p-1"}}, 0, "idx action outcome"),
            R"([[2,"decision.made","hold"],[5,"outcome.overridden","go"],[6,"outcome.overridden","go"],)"
            R"([11,"task.decided","approve"]])");
}

TEST_F(Questions, why_a_case_was_decided_so_where_an_outcome_is_a_plain_text) {
  AuditRecord plain = overridden(21, "d-1", "p-2");
  plain.before = R"("hold")";
  plain.after = R"("stay")";
  world_.committer->submit(Turn({}, {plain}, {}, {}), {});
  world_.committer->run_once();
  EXPECT_EQ(ask("why", {{"instance", "case of p-2"}}, 0, "idx action outcome"),
            R"([[3,"decision.made","hold"],[4,"decision.made","hold"],[7,"outcome.overridden","go"],)"
            R"([14,"outcome.overridden","stay"]])");
}

TEST_F(Questions, what_the_reviewer_saw_and_how_old_it_was) {
  EXPECT_EQ(ask("shown", {{"instance", "case of p-1"}}, 0, "idx subject form form_version age_ms"),
            R"([[11,"ph-1","meds","b0",60000]])");
}

TEST_F(Questions, to_whom_a_patients_data_was_disclosed) {
  EXPECT_EQ(ask("disclosures", {{"patient", "p-1"}}, 0, "idx destination"), R"([[12,"https://lab.example"]])");
  EXPECT_EQ(ask("disclosures", {{"patient", "p-2"}}, 0, "idx"), "[]");
}

TEST_F(Questions, that_lack_a_parameter_or_have_a_wrong_one_are_refused_with_the_cure) {
  const AuditQuestion& patient = *find_audit_question("patient");
  EXPECT_EQ(ask_audit_question(world_.reader(), patient, {}).error().code, ErrorCode::bad_query);
  EXPECT_EQ(ask_audit_question(world_.reader(), patient, {{"patient", "p"}, {"rule", "r"}}).error().code,
            ErrorCode::bad_query);
  EXPECT_EQ(ask_audit_question(world_.reader(), patient, {{"patient", "p"}, {"from", "today"}}).error().code,
            ErrorCode::bad_time);
  EXPECT_EQ(ask_audit_question(world_.reader(), *find_audit_question("overrides"), {{"zone", "Berlin"}}).error().code,
            ErrorCode::unknown_time_zone);
  EXPECT_EQ(find_audit_question("nonsense"), nullptr);
}

}  // namespace
}  // namespace baton
