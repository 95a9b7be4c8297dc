// Messages from outside: one effect and one answer for each, and nothing that stops the stream.
#include "persistence/audit_query.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/engine/patient.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

constexpr const char* kMapping = R"lua(
local mapping = require "mapping"
local function get(m, name, field)
  for _, segment in ipairs(m.segments) do
    if segment.name == name then
      local found = segment.fields[field]
      return found and found[1] and found[1][1] and found[1][1][1] or nil
    end
  end
end
return mapping.define {
  name = "adt", format = "hl7v2", types = { "ADT" },
  map = function(m)
    if m.trigger == "A99" then return nil, "nobody knows A99" end
    if m.trigger == "A20" then return {} end
    if m.trigger == "A98" then return nil, "it names nobody", "PID-3" end
    return { {
      type = "encounter.admitted", occurred_at = "2025-11-20T12:00:00Z", encounter = get(m, "PV1", 19),
      patient = { identifiers = { { system = "H", value = get(m, "PID", 3), type = "MR" } } },
    } }
  end,
}
)lua";

std::string adt(const std::string& control_id, const std::string& trigger = "A01", const std::string& patient = "p1",
                const std::string& encounter = "e1") {
  return "MSH|^~\\&|REG|HOSP|BATON|HOSP|20251120120000||ADT^" + trigger + "|" + control_id + "|P|2.5.1\rPID|1||" +
         patient + "^^^H^MR\rPV1|1|I|||||||||||||||||" + encounter + "\r";
}

class Ingest : public ::testing::Test {
 protected:
  Ingest() {
    files_["workflows/flow.lua"] = R"lua(
      local workflow = require "workflow"
      return workflow.define { name = "flow", on = { event = "encounter.admitted", key = "encounter" },
        run = function(ctx, input) ctx:wait_signal("never") end })lua";
    files_["mappings/adt.lua"] = kMapping;
    world_.deploy(files_);
  }
  AcceptRequest hl7(const std::string& raw) {
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = raw;
    request.by.client = "10.0.0.1:4000";
    return request;
  }
  boost::json::object accept(const std::string& raw) { return boost::json::parse(world_.tell(hl7(raw))).as_object(); }
  std::size_t open_instances() {
    InstanceFilter filter;
    filter.status = InstanceStatus::running;
    world_.run();
    return world_.node().reader().list_instances(filter, {}, 100)->items.size();
  }
  static std::string text(const boost::json::object& object, const char* name) {
    return object.contains(name) ? boost::json::value_to<std::string>(object.at(name)) : std::string();
  }

  NodeWorld world_;
  BundleFiles files_;
};

TEST_F(Ingest, a_message_is_mapped_reaches_its_patient_starts_a_workflow_and_is_acknowledged) {
  const auto answer = accept(adt("c1"));
  EXPECT_EQ(text(answer, "state"), "accepted");
  EXPECT_NE(text(answer, "ack").find("MSA|AA|c1"), std::string::npos) << text(answer, "ack");
  EXPECT_EQ(answer.at("events").as_array().size(), 1u);
  EXPECT_EQ(open_instances(), 1u);
  const auto stored = world_.node().reader().message("REG|HOSP", "c1");
  ASSERT_TRUE(stored.ok() && stored->has_value());
  EXPECT_EQ((*stored)->raw, adt("c1"));
}

TEST_F(Ingest, a_message_whose_id_no_address_can_hold_is_named_by_its_bytes) {
  // With what the sender is told of it: its own id, less what could break a frame.
  const std::pair<std::string, std::string> ids[] = {{"c\x1b[2J", "c[2J"}, {"..", ".."}};
  for (const auto& [id, told] : ids) {
    const std::string bytes = adt(id, "A99");
    EXPECT_EQ(text(accept(bytes), "state"), "quarantined");
    EXPECT_NE(text(accept(bytes), "ack").find("|" + told), std::string::npos);
    const auto stored = world_.node().reader().message("REG|HOSP", "sha256:" + to_hex(sha256(bytes)));
    EXPECT_TRUE(stored.ok() && stored->has_value()) << id;
  }
}

