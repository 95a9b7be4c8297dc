#include "runtime/clinical/canonical_event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/limits.hpp"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Instant kNow = parse_instant("2026-11-20T18:53:29Z").value();
const EventSource kSource{"GENHOSP", "MSG001", "hl7v2", "adt", "3", 0};

const std::string kDischarge = R"({"type":"encounter.discharged","patient":{"identifiers":[)"
                               R"({"system":"GENHOSP","value":"123","type":"MR"},{"system":"SSA","value":"9"}],)"
                               R"("name":{"family":"Upton","given":"Kristopher"},"birth_date":"1920-04-23","sex":"M",)"
                               R"("deceased":false,"phone":["555"]},"encounter":"E1",)"
                               R"("occurred_at":"2026-11-20T12:00:00+01:00","data":{"ward":"MED","beds":1.50,"n":2}})";

Result<std::vector<ClinicalEvent>> mapped(std::string_view json) { return read_mapped_events(json, kSource, kNow); }

// kDischarge with one text in place of another.
std::string changed(std::string_view from, std::string_view to) {
  std::string json = kDischarge;
  const std::size_t at = json.find(from);
  EXPECT_NE(at, json.npos) << from;
  return json.replace(at, from.size(), to);
}

std::string refusal(std::string_view json) {
  const auto events = mapped(json);
  EXPECT_FALSE(events.ok()) << json;
  if (events.ok()) return "";
  EXPECT_FALSE(events.error().cure.empty());
  return to_string(events.error());
}

TEST(ClinicalEvent, is_what_the_mapping_says_with_where_it_was_said) {
  const auto events = mapped(kDischarge);
  ASSERT_TRUE(events.ok()) << to_string(events.error());
  ASSERT_EQ(events->size(), 1u);
  const ClinicalEvent& event = events->front();
  EXPECT_EQ(event.type, "encounter.discharged");
  EXPECT_THAT(event.identifiers, ElementsAre(Identifier{"GENHOSP", "123", "MR"}, Identifier{"SSA", "9", ""}));
  EXPECT_EQ(event.demographics,
            R"({"name":{"family":"Upton","given":"Kristopher"},"birth_date":"1920-04-23","sex":"M",)"
            R"("deceased":false,"phone":["555"]})");
  EXPECT_EQ(event.encounter, "E1");
  EXPECT_EQ(format_instant(event.occurred_at), "2026-11-20T11:00:00.000Z");
  EXPECT_EQ(event.recorded_at, kNow);
  EXPECT_EQ(event.data, R"({"ward":"MED","beds":1.5,"n":2})");
  EXPECT_TRUE(event.merge.empty());
  EXPECT_EQ(event.source, kSource);
}

TEST(ClinicalEvent, reads_back_from_its_durable_form_as_the_same) {
  const std::string merge =
      R"({"type":"patient.merged","patient":{"identifiers":[{"system":"G","value":"1"}]},)"
      R"("occurred_at":"2026-11-20T12:00:00Z","merge":{"identifiers":[{"system":"G","value":"2","type":"MR"}]}})";
  const auto events = mapped("[" + kDischarge + "," + merge + "]");
  ASSERT_TRUE(events.ok()) << to_string(events.error());
  EXPECT_THAT(events->at(1).merge, ElementsAre(Identifier{"G", "2", "MR"}));
  EXPECT_EQ(events->at(1).source.sequence, 1u);
  EXPECT_EQ(events->at(1).data, "{}");
  for (const ClinicalEvent& event : *events) {
    const auto again = read_clinical_event(to_json(event));
    ASSERT_TRUE(again.ok()) << to_string(again.error());
    EXPECT_EQ(*again, event);
  }
}

TEST(ClinicalEvent, list_may_be_empty_for_an_input_that_means_nothing_here) {
  for (const char* json : {"", "null", "[]", "{}"}) EXPECT_THAT(mapped(json).value(), testing::IsEmpty()) << json;
}

