// Who is known: those whom the patient's actor has a record of, and those whom a case names that was just begun.
#include "persistence/erasures.hpp"
#include "persistence/holds.hpp"
#include "persistence/store_reader.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

TEST(KnownPatient, is_known_from_the_case_about_them_on) {
  StoreWorld world;
  InstanceRecord about;
  about.id = "i-1";
  about.workflow = "discharge";
  about.started_at = kSampleStart;
  about.patient = "p-1";
  world.commit(PutInstance{{}, about});
  EXPECT_EQ(must(world.reader().patient("p-1")), std::nullopt) << "the patient's actor has not heard of it yet";
  PatientRecord only_named;
  only_named.id = "p-1";
  EXPECT_EQ(must(world.reader().known_patient("p-1")), only_named);
  EXPECT_EQ(must(world.reader().known_patient("p-2")), std::nullopt);
  EXPECT_EQ(must(world.reader().known_patient("")), std::nullopt) << "a case about nobody makes nobody known";
  EXPECT_EQ(erasure_scope(world.reader(), "p-1").error().code, ErrorCode::conflict) << "to be asked for in a moment";
  EXPECT_EQ(erasure_scope(world.reader(), "p-2").error().code, ErrorCode::not_found);
  EXPECT_TRUE(must(is_known_patient(world.reader(), "p-1"))) << "and can be put on legal hold";
  world.commit(PutPatient{sample_patient()});
  EXPECT_EQ(must(world.reader().known_patient("p-1")), sample_patient());
}

}  // namespace
}  // namespace baton
