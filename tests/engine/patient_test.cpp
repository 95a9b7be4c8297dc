// People and their merges: patients that write to each other and to instances, without a node. Messages between them wait in
// one queue a receiver, as in a node; a seed chooses who takes one next, and when a crash has them delivered anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "runtime/engine/patient.hpp"
#include "runtime/model/case_id.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

constexpr Instant kNoon{1'763'640'000'000};

class Ward {
 public:
  explicit Ward(std::uint64_t seed = 1) : random_(seed) {
    definition_.name = "discharge";
    definition_.on_events = {"encounter.admitted", "encounter.discharged"};
    definition_.on_key = "encounter";
    subscriptions_ = {{&definition_, "b0"}};
  }

  struct Case {
    std::string patient;
    std::vector<std::string> events;  // First the id of the one that started it, then types.
    std::set<std::string> former;
    bool closed = false;
    std::vector<std::string> keys;  // Added.
  };

  // A message about `patient` as its sender knows it: one event, perhaps a merge.
  void accept(const std::string& patient, const std::string& event, const std::string& type,
              const std::string& ended = "", const std::string& encounter = "V1") {
    AcceptMessage message;
    message.message.source = "EPIC";
    message.message.message_id = event;
    message.identifiers = {{"HOSP", patient, "MR"}};
    message.demographics = "{}";
    message.merged_patient = ended;
    EventRecord record;
    record.id = event;
    record.type = type;
    record.event = R"({"type":")" + type + R"(","encounter":")" + encounter + R"("})";
    message.events = {record};
    run(patient, std::move(message));
  }
  void close(const std::string& id) {
    cases_[id].closed = true;
    send_from_instance(id, cases_[id].patient, InstanceClosed{id});
  }
  // As an instance whose script calls ctx:add_key.
  void add_key(const std::string& id, std::string key) {
    Case& one = cases_[id];
    one.keys.push_back(key);
    send_from_instance(id, one.patient, AddKey{id, "discharge", std::move(key)});
  }
  void start_again_when_closed() { definition_.again = true; }
  void open_by_hand(const std::string& id, const std::string& patient) {
    cases_[id].patient = patient;
    send_from_instance(id, patient, InstanceOpened{id, "discharge", "V9"});
  }

