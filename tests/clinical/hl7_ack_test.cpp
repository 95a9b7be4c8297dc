#include "runtime/clinical/hl7_ack.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/clinical/mllp_frame.hpp"
#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

using ::testing::HasSubstr;

const Instant kNow = parse_instant("2026-11-20T18:53:29Z").value();
const Error kReason{ErrorCode::unmapped_message, "no mapping takes ZZZ^Z01", "add a mapping|or ask"};

Hl7Message message_with(const std::string& version, const std::string& accept = {},
                        const std::string& application = {}) {
  return Hl7Message::parse("MSH|^~\\&|EHR^1.2^ISO|FAC|BATON|HUB|20260101||ADT^A03^ADT_A03|M-1|T|" + version + "|||" +
                           accept + "|" + application + "\rPID|1\r")
      .value();
}

TEST(Hl7Ack, swaps_sender_and_receiver_and_names_the_message_that_it_answers) {
  EXPECT_EQ(build_ack(message_with("2.5.1"), AckCode::aa, std::nullopt, kNow, "B1"),
            "MSH|^~\\&|BATON|HUB|EHR^1.2^ISO|FAC|20261120185329+0000||ACK^A03^ACK|B1|T|2.5.1\rMSA|AA|M-1\r");
}

TEST(Hl7Ack, tells_the_reason_in_err_since_version_2_5_and_in_msa_3_before) {
  EXPECT_EQ(
      build_ack(message_with("2.5"), AckCode::ae, kReason, kNow, "B1"),
      "MSH|^~\\&|BATON|HUB|EHR^1.2^ISO|FAC|20261120185329+0000||ACK^A03^ACK|B1|T|2.5\rMSA|AE|M-1\r"
      "ERR|||200^Unsupported message type^HL70357|E|||BT402: no mapping takes ZZZ\\S\\Z01|add a mapping\\F\\or ask\r");
  EXPECT_EQ(build_ack(message_with("2.3"), AckCode::ar, kReason, kNow, "B1"),
            "MSH|^~\\&|BATON|HUB|EHR^1.2^ISO|FAC|20261120185329+0000||ACK^A03|B1|T|2.3\r"
            "MSA|AR|M-1|BT402: no mapping takes ZZZ\\S\\Z01; add a mapping\\F\\or ask\r");
}

TEST(Hl7Ack, says_of_a_field_that_a_mapping_needs_that_it_is_missing) {
  const Error missing{ErrorCode::bad_field, "it names no patient", "fill PID-3"};
  const auto answer = Hl7Message::parse(build_ack(message_with("2.5"), AckCode::ar, missing, kNow, "B1")).value();
  EXPECT_EQ(answer.get("ERR-3.1").value(), "101");
  EXPECT_EQ(answer.get("ERR-8").value(), "fill PID-3");
}

TEST(Hl7Ack, has_the_message_type_of_its_version) {
  const auto ack = [](const char* version) {
    return Hl7Message::parse(build_ack(message_with(version), AckCode::ae, kReason, kNow, "B1")).value();
  };
  const auto type = [&](const char* version) {
    const Hl7Message message = ack(version);
    return std::string(message.raw_field(0, 9));
  };
  EXPECT_EQ(type("2.2"), "ACK");
  EXPECT_EQ(type("2.3.1"), "ACK^A03");
  EXPECT_EQ(type("2.4"), "ACK^A03^ACK");
  EXPECT_THAT(ack("2.4").get("MSA-3").value(), HasSubstr("BT402"));
  EXPECT_EQ(ack("2.5").get("MSA-3").value(), "");
}

TEST(Hl7Ack, is_the_same_for_the_same_message_and_moment) {
  EXPECT_EQ(build_ack(message_with("2.5"), AckCode::aa, std::nullopt, kNow, "B1"),
            build_ack(message_with("2.5"), AckCode::aa, std::nullopt, kNow, "B1"));
}

TEST(Hl7Ack, speaks_with_the_delimiters_and_the_character_set_of_the_sender) {
  const auto message = Hl7Message::parse("MSH#!@%*#S!x#F#R#G#2026##ADT!A01#7#P#2.5######8859/1\r").value();
  EXPECT_EQ(build_ack(message, AckCode::ae, kReason, kNow, "B#1"),
            "MSH#!@%*#R#G#S!x#F#20261120185329+0000##ACK!A01!ACK#B%F%1#P#2.5######8859/1\rMSA#AE#7\r"
            "ERR###200!Unsupported message type!HL70357#E###BT402: no mapping takes ZZZ^Z01#add a mapping|or ask\r");
}

