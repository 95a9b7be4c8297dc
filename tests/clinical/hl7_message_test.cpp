#include "runtime/clinical/hl7_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_json.hpp"
#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

using test::adt;
using ::testing::HasSubstr;

Hl7Message parsed(const std::string& bytes) {
  auto message = Hl7Message::parse(bytes);
  EXPECT_TRUE(message.ok()) << (message.ok() ? "" : to_string(message.error()));
  return message.ok() ? *std::move(message) : *Hl7Message::parse(adt());
}

std::string refusal(const std::string& bytes) {
  const auto message = Hl7Message::parse(bytes);
  EXPECT_FALSE(message.ok());
  return message.ok() ? "" : to_string(message.error());
}

bool warned(const Hl7Message& message, std::string_view code) {
  const auto& all = message.warnings();
  return std::any_of(all.begin(), all.end(), [&](const Hl7Warning& warning) { return warning.code == code; });
}

TEST(Hl7Corpus, every_message_is_read_and_written_back_byte_for_byte_or_refused_with_a_reason) {
  std::vector<std::string> refused;
  const auto files = test::hl7_corpus();
  EXPECT_GE(files.size(), 30u);
  for (const auto& file : files) {
    const auto batch = split_hl7_batch(file.bytes);
    if (!batch) {
      refused.push_back(file.name);
      EXPECT_THAT(to_string(batch.error()), HasSubstr("MSH")) << file.name;
      continue;
    }
    for (const std::string_view bytes : batch->messages) {
      const auto message = Hl7Message::parse(std::string(bytes));
      ASSERT_TRUE(message.ok()) << file.name << ": " << to_string(message.error());
      EXPECT_EQ(message->serialize(), bytes) << file.name;
      EXPECT_FALSE(message->type().empty()) << file.name;
      EXPECT_TRUE(is_valid_utf8(hl7_to_json(*message, 0))) << file.name;
    }
  }
  EXPECT_THAT(refused, testing::ElementsAre("rethinkhealth/invalid-missing-msh.hl7"));
}

TEST(Hl7Corpus, every_message_of_the_stream_is_read_without_a_warning) {
  const auto stream = test::adt_stream();
  EXPECT_EQ(stream.size(), 730u);
  for (const std::string& bytes : stream) {
    const Hl7Message message = parsed(bytes);
    EXPECT_EQ(message.serialize(), bytes);
    EXPECT_EQ(message.type(), "ADT");
    EXPECT_EQ(message.sending_facility(), "GENHOSP");
    EXPECT_THAT(message.warnings(), testing::IsEmpty());
  }
}

TEST(Hl7Message, counts_fields_repetitions_components_and_subcomponents_as_hl7_does) {
  const Hl7Message message =
      parsed(adt("PID|1||A^^^X&1.2&ISO^MR~B^^^Y||DOE^JOHN\rOBX|1|ST\rOBX|2|TX\rOBX|3|NM||s|42\r"));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"MSH-1", "|"},      {"MSH-2", "^~\\&"}, {"MSH-3", "SENDER"},   {"MSH-9.2", "A03"},   {"MSH-10", "MSG001"},
      {"PID-3", "A"},      {"PID-3[2]", "B"},  {"PID-3[2].4.1", "Y"}, {"PID-3.4.2", "1.2"}, {"PID-3.4.3", "ISO"},
      {"PID-5.2", "JOHN"}, {"OBX[3]-5", "42"}, {"OBX[2]-2", "TX"},    {"PID-2", ""},        {"PID-99", ""},
      {"PID-3[3]", ""},    {"ZZZ-1", ""},      {"OBX[4]-1", ""},      {"MSH-2.2", ""},      {"PID-3[1].1.1", "A"}};
  for (const auto& [path, text] : expected) EXPECT_EQ(message.get(path).value(), text) << path;
}

TEST(Hl7Message, refuses_paths_that_are_none) {
  const Hl7Message message = parsed(adt());
  for (const char* path : {"", "PID", "PID-", "PID-0", "PID-3.", "PID-3.1.1.1", "pid-3", "PIDX-3", "PID[0]-3", "PID-3[",
                           "PID-3[1", "PID-3[-1]", "PID-999999", "PID-3 "}) {
    EXPECT_EQ(message.get(path).ok(), false) << path;
  }
}

TEST(Hl7Message, says_what_its_header_says) {
  const Hl7Message message = parsed(adt());
  EXPECT_EQ(message.type() + message.trigger() + message.structure(), "ADTA03ADT_A03");
  EXPECT_EQ(message.control_id(), "MSG001");
  EXPECT_EQ(message.sending_application() + "/" + message.sending_facility(), "SENDER/FAC");
  EXPECT_EQ(message.receiving_application() + "/" + message.receiving_facility(), "BATON/HUB");
  EXPECT_EQ(message.version() + message.processing_id(), "2.5.1P");
}