  // As Node delivers an outbox when it opens: in the order of senders, and what begins an instance first.
  void crash() {
    for (auto& [receiver, queue] : queues_) {
      std::stable_sort(queue.begin(), queue.end(), [](const OutboxRecord& a, const OutboxRecord& b) {
        const auto place = [](const OutboxRecord& r) {
          return std::tuple(!std::holds_alternative<StartWorkflow>(r.body), r.from, r.seq);
        };
        return place(a) < place(b);
      });
    }
  }
  // Delivers one waiting message; false when there is none.
  bool deliver_one() {
    if (queues_.empty()) return false;
    if (random_() % 8 == 0) crash();
    auto queue = std::next(queues_.begin(), static_cast<std::ptrdiff_t>(random_() % queues_.size()));
    const OutboxRecord record = queue->second.front();
    queue->second.pop_front();
    if (queue->second.empty()) queues_.erase(queue);
    if (record.to.kind == ActorKind::patient) {
      run(record.to.id, TakePatientDelivery{record});
    } else {
      take(record);
    }
    return true;
  }
  void settle() {
    for (int i = 0; deliver_one(); ++i) ASSERT_LT(i, 1'000) << "messages go round in circles";
  }
  bool chance() { return random_() % 2 == 0; }

  [[nodiscard]] const std::map<std::string, Case>& cases() const { return cases_; }
  // Forgets nothing: the record is what the store has.
  [[nodiscard]] const PatientRecord& record(const std::string& id) const { return records_.at(id); }

 private:
  void run(const std::string& id, PatientMessage message) {
    const auto found = records_.find(id);
    Patient patient(id, found == records_.end() ? std::nullopt : std::optional(found->second));
    Handled handled = patient.handle({std::move(message)}, {subscriptions_, {}}, kNoon);
    if (!handled.turn) return;
    for (const Change& change : handled.turn->changes()) {
      if (const auto* put = std::get_if<PutPatient>(&change)) {
        const auto read = decode<PatientRecord>(encode(*put->record));  // As the store would give it back.
        ASSERT_TRUE(read.ok() && *read == *put->record);
        records_[id] = put->record;
      }
      if (const auto* put = std::get_if<PutOutbox>(&change)) queue(put->record);
    }
  }
  void queue(const OutboxRecord& record) {
    const auto read = decode<OutboxRecord>(encode(record));
    ASSERT_TRUE(read.ok() && *read == record);
    queues_[record.to].push_back(record);
  }
  // A closed or opened instance.
  void send_from_instance(const std::string& id, const std::string& patient, OutboxBody body) {
    queue({{ActorKind::instance, id}, {ActorKind::patient, patient}, ++sent_, std::move(body)});
  }
  void take(const OutboxRecord& record) {
    const std::string& id = record.to.id;
    if (const auto* start = std::get_if<StartWorkflow>(&record.body)) {
      EXPECT_FALSE(cases_.contains(id));
      cases_[id] = {start->patient, {start->source_event}, {}, false, {}};
    } else if (const auto* event = std::get_if<DeliverEvent>(&record.body)) {
      ASSERT_TRUE(cases_.contains(id)) << "an event came before its case";
      cases_[id].events.push_back(event->type == kKeyHeldEvent ? event->event : event->type);
    } else if (const auto* moved = std::get_if<MovePatient>(&record.body)) {
      Case& open = cases_[id];
      if (open.closed || open.patient == moved->to || open.former.contains(moved->from)) return;
      open.former.insert({open.patient, moved->from});
      open.patient = moved->to;
      for (const std::string& key : open.keys) send_from_instance(id, moved->to, AddKey{id, "discharge", key});
    }
  }

  std::mt19937_64 random_;
  WorkflowDefinition definition_;
  std::vector<Subscription> subscriptions_;
  std::map<std::string, PatientRecord> records_;
  std::map<Address, std::deque<OutboxRecord>> queues_;
  std::map<std::string, Case> cases_;
  std::uint64_t sent_ = 0;
};

// The first case of the ward, which an event has started for V1.
std::string first_case(const Ward& ward) { return ward.cases().begin()->first; }

TEST(AddedKey, an_event_of_it_finds_the_case_and_starts_no_other) {
  Ward ward;
  ward.start_again_when_closed();
  ward.accept("P", "m1", "encounter.admitted");
  ward.settle();
  EXPECT_EQ(first_case(ward), case_id_of("discharge", "P", "V1")) << "as scripts reckon it";
  ward.add_key(first_case(ward), "V2");
  ward.settle();
  ward.accept("P", "m2", "encounter.discharged", "", "V2");
  ward.settle();
  ASSERT_EQ(ward.cases().size(), 1u);
  EXPECT_EQ(ward.cases().begin()->second.events, (std::vector<std::string>{"m1", "encounter.discharged"}));
}

TEST(AddedKey, a_case_of_two_keys_hears_of_each_event_once) {
  Ward ward;
  ward.accept("P", "m1", "encounter.admitted");
  ward.settle();
  ward.add_key(first_case(ward), "V2");
  ward.settle();
  ward.accept("P", "m2", "patient.died");
  ward.accept("P", "m3", "encounter.discharged");
  ward.settle();
  EXPECT_EQ(ward.cases().begin()->second.events,
            (std::vector<std::string>{"m1", "patient.died", "encounter.discharged"}));
}

TEST(AddedKey, a_case_is_told_that_another_open_case_has_it_already) {
  Ward ward;
  ward.accept("P", "m1", "encounter.admitted");
  ward.settle();
  const std::string first = first_case(ward);
  ward.accept("P", "m2", "encounter.discharged", "", "V2");
  ward.settle();
  ASSERT_EQ(ward.cases().size(), 2u);
  const auto second =
      std::find_if(ward.cases().begin(), ward.cases().end(), [&](const auto& each) { return each.first != first; });
  ward.add_key(first, "V2");
  ward.settle();
  EXPECT_EQ(ward.cases().at(first).events.back(),
            R"({"type":"case.key_held","data":{"key":"V2","instance":")" + second->first + R"("}})");
  EXPECT_EQ(second->second.events, std::vector<std::string>{"m2"}) << "the other one is not told";
}

TEST(AddedKey, the_same_again_tells_nobody_anything) {
  Ward ward;
  ward.accept("P", "m1", "encounter.admitted");
  ward.accept("P", "m2", "encounter.discharged", "", "V2");
  ward.settle();
  const std::string first = first_case(ward);
  ward.add_key(first, ward.cases().at(first).events.front() == "m1" ? "V2" : "V1");
  ward.settle();
  const PatientRecord before = ward.record("P");
  const std::size_t heard = ward.cases().at(first).events.size();
  ward.add_key(first, ward.cases().at(first).keys.front());
  ward.settle();
  EXPECT_EQ(ward.record("P").open_instances, before.open_instances);
  EXPECT_EQ(ward.cases().at(first).events.size(), heard);
}

TEST(AddedKey, a_case_that_has_closed_has_none_of_its_keys_any_more) {
  Ward ward;
  ward.accept("P", "m1", "encounter.admitted");
  ward.settle();
  const std::string first = first_case(ward);
  ward.add_key(first, "V2");
  ward.settle();
  ward.close(first);
  ward.settle();
  EXPECT_TRUE(ward.record("P").open_instances.empty());
  ward.accept("P", "m2", "encounter.discharged", "", "V2");
  ward.settle();
  EXPECT_EQ(ward.cases().size(), 1u) << "of this key there was a case, and the workflow does not begin again";
}

TEST(AddedKey, a_later_case_of_it_has_an_id_of_its_own) {
  Ward ward;
  ward.start_again_when_closed();
  ward.accept("P", "m1", "encounter.admitted");
  ward.settle();
  const std::string first = first_case(ward);
  ward.add_key(first, "V2");
  ward.settle();
  ward.close(first);
  ward.settle();
  for (const char* key : {"V2", "V1"}) ward.accept("P", std::string("m-") + key, "encounter.discharged", "", key);
  ward.settle();
  ASSERT_EQ(ward.cases().size(), 3u);
  for (const auto& [id, one] : ward.cases()) EXPECT_EQ(id.ends_with("~2"), id != first) << id;
}

TEST(Merge, a_case_keeps_all_its_keys_whenever_it_adds_one) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Ward ward(seed);
    const auto some = [&ward] {
      while (ward.chance() && ward.deliver_one()) {
      }
    };
    ward.accept("OLD", "m1", "encounter.admitted");
    ward.settle();
    const std::string only = first_case(ward);
    if (ward.chance()) ward.add_key(only, "V2");
    some();
    ward.accept("NEW", "m2", "patient.merged", "OLD");
    some();
    if (ward.cases().at(only).keys.empty()) ward.add_key(only, "V2");
    ward.settle();
    for (const char* key : {"V1", "V2"}) {
      ward.accept(ward.chance() ? "OLD" : "NEW", std::string("m-") + key, "encounter.discharged", "", key);
    }
    ward.settle();
    ASSERT_EQ(ward.cases().size(), 1u) << "seed " << seed;
    const auto& events = ward.cases().at(only).events;
    EXPECT_EQ(std::count(events.begin(), events.end(), "encounter.discharged"), 2) << "seed " << seed;
    EXPECT_EQ(ward.record("NEW").open_instances.size(), 2u) << "seed " << seed;
  }
}

