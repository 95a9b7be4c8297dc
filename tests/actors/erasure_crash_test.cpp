// Erasing a person while the node crashes, others write, or a legal hold comes: at every step.
#include "persistence/audit_query.hpp"
#include "tests/actors/erasure_fixture.hpp"

namespace baton::testing {
namespace {

class ErasingAndCrashing : public Erasing, public ::testing::WithParamInterface<int> {
 protected:
  ErasingAndCrashing() : Erasing(static_cast<std::uint64_t>(GetParam())) {}
};

TEST_P(ErasingAndCrashing, ends_erased_or_not_erased_and_never_half) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  accept(adt("q1", "A99", "MRN-0815", "e"));
  const std::string id = requested(patient("MRN-0815"));
  bool answered = false;
  world_.node().submit(EraseRequest{"approve", id, "", "", "checked", person("officer-2")},
                       [&](const Result<JsonText>& answer) { answered = answer.ok(); });
  for (int step = 0; step < GetParam() && world_.node().run_one(); ++step) {
  }
  world_.crash();
  world_.run();
  const ErasureState state = erasure(id).state;
  const StoreReader& reader = world_.node().reader();
  if (state == ErasureState::requested) {
    EXPECT_FALSE(answered);
    EXPECT_TRUE(reader.patient(patient("MRN-0815")).ok());
    EXPECT_TRUE(reader.message("REG|HOSP", "q1").ok());
    EXPECT_EQ(cases_of(patient("MRN-0815")).size(), 1u);
  } else {
    EXPECT_EQ(state, ErasureState::erased);
    EXPECT_EQ(canaries_in(all_that_can_be_read()), "");
    EXPECT_TRUE(retired_keys(reader, id)->empty());
    EXPECT_EQ(erasure(id).keys, 2u);
  }
}

INSTANTIATE_TEST_SUITE_P(AtEveryStep, ErasingAndCrashing, ::testing::Range(0, 32));

// Somebody is admitted again under the same number, and with another name, while the record is being erased.
TEST_P(ErasingAndCrashing, what_comes_meanwhile_brings_nothing_back) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string id = requested(patient("MRN-0815"));
  world_.node().submit(EraseRequest{"approve", id, "", "", "checked", person("officer-2")},
                       [](const Result<JsonText>&) {});
  for (int step = 0; step < GetParam() && world_.node().run_one(); ++step) {
  }
  std::string again = adt("again", "A01", "MRN-0815", "VISIT-88");
  accept(again.replace(again.find("QUETZAL"), 7, "PLOVER"));
  if (erasure(id).state == ErasureState::approved) {  // The new case was faster.
    end_cases_of("MRN-0815");
    EXPECT_TRUE(decided(id, "resume").ok());
  }
  ASSERT_EQ(erasure(id).state, ErasureState::erased);
  EXPECT_EQ(all_that_can_be_read().find("VISIT-77"), std::string::npos) << "which the old record knows";
}

// Where a record with this action stands in the ledger; nothing without one.
std::optional<std::uint64_t> place_of(const StoreReader& reader, std::string_view action) {
  const auto found = query_audit(reader, AuditFilter(), "", 1'000);
  for (const AuditRow& row : found->items) {
    if (AuditLeaf(row.leaf).action == action) return row.index;
  }
  return std::nullopt;
}

TEST_P(ErasingAndCrashing, a_legal_hold_that_comes_meanwhile_keeps_what_is_there) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string closed = cases_of(patient("MRN-0815")).front().id;
  const std::string id = requested(patient("MRN-0815"));
  world_.node().submit(EraseRequest{"approve", id, "", "", "checked", person("officer-2")},
                       [](const Result<JsonText>&) {});
  for (int step = 0; step < GetParam() && world_.node().run_one(); ++step) {
  }
  PlaceHold hold;
  (GetParam() % 2 == 0 ? hold.patient : hold.instance) = GetParam() % 2 == 0 ? patient("MRN-0815") : closed;
  hold.reason = "court order";
  hold.by = nurse();
  world_.tell(hold);
  world_.run();
  world_.crash();
  world_.run();
  const auto erased = place_of(world_.node().reader(), action::kPatientErased);
  if (erased) {
    EXPECT_LT(*erased, place_of(world_.node().reader(), action::kHoldPlaced).value());
    return;
  }
  EXPECT_TRUE(world_.node().reader().instance(closed).ok());
  const char* const on = erasure(id).state == ErasureState::approved ? "resume" : "approve";
  const auto held = decided(id, on);
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().code, ErrorCode::held);
  world_.tell(LiftHold{"hold-1", "settled", nurse()});
  EXPECT_TRUE(decided(id, on).ok());
  EXPECT_EQ(canaries_in(all_that_can_be_read()), "");
}

}  // namespace
}  // namespace baton::testing