TEST_F(Ingest, the_same_message_again_gets_the_same_answer_and_has_one_effect) {
  const auto first = accept(adt("c1"));
  world_.clock().set(kNoon + kHour);
  EXPECT_EQ(accept(adt("c1")), first);
  world_.crash();
  EXPECT_EQ(accept(adt("c1")), first);
  EXPECT_EQ(open_instances(), 1u);
}

TEST_F(Ingest, the_same_message_while_the_first_is_on_its_way_waits_for_its_answer) {
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) {
    auto request = hl7(adt("c1"));
    request.by.client = "10.0.0." + std::to_string(i);
    world_.node().submit(request,
                         [&](const Result<JsonText>& answer) { answers.push_back(answer.ok() ? *answer : ""); });
  }
  world_.run();
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[0], answers[2]);
  EXPECT_EQ(open_instances(), 1u);
  EXPECT_EQ(world_.node().metrics().in_flight, 0u);
}

TEST_F(Ingest, the_same_id_with_another_content_goes_to_quarantine) {
  accept(adt("c1"));
  const auto answer = accept(adt("c1", "A01", "p2"));
  EXPECT_EQ(text(answer, "state"), "quarantined");
  EXPECT_NE(text(answer, "ack").find("MSA|AE|c1"), std::string::npos);
  EXPECT_EQ(accept(adt("c1", "A01", "p2")), answer);
  EXPECT_EQ(open_instances(), 1u);
}

TEST_F(Ingest, what_cannot_be_read_or_mapped_is_quarantined_and_the_next_message_is_taken) {
  EXPECT_EQ(text(accept("rubbish"), "state"), "quarantined");
  EXPECT_EQ(text(accept("rubbish"), "state"), "quarantined");
  const auto unknown = accept(adt("c2", "A99"));
  EXPECT_EQ(text(unknown, "state"), "quarantined");
  EXPECT_EQ(text(unknown, "reason_code"), "BT402");
  EXPECT_EQ(text(accept(adt("c3", "A01", "")), "state"), "quarantined");
  EXPECT_EQ(text(accept(adt("c4")), "state"), "accepted");
  EXPECT_EQ(world_.node().reader().messages("quarantined", {}, 10)->items.size(), 3u);
  EXPECT_EQ(open_instances(), 1u);
}

TEST_F(Ingest, a_message_that_lacks_what_its_mapping_needs_is_rejected_for_that_field) {
  const auto answer = accept(adt("c1", "A98"));
  EXPECT_EQ(text(answer, "state"), "quarantined");
  EXPECT_EQ(text(answer, "reason_code"), "BT102");
  EXPECT_NE(text(answer, "ack").find("MSA|AR|c1"), std::string::npos) << text(answer, "ack");
  EXPECT_NE(text(answer, "ack").find("|101^Required field missing^HL70357|"), std::string::npos) << text(answer, "ack");
  EXPECT_NE(text(answer, "ack").find("fill PID-3"), std::string::npos) << text(answer, "ack");
}

TEST_F(Ingest, text_in_a_character_set_that_cannot_be_read_is_refused_by_its_name) {
  std::string raw = adt("c1", "A01", "\xCD\xF5\xD0\xA1");
  raw.insert(raw.find("\rPID"), "||||||GB 18030-2000");
  const auto answer = accept(raw);
  EXPECT_EQ(text(answer, "state"), "quarantined");
  EXPECT_EQ(text(answer, "reason_code"), "BT106");
  EXPECT_NE(text(answer, "ack").find("MSA|AE|c1"), std::string::npos) << text(answer, "ack");
  EXPECT_NE(text(answer, "ack").find("GB 18030-2000"), std::string::npos) << text(answer, "ack");
  EXPECT_EQ((**world_.node().reader().message("REG|HOSP", "c1")).raw, raw);
  EXPECT_EQ(open_instances(), 0u);
}

TEST_F(Ingest, a_message_that_means_nothing_here_is_accepted_without_events) {
  const auto answer = accept(adt("c1", "A20"));
  EXPECT_EQ(text(answer, "state"), "accepted");
  EXPECT_TRUE(answer.at("events").as_array().empty());
  EXPECT_EQ(open_instances(), 0u);
}