TEST(Merge, two_cases_of_one_key_that_a_merge_brings_together_are_told_nothing) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Ward ward(seed);
    ward.accept("OLD", "m1", "encounter.admitted");
    ward.settle();
    const std::string first = first_case(ward);
    ward.add_key(first, "V2");
    ward.accept("NEW", "m2", "encounter.admitted", "", "V2");
    ward.settle();
    ward.accept("NEW", "m3", "patient.merged", "OLD");
    ward.settle();
    ASSERT_EQ(ward.cases().size(), 2u);
    EXPECT_EQ(ward.cases().at(first).events, (std::vector<std::string>{"m1", "patient.merged"})) << "seed " << seed;
    EXPECT_EQ(ward.record("NEW").open_instances.size(), 3u) << "seed " << seed;
  }
}

TEST(Merge, a_case_that_adds_a_key_and_ends_while_it_moves_is_open_nowhere) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Ward ward(seed);
    const auto some = [&ward] {
      while (ward.chance() && ward.deliver_one()) {
      }
    };
    ward.accept("OLD", "m1", "encounter.admitted");
    ward.settle();
    const std::string only = first_case(ward);
    ward.accept("NEW", "m2", "patient.merged", "OLD");
    some();
    ward.add_key(only, "V2");
    some();
    ward.close(only);
    ward.settle();
    for (const char* each : {"OLD", "NEW"}) {
      const PatientRecord& record = ward.record(each);
      EXPECT_TRUE(record.open_instances.empty()) << "seed " << seed;
      // What the survivor need not know any more it forgets.
      EXPECT_TRUE(record.id == "OLD" || !record.taken.contains("i:" + only)) << "seed " << seed;
    }
  }
}

