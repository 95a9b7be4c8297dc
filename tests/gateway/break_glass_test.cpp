// Breaking the glass: one person's data, for a while, on record.
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class Glass : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    for (const char* patient : {"p-1", "p-2"}) {
      const WireReply started = local("POST", "/v1/instances",
                                      std::string(R"({"workflow":"ask","id":"case-)") + patient + R"(","patient":")" +
                                          patient + R"(","input":{"note":"MARKER"}})");
      ASSERT_EQ(started.status, 201) << started.text;
    }
    operator_ = make_key_for("operator");
  }
  WireReply by_operator(const std::string& path) { return with_key(operator_, "GET", path); }
  WireReply break_glass(const std::string& key, const std::string& patient) {
    return with_key(key, "POST", "/v1/patients/" + patient + "/break-glass", R"({"reason":"unconscious"})");
  }
  std::string operator_;
};

TEST_F(Glass, opens_one_persons_data_and_nobody_elses) {
  EXPECT_EQ(by_operator("/v1/patients/p-1").status, 403);
  EXPECT_THAT(by_operator("/v1/instances/case-p-1").text, Not(HasSubstr("MARKER")));
  const WireReply opened = break_glass(operator_, "p-1");
  ASSERT_EQ(opened.status, 201) << opened.text;
  EXPECT_EQ(by_operator("/v1/patients/p-1").status, 200);
  EXPECT_EQ(by_operator("/v1/patients/p-1/timeline").status, 200);
  EXPECT_THAT(by_operator("/v1/instances/case-p-1").text, HasSubstr("MARKER"));
  EXPECT_THAT(by_operator("/v1/tasks/case-p-1.1").text, HasSubstr("MARKER"));
  EXPECT_EQ(by_operator("/v1/patients/p-2").status, 403);
  EXPECT_THAT(by_operator("/v1/instances/case-p-2").text, Not(HasSubstr("MARKER")));
  EXPECT_THAT(by_operator("/v1/instances").text, Not(HasSubstr("MARKER")));
  EXPECT_EQ(with_key(make_key_for("monitor"), "GET", "/v1/patients/p-1").status, 403);
}

TEST_F(Glass, is_broken_from_a_case_by_who_may_not_see_whom_it_is_about) {
  EXPECT_EQ(by_operator("/v1/instances/case-p-1").field("patient"), "***");
  const auto from_case = [&](const std::string& key, const std::string& instance) {
    return with_key(key, "POST", "/v1/instances/" + instance + "/break-glass", R"({"reason":"unconscious"})");
  };
  const WireReply opened = from_case(operator_, "case-p-1");
  ASSERT_EQ(opened.status, 201) << opened.text;
  EXPECT_EQ(opened.field("patient"), "p-1");
  EXPECT_EQ(by_operator("/v1/instances/case-p-1").field("patient"), "p-1");
  EXPECT_EQ(by_operator("/v1/instances/case-p-2").field("patient"), "***");
  EXPECT_EQ(from_case(operator_, "nobody").status, 404);
  EXPECT_EQ(from_case(make_key_for("monitor"), "case-p-2").status, 403);
  local("POST", "/v1/instances", R"({"workflow":"ask","id":"case-of-nobody"})");
  EXPECT_EQ(from_case(operator_, "case-of-nobody").status, 409);
}

TEST_F(Glass, closes_by_itself) {
  ASSERT_EQ(break_glass(operator_, "p-1").status, 201);
  pass(Duration{30 * 60 * 1000 - 1});
  EXPECT_EQ(by_operator("/v1/patients/p-1").status, 200);
  pass(Duration{1});
  EXPECT_EQ(by_operator("/v1/patients/p-1").status, 403);
}

TEST_F(Glass, does_not_let_anybody_change_what_they_may_not) {
  ASSERT_EQ(break_glass(operator_, "p-1").status, 201);
  EXPECT_EQ(with_key(operator_, "POST", "/v1/tasks/case-p-1.1/claim", "{}").status, 403);
}

TEST_F(Glass, is_broken_only_with_a_reason_and_by_who_may) {
  EXPECT_EQ(with_key(operator_, "POST", "/v1/patients/p-1/break-glass", "{}").status, 400);
  for (const char* blank : {R"({"reason":" "})", R"({"reason":"\t\n"})"}) {
    EXPECT_EQ(with_key(operator_, "POST", "/v1/patients/p-1/break-glass", blank).field("code"), "BT102");
  }
  EXPECT_EQ(break_glass(operator_, "nobody").status, 404);
  EXPECT_EQ(break_glass(make_key_for("monitor"), "p-1").status, 403);
}

TEST_F(Glass, is_what_is_reviewed_and_once) {
  const std::string found = R"({"outcome":"justified","reason":"in the resuscitation room"})";
  EXPECT_EQ(local("POST", "/v1/audit/records/0/review", found).status, 404) << "no use of break-glass";
  ASSERT_EQ(break_glass(operator_, "p-1").status, 201);
  ASSERT_EQ(by_operator("/v1/patients/p-1").status, 200);
  const auto uses = local("GET", "/v1/audit/break-glass").body.at("items").as_array();
  const auto review = [&](std::int64_t index, const std::string& body) {
    return local("POST", "/v1/audit/records/" + std::to_string(index) + "/review", body);
  };
  const std::int64_t index = uses.front().at("index").as_int64();
  EXPECT_EQ(review(index, R"({"outcome":"justified","reason":" "})").field("code"), "BT102");
  EXPECT_EQ(review(index, found).status, 200);
  const WireReply second = review(index, R"({"outcome":"not_justified","reason":"was at home"})");
  EXPECT_EQ(second.field("code"), "BT105");
  EXPECT_THAT(second.field("detail"), HasSubstr("reviewed before"));
  const auto reads = local("GET", "/v1/audit/records?action=patient.read&purpose=BTG").body.at("items").as_array();
  ASSERT_FALSE(reads.empty());
  EXPECT_EQ(review(reads.front().at("index").as_int64(), found).status, 404) << "behind opened glass";
}

TEST_F(Glass, is_one_record_to_review_and_every_read_behind_it_names_it) {
  const std::string glass = break_glass(operator_, "p-1").field("glass");
  ASSERT_EQ(by_operator("/v1/patients/p-1").status, 200);
  const WireReply waiting = local("GET", "/v1/audit/break-glass");
  ASSERT_EQ(waiting.body.at("items").as_array().size(), 1u) << waiting.text;
  const auto& use = waiting.body.at("items").as_array().front();
  EXPECT_EQ(use.at("leaf").at("action").as_string(), "access.glass_broken");
  EXPECT_EQ(use.at("leaf").at("reason").as_string(), "unconscious");
  EXPECT_EQ(use.at("leaf").at("object").as_string(), glass);
  const std::string reads = local("GET", "/v1/audit/records?patient=p-1&action=patient.read&purpose=BTG").text;
  EXPECT_THAT(reads, HasSubstr(R"("parent":")" + glass + "\""));
  const std::string index = boost::json::serialize(use.at("index"));
  const std::string review = "/v1/audit/records/" + index + "/review";
  const std::string found = R"({"outcome":"justified","reason":"in the resuscitation room"})";
  EXPECT_EQ(local("POST", review, found).status, 200);
  EXPECT_TRUE(local("GET", "/v1/audit/break-glass").body.at("items").as_array().empty());
  EXPECT_EQ(local("GET", "/v1/audit/break-glass?reviewed=true").body.at("items").as_array().size(), 1u);
}

}  // namespace
}  // namespace baton