TEST_F(Ingest, an_edited_message_is_replayed_out_of_quarantine_once) {
  accept(adt("c1", "A99"));
  ReplayMessage replay{"REG|HOSP", "c1", adt("c1", "A01"), "wrong trigger", nurse()};
  EXPECT_EQ(text(boost::json::parse(world_.tell(replay)).as_object(), "state"), "accepted");
  world_.run();
  EXPECT_EQ((**world_.node().reader().message("REG|HOSP", "c1")).state, "replayed");
  AuditFilter filter;
  filter.fields = {{"action", "message.replayed"}, {"outcome", "edited"}};
  const auto records = query_audit(world_.node().reader(), filter, "", 10);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->items.size(), 1u) << "the ledger says that it is not what had come in";
  EXPECT_NE(records->items.front().leaf.find("c1~replay-"), std::string::npos);
  const auto again = world_.ask(replay);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(open_instances(), 1u);
}

TEST_F(Ingest, a_replay_that_still_cannot_be_mapped_can_be_replayed_under_a_better_bundle) {
  accept(adt("c1", "A99"));
  const ReplayMessage replay{"REG|HOSP", "c1", {}, "the mapping knows it now", nurse()};
  EXPECT_EQ(text(boost::json::parse(world_.tell(replay)).as_object(), "state"), "quarantined");
  EXPECT_EQ(world_.node().reader().messages("quarantined", {}, 10)->items.size(), 1u);  // The attempt waits for nobody.
  std::string& mapping = files_["mappings/adt.lua"];
  mapping.replace(mapping.find("A99"), 3, "A98");
  world_.deploy(files_);
  EXPECT_EQ(text(boost::json::parse(world_.tell(replay)).as_object(), "state"), "accepted");
  EXPECT_EQ(open_instances(), 1u);
  EXPECT_TRUE(world_.node().reader().messages("quarantined", {}, 10)->items.empty());
}

TEST_F(Ingest, a_message_is_discarded_with_a_reason_only) {
  accept("rubbish");
  const std::string id = world_.node().reader().messages("quarantined", {}, 10)->items.front().message_id;
  EXPECT_FALSE(world_.ask(DiscardMessage{"unknown", id, "", nurse()}).ok());
  EXPECT_TRUE(world_.ask(DiscardMessage{"unknown", id, "a test", nurse()}).ok());
  EXPECT_EQ((**world_.node().reader().message("unknown", id)).state, "discarded");
  EXPECT_TRUE(world_.node().reader().messages("quarantined", {}, 10)->items.empty());
}

TEST_F(Ingest, of_several_decisions_on_one_message_one_is_taken_and_the_others_are_refused) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    NodeWorld world(seed);
    world.deploy(files_);
    world.tell(hl7(adt("c1", "A99")));
    int taken = 0, refused = 0;
    const auto count = [&](const Result<JsonText>& answer) {
      if (answer.ok()) return void(++taken);
      EXPECT_EQ(answer.error().code, ErrorCode::conflict) << to_string(answer.error());
      ++refused;
    };
    const ReplayMessage replay{"REG|HOSP", "c1", adt("c1", "A01"), "wrong trigger", nurse()};
    const ReplayMessage other{"REG|HOSP", "c1", adt("c1", "A01", "p2", "e2"), "wrong patient", nurse()};
    const DiscardMessage discard{"REG|HOSP", "c1", "a test", nurse()};
    if (seed % 2 == 0) world.node().submit(discard, count);
    world.node().submit(replay, count);
    for (std::uint64_t i = 0; i < seed % 5; ++i) world.node().run_one();
    world.node().submit(replay, count);
    world.node().submit(other, count);
    for (std::uint64_t i = 0; i < seed % 7; ++i) world.node().run_one();
    world.node().submit(discard, count);
    world.node().submit(discard, count);
    world.run();
    EXPECT_EQ(taken, 1) << seed;
    EXPECT_EQ(refused, seed % 2 == 0 ? 5 : 4) << seed;
    EXPECT_EQ(world.node().metrics().in_flight, 0u);
  }
}