TEST(Merge, a_discharge_for_the_survivor_before_the_hand_over_reaches_the_case_of_the_ended_record) {
  Ward ward;
  ward.accept("OLD", "m1", "encounter.admitted");
  ward.settle();
  ward.accept("NEW", "m2", "patient.merged", "OLD");
  ward.accept("NEW", "m3", "encounter.discharged");
  ward.settle();
  ASSERT_EQ(ward.cases().size(), 1u);
  EXPECT_EQ(ward.cases().begin()->second.events,
            (std::vector<std::string>{"m1", "patient.merged", "encounter.discharged"}));
  EXPECT_EQ(ward.cases().begin()->second.patient, "NEW");
}

TEST(Merge, a_message_that_still_names_the_ended_record_is_the_survivors) {
  Ward ward;
  ward.accept("OLD", "m1", "encounter.admitted");
  ward.accept("NEW", "m2", "patient.merged", "OLD");
  ward.settle();
  ward.accept("OLD", "m3", "encounter.discharged");
  ward.settle();
  ASSERT_EQ(ward.cases().size(), 1u);
  EXPECT_EQ(ward.cases().begin()->second.events.back(), "encounter.discharged");
  EXPECT_EQ(ward.record("NEW").events, 2u);
}

TEST(Merge, a_case_that_ends_while_it_moves_is_open_nowhere) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Ward ward(seed);
    ward.accept("OLD", "m1", "encounter.admitted");
    ward.settle();
    ward.accept("NEW", "m2", "patient.merged", "OLD");
    while (ward.chance() && ward.deliver_one()) {
    }
    ward.close(ward.cases().begin()->first);
    ward.settle();
    EXPECT_TRUE(ward.record("NEW").open_instances.empty()) << "seed " << seed;
    EXPECT_TRUE(ward.record("OLD").open_instances.empty()) << "seed " << seed;
  }
}

TEST(Merge, a_case_that_is_opened_by_hand_while_its_patient_moves_hears_of_the_survivors_events) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Ward ward(seed);
    ward.accept("OLD", "m1", "patient.updated");
    ward.accept("NEW", "m2", "patient.merged", "OLD");
    while (ward.chance() && ward.deliver_one()) {
    }
    ward.open_by_hand("c1", "OLD");
    ward.settle();
    ward.accept("NEW", "m3", "patient.died");
    ward.settle();
    EXPECT_EQ(ward.cases().at("c1").events.back(), "patient.died") << "seed " << seed;
    EXPECT_EQ(ward.cases().at("c1").patient, "NEW") << "seed " << seed;
  }
}

