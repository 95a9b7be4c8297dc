#include "runtime/model/records.hpp"

#include <gtest/gtest.h>

#include "runtime/base/sha256.hpp"
#include "runtime/model/record_json.hpp"
#include "tests/support/sample_records.hpp"

namespace baton {
namespace {

using namespace test;

template <typename Record>
void survives(const Record& record) {
  const std::string bytes = encode(record);
  const auto read = decode<Record>(bytes);
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(*read, record);
  EXPECT_EQ(encode(*read), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode<Record>(std::string_view(bytes).substr(0, size)).ok()) << "cut to " << size;
  }
  EXPECT_EQ(decode<Record>(bytes + "x").error().code, ErrorCode::store_corrupt);
}

TEST(Records, every_record_reads_back_as_it_was_and_no_cut_or_extended_one_does) {
  survives(sample_instance());
  survives(sample_pending());
  survives(sample_task());
  survives(sample_incident());
  survives(sample_patient());
  survives(sample_event());
  survives(sample_message());
  survives(sample_pending_2());
  survives(sample_patient_2());
  TaskRecord held = sample_task();
  held.bundle = "b0";
  held.form = "med_review";
  held.units = {"4-west"};
  held.owner = "dr-1";
  held.hold = TaskHold{"waits", "u-1", kSampleStart, kSampleStart + kHour, "result.*", true};
  held.follow_up = kSampleStart + kDay;
  held.comments = {{"u-1", kSampleStart, "\"called\""}};
  held.drafts = {{"u-1", {"{}", kSampleStart}}};
  held.evidence = "{}";
  survives(held);
  survives(sample_instance_2());
  survives(AlertRecord{});
  survives(InstanceRecord{});
  survives(PendingRecord{});
  survives(TaskRecord{});
  survives(PatientRecord{});
  survives(MessageRecord{});
}

TEST(Records, every_kind_of_outbox_message_reads_back_as_it_was) {
  for (const OutboxRecord& record : sample_outbox_3()) survives(record);
  EXPECT_EQ(sample_outbox_3().size(), std::variant_size_v<OutboxBody>);
}

// As version 1 wrote it: the same, up to the decision, and votes that end with their time.
TEST(Records, a_task_of_the_first_version_reads_as_one_without_what_came_later) {
  const TaskRecord task = sample_task();
  Writer writer;
  writer.u8(1).bytes(task.instance).varint(task.seq).bytes(task.name).bytes(task.workflow).bytes(task.patient);
  writer.u8(static_cast<std::uint8_t>(task.status)).varint(task.version).i64(task.created_at.ms);
  writer.boolean(true).i64(task.due->ms).boolean(true).i64(task.closed_at->ms);
  for (const auto* list : {&task.roles, &task.subjects}) {
    writer.list(*list, [](Writer& w, const std::string& text) { w.bytes(text); });
  }
  writer.bytes(task.claimed_by).varint(task.escalations_done);
  writer.list(task.votes, [](Writer& w, const TaskVote& vote) {
    w.bytes(vote.subject).bytes(vote.outcome).bytes(vote.value).i64(vote.at.ms);
  });
  writer.bytes(task.request).bytes(task.decision);
  const auto read = decode<TaskRecord>(writer.view());
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(*read, task);
}

TEST(Records, a_record_of_a_newer_version_says_so) {
  std::string bytes = encode(sample_instance());
  bytes[0] = 9;
  EXPECT_EQ(decode<InstanceRecord>(bytes).error().code, ErrorCode::store_version);
}

TEST(Records, a_record_of_an_older_version_reads_with_what_came_later_left_empty) {
  std::string bytes = encode(sample_pending());
  bytes[0] = 1;
  bytes.pop_back();  // An empty heartbeat.
  const auto read = decode<PendingRecord>(bytes);
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(*read, sample_pending());
  bytes[0] = 0;
  EXPECT_EQ(decode<PendingRecord>(bytes).error().code, ErrorCode::store_corrupt);
}

TEST(Records, a_status_out_of_range_is_corruption) {
  InstanceRecord record;
  record.id = "i";
  std::string bytes = encode(record);
  const std::size_t status = 1 + 2 + 4;  // Version, id, four empty texts.
  ASSERT_EQ(bytes[status], 1);
  bytes[status] = 5;
  EXPECT_EQ(decode<InstanceRecord>(bytes).error().code, ErrorCode::store_corrupt);
}

TEST(Records, statuses_have_names_that_read_back) {
  for (const std::string_view name : {"running", "completed", "failed", "cancelled"}) {
    EXPECT_EQ(to_string(*instance_status_of(name)), name);
  }
  for (const std::string_view name : {"open", "claimed", "decided", "cancelled", "timed_out", "on_hold"}) {
    EXPECT_EQ(to_string(*task_status_of(name)), name);
  }
  EXPECT_FALSE(instance_status_of("open"));
  EXPECT_FALSE(task_status_of(""));
}

TEST(Records, a_task_id_is_its_instance_and_seq_and_has_one_form_only) {
  EXPECT_EQ(task_id_of("discharge.7", 12), "discharge.7.12");
  EXPECT_EQ(parse_task_id("discharge.7.12"), std::pair(std::string("discharge.7"), OperationSeq{12}));
  for (const std::string_view wrong : {"", "x", ".1", "x.", "x.0", "x.01", "x.-1", "x.1 ", "x.4294967296", "x.1a"}) {
    EXPECT_FALSE(parse_task_id(wrong)) << wrong;
  }
}

TEST(RecordJson, an_instance_shows_what_a_list_needs) {
  EXPECT_EQ(to_json(sample_instance()),
            R"({"id":"i-1","workflow":"discharge","status":"completed","paused":false,"open_incidents":1,)"
            R"("patient":"p-1","business_key":"enc-9","bundle":"b0","started_at":"2026-03-01T08:00:00.000Z",)"
            R"("closed_at":"2026-03-02T08:00:00.000Z","parent":"i-0","parent_seq":3,)"
            R"("attributes":{"stage":"review","ward":["4E","5W"]},"outcome":{"kind":"value","value":{"ok":true}}})");
}

TEST(RecordJson, a_message_that_is_not_utf8_is_shown_in_base64) {
  MessageRecord record = sample_message();
  record.raw = "\xff\xfe";
  EXPECT_NE(to_json(record).find(R"("raw_base64":"//4=")"), std::string::npos);
  record.raw = "MSH|^~\\&";
  EXPECT_NE(to_json(record).find(R"("raw":"MSH|^~\\&")"), std::string::npos);
}

TEST(RecordJson, a_task_has_its_id_and_leaves_out_what_is_not_there) {
  TaskRecord record;
  record.instance = "i-1";
  record.seq = 2;
  record.name = "review";
  record.workflow = "discharge";
  EXPECT_EQ(to_json(record), R"({"id":"i-1.2","name":"review","status":"open","version":1,"instance":"i-1",)"
                             R"("workflow":"discharge","created_at":"1970-01-01T00:00:00.000Z","roles":[],)"
                             R"("subjects":[],"escalations_done":0,"votes":[],"units":[],)"
                             R"("outcomes":[{"name":"done","reason_required":false,"reason_codes":[]}],)"
                             R"("next_steps":[],"comments":[]})");
}

}  // namespace
}  // namespace baton