TEST_F(Ingest, a_replay_is_answered_when_the_message_is_seen_to_have_left_the_quarantine) {
  accept(adt("c1", "A99"));
  std::string state;
  world_.node().submit(ReplayMessage{"REG|HOSP", "c1", adt("c1", "A01"), "wrong trigger", nurse()},
                       [&](const Result<JsonText>& answer) {
                         ASSERT_TRUE(answer.ok());
                         state = (**world_.node().reader().message("REG|HOSP", "c1")).state;
                       });
  world_.run();
  EXPECT_EQ(state, "replayed");
}

TEST_F(Ingest, messages_of_one_connection_reach_their_patient_in_the_order_of_submission) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    NodeWorld world(seed);
    world.deploy(files_);
    for (int i = 0; i < 20; ++i) {
      world.node().submit(hl7(adt("c" + std::to_string(i), "A01", "p1", "e" + std::to_string(i))), [](const auto&) {});
    }
    world.run();
    const std::string patient = patient_id_of({{"H", "p1", "MR"}});
    const auto record = world.node().reader().patient(patient);
    ASSERT_TRUE(record.ok() && record->has_value());
    ASSERT_EQ((*record)->open_instances.size(), 20u);
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ((*record)->open_instances[static_cast<std::size_t>(i)].business_key, "e" + std::to_string(i)) << seed;
    }
  }
}

// A mapping that gives one event for each PID, and one that merges for each MRG.
constexpr const char* kSeveral = R"lua(
local mapping, hl7 = require "mapping", require "hl7"
return mapping.define { name = "adt", format = "hl7v2", map = function(message)
  local m, events = hl7.wrap(message), {}
  local groups = m:groups("PID")
  for i, part in ipairs(groups) do
    local event = { type = part:segment("MRG") and "patient.merged" or "encounter.beds_swapped", occurred_at = "2025-11-20T12:00:00Z",
                    patient = { identifiers = part:identifiers("PID-3") } }
    if part:segment("MRG") then event.merge = { identifiers = part:identifiers("MRG-1") } end
    events[i] = event
  end
  return events
end }
)lua";

std::string about(const std::string& control_id, const std::vector<std::string>& segments) {
  std::string raw = "MSH|^~\\&|REG|HOSP|B|H|20251120120000||ADT^A17|" + control_id + "|P|2.5.1\r";
  for (const std::string& segment : segments) raw += segment + "^^^H^MR\r";
  return raw;
}

class SeveralPatients : public ::testing::Test {
 protected:
  explicit SeveralPatients(std::uint64_t seed = 1) : world_(seed) { world_.deploy({{"mappings/adt.lua", kSeveral}}); }
  void send(const std::string& raw) {
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = raw;
    request.by.client = "10.0.0.1:4000";
    world_.node().submit(std::move(request), [this](const Result<JsonText>& answer) {
      EXPECT_TRUE(answer.ok());
      ++answered_;
    });
  }
  static std::string id_of(const std::string& number) { return patient_id_of({{"H", number, "MR"}}); }
  // Message ids of the person's events, in the order in which they were taken.
  std::vector<std::string> taken(const std::string& number) {
    const auto page = world_.node().reader().timeline(id_of(number), {}, 100);
    std::vector<std::string> ids;
    for (const EventRecord& event : page->items) ids.insert(ids.begin(), event.message_id);
    return ids;
  }
  NodeWorld world_;
  int answered_ = 0;
};

TEST_F(SeveralPatients, each_hears_of_a_message_that_names_them) {
  send(about("m1", {"PID|1||p1", "PID|2||p2", "PID|3||p3"}));
  world_.run();
  EXPECT_EQ(answered_, 1);
  for (const char* person : {"p1", "p2", "p3"}) EXPECT_EQ(taken(person), std::vector<std::string>{"m1"}) << person;
  const auto stored = world_.node().reader().message("REG|HOSP", "m1");
  EXPECT_EQ((*stored)->state, "accepted");
  EXPECT_EQ((*stored)->events.size(), 3u);
}