TEST(Hl7Message, takes_the_trigger_from_evn_where_an_old_sender_says_it_only_there) {
  EXPECT_EQ(parsed("MSH|^~\\&|A||B||1990||ADT|1|P|2.1\rEVN|A08|1990\r").trigger(), "A08");
}

TEST(Hl7Message, takes_its_delimiters_from_the_header) {
  const Hl7Message message = parsed("MSH#!@%*#SENDER#FAC#R#F#2026##ADT!A01#MSG007#P#2.5\rPID#1##1!!!A*B@2#a%S%b%R%\r");
  EXPECT_EQ(message.get("MSH-2").value(), "!@%*");
  EXPECT_EQ(message.trigger(), "A01");
  EXPECT_EQ(message.get("PID-3[1].4.2").value(), "B");
  EXPECT_EQ(message.get("PID-3[2]").value(), "2");
  EXPECT_EQ(message.get("PID-4").value(), "a!b@");
}

TEST(Hl7Message, takes_line_feeds_byte_order_marks_blank_lines_and_a_missing_last_line_end) {
  const std::string header = "MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5";
  for (const std::string& bytes :
       {header + "\nPID|1||X\nPV1|1", header + "\r\nPID|1||X\r\nPV1|1\r\n",
        "\xEF\xBB\xBF" + header + "\rPID|1||X\rPV1|1\r", header + "\n\n\nPID|1||X\n\nPV1|1\n\n",
        "\r\n \x0b" + header + "\rPID|1||X\rPV1|1\r\x1c\r"}) {
    const Hl7Message message = parsed(bytes);
    EXPECT_EQ(message.segment_count(), 3u);
    EXPECT_EQ(message.get("PID-3").value(), "X");
    EXPECT_EQ(message.get("PV1-1").value(), "1");
    EXPECT_EQ(message.serialize(), bytes);
    EXPECT_THAT(message.warnings(), testing::IsEmpty());
  }
}

TEST(Hl7Message, keeps_a_line_feed_within_a_field_where_segments_end_in_cr) {
  const Hl7Message message = parsed(adt("NTE|1||first\nsecond\nOBX|1|ST\r"));
  EXPECT_EQ(message.get("NTE-3").value(), "first\nsecond");
  EXPECT_EQ(message.get("OBX-2").value(), "ST");
  EXPECT_TRUE(warned(message, "line_feed_in_field"));
}

TEST(Hl7Message, keeps_segments_that_no_standard_knows) {
  const std::string bytes = adt("ZPI|1|x^y\rPIDX|1\rjust text\rPV|2||\r");
  const Hl7Message message = parsed(bytes);
  EXPECT_EQ(message.get("ZPI-2.2").value(), "y");
  EXPECT_EQ(message.segment_name(2), "PIDX");
  EXPECT_EQ(message.segment_name(3), "just text");
  EXPECT_EQ(message.field_count(3), 0u);
  EXPECT_EQ(message.field_count(4), 3u);
  EXPECT_TRUE(warned(message, "odd_segment"));
  EXPECT_EQ(message.serialize(), bytes);
}

TEST(Hl7Message, tells_hl7_null_from_empty) {
  const Hl7Message message = parsed(adt("PID|1||\"\"||x\r"));
  EXPECT_EQ(message.get("PID-3").value(), kHl7Null);
  EXPECT_EQ(message.get("PID-4").value(), "");
}

TEST(Hl7Message, reads_an_escape_character_that_was_doubled_in_the_header) {
  const Hl7Message message = parsed("MSH|^~\\\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||1^^^H&2.16&ISO||a\\T\\b\r");
  EXPECT_EQ(message.get("PID-3.4.2").value(), "2.16");
  EXPECT_EQ(message.get("PID-5").value(), "a&b");
  EXPECT_TRUE(warned(message, "doubled_escape"));
  EXPECT_EQ(message.get("MSH-2").value(), "^~\\\\&");
}

