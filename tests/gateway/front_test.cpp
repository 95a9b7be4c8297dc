// What the word of a trusted front is good for.
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;

class Front : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    front_ = make_key_for("front");
    add_known("nurse.ann", R"("roles":["nurse","pharmacist"],"units":["4-west","4-east"])");
  }
  void add_known(const std::string& user, const std::string& has) {
    const WireReply added = local("POST", "/v1/users", R"({"user":")" + user + "\"," + has + "}");
    ASSERT_EQ(added.status, 201) << added.text;
  }
  WireReply speak(const std::string& subject, const std::string& role, const std::string& unit = "",
                  const std::string& method = "GET", const std::string& path = "/v1/me", const std::string& body = "") {
    HttpHeaders headers{{"X-Baton-Subject", subject}};
    if (!role.empty()) headers.emplace_back("X-Baton-Role", role);
    if (!unit.empty()) headers.emplace_back("X-Baton-Unit", unit);
    return with_key(front_, method, path, body, std::move(headers));
  }
  std::string front_;
};

TEST_F(Front, holds_a_person_who_is_known_here_to_the_roles_of_their_account) {
  EXPECT_EQ(speak("nurse.ann", "").field("roles"), R"(["nurse","pharmacist"])");
  const WireReply as_nurse = speak("nurse.ann", "nurse");
  EXPECT_EQ(as_nurse.status, 200);
  EXPECT_THAT(as_nurse.field("permissions"), testing::Not(HasSubstr("instance.override"))) << "a pharmacist's";
  EXPECT_EQ(speak("nurse.ann", "physician").field("code"), "BT808");
  EXPECT_EQ(speak("nurse.ann", "local").field("code"), "BT808");
  EXPECT_EQ(speak("dr.new", "physician").status, 200) << "nobody here knows better";
}

TEST_F(Front, holds_a_person_who_is_known_here_to_the_units_of_their_account) {
  EXPECT_EQ(speak("nurse.ann", "nurse").field("units"), R"(["4-west","4-east"])");
  EXPECT_EQ(speak("nurse.ann", "nurse", "4-east").field("units"), R"(["4-east"])");
  EXPECT_EQ(speak("nurse.ann", "nurse", "5-east").field("code"), "BT808");
  EXPECT_EQ(speak("nurse.new", "nurse", "5-east").field("units"), R"(["5-east"])");
}

TEST_F(Front, does_not_speak_for_a_person_who_is_disabled_and_the_record_says_who_tried) {
  ASSERT_EQ(local("POST", "/v1/users/nurse.ann", R"({"disabled":true})").status, 200);
  EXPECT_EQ(speak("nurse.ann", "nurse").field("code"), "BT808");
  EXPECT_EQ(local("GET", "/v1/tasks", "", {{"X-Baton-Subject", "nurse.ann"}}).field("code"), "BT808");
  EXPECT_THAT(ledger(), HasSubstr(R"("authentication":"vouched:s-front")"));
}

TEST_F(Front, reaches_nothing_that_takes_a_sign_in_of_ones_own) {
  add_known("admin.max", R"("roles":["admin","front"])");
  for (const char* subject : {"admin.max", "ghost"}) {
    const WireReply me = speak(subject, "admin");
    EXPECT_EQ(me.status, 200) << me.text;
    for (const char* each : {"people.manage", "keys.rotate", "act.as"}) {
      EXPECT_THAT(me.field("permissions"), testing::Not(HasSubstr(each))) << subject;
    }
    const WireReply key = speak(subject, "admin", "", "POST", "/v1/keys", R"({"name":"mine","roles":["nurse"]})");
    EXPECT_EQ(key.field("code"), "BT807");
    EXPECT_THAT(key.field("detail"), HasSubstr("sign-in of one's own"));
    EXPECT_EQ(speak(subject, "admin", "", "POST", "/v1/patient-keys/rotate", R"({"reason":"x"})").field("code"),
              "BT807");
    EXPECT_EQ(speak(subject, "admin", "", "GET", "/v1/users").field("code"), "BT807");
  }
  EXPECT_EQ(with_key(front_, "GET", "/v1/users", "", {{"X-Baton-Role", "admin"}}).field("code"), "BT807")
      << "as itself";
}

TEST_F(Front, vouches_for_nobody_as_this_machine) {
  EXPECT_EQ(speak("ghost", "local").field("code"), "BT808");
  EXPECT_EQ(with_key(front_, "GET", "/v1/me", "", {{"X-Baton-Role", "local"}}).field("code"), "BT808");
  const WireReply told = local("GET", "/v1/me", "", {{"X-Baton-Subject", "records-1"}});
  EXPECT_THAT(told.field("permissions"), HasSubstr("erasure.request")) << "this machine's key lends what it has";
  EXPECT_EQ(local("GET", "/v1/users", "", {{"X-Baton-Subject", "records-1"}}).field("code"), "BT807");
}

TEST_F(Front, names_somebody_or_is_refused) {
  EXPECT_EQ(speak(std::string(201, 'x'), "nurse").field("code"), "BT102");
  EXPECT_EQ(speak("\xff", "nurse").field("code"), "BT102");
}

TEST_F(Front, cannot_end_the_sessions_of_those_for_whom_it_speaks) {
  add_person("portal", "\"front\"");
  add_person("bob", "\"nurse\"");
  const Person portal = sign_in("portal");
  const Person bob = sign_in("bob");
  EXPECT_EQ(as(portal, "POST", "/v1/sign-out", R"({"everywhere":true})", {{"X-Baton-Subject", "bob"}}).field("code"),
            "BT105");
  EXPECT_EQ(as(bob, "GET", "/v1/me").status, 200);
}

TEST_F(Front, hands_in_the_message_of_a_person_who_is_recorded_as_one) {
  const WireReply sent = speak("clerk.tom", "interface", "", "POST", "/v1/messages",
                               R"({"source":"desk","message_id":"m-1","type":"note"})");
  ASSERT_EQ(sent.status, 200) << sent.text;
  const WireReply records = local("GET", "/v1/audit/records?person=clerk.tom");
  EXPECT_THAT(records.text, HasSubstr("message.quarantined"));
  EXPECT_THAT(records.text, HasSubstr(R"("kind":"person")"));
}

}  // namespace
}  // namespace baton