// Each with the numbers of two houses that work together.
TEST_F(SeveralPatients, a_person_is_known_by_any_number_of_their_own_in_any_order) {
  const std::string one = "PID|1||p1^^^H^MR~q1", other = "PID|1||q1^^^H^MR~p1";
  send(about("m1", {one}));
  world_.run();
  send(about("m2", {other}));
  send(about("m3", {"PID|1||new^^^H^MR~q2", "MRG|p1^^^H^MR~q1"}));
  world_.run();
  send(about("m4", {other}));
  world_.run();
  EXPECT_EQ(taken("p1"), (std::vector<std::string>{"m1", "m2"}));
  EXPECT_EQ(taken("new"), (std::vector<std::string>{"m3", "m4"}));
  EXPECT_TRUE(taken("q1").empty());
}

TEST_F(SeveralPatients, a_person_of_whom_two_messages_tell_at_once_is_one_person) {
  for (const char* second : {"PID|1||q1^^^H^MR~p1", "PID|1||p1^^^H^MR", "PID|1||r1^^^H^MR~q1"}) {
    SCOPED_TRACE(second);
    NodeWorld world;
    world.deploy({{"mappings/adt.lua", kSeveral}});
    for (const std::string& raw : {about("m1", {"PID|1||p1^^^H^MR~q1"}), about("m2", {second})}) {
      AcceptRequest request;
      request.format = "hl7v2";
      request.raw = raw;
      world.node().submit(request, [](const Result<JsonText>&) {});
    }
    world.run();
    EXPECT_EQ(world.node().reader().timeline(id_of("p1"), {}, 9)->items.size(), 2u);
    for (const char* other : {"q1", "r1"})
      EXPECT_FALSE(world.node().reader().patient(id_of(other))->has_value()) << other;
  }
}

TEST_F(SeveralPatients, a_crash_at_any_step_leaves_all_of_it_or_none) {
  for (int steps = 0; steps < 25; ++steps) {
    NodeWorld world;
    world.deploy({{"mappings/adt.lua", kSeveral}});
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = about("m1", {"PID|1||p1", "PID|2||p2"});
    bool answered = false;
    world.node().submit(request, [&](const Result<JsonText>& answer) { answered = answer.ok(); });
    for (int i = 0; i < steps; ++i) world.node().run_one();
    const bool promised = answered;
    world.crash();
    world.run();
    std::size_t events = 0;
    for (const char* person : {"p1", "p2"})
      events += world.node().reader().timeline(id_of(person), {}, 9)->items.size();
    EXPECT_TRUE(events == 2 || (events == 0 && !promised)) << steps << " steps: " << events;
  }
}

TEST_F(SeveralPatients, two_records_that_end_in_one_message_both_end) {
  send(about("m1", {"PID|1||old1"}));
  send(about("m2", {"PID|1||old2"}));
  send(about("m3", {"PID|1||new", "MRG|old1", "PID|2||new", "MRG|old2"}));
  world_.run();
  for (const char* person : {"old1", "old2"}) {
    EXPECT_EQ(world_.node().reader().patient(id_of(person))->value().merged_into, id_of("new")) << person;
  }
}

// The messages of the first four events of a person, in their order.
constexpr const char* kFourMessages = R"lua(
local workflow = require "workflow"
return workflow.define { name = "flow", on = { event = "encounter.beds_swapped", key = "patient" }, run = function(ctx, input)
  local seen = { input.event.source.message_id }
  while #seen < 4 do seen[#seen + 1] = ctx:wait_event("*").source.message_id end
  return table.concat(seen, " ")
end })lua";

// On one connection, with some steps of the node between them.
void send_in_steps(NodeWorld& world, std::uint64_t seed, const std::vector<std::string>& messages) {
  for (const std::string& raw : messages) {
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = raw;
    request.by.client = "10.0.0.1:4000";
    world.node().submit(std::move(request), [](const Result<JsonText>& answer) { EXPECT_TRUE(answer.ok()); });
    for (std::uint64_t i = 0; i < seed % 4; ++i) world.node().run_one();
  }
  world.run();
}

JsonText result_about(NodeWorld& world, const std::string& number) {
  InstanceFilter filter;
  filter.patient = patient_id_of({{"H", number, "MR"}});
  const auto cases = world.node().reader().list_instances(filter, {}, 9);
  return cases->items.size() == 1 ? cases->items.front().outcome.value : std::to_string(cases->items.size()) + " cases";
}