TEST(ClinicalEvent, is_refused_with_the_name_of_the_field_that_is_wrong) {
  EXPECT_THAT(refusal("{"), HasSubstr("BT101"));
  EXPECT_THAT(refusal("7"), HasSubstr("BT403: event is not an object"));
  EXPECT_THAT(refusal(changed(R"("type":"encounter.discharged",)", "")), HasSubstr("event.type is missing"));
  EXPECT_THAT(refusal(changed("encounter.discharged", "Encounter Discharged")), HasSubstr("event.type"));
  EXPECT_THAT(refusal(changed("encounter.discharged", "encounter..x")), HasSubstr("event.type"));
  EXPECT_THAT(refusal(changed("encounter.discharged", "encounter.")), HasSubstr("event.type"));
  EXPECT_THAT(refusal(changed(R"("occurred_at":"2026-11-20T12:00:00+01:00",)", "")),
              HasSubstr("event.occurred_at is missing"));
  EXPECT_THAT(refusal(changed("2026-11-20T12:00:00+01:00", "20261120120000")),
              HasSubstr("event.occurred_at is not a time"));
  EXPECT_THAT(refusal(changed("occurred_at", "ocurred_at")), HasSubstr("event.occurred_at"));
  EXPECT_THAT(refusal(changed(R"("data")", R"("dta")")), HasSubstr("event.dta is not a field"));
  EXPECT_THAT(refusal(changed(R"({"ward":"MED","beds":1.50,"n":2})", "5")), HasSubstr("event.data"));
  EXPECT_THAT(refusal(changed("1.50", "1e999")), HasSubstr("BT"));
  EXPECT_THAT(refusal(changed(R"("E1")", "17")), HasSubstr("event.encounter is not text"));
  EXPECT_THAT(refusal(changed("E1", std::string(300, 'e'))), HasSubstr("event.encounter"));
  EXPECT_THAT(refusal(changed(R"("value":"123")", R"("value":123)")),
              HasSubstr("event.patient.identifiers[0].value is not text"));
  EXPECT_THAT(refusal(changed(R"("value":"9")", R"("value":"")")),
              HasSubstr("event.patient.identifiers[1].value is missing"));
  EXPECT_THAT(refusal(changed(R"("system":"SSA",)", "")), HasSubstr("event.patient.identifiers[1].system"));
  EXPECT_THAT(refusal(changed("1920-04-23", "1920-02-30")), HasSubstr("event.patient.birth_date"));
  EXPECT_THAT(refusal(changed("1920-04-23", "19200423")), HasSubstr("event.patient.birth_date"));
  EXPECT_THAT(refusal(changed(R"("sex":"M")", R"("sex":"male")")), HasSubstr("event.patient.sex"));
  EXPECT_THAT(refusal(changed("false", "\"N\"")), HasSubstr("event.patient.deceased"));
  EXPECT_THAT(refusal(changed(R"({"family":"Upton","given":"Kristopher"})", "\"Upton\"")),
              HasSubstr("event.patient.name"));
  EXPECT_THAT(refusal("[" + kDischarge + R"(,{"type":"a"}])"), HasSubstr("event[1].patient"));
  EXPECT_THAT(refusal(R"({"type":"a","occurred_at":"2026-11-20T12:00:00Z","patient":{"identifiers":[]}})"),
              HasSubstr("event.patient.identifiers"));
  EXPECT_THAT(refusal(changed("\"encounter\":", "\"merge\":{\"identifiers\":{}},\"encounter\":")),
              HasSubstr("event.merge.identifiers"));
}

TEST(ClinicalEvent, refusal_never_repeats_patient_data) {
  EXPECT_THAT(refusal(changed(R"("family":"Upton")", R"("family":["Upton"])")), testing::Not(HasSubstr("Upton")));
  EXPECT_THAT(refusal(changed(R"({"system":"SSA","value":"9"})", R"("secret")")), testing::Not(HasSubstr("secret")));
}

TEST(ClinicalEvent, is_bounded) {
  EXPECT_THAT(refusal(changed("MED", std::string(limits::kPayloadSize, 'x'))), HasSubstr("BT103"));
  std::string many = "[" + kDischarge;
  for (std::size_t i = 0; i < limits::kEventsPerMessage; ++i) many += "," + kDischarge;
  EXPECT_THAT(refusal(many + "]"), HasSubstr("more than 100 events"));
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("BT101"));
}

TEST(ClinicalEvent, has_an_id_that_only_its_source_and_place_decide) {
  EventSource other = kSource;
  other.sequence = 1;
  EventSource shifted = kSource;
  shifted.system = "GENHOSPM";
  shifted.message_id = "SG001";
  EXPECT_EQ(event_id_of(kSource), event_id_of(mapped(kDischarge)->front().source));
  EXPECT_NE(event_id_of(kSource), event_id_of(other));
  EXPECT_NE(event_id_of(kSource), event_id_of(shifted));
}

TEST(ClinicalEvent, stands_in_a_timeline_with_its_provenance) {
  const auto events = mapped(kDischarge);
  const EventRecord record = record_of(events->front());
  EXPECT_EQ(record.id, event_id_of(kSource));
  EXPECT_EQ(record.mapping, "adt@3");
  EXPECT_EQ(record.source + record.message_id + record.format, "GENHOSPMSG001hl7v2");
  EXPECT_EQ(read_clinical_event(record.event).value(), events->front());
}

TEST(ClinicalEvent, names_an_identifier_once_that_the_source_repeats) {
  const auto events =
      mapped(changed(R"({"system":"SSA","value":"9"})", R"({"type":"MR","value":"123","system":"GENHOSP"})"));
  EXPECT_THAT(events->front().identifiers, ElementsAre(Identifier{"GENHOSP", "123", "MR"}));
}

TEST(ClinicalEvent, takes_partial_dates_of_birth) {
  EXPECT_TRUE(mapped(changed("1920-04-23", "1920-04")).ok());
  EXPECT_TRUE(mapped(changed("1920-04-23", "1920")).ok());
}

}  // namespace
}  // namespace baton
