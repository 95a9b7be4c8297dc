// Filters that people keep, over the API.
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;

class Views : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    add_person("ann", R"("nurse")");
    add_person("bea", R"("monitor")");
  }
  static constexpr const char* kLate = R"({"place":"board","query":{"unit":"MED","days":"7"}})";
};

TEST_F(Views, are_found_again_by_their_person_at_any_screen_and_by_nobody_else) {
  const Person ann = sign_in("ann");
  const WireReply kept = as(ann, "PUT", "/v1/me/views/Long%20open", kLate);
  ASSERT_EQ(kept.status, 200) << kept.text;
  const Person elsewhere = sign_in("ann");
  EXPECT_EQ(as(elsewhere, "GET", "/v1/me/views").text,
            R"({"items":[{"name":"Long open","view":{"place":"board","query":{"unit":"MED","days":"7"}}}]})");
  EXPECT_EQ(as(sign_in("bea"), "GET", "/v1/me/views").text, R"({"items":[]})");
  EXPECT_EQ(stranger("GET", "/v1/me/views").status, 401);
}

TEST_F(Views, are_replaced_under_their_name_and_dropped) {
  const Person ann = sign_in("ann");
  as(ann, "PUT", "/v1/me/views/late", kLate);
  const WireReply again = as(ann, "PUT", "/v1/me/views/late", R"({"place":"board","query":{"stage":"follow_up"}})");
  EXPECT_EQ(again.body.at("items").as_array().size(), 1u) << again.text;
  EXPECT_THAT(again.text, HasSubstr("follow_up"));
  EXPECT_EQ(as(ann, "DELETE", "/v1/me/views/late").text, R"({"items":[]})");
  EXPECT_EQ(as(ann, "DELETE", "/v1/me/views/late").status, 200) << "it is gone, as was asked";
  EXPECT_THAT(ledger(), HasSubstr("view kept"));
}

TEST_F(Views, that_say_nothing_or_too_much_are_refused) {
  const Person ann = sign_in("ann");
  EXPECT_THAT(as(ann, "PUT", "/v1/me/views/late", R"({"query":{}})").field("detail"), HasSubstr("place"));
  EXPECT_THAT(as(ann, "PUT", "/v1/me/views/late", R"({"place":"board"})").field("detail"), HasSubstr("query"));
  const std::string long_query = R"({"place":"board","query":{"key":")" + std::string(5000, 'x') + "\"}}";
  EXPECT_EQ(as(ann, "PUT", "/v1/me/views/late", long_query).status, 413);
  for (int number = 0; number < 100; ++number)
    ASSERT_EQ(as(ann, "PUT", "/v1/me/views/v" + std::to_string(number), kLate).status, 200);
  EXPECT_THAT(as(ann, "PUT", "/v1/me/views/one-more", kLate).field("detail"), HasSubstr("100 views already"));
  EXPECT_EQ(as(ann, "PUT", "/v1/me/views/v7", kLate).status, 200) << "one that is there already may change";
}

}  // namespace
}  // namespace baton
