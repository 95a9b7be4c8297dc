// The shipped mappings on real messages: whatever they return is an event that Baton takes.
#include <map>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "runtime/clinical/canonical_event.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_json.hpp"
#include "runtime/script/mapping_run.hpp"
#include "runtime/script/standard_library.hpp"
#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

class ShippedMapping : public ::testing::Test {
 protected:
  ShippedMapping() : program_(Program::compile("handoffs", shipped_bundle()).value()), run_(program_) {}

  const MappingDefinition* mapping_for(std::string_view type) const {
    for (const MappingDefinition& mapping : program_->mappings()) {
      for (const std::string& each : mapping.types) {
        if (each == type) return &mapping;
      }
    }
    return nullptr;
  }

  // The events of a message, read as strictly as they are at the gate.
  Result<std::vector<ClinicalEvent>> events_of(const Hl7Message& message, const TimeZone& zone = {}) {
    const MappingDefinition* const mapping = mapping_for(message.type());
    if (mapping == nullptr)
      return Error{ErrorCode::unmapped_message, "no mapping for " + std::string(message.type()), {}};
    const Result<JsonText> mapped =
        run_.map(*mapping, zone == TimeZone() ? hl7_to_json(message, 0) : hl7_to_json(message, zone, Instant{0}));
    if (!mapped.ok()) return mapped.error();
    EventSource source;
    source.system = "TEST";
    source.message_id = message.control_id();
    return read_mapped_events(*mapped, source, Instant{0});
  }

  std::shared_ptr<const Program> program_;
  MappingRun run_;
};

TEST_F(ShippedMapping, reads_every_message_of_the_adt_stream) {
  std::map<std::string, int> types;
  for (const std::string& bytes : test::adt_stream()) {
    const auto events = events_of(Hl7Message::parse(bytes).value());
    ASSERT_TRUE(events.ok()) << to_string(events.error()) << "\n" << bytes;
    for (const ClinicalEvent& event : *events) ++types[event.type];
  }
  const std::map<std::string, int> expected = {{"encounter.admitted", 202},          {"encounter.discharged", 214},
                                               {"encounter.registered", 258},        {"encounter.admit_cancelled", 11},
                                               {"encounter.discharge_cancelled", 9}, {"encounter.transferred", 12},
                                               {"encounter.transfer_cancelled", 12}, {"patient.merged", 12}};
  EXPECT_EQ(types, expected);
}

TEST_F(ShippedMapping, reads_a_discharge_as_the_sender_meant_it) {
  const auto events = events_of(
      Hl7Message::parse("MSH|^~\\&|SYN|GENHOSP|R|H|20260302090000||ADT^A03^ADT_A03|M1|P|2.5.1\rEVN|A03|20260302090000\r"
                        "PID|1||P1^^^GENHOSP^MR||Doe^Jane||19400423|F\r"
                        "PV1|1|I|MED^101^A||||||||||||||||E1|||||||||||||||||07||||||||20260301080000|20260302083000\r")
          .value());
  ASSERT_TRUE(events.ok()) << to_string(events.error());
  ASSERT_EQ(events->size(), 1u);
  const ClinicalEvent& event = events->front();
  EXPECT_EQ(event.type, "encounter.discharged");
  EXPECT_EQ(event.encounter, "E1");
  EXPECT_EQ(format_instant(event.occurred_at), "2026-03-02T08:30:00.000Z");
  EXPECT_EQ(event.identifiers.front(), (Identifier{"GENHOSP", "P1", "MR"}));
  EXPECT_EQ(boost::json::parse(event.data).at("disposition_code").as_string(), "07");
}

TEST_F(ShippedMapping, says_of_a_merge_which_identifiers_end) {
  const auto events = events_of(
      Hl7Message::parse("MSH|^~\\&|SYN|GENHOSP|R|H|20260302090000||ADT^A40^ADT_A39|M1|P|2.5.1\rEVN|A40|20260302090000\r"
                        "PID|1||P1^^^GENHOSP^MR\rMRG|OLD^^^GENHOSP^MR\r")
          .value());
  ASSERT_TRUE(events.ok()) << to_string(events.error());
  EXPECT_EQ(events->front().type, "patient.merged");
  EXPECT_EQ(events->front().merge, (std::vector<Identifier>{{"GENHOSP", "OLD", "MR"}}));
}

TEST_F(ShippedMapping, says_which_field_a_message_lacks) {
  const auto reason = [&](const std::string& pid, const std::string& msh7) {
    const auto events = events_of(
        Hl7Message::parse("MSH|^~\\&|SYN|GENHOSP|R|H|" + msh7 + "||ADT^A01|M1|P|2.5.1\rEVN|A01\r" + pid + "\rPV1|1|I\r")
            .value());
    return events.ok() ? "events" : std::string(code_of(events.error().code)) + " " + events.error().cure;
  };
  EXPECT_EQ(reason("PID|1||P1", "20260302090000"), "events");
  EXPECT_EQ(reason("PID|1||", "20260302090000").rfind("BT102 fill PID-3", 0), 0u);
  EXPECT_EQ(reason("PID|1||P1", "").rfind("BT102 fill EVN-2", 0), 0u);
}

// Whatever the sender did: events, or a reason that a person can act on. Never an error of the script.
TEST_F(ShippedMapping, gives_events_or_a_reason_for_every_message_of_the_corpus) {
  std::size_t mapped = 0;
  for (const auto& file : test::hl7_corpus()) {
    const auto batch = split_hl7_batch(file.bytes);
    if (!batch) continue;
    for (const std::string_view bytes : batch->messages) {
      const auto message = Hl7Message::parse(std::string(bytes));
      if (!message.ok()) continue;
      const auto events = events_of(*message);
      if (events.ok()) {
        ++mapped;
      } else {
        const ErrorCode code = events.error().code;
        EXPECT_TRUE(code == ErrorCode::unmapped_message || code == ErrorCode::bad_field)
            << file.name << ": " << to_string(events.error());
      }
    }
  }
  EXPECT_GT(mapped, 0u);
}

}  // namespace
}  // namespace baton