TEST(Hl7Message, refuses_what_nobody_could_answer_and_names_the_place) {
  EXPECT_THAT(refusal(""), HasSubstr("BT401"));
  EXPECT_THAT(refusal("PID|1||12345^^^MRN||DOE^JOHN"), HasSubstr("starts with segment PID"));
  EXPECT_THAT(refusal("hello"), HasSubstr("does not start with MSH"));
  EXPECT_THAT(refusal(std::string("M\0S\0H\0|\0", 8)), HasSubstr("UTF-16"));
  EXPECT_THAT(refusal("MSH|"), HasSubstr("cut off before MSH-2"));
  EXPECT_THAT(refusal("MSH||A|B"), HasSubstr("MSH-2"));
  EXPECT_THAT(refusal("MSHX^~\\&X"), HasSubstr("MSH-1"));
  EXPECT_THAT(refusal("MSH|^^\\&|A|B|C|D|2026||ADT^A01|1"), HasSubstr("one character for two purposes"));
  EXPECT_THAT(refusal("MSH|abcd|A|B|C|D|2026||ADT^A01|1"), HasSubstr("MSH-2"));
  EXPECT_THAT(refusal("MSH|^~\\&#!|A|B|C|D|2026||ADT^A01|1"), HasSubstr("more than five"));
  EXPECT_THAT(refusal("MSH|^~\\&|A|B"), HasSubstr("cut off after MSH-4"));
  EXPECT_THAT(refusal("MSH|^~\\&|A|B|C|D|2026|||1|P|2.5\r"), HasSubstr("MSH-9"));
  EXPECT_THAT(refusal(adt(adt())), HasSubstr("segment 2 is a second MSH"));
  EXPECT_THAT(refusal("BHS|^~\\&|A\r" + adt()), HasSubstr("it is a batch, not one message"));
  EXPECT_THAT(refusal("MSH|^~\\&|A|B|C|D|2026||ADT^A01|" + std::string(300, '1')), HasSubstr("MSH-10"));
}

TEST(Hl7Message, never_repeats_patient_data_in_a_refusal) {
  EXPECT_THAT(refusal("Miller^Anna|1||secret"), testing::Not(HasSubstr("Miller")));
}

TEST(Hl7Message, without_a_control_id_is_known_by_its_bytes) {
  const std::string bytes = "MSH|^~\\&|A|B|C|D|2026||ADT^A01||P|2.3\rPID|1||X\r";
  const Hl7Message message = parsed(bytes);
  EXPECT_THAT(message.identity(), testing::StartsWith("sha256:"));
  EXPECT_EQ(message.identity(), parsed(bytes).identity());
  EXPECT_NE(message.identity(), parsed(bytes + "PV1|1\r").identity());
  EXPECT_THAT(to_string(message.require_control_id().error()), HasSubstr("MSH-10"));
  EXPECT_EQ(parsed(adt()).identity(), "MSG001");
  EXPECT_TRUE(parsed(adt()).require_control_id().ok());
}

TEST(Hl7Message, stays_within_its_limits_on_hostile_input) {
  EXPECT_THAT(refusal(adt(std::string(limits::kMllpMessageSize, 'x'))), HasSubstr("BT103"));
  EXPECT_THAT(refusal(adt(std::string(limits::kHl7Fields + 1, '|'))), HasSubstr("fields"));
  std::string many;
  for (std::size_t i = 0; i <= limits::kHl7Segments; ++i) many += "Z\r";
  EXPECT_THAT(refusal(adt(many)), HasSubstr("segments"));
  // Long runs of every delimiter: linear, or this test would not end.
  for (const char c : std::string("~^\\&\n\x0b")) {
    const std::string bytes = adt("OBX|" + std::string(1u << 20, c) + "\r");
    EXPECT_EQ(parsed(bytes).serialize(), bytes);
    EXPECT_LT(hl7_to_json(parsed(bytes), 0).size(), 16 * bytes.size());
  }
}

TEST(Hl7Message, gives_timestamps_the_offset_of_the_message_and_else_the_source) {
  EXPECT_EQ(parsed(adt()).utc_offset_minutes(-300), 60);
  const Hl7Message silent = parsed("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\r");
  EXPECT_EQ(silent.utc_offset_minutes(-300), -300);
  EXPECT_EQ(format_instant(silent.time("20260101", -300).value().instant), "2026-01-01T05:00:00.000Z");
}

// Random messages made of the characters that matter: whatever is accepted comes back byte for byte, and a warning or
// a refusal is the worst that happens.
TEST(Hl7Property, random_bytes_are_read_back_exactly_or_refused) {
  std::mt19937 random(20261120);
  const std::string alphabet = "||||^^~~\\\\&&\r\r\n\x0b\x1c\"\"MSHPIDOBXZ019.XTE \xC3\xA9\xE9\xFF#-+";
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = round % 3 == 0 ? "" : round % 3 == 1 ? "MSH|" : adt();
    const std::size_t size = random() % 120;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(alphabet[random() % alphabet.size()]);
    if (round % 5 == 0 && !bytes.empty()) bytes[random() % bytes.size()] = static_cast<char>(random());
    static_cast<void>(split_hl7_batch(bytes));
    const auto message = Hl7Message::parse(bytes);
    if (!message) {
      EXPECT_FALSE(message.error().cure.empty());
      continue;
    }
    ++accepted;
    ASSERT_EQ(message->serialize(), bytes) << "round " << round;
    ASSERT_TRUE(is_valid_utf8(hl7_to_json(*message, 0))) << "round " << round;
    static_cast<void>(message->get("PID-3[2].4.1"));
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace baton
