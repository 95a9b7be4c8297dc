#include "runtime/model/audit_record.hpp"

#include <gtest/gtest.h>

#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/canonical_json.hpp"

namespace baton {
namespace {

AuditRecord decision() {
  AuditRecord record;
  record.action = action::kTaskDecided;
  record.at = Instant{1772352000123};
  record.by = {PrincipalKind::person, "u-7", "pharmacist", "oidc", ""};
  record.patient = "p-1";
  record.instance = "i-1";
  record.object = "i-1.2";
  record.outcome = "refuse";
  record.reason = "Dose \"too high\"";
  record.evidence = R"({ "z": 1.0, "a": [1e2, "\u00e9"] })";
  return record;
}

std::string canonical(std::string_view json) {
  std::string out;
  EXPECT_TRUE(append_canonical_json(out, json)) << json;
  return out;
}

TEST(CanonicalJson, sorts_keys_by_utf16_and_writes_the_shortest_numbers) {
  EXPECT_EQ(canonical(R"({"b":2,"a":{"d":1.50,"c":null}})"), R"({"a":{"c":null,"d":1.5},"b":2})");
  EXPECT_EQ(canonical("[56.0, 1e30, 4.50, 2e-3, 0.000000000000000000000000001, -0, true]"),
            "[56,1e+30,4.5,0.002,1e-27,0,true]");
  // RFC 8785 section 3.2.3: the smiling face needs surrogates, so it stands before U+FB33.
  EXPECT_EQ(canonical(R"({"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3})"), "{\"\u20ac\":3,\"\U0001f600\":2,\"\ufb33\":1}");
  EXPECT_EQ(canonical(R"("\u000f\n\u0041\u0022\u005c")"), R"("\u000f\nA\"\\")");
}

TEST(CanonicalJson, refuses_what_is_not_json_and_leaves_the_text_alone) {
  std::string out = "kept";
  for (const std::string_view wrong : {"", "{", "{\"a\":1}x", "\"\xff\"", "[1,1e999]"}) {
    EXPECT_FALSE(append_canonical_json(out, wrong)) << wrong;
    EXPECT_EQ(out, "kept");
  }
}

TEST(AuditRecord, a_leaf_is_canonical_json_without_empty_fields) {
  const std::string leaf = canonical_json(decision());
  EXPECT_EQ(leaf,
            R"({"action":"task.decided","at":"2026-03-01T08:00:00.123Z",)"
            R"("by":{"authentication":"oidc","kind":"person","role":"pharmacist","subject":"u-7"},)"
            "\"evidence\":{\"a\":[100,\"\u00e9\"],\"z\":1},"
            R"("instance":"i-1","object":"i-1.2","outcome":"refuse","patient":"p-1","reason":"Dose \"too high\""})");
  EXPECT_EQ(canonical(leaf), leaf);
}

TEST(AuditRecord, a_leaf_with_every_field_is_canonical) {
  AuditRecord record = decision();
  record.patients = {"p-1", "p-2"};
  record.rule = "dose";
  record.model = R"({"id":"m"})";
  record.proposed_by = R"({"kind":"model","subject":"m"})";
  record.parent = "i-0";
  record.by.purpose = "TREAT";
  record.workflow = "discharge";
  record.bundle = "b0";
  record.line = "discharge.lua:17";
  record.reason_code = "dose";
  record.source_event = "e-1";
  record.trace = "t-1";
  record.before = "1";
  record.after = "\"x\"";
  record.journal = "0+3:abcd";
  const std::string leaf = canonical_json(record);
  EXPECT_EQ(canonical(leaf), leaf);
}

TEST(AuditRecord, has_the_trace_and_the_parent_of_whoever_asked_unless_it_has_its_own) {
  AuditRecord record = decision();
  record.by.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  record.by.parent = "00f067aa0ba902b7";
  std::string leaf = canonical_json(record);
  EXPECT_NE(leaf.find(R"("parent":"00f067aa0ba902b7")"), std::string::npos);
  EXPECT_NE(leaf.find(R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736")"), std::string::npos);
  record.parent = "i-0";
  leaf = canonical_json(record);
  EXPECT_NE(leaf.find(R"("parent":"i-0")"), std::string::npos);
}

TEST(AuditRecord, evidence_over_two_kibibytes_lies_beside_the_leaf_that_names_it) {
  AuditRecord record = decision();
  record.evidence = "\"" + std::string(3'000, 'x') + "\"";
  record.after = "\"small\"";
  std::vector<std::string> beside;
  const std::string leaf = canonical_json(record, &beside);
  EXPECT_LE(leaf.size(), std::size_t{2'048});
  ASSERT_EQ(beside, std::vector<std::string>{record.evidence});
  EXPECT_NE(leaf.find("\"evidence\":{\"sha256\":\"" + to_hex(sha256(record.evidence))), std::string::npos);
  EXPECT_NE(leaf.find("\"after\":\"small\""), std::string::npos);
}

TEST(AuditRecord, purpose_stands_in_the_leaf_and_the_rule_of_the_policy_in_who) {
  AuditRecord record = decision();
  record.by.purpose = "BTG";
  record.by.rule = "ab12/pharmacist:task.decide";
  const std::string leaf = canonical_json(record);
  EXPECT_NE(leaf.find("\"purpose\":\"BTG\""), std::string::npos) << leaf;
  EXPECT_NE(leaf.find("\"rule\":\"ab12/pharmacist:task.decide\",\"subject\":\"u-7\"}"), std::string::npos) << leaf;
}

TEST(AuditRecord, evidence_that_does_not_fit_is_named_by_its_digest) {
  AuditRecord record = decision();
  record.evidence = "\"" + std::string(limits::kLedgerLeafSize, 'x') + "\"";
  const std::string leaf = canonical_json(record);
  EXPECT_LE(leaf.size(), limits::kLedgerLeafSize);
  EXPECT_NE(leaf.find("\"evidence\":{\"sha256\":\"" + to_hex(sha256(record.evidence)) + "\",\"size\":65537}"),
            std::string::npos);
  EXPECT_NE(leaf.find("Dose"), std::string::npos);
}

TEST(AuditRecord, no_combination_of_long_fields_makes_a_leaf_too_long) {
  AuditRecord record = decision();
  const std::string text(40'000, 'y');
  for (std::string* field : {&record.patient, &record.instance, &record.object, &record.workflow, &record.bundle,
                             &record.line, &record.outcome, &record.reason_code, &record.reason, &record.source_event,
                             &record.trace, &record.journal, &record.by.subject}) {
    *field = text;
  }
  record.before = record.after = record.evidence = "\"" + text + "\"";
  const std::string leaf = canonical_json(record);
  EXPECT_LE(leaf.size(), limits::kLedgerLeafSize);
  EXPECT_EQ(canonical(leaf), leaf);
}

TEST(AuditRecord, bytes_that_are_no_text_never_break_a_leaf) {
  AuditRecord record = decision();
  record.reason = "\xff\xfe";
  record.evidence = "not json";
  record.by.subject = "\xff";
  const std::string leaf = canonical_json(record);
  EXPECT_EQ(canonical(leaf), leaf);
  EXPECT_NE(leaf.find(to_hex(sha256("not json"))), std::string::npos);
}

}  // namespace
}  // namespace baton
