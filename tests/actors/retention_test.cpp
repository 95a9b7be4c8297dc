// Legal holds and pruning in a whole node: what is refused, what goes, and that no crash leaves it half done.
#include "persistence/ledger/prune.hpp"

#include <set>

#include "persistence/audit_query.hpp"
#include "persistence/holds.hpp"
#include "persistence/keys/pseudonym.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "tests/support/node_world.hpp"

namespace baton {
namespace {

using testing::kNoon;
using testing::NodeWorld;

Principal officer() { return {PrincipalKind::person, "officer-1", "records_officer", "oidc", ""}; }

class Retention : public ::testing::Test {
 protected:
  // Reads of patients in turn, a minute apart, with long evidence, and then a checkpoint over them.
  void given_reads(int count) {
    for (int i = 0; i < count; ++i, ++reads_) {
      RecordAccess access;
      access.record.action = action::kPatientRead;
      access.record.by = testing::nurse();
      access.record.patient = "p-" + std::to_string(reads_ % 5);
      access.record.evidence =
          "\"" + std::string(3'000, 'x') + std::to_string(reads_ % 10 + (reads_ >= 300 ? 5 : 0)) + "\"";
      world_.tell(std::move(access));
      world_.clock().set(world_.clock().now() + kMinute);
    }
    world_.pass(Duration{3'000});
  }
  [[nodiscard]] LedgerReader ledger() {
    source_.emplace(world_.node().reader().store());
    return LedgerReader(*source_);
  }
  // What the export of [0, to) would show.
  [[nodiscard]] std::string digest(std::uint64_t to) {
    PrunePlan plan = PrunePlan::begin(ledger(), to, to).value();
    while (!plan.done()) EXPECT_TRUE(plan.step(1'000, [](auto, auto) { return success(); }).ok());
    return to_hex(plan.digest());
  }
  [[nodiscard]] PruneRequest prune(std::uint64_t to) { return {to, digest(to), "", "ten years are over", officer()}; }
  void hold(const std::string& patient) {
    PlaceHold request;
    request.patient = patient;
    request.reason = "court order";
    request.by = officer();
    world_.tell(request);
  }
  // Evidence by the SHA-256 that its record names, in hex.
  [[nodiscard]] bool lies_beside(const std::string& hex) {
    Hash256 hash{};
    for (std::size_t i = 0; i < hash.size(); ++i) {
      hash[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    }
    source_.emplace(world_.node().reader().store());
    return source_->get(ledger_rows::beside_key(hash)).has_value();
  }
  [[nodiscard]] std::size_t found(const std::string& field, const std::string& value) {
    AuditFilter filter;
    filter.fields[field] = value;
    std::size_t count = 0;
    std::string cursor;
    do {
      const auto page = query_audit(world_.node().reader(), filter, cursor, 1'000);
      EXPECT_TRUE(page.ok());
      if (!page.ok()) return 0;
      count += page->items.size();
      cursor = page->cursor;
    } while (!cursor.empty());
    return count;
  }

  NodeWorld world_;
  std::optional<StoreLedgerSource> source_;
  int reads_ = 0;
};

TEST_F(Retention, prunes_what_was_shown_to_be_elsewhere_and_sweeps_up_what_that_leaves) {
  given_reads(600);
  const std::size_t before = found("patient", "p-1");
  const JsonText answer = world_.tell(prune(512));
  EXPECT_EQ(answer, R"({"from":0,"to":512,"records":512,"pruned":true})");
  world_.run();
  EXPECT_EQ(ledger().leaf(511).error().code, ErrorCode::entry_pruned);
  EXPECT_TRUE(ledger().leaf(512).ok());
  EXPECT_EQ(ledger().pruned().value(), (LedgerPruned{512, 512}));
  EXPECT_LT(found("patient", "p-1"), before);
  EXPECT_GT(found("patient", "p-1"), 0u);
  EXPECT_EQ(found("action", "ledger.pruned"), 1u);
  world_.expect_sound_store();
  given_reads(10);  // It goes on.
  world_.expect_sound_store();
}

TEST_F(Retention, keeps_evidence_that_a_kept_record_names_and_removes_what_none_does) {
  given_reads(600);
  std::set<std::string> pruned;
  std::set<std::string> kept;
  const std::uint64_t size = ledger().head()->size;
  for (std::uint64_t index = 0; index < size; ++index) {
    const auto leaf = boost::json::parse(ledger().leaf(index).value());
    const auto* evidence = leaf.as_object().if_contains("evidence");
    if (evidence == nullptr || !evidence->is_object() || !evidence->as_object().contains("sha256")) continue;
    (index < 512 ? pruned : kept).emplace(evidence->at("sha256").as_string());
  }
  ASSERT_FALSE(pruned.empty());
  ASSERT_FALSE(kept.empty());
  world_.tell(prune(512));
  world_.run();
  for (const std::string& hash : kept) EXPECT_TRUE(lies_beside(hash)) << hash;
  for (const std::string& hash : pruned) EXPECT_EQ(lies_beside(hash), kept.contains(hash)) << hash;
}

TEST_F(Retention, refuses_to_prune_what_a_hold_covers_and_says_how_far_it_may_go) {
  given_reads(600);
  hold("p-3");
  const auto refused = world_.ask(prune(512));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::held);
  EXPECT_NE(refused.error().detail.find("hold-1"), std::string::npos);
  EXPECT_TRUE(ledger().leaf(0).ok());
  EXPECT_TRUE(world_.ask(LiftHold{"hold-1", "settled", officer()}).ok());
  EXPECT_TRUE(world_.ask(prune(512)).ok());
  EXPECT_EQ(world_.ask(LiftHold{"hold-1", "again", officer()}).error().code, ErrorCode::conflict);
  EXPECT_EQ(world_.ask(LiftHold{"hold-9", "which", officer()}).error().code, ErrorCode::not_found);
}

TEST_F(Retention, refuses_to_prune_what_was_not_shown_not_signed_or_has_no_reason) {
  given_reads(600);
  PruneRequest request = prune(512);
  request.digest[0] = request.digest[0] == '0' ? '1' : '0';
  EXPECT_EQ(world_.ask(request).error().code, ErrorCode::not_exported);
  request = prune(512);
  request.reason.clear();
  EXPECT_EQ(world_.ask(request).error().code, ErrorCode::bad_field);
  request = prune(512);
  request.to = 1'024;
  EXPECT_EQ(world_.ask(request).error().code, ErrorCode::bad_field);
  EXPECT_TRUE(ledger().leaf(0).ok());
  EXPECT_EQ(world_.tell(PruneRequest{256, "", "", "", officer()}),
            R"({"from":0,"to":256,"records":256,"pruned":false})");
  EXPECT_TRUE(ledger().leaf(0).ok());
}

TEST_F(Retention, records_who_placed_and_lifted_a_hold_on_whom_and_why) {
  given_reads(5);
  hold("p-3");
  world_.tell(LiftHold{"hold-1", "settled", officer()});
  EXPECT_EQ(found("action", "hold.placed"), 1u);
  EXPECT_EQ(found("action", "hold.lifted"), 1u);
  EXPECT_EQ(found("patient", "p-3"), 3u);  // With the read.
  EXPECT_EQ(world_.ask(PlaceHold{}).error().code, ErrorCode::bad_field);
  PlaceHold two;
  two.patient = "p-1";
  two.instance = "case-1";
  two.reason = "both";
  EXPECT_EQ(world_.ask(two).error().code, ErrorCode::bad_field);
}

// Wherever the node ends, the ledger is whole or pruned, never between; and what was owed is done by the next.
TEST_F(Retention, survives_a_crash_at_every_step_of_a_prune) {
  for (int steps = 0; steps < 60; ++steps) {
    NodeWorld world(static_cast<std::uint64_t>(steps) + 1);
    for (int i = 0; i < 300; ++i) {
      RecordAccess access;
      access.record.action = action::kPatientRead;
      access.record.patient = "p-1";
      world.tell(std::move(access));
    }
    world.pass(Duration{3'000});
    std::string shown;
    {
      const StoreLedgerSource source(world.node().reader().store());
      PrunePlan plan = PrunePlan::begin(LedgerReader(source), 256, 256).value();
      while (!plan.done()) ASSERT_TRUE(plan.step(1'000, [](auto, auto) { return success(); }).ok());
      shown = to_hex(plan.digest());
    }
    world.node().submit(PruneRequest{256, shown, "", "over", officer()}, [](Result<JsonText>) {});
    for (int i = 0; i < steps; ++i) {
      if (!world.node().run_one()) break;
    }
    world.crash();
    world.run();
    const StoreLedgerSource source(world.node().reader().store());
    const LedgerReader reader(source);
    const LedgerPruned pruned = reader.pruned().value();
    EXPECT_EQ(pruned.swept, pruned.minimum) << steps;
    EXPECT_EQ(reader.leaf(0).ok(), pruned.minimum == 0) << steps;
    world.expect_sound_store();
  }
}

TEST_F(Retention, places_a_hold_on_who_is_meant_by_a_pseudonym_and_none_on_nobody) {
  given_reads(10);
  PlaceHold request;
  request.reason = "court order";
  request.by = officer();
  request.patient = world_.node().reader().store().pseudonyms().patient("p-3");
  const auto placed = world_.ask(request);
  ASSERT_TRUE(placed.ok());
  EXPECT_NE(placed->find("\"patient\":\"p-3\""), std::string::npos) << *placed;
  request.patient = "MRN-0815";
  EXPECT_EQ(world_.ask(request).error().code, ErrorCode::not_found);
  request.patient.clear();
  request.instance = "no-such-case";
  EXPECT_EQ(world_.ask(request).error().code, ErrorCode::not_found);
  EXPECT_EQ(found("action", "hold.placed"), 1u);
}

}  // namespace
}  // namespace baton
