#include "runtime/clinical/hl7_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "runtime/clinical/hl7_batch.hpp"
#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

using test::adt;
using ::testing::HasSubstr;

JsonText json_of(const std::string& bytes, int offset = 0) {
  return hl7_to_json(Hl7Message::parse(bytes).value(), offset);
}

std::string fields_of(const std::string& segment) {
  const auto document = boost::json::parse(json_of(adt(segment + "\r")));
  return boost::json::serialize(document.at("segments").at(1).at("fields"));
}

TEST(Hl7Json, begins_with_what_a_mapping_routes_by) {
  EXPECT_EQ(
      json_of("MSH|^~\\&|S|F|R|G|20260101120000||ADT^A03^ADT_A03|M1|P|2.5.1\r", 60),
      R"({"type":"ADT","trigger":"A03","structure":"ADT_A03","control_id":"M1","version":"2.5.1","processing_id":"P",)"
      R"("sending_application":"S","sending_facility":"F","receiving_application":"R","receiving_facility":"G",)"
      R"("time":"2026-01-01T11:00:00.000Z","utc_offset_minutes":60,"charset":"ASCII","segments":[{"name":"MSH","fields":)"
      R"([[[["|"]]],[[["^~\\&"]]],[[["S"]]],[[["F"]]],[[["R"]]],[[["G"]]],[[["20260101120000"]]],[],)"
      R"([[["ADT"],["A03"],["ADT_A03"]]],[[["M1"]]],[[["P"]]],[[["2.5.1"]]]]}]})");
}

// New York: clocks went forward at 2026-03-08T02:00, and go back at 2026-11-01T02:00.
boost::json::object local_times_of(const std::string& sent, const std::string& fields,
                                   std::string_view received = "2026-12-24T00:00:00Z") {
  const TimeZone zone = find_time_zone("America/New_York").value();
  const auto message = Hl7Message::parse("MSH|^~\\&|S|F|R|G|" + sent + "||ADT^A03|M1|P|2.5.1\rZZZ|" + fields + "\r");
  const auto json = boost::json::parse(hl7_to_json(message.value(), zone, parse_instant(received).value())).as_object();
  return json.contains("local_times") ? json.at("local_times").as_object() : boost::json::object();
}

TEST(Hl7Json, says_what_a_timestamp_without_an_offset_means_by_the_zones_rules_of_its_own_day) {
  const auto times =
      local_times_of("20260715083000", "20260115120000|20260308023000|20261101013000^20260715|20260115120000.25");
  EXPECT_EQ(times.at("20260715083000"), "2026-07-15T08:30:00-04:00");  // MSH-7 itself.
  EXPECT_EQ(times.at("20260115120000"), "2026-01-15T12:00:00-05:00");
  EXPECT_EQ(times.at("20260308023000"), "2026-03-08T03:00:00-04:00");  // There is no half past two.
  EXPECT_EQ(times.at("20261101013000"), "2026-11-01T01:30:00-04:00");  // There are two; the first.
  EXPECT_EQ(times.at("20260715"), "2026-07-15T00:00:00-04:00");
  EXPECT_EQ(times.at("20260115120000.25"), "2026-01-15T12:00:00.250-05:00");
}

TEST(Hl7Json, knows_of_an_hour_that_the_clocks_show_twice_which_it_was_by_when_the_message_came) {
  const std::string early = "20261101013000", late = "20261101011000";
  const auto sent = [](const std::string& text, std::string_view received, const std::string& field = "x") {
    return local_times_of(text, field, received).at(field == "x" ? text : field);
  };
  EXPECT_EQ(sent(early, "2026-11-01T05:30:01Z"), "2026-11-01T01:30:00-04:00");
  EXPECT_EQ(sent(late, "2026-11-01T06:10:01Z"), "2026-11-01T01:10:00-05:00");
  EXPECT_EQ(sent(late, "2026-11-01T06:05:00Z"), "2026-11-01T01:10:00-05:00");  // A clock that is ahead.
  EXPECT_EQ(sent(late, "2026-11-01T08:10:00Z"), "2026-11-01T01:10:00-05:00");
  EXPECT_EQ(sent(late, "2026-11-01T09:00:00Z"), "2026-11-01T01:10:00-04:00");  // It may have been either.
  EXPECT_EQ(sent("20261101020000", "2026-11-01T07:00:00Z"), "2026-11-01T02:00:00-05:00");
  EXPECT_EQ(sent("20261101005959", "2026-11-01T06:00:00Z"), "2026-11-01T00:59:59-04:00");

  EXPECT_EQ(sent(late, "2026-11-01T06:10:01Z", early), "2026-11-01T01:30:00-04:00");  // What is told has happened.
  EXPECT_EQ(sent(early, "2026-11-01T06:30:01Z", late), "2026-11-01T01:10:00-05:00");
  EXPECT_EQ(sent(late + "-0500", "2026-11-01T06:10:01Z", early), "2026-11-01T01:30:00-04:00");
  EXPECT_EQ(sent(early + "-0500", "2026-11-01T06:30:01Z", late), "2026-11-01T01:10:00-05:00");
}

TEST(Hl7Json, leaves_alone_what_has_an_offset_or_is_no_timestamp) {
  const auto times =
      local_times_of("20260715083000", "20260115120000+0100|1234|20261301|12345678901234567|4711-2026|x");
  EXPECT_EQ(times.size(), 1u) << times;
}