TEST(Merge, three_records_that_become_one_have_one_case_in_whatever_order_it_comes) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Ward ward(seed);
    const auto some = [&ward] {
      while (ward.chance() && ward.deliver_one()) {
      }
    };
    ward.accept("A", "m1", "encounter.admitted");
    some();
    ward.accept("B", "m2", "patient.merged", "A");
    some();
    ward.accept(ward.chance() ? "B" : "A", "m3", "encounter.discharged");
    some();
    ward.accept("C", "m4", "patient.merged", ward.chance() ? "B" : "A");
    some();
    const std::string named = ward.chance() ? "A" : ward.chance() ? "B" : "C";
    ward.accept(named, "m5", "encounter.discharged");
    ward.settle();
    ward.accept("C", "m6", "patient.died");
    ward.settle();
    ASSERT_EQ(ward.cases().size(), 1u) << "seed " << seed;
    const Ward::Case& only = ward.cases().begin()->second;
    EXPECT_EQ(std::count(only.events.begin(), only.events.end(), "encounter.discharged"), 2) << "seed " << seed;
    EXPECT_EQ(only.events.back(), "patient.died") << "seed " << seed;
    std::vector<std::string> alive;
    for (const char* each : {"A", "B", "C"}) {
      if (ward.record(each).merged_into.empty()) alive.push_back(each);
      EXPECT_TRUE(ward.record(each).awaited.empty() && ward.record(each).held.empty()) << "seed " << seed;
    }
    EXPECT_EQ(alive, std::vector<std::string>{only.patient}) << "seed " << seed;
  }
}

TEST(PatientId, is_that_of_the_persons_own_number_wherever_it_stands) {
  const Identifier family{"BCBS", "F8", "MC"}, record{"HOSP", "R1", "MR"}, internal{"HOSP", "I1", "PI"},
      social{"SSA", "S1", "SS"}, visit{"HOSP", "V1", "VN"};
  const auto only = [](const Identifier& one) { return patient_id_of({one}); };
  EXPECT_EQ(patient_id_of({family, internal, record}), only(record));
  EXPECT_EQ(patient_id_of({family, social, internal}), only(internal));
  EXPECT_EQ(patient_id_of({visit, family, social}), only(social));
  EXPECT_EQ(patient_id_of({family, visit}), only(family));
  EXPECT_EQ(patient_id_of({record, {"CLINIC", "R2", "MR"}}), only(record));
  EXPECT_EQ(patient_id_of({}), "");

  const Identifier clinic{"CLINIC", "R2", "MR"}, licence{"STATE", "D1", "DL"};
  using Ids = std::vector<std::string>;
  EXPECT_EQ(patient_ids_of({social, clinic, internal, record}), (Ids{only(clinic), only(record)}));
  EXPECT_EQ(patient_ids_of({social, licence}), Ids{only(social)});  // Either may be somebody else's as well.
  EXPECT_TRUE(patient_ids_of({}).empty());
}

TEST(PatientRecordOfACase, begins_with_a_case_that_ends_in_its_first_turn) {
  Patient patient("p1", std::nullopt);
  const OutboxRecord closed{{ActorKind::instance, "q1"}, {ActorKind::patient, "p1"}, 1, InstanceClosed{"q1"}};
  const Handled handled = patient.handle({TakePatientDelivery{closed}}, {{}, {}}, kNoon);
  EXPECT_TRUE(patient.exists());
  ASSERT_TRUE(handled.turn.has_value());
  const auto puts = [](const Change& change) { return std::holds_alternative<PutPatient>(change); };
  EXPECT_TRUE(std::ranges::any_of(handled.turn->changes(), puts));
  EXPECT_TRUE(patient.record().open_instances.empty());
}

TEST(Merge, records_that_are_merged_into_each_other_at_the_same_time_stay_reachable) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Ward ward(seed);
    ward.accept("A", "m1", "encounter.admitted");
    ward.settle();
    ward.accept("A", "m2", "patient.merged", "B");
    ward.accept("B", "m3", "patient.merged", "A");
    ward.settle();
    EXPECT_TRUE(ward.record("A").merged_into.empty() || ward.record("B").merged_into.empty()) << "seed " << seed;
    ward.accept("A", "m4", "patient.died");
    ward.settle();
    EXPECT_EQ(ward.cases().size(), 1u) << "seed " << seed;
    EXPECT_EQ(ward.record("A").held.size() + ward.record("B").held.size(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace baton