TEST(Hl7Ack, code_is_of_the_mode_that_the_sender_asked_for) {
  const auto code = [](const char* accept, const char* application, AckOutcome outcome, AckPolicy policy) {
    const auto chosen = choose_ack(message_with("2.5", accept, application), outcome, policy);
    return chosen ? std::string(to_text(*chosen)) : std::string("none");
  };
  using enum AckOutcome;
  using enum AckPolicy;
  EXPECT_EQ(code("", "", accepted, as_asked), "AA");
  EXPECT_EQ(code("", "", error, as_asked), "AE");
  EXPECT_EQ(code("", "", rejected, as_asked), "AR");
  EXPECT_EQ(code("AL", "NE", accepted, as_asked), "CA");
  EXPECT_EQ(code("AL", "AL", error, as_asked), "CE");
  EXPECT_EQ(code("AL", "", rejected, as_asked), "CR");
  EXPECT_EQ(code("ER", "AL", accepted, as_asked), "AA");
  EXPECT_EQ(code("ER", "NE", accepted, as_asked), "none");
  EXPECT_EQ(code("ER", "NE", error, as_asked), "CE");
  EXPECT_EQ(code("SU", "NE", accepted, as_asked), "CA");
  EXPECT_EQ(code("SU", "NE", error, as_asked), "none");
  EXPECT_EQ(code("NE", "AL", accepted, as_asked), "AA");
  EXPECT_EQ(code("NE", "NE", accepted, as_asked), "none");
  EXPECT_EQ(code("NE", "NE", accepted, always), "AA");
  EXPECT_EQ(code("NE", "NE", error, always), "AE");
}

TEST(Hl7Ack, answers_bytes_that_are_no_message_with_what_of_a_header_can_be_found) {
  const Error reason{ErrorCode::bad_hl7, "MSH-9 (message type) is empty", "fill MSH-9"};
  EXPECT_EQ(
      build_ack_for_bytes("junk\rMSH|^~\\&|EHR|FAC|BATON|HUB|2026|||M-2|P|2.3\rPID|1", AckOutcome::rejected, reason,
                          kNow, "B2"),
      "MSH|^~\\&|BATON|HUB|EHR|FAC|20261120185329+0000||ACK|B2|P|2.3\rMSA|AR|M-2|BT401: MSH-9 (message type) is empty; "
      "fill MSH-9\r");
  for (const char* bytes : {"", "PID|1||X", "MSH", "MSH|", "MSH|^^^^|EHR",
                            "\xFF\xFE"
                            "M"}) {
    EXPECT_EQ(build_ack_for_bytes(bytes, AckOutcome::rejected, reason, kNow, "B2"),
              "MSH|^~\\&|||||20261120185329+0000||ACK|B2|P|2.5.1\rMSA|AR|\r"
              "ERR|||101^Required field missing^HL70357|E|||BT401: MSH-9 (message type) is empty|fill MSH-9\r")
        << bytes;
  }
}

TEST(Hl7Ack, repeats_nothing_that_could_break_its_line_or_its_frame) {
  const std::string hostile = "MSH|^~\\&|E\x1cHR\x0b|" + std::string(5000, 'x') +
                              "|BATON|HUB|2026||ADT^A\x1c"
                              "01|M\x1c-3|P|2.5\n";
  const std::string ack = build_ack_for_bytes(hostile, AckOutcome::error, kReason, kNow, "B3");
  EXPECT_EQ(ack.find_first_of("\x0b\x1c\n"), ack.npos);
  EXPECT_LT(ack.size(), 600u);
  EXPECT_EQ(Hl7Message::parse(ack)->get("MSA-2").value(), "M-3");
}

TEST(Hl7Ack, of_ours_can_be_read_by_ourselves) {
  for (const char* version : {"2.1", "2.3", "2.5.1", "2.8"}) {
    const auto bytes = build_ack(message_with(version), AckCode::ce, kReason, kNow, "B1");
    const auto ack = read_ack(Hl7Message::parse(bytes).value());
    ASSERT_TRUE(ack.ok());
    EXPECT_EQ(ack->code, AckCode::ce);
    EXPECT_EQ(ack->control_id, "M-1");
    EXPECT_THAT(ack->text, HasSubstr("add a mapping|or ask"));
    EXPECT_FALSE(is_accept(ack->code));
  }
}

TEST(Hl7Ack, is_refused_when_it_answers_nothing) {
  const auto read = [](const std::string& segments) {
    return read_ack(Hl7Message::parse("MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\r" + segments).value());
  };
  EXPECT_THAT(to_string(read("").error()), HasSubstr("MSA-1"));
  EXPECT_THAT(to_string(read("MSA|OK|1\r").error()), HasSubstr("MSA-1"));
  EXPECT_THAT(to_string(read("MSA|AA|\r").error()), HasSubstr("MSA-2"));
  EXPECT_EQ(read("MSA|AA|7|fine\r").value(), (Hl7Ack{AckCode::aa, "7", "fine", ""}));
  EXPECT_EQ(read("MSA|AE|7\rERR|||207^Boom\r").value(), (Hl7Ack{AckCode::ae, "7", "Boom", "207"}));
}

TEST(Hl7Ack, can_be_built_for_every_message_of_the_corpus_and_read_back) {
  for (const auto& file : test::hl7_corpus()) {
    const std::string ack = build_ack_for_bytes(file.bytes, AckOutcome::accepted, kReason, kNow, "B9");
    const auto message = Hl7Message::parse(ack);
    ASSERT_TRUE(message.ok()) << file.name << to_string(message.error());
    EXPECT_EQ(message->get("MSA-1").value(), "AA") << file.name;
    const auto sent = Hl7Message::parse(file.bytes);
    if (sent) {
      EXPECT_EQ(message->get("MSA-2").value(), sent->control_id()) << file.name;
    }
  }
}

}  // namespace
}  // namespace baton