TEST(Hl7Json, believes_an_offset_of_the_header_that_the_zone_does_not_have_then) {
  EXPECT_EQ(local_times_of("20260715083000-0400", "20260115120000").at("20260115120000"), "2026-01-15T12:00:00-05:00");
  EXPECT_TRUE(local_times_of("20260715083000-0500", "20260115120000").empty());
}

TEST(Hl7Json, leaves_out_what_the_header_does_not_say) {
  const JsonText json = json_of("MSH|^~\\&|||||||ADT\r");
  EXPECT_EQ(json.substr(0, json.find(",\"charset")), R"({"type":"ADT","utc_offset_minutes":0)");
  EXPECT_THAT(json, HasSubstr(R"("warnings":["no_control_id"])"));
}

TEST(Hl7Json, always_nests_fully_and_writes_everything_empty_as_an_empty_array) {
  EXPECT_EQ(fields_of("ZZZ|a"), R"([[[["a"]]]])");
  EXPECT_EQ(fields_of("ZZZ|||"), "[[],[],[]]");
  EXPECT_EQ(fields_of("ZZZ"), "[]");
  EXPECT_EQ(fields_of("ZZZ|a^^b&c&"), R"([[[["a"],[],["b","c",""]]]])");
  EXPECT_EQ(fields_of("ZZZ|a~~b^"), R"([[[["a"]],[],[["b"],[]]]])");
  EXPECT_EQ(fields_of(R"(ZZZ|""|x\T\y)"), R"([[[["\"\""]]],[[["x&y"]]]])");
}

// Escaping is a choice of the writer, so the way back is compared as JSON: the same values in the same places.
TEST(Hl7Json, of_every_corpus_message_holds_all_that_is_needed_to_write_it_again) {
  for (const auto& file : test::hl7_corpus()) {
    const auto batch = split_hl7_batch(file.bytes);
    if (!batch) continue;
    for (const std::string_view bytes : batch->messages) {
      const Hl7Message message = Hl7Message::parse(std::string(bytes)).value();
      const auto again = hl7_from_json(hl7_to_json(message, 0));
      if (message.control_id().empty() || message.delimiters().doubled_escape) continue;
      bool odd = false;
      for (const Hl7Warning& warning : message.warnings()) odd = odd || warning.code == "odd_segment";
      if (odd) continue;
      ASSERT_TRUE(again.ok()) << file.name << to_string(again.error());
      const auto before = boost::json::parse(hl7_to_json(message, 0));
      const auto after = boost::json::parse(hl7_to_json(Hl7Message::parse(*again).value(), 0));
      EXPECT_EQ(before.at("segments"), after.at("segments")) << file.name;
    }
  }
}

TEST(Hl7Json, writes_the_messages_of_the_stream_byte_for_byte) {
  for (const std::string& bytes : test::adt_stream()) {
    EXPECT_EQ(hl7_from_json(json_of(bytes)).value(), bytes);
  }
}

TEST(Hl7FromJson, takes_plain_texts_and_numbers_for_their_arrays_and_default_delimiters) {
  const auto bytes = hl7_from_json(R"({"segments":[
    {"name":"MSH","fields":[null,[],"BATON","HUB","EHR","FAC","20260101",null,[[["REF"],["I12"]]],"M1","P","2.5.1"]},
    {"name":"PRD","fields":[[["a|b","c"],"d"],7,2.5,null,[["x",["y","z&"]]]]}]})");
  ASSERT_TRUE(bytes.ok()) << to_string(bytes.error());
  EXPECT_EQ(*bytes, "MSH|^~\\&|BATON|HUB|EHR|FAC|20260101||REF^I12|M1|P|2.5.1\rPRD|a\\F\\b^c~d|7|2.5||x^y&z\\T\\\r");
}

TEST(Hl7FromJson, cannot_be_made_to_write_a_segment_or_a_frame_of_its_own) {
  const auto bytes = hl7_from_json(
      R"({"segments":[{"name":"MSH","fields":[null,null,"A\rPID|1","B\u001c",null,null,null,null,"ADT","M1"]}]})");
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(Hl7Message::parse(*bytes)->segment_count(), 1u);
  EXPECT_EQ(bytes->find('\x1c'), bytes->npos);
}

TEST(Hl7FromJson, names_the_place_that_is_wrong) {
  const auto refusal = [](std::string_view json) { return to_string(hl7_from_json(json).error()); };
  EXPECT_THAT(refusal("{"), HasSubstr("BT101"));
  EXPECT_THAT(refusal("[]"), HasSubstr("segments"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"pid"}]})"), HasSubstr("segment 1 name"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"PID","fields":[[[[{}]]]]}]})"), HasSubstr("PID-1 (segment 1)"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"PID","fields":[true]}]})"), HasSubstr("PID-1"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"PID","fields":["1"]}]})"), HasSubstr("instead of MSH"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"MSH","fields":[null,"^^"]}]})"), HasSubstr("MSH-2"));
  EXPECT_THAT(refusal(R"({"segments":[{"name":"MSH","fields":[null,null,null,null,null,null,null,null,"ADT"]}]})"),
              HasSubstr("MSH-10"));
}

}  // namespace
}  // namespace baton