// Which event an actor took first is seen by who started its cases; here the order of commits is enough.
TEST(SeveralPatientsOrder, what_follows_on_the_connection_does_not_overtake) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    NodeWorld world(seed);
    world.deploy({{"mappings/adt.lua", kSeveral}, {"workflows/flow.lua", kFourMessages}});
    send_in_steps(world, seed,
                  {about("m1", {"PID|1||p1", "PID|2||p2"}), about("m2", {"PID|1||p2"}),
                   about("m3", {"PID|1||p3", "PID|2||p2"}), about("m4", {"PID|1||p2"})});
    EXPECT_EQ(result_about(world, "p2"), "\"m1 m2 m3 m4\"") << "seed " << seed;
  }
}

// Whoever waits for several people at once goes on when they are free, and not before those who came before them.
TEST(SeveralPatientsOrder, what_has_waited_for_different_people_goes_on_in_the_order_in_which_it_came) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    NodeWorld world(seed);
    world.deploy({{"mappings/adt.lua", kSeveral}, {"workflows/flow.lua", kFourMessages}});
    send_in_steps(world, seed,
                  {about("m1", {"PID|1||p0", "PID|2||p1", "PID|3||p2"}), about("m2", {"PID|1||p2"}),
                   about("m3", {"PID|1||p1", "PID|2||p2"}), about("m4", {"PID|1||p2"})});
    EXPECT_EQ(result_about(world, "p2"), "\"m1 m2 m3 m4\"") << "seed " << seed;
  }
}

TEST(SeveralPatientsOrder, what_waits_for_one_of_its_people_is_not_overtaken_on_its_way_to_another) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    NodeWorld world(seed);
    world.deploy({{"mappings/adt.lua", kSeveral}, {"workflows/flow.lua", kFourMessages}});
    send_in_steps(world, seed,
                  {about("m1", {"PID|1||p0", "PID|2||p1"}), about("m2", {"PID|1||p1", "PID|2||p2"}),
                   about("m3", {"PID|1||p2"}), about("m4", {"PID|1||p3", "PID|2||p2"}), about("m5", {"PID|1||p2"})});
    EXPECT_EQ(result_about(world, "p2"), "\"m2 m3 m4 m5\"") << "seed " << seed;
  }
}

TEST(IngestZone, a_timestamp_without_an_offset_is_in_its_sources_time_zone) {
  NodeWorld world;
  world.options().source_zones[""] = *find_time_zone("Europe/Berlin");
  world.options().source_zones["HOSP"] = *find_time_zone("America/New_York");
  world.options().source_zones["LAB|HOSP"] = TimeZone();
  world.deploy({{"mappings/adt.lua", R"lua(
    local mapping, hl7 = require "mapping", require "hl7"
    return mapping.define { name = "adt", format = "hl7v2", map = function(message)
      local m = hl7.wrap(message)
      return { type = "encounter.discharged", occurred_at = m:time("EVN-2"), patient = { identifiers = m:identifiers("PID-3") } }
    end })lua"}});
  const auto occurred = [&](const std::string& application, const std::string& facility, const std::string& at) {
    const std::string id = application + at;
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = "MSH|^~\\&|" + application + "|" + facility + "|B|H|20260715083000||ADT^A03|" + id +
                  "|P|2.5.1\rEVN|A03|" + at + "\rPID|1||p1^^^H^MR\r";
    const auto answer = boost::json::parse(world.tell(std::move(request))).as_object();
    const std::string event(answer.at("events").as_array().at(0).as_string());
    return format_instant(world.node().reader().event(event)->value().occurred_at);
  };
  EXPECT_EQ(occurred("REG", "HOSP", "20260715120000"), "2026-07-15T16:00:00.000Z");
  EXPECT_EQ(occurred("REG", "HOSP", "20260115120000"), "2026-01-15T17:00:00.000Z");
  EXPECT_EQ(occurred("REG", "HOSP", "20260115120000+0000"), "2026-01-15T12:00:00.000Z");
  EXPECT_EQ(occurred("LAB", "HOSP", "20260115120000"), "2026-01-15T12:00:00.000Z");
  EXPECT_EQ(occurred("REG", "ELSEWHERE", "20260115120000"), "2026-01-15T11:00:00.000Z");
}

}  // namespace
}  // namespace baton::testing
