// Signing in over real sockets, and what attackers try.
#include "gateway/auth/secret.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

using SignIn = SignInWorld;

TEST_F(SignIn, opens_a_session_whose_cookie_no_script_and_no_other_site_can_use) {
  add_person("nurse.ann", "\"nurse\"");
  const WireReply reply = try_password("nurse.ann", kPassword);
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_THAT(reply.header("Set-Cookie"), HasSubstr("; HttpOnly; SameSite=Strict"));
  EXPECT_EQ(reply.header("Cache-Control"), "no-store");
  EXPECT_EQ(reply.field("subject"), "nurse.ann");
  EXPECT_EQ(reply.field("roles"), R"(["nurse"])");
  const Person ann{reply.cookie(), reply.field("csrf")};
  const WireReply me = as(ann, "GET", "/v1/me");
  EXPECT_EQ(me.text, reply.text);
  EXPECT_THAT(me.field("permissions"), HasSubstr("task.work"));
  EXPECT_THAT(ledger(), HasSubstr("access.signed_in"));
}

TEST_F(SignIn, binds_the_cookie_to_tls_and_to_the_host_where_there_is_tls) {
  const Access access(door_->people, {Policy::shipped(), true, Duration{1}, ""});
  EXPECT_EQ(access.session_cookie("t"), "__Host-baton-session=t; Path=/; HttpOnly; SameSite=Strict; Secure");
}

TEST_F(SignIn, ends_at_the_sign_out_and_says_so_to_whoever_comes_with_the_old_cookie) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  const WireReply out = as(ann, "POST", "/v1/sign-out", "{}");
  EXPECT_EQ(out.status, 200) << out.text;
  EXPECT_THAT(out.header("Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(as(ann, "GET", "/v1/me").field("code"), "BT802");
  EXPECT_THAT(ledger(), HasSubstr("access.signed_out"));
}

TEST_F(SignIn, ends_everywhere_at_once) {
  add_person("nurse.ann", "\"nurse\"");
  const Person here = sign_in("nurse.ann");
  const Person there = sign_in("nurse.ann");
  EXPECT_EQ(as(there, "GET", "/v1/me").status, 200);
  EXPECT_EQ(as(here, "POST", "/v1/sign-out", R"({"everywhere":true})").status, 200);
  EXPECT_EQ(as(here, "GET", "/v1/me").field("code"), "BT802");
  EXPECT_EQ(as(there, "GET", "/v1/me").field("code"), "BT802");
}

TEST_F(SignIn, of_nobody_is_not_said_to_have_ended) {
  EXPECT_EQ(local("POST", "/v1/users/nurse.anne/sign-out", "{}").field("code"), "BT104");
}

TEST_F(SignIn, ends_after_its_time_and_after_half_an_hour_without_a_request) {
  add_person("nurse.ann", "\"nurse\"");
  Person ann = sign_in("nurse.ann");
  pass(Duration{29 * 60'000});
  EXPECT_EQ(as(ann, "GET", "/v1/me").status, 200);
  pass(Duration{29 * 60'000});
  EXPECT_EQ(as(ann, "GET", "/v1/me").status, 200);
  pass(Duration{30 * 60'000});
  EXPECT_EQ(as(ann, "GET", "/v1/me").field("code"), "BT802");
  ann = sign_in("nurse.ann");
  for (int i = 0; i < 29; ++i) {
    pass(Duration{25 * 60'000});
    as(ann, "GET", "/v1/me");
  }
  EXPECT_EQ(as(ann, "GET", "/v1/me").field("code"), "BT802");
}

TEST_F(SignIn, lasts_over_a_restart) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  close_door();
  open_door("");
  EXPECT_EQ(as(ann, "GET", "/v1/me").field("subject"), "nurse.ann");
  EXPECT_EQ(local("GET", "/v1/users").status, 200) << "the machine's key is another";
}

TEST_F(SignIn, is_over_for_a_person_who_is_disabled_and_not_opened_for_them_again) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  EXPECT_EQ(local("POST", "/v1/users/nurse.ann", R"({"disabled":true})").status, 200);
  EXPECT_EQ(as(ann, "GET", "/v1/me").field("code"), "BT802");
  EXPECT_EQ(try_password("nurse.ann", kPassword).field("code"), "BT803");
  EXPECT_EQ(local("POST", "/v1/users/nurse.ann", R"({"disabled":false})").status, 200);
  EXPECT_EQ(try_password("nurse.ann", kPassword).status, 200);
}

TEST_F(SignIn, takes_the_roles_that_a_person_has_now) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  EXPECT_EQ(as(ann, "GET", "/v1/metrics").field("code"), "BT807");
  EXPECT_EQ(local("POST", "/v1/users/nurse.ann", R"({"roles":["charge_nurse"]})").status, 200);
  EXPECT_EQ(as(ann, "GET", "/v1/metrics").status, 200);
}

TEST_F(SignIn, gives_a_new_session_to_whoever_signs_in_and_ends_the_one_they_came_with) {
  add_person("nurse.ann", "\"nurse\"");
  const Person planted = sign_in("nurse.ann");
  const WireReply fresh = try_password("nurse.ann", kPassword, {{"Cookie", planted.cookie}});
  EXPECT_NE(fresh.cookie(), planted.cookie);
  EXPECT_EQ(as(planted, "GET", "/v1/me").field("code"), "BT802");
}

TEST_F(SignIn, says_nothing_about_who_has_an_account_and_records_why_it_failed) {
  add_person("nurse.ann", "\"nurse\"");
  const WireReply wrong = try_password("nurse.ann", "not the password at all");
  const WireReply nobody = try_password("nurse.bob", "not the password at all");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.text, nobody.text);
  EXPECT_THAT(ledger(), HasSubstr("wrong password"));
  EXPECT_THAT(ledger(), HasSubstr("no such person"));
  EXPECT_THAT(ledger(), Not(HasSubstr("nurse.bob"))) << "people type passwords into the field for the name";
}

TEST_F(SignIn, slows_down_who_guesses_and_takes_the_right_password_after_the_wait) {
  add_person("nurse.ann", "\"nurse\"");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(try_password("nurse.ann", "guess").field("code"), "BT803");
  const WireReply slowed = try_password("nurse.ann", kPassword);
  EXPECT_EQ(slowed.status, 429);
  EXPECT_EQ(slowed.field("code"), "BT809");
  EXPECT_EQ(slowed.header("Retry-After"), "1");
  pass(Duration{1000});
  EXPECT_EQ(try_password("nurse.ann", kPassword).status, 200);
  EXPECT_EQ(try_password("nurse.ann", kPassword).status, 200);
}

TEST_F(SignIn, slows_down_who_guesses_many_times_at_once) {
  add_person("nurse.ann", "\"nurse\"");
  const auto at_once = [this](const std::function<std::string(int)>& user) {
    std::vector<std::future<Result<HttpAnswer>>> waiting;
    for (int i = 0; i < 30; ++i) {
      auto answered = std::make_shared<std::promise<Result<HttpAnswer>>>();
      waiting.push_back(answered->get_future());
      const std::string body = R"({"user":")" + user(i) + R"(","password":")" + "not the password" + "\"}";
      client_->send({"POST", "http://" + origin() + "/v1/sign-in", {}, body, Duration{300'000}},  // A hash each.
                    [answered](Result<HttpAnswer> answer) { answered->set_value(std::move(answer)); });
    }
    std::map<int, int> count;
    for (auto& each : waiting) ++count[each.get()->status];
    return count;
  };
  const auto one_name = at_once([](int) { return "nurse.ann"; });
  EXPECT_EQ(one_name, (std::map<int, int>{{401, 5}, {429, 25}}));
  pass(Duration{16 * 60'000});
  const auto many_names = at_once([](int i) { return "nobody." + std::to_string(i); });
  EXPECT_EQ(many_names, (std::map<int, int>{{401, 21}, {429, 9}}));
}

TEST_F(SignIn, makes_one_key_for_one_idempotency_key) {
  const std::string body = R"({"name":"lab","roles":["monitor"]})";
  const WireReply made = local("POST", "/v1/keys", body, {{"Idempotency-Key", "k1"}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(with_key(made.field("key"), "GET", "/v1/me").status, 200);
  const WireReply again = local("POST", "/v1/keys", body, {{"Idempotency-Key", "k1"}});
  EXPECT_EQ(again.field("code"), "BT112");
  EXPECT_THAT(again.field("detail"), HasSubstr(made.field("id")));
  EXPECT_EQ(with_key(made.field("key"), "GET", "/v1/me").status, 200);
  EXPECT_EQ(local("POST", "/v1/keys", body, {{"Idempotency-Key", "k2"}}).status, 201);
}

TEST_F(SignIn, cuts_a_long_name_between_letters_so_that_the_door_opens_again) {
  std::string name = "a";
  for (int i = 0; i < 120; ++i) name += "\u00e4";
  const WireReply added = local("POST", "/v1/users", R"({"user":"ann","roles":["nurse"],"name":")" + name + "\"}");
  EXPECT_EQ(added.status, 201) << added.text;
  EXPECT_EQ(added.field("name"), name.substr(0, 199));
  EXPECT_TRUE(is_valid_utf8(local("GET", "/v1/users").text));
  HttpRequest request;
  request.headers.emplace_back("X-Baton-Purpose", name);
  Principal by;
  add_circumstances(by, request);
  EXPECT_EQ(by.purpose, name.substr(0, 199));
  const auto of_before = decode_user("ann", R"({"name":")" + name.substr(0, 200) + R"(","roles":["nurse"]})");
  ASSERT_TRUE(of_before.ok()) << to_string(of_before.error());
  EXPECT_EQ(of_before->name, name.substr(0, 199)) << "of a store in which an earlier version cut it";
}

TEST_F(SignIn, gives_this_machines_role_to_nobody) {
  EXPECT_EQ(local("POST", "/v1/keys", R"({"name":"root","roles":["monitor","local"]})").field("code"), "BT102");
  EXPECT_EQ(local("POST", "/v1/users", R"({"user":"root","roles":["local"]})").field("code"), "BT102");
  add_person("ann", "\"nurse\"");
  EXPECT_EQ(local("POST", "/v1/users/ann", R"({"roles":["local"]})").field("code"), "BT102");
}

TEST_F(SignIn, refuses_changes_with_a_cookie_that_do_not_come_from_the_console) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  const HttpHeaders cookie{{"Cookie", ann.cookie}};
  EXPECT_EQ(send("POST", "/v1/sign-out", "{}", cookie).field("code"), "BT806") << "no token";
  EXPECT_EQ(as({ann.cookie, csrf_of("another")}, "POST", "/v1/sign-out", "{}").field("code"), "BT806");
  EXPECT_EQ(as(ann, "POST", "/v1/sign-out", "{}", {{"Origin", "https://evil.example"}}).field("code"), "BT806");
  EXPECT_EQ(as(ann, "POST", "/v1/sign-out", "{}", {{"Origin", "null"}}).field("code"), "BT806");
  EXPECT_EQ(as(ann, "POST", "/v1/sign-out", "{}", {{"Sec-Fetch-Site", "same-site"}}).field("code"), "BT806");
  EXPECT_EQ(try_password("nurse.ann", kPassword, {{"Origin", "https://evil.example"}}).field("code"), "BT806")
      << "signing somebody in as another";
  EXPECT_EQ(as(ann, "POST", "/v1/sign-out", "{}", {{"Origin", "http://" + origin()}}).status, 200);
}

TEST_F(SignIn, asks_for_a_fresh_one_for_an_override_and_takes_it_again) {
  add_person("dr.cho", "\"physician\"");
  Person cho = sign_in("dr.cho");
  const std::string path = "/v1/instances/nobody/override";
  const std::string body = R"({"target":"x","reason":"y"})";
  EXPECT_EQ(as(cho, "POST", path, body).field("code"), "BT104");
  pass(Duration{11 * 60'000});
  EXPECT_EQ(as(cho, "POST", path, body).field("code"), "BT805");
  EXPECT_EQ(as(cho, "POST", "/v1/sign-in/again", R"({"password":"wrong"})").field("code"), "BT803");
  const WireReply again = as(cho, "POST", "/v1/sign-in/again", R"({"password":")" + std::string(kPassword) + R"("})");
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(as(cho, "GET", "/v1/me").field("code"), "BT802") << "the old cookie is worth nothing";
  cho = {again.cookie(), again.field("csrf")};
  EXPECT_EQ(as(cho, "POST", path, body).field("code"), "BT104");
}

TEST_F(SignIn, changes_a_password_and_ends_the_other_sessions) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  const Person elsewhere = sign_in("nurse.ann");
  const auto change = [&](const std::string& old, const std::string& fresh) {
    return as(ann, "POST", "/v1/me/password", R"({"password":")" + old + R"(","new_password":")" + fresh + R"("})");
  };
  EXPECT_EQ(change("wrong", "another good phrase").field("code"), "BT803");
  EXPECT_EQ(change(kPassword, "short").field("code"), "BT102");
  const WireReply changed = change(kPassword, "another good phrase");
  EXPECT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(as(elsewhere, "GET", "/v1/me").field("code"), "BT802");
  EXPECT_EQ(as({changed.cookie(), ""}, "GET", "/v1/me").status, 200);
  EXPECT_EQ(try_password("nurse.ann", kPassword).field("code"), "BT803");
}

TEST_F(SignIn, creates_the_first_administrator_once) {
  const auto link = door_->first_link();
  ASSERT_TRUE(link.ok() && link->has_value());
  const std::string token = **link;
  EXPECT_THAT(stranger("GET", "/v1/sign-in/first?token=" + token).header("Content-Security-Policy"),
              HasSubstr("default-src 'none'"));
  EXPECT_EQ(stranger("GET", "/v1/sign-in/first?token=wrong").status, 401);
  const std::string body = R"({"token":")" + token + R"(","user":"root","password":"a good long phrase"})";
  EXPECT_EQ(stranger("POST", "/v1/sign-in/first", R"({"token":"wrong","user":"root","password":"a good long phrase"})")
                .field("code"),
            "BT811");
  const WireReply made = stranger("POST", "/v1/sign-in/first", body);
  EXPECT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(as({made.cookie(), ""}, "GET", "/v1/users").status, 200);
  EXPECT_EQ(stranger("POST", "/v1/sign-in/first", body).field("code"), "BT811");
  EXPECT_EQ(*door_->first_link(), std::nullopt);
}

TEST_F(SignIn, lets_the_first_link_expire_and_escapes_what_it_shows) {
  const std::string token = **door_->first_link();
  pass(Duration{25 * 3'600'000});
  EXPECT_EQ(stranger("GET", "/v1/sign-in/first?token=" + token).status, 401);
  EXPECT_THAT(stranger("GET", "/v1/sign-in/first?token=%22%3E%3Cscript%3E").text, Not(HasSubstr("<script>")));
}

TEST_F(SignIn, takes_a_key_until_it_is_revoked_or_expires) {
  const WireReply made = local("POST", "/v1/keys", R"({"name":"lab","roles":["monitor"],"expires_in":"1h"})");
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string key = made.field("key");
  EXPECT_EQ(with_key(key, "GET", "/v1/metrics").status, 200);
  EXPECT_THAT(local("GET", "/v1/keys").text, Not(HasSubstr(key)));
  std::string changed = key;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong : {changed, key + "A", key.substr(0, 20), std::string("baton_"), std::string("baton__"),
                                   std::string("baton_x_y")}) {
    EXPECT_EQ(with_key(wrong, "GET", "/v1/metrics").field("code"), "BT804") << wrong;
  }
  pass(Duration{3'600'000});
  EXPECT_EQ(with_key(key, "GET", "/v1/metrics").field("code"), "BT804");
  const std::string other = make_key_for("monitor");
  EXPECT_EQ(with_key(other, "GET", "/v1/metrics").status, 200);
  EXPECT_EQ(local("DELETE", "/v1/keys/" + other.substr(6, 12)).status, 200);
  EXPECT_EQ(with_key(other, "GET", "/v1/metrics").field("code"), "BT804");
  EXPECT_EQ(local("POST", "/v1/keys", R"({"name":"local","roles":["local"]})").field("code"), "BT102");
}

TEST_F(SignIn, takes_no_other_authorization) {
  EXPECT_EQ(send("GET", "/v1/me", "", {{"Authorization", "Basic bG9jYWw6"}}).field("code"), "BT804");
  EXPECT_EQ(send("GET", "/v1/me", "", {{"Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."}}).field("code"), "BT804");
  EXPECT_EQ(send("GET", "/v1/me", "", {{"X-Baton-Subject", "root"}, {"X-Baton-Role", "admin"}}).field("code"), "BT801");
}

TEST_F(SignIn, rights_that_are_given_and_taken_stand_in_the_ledger) {
  add_person("ann", "\"nurse\"");
  ASSERT_EQ(local("POST", "/v1/users/ann", R"({"roles":["privacy_officer"],"units":["4-west"]})").status, 200);
  EXPECT_THAT(ledger(), HasSubstr(R"("after":{"disabled":false,"roles":["nurse"],"units":[]})"));
  EXPECT_THAT(ledger(), HasSubstr(R"("after":{"disabled":false,"roles":["privacy_officer"],"units":["4-west"]})"));
  EXPECT_THAT(ledger(), HasSubstr(R"("before":{"disabled":false,"roles":["nurse"],"units":[]})"));
  const WireReply made = local("POST", "/v1/keys", R"({"name":"reader","roles":["auditor"]})");
  EXPECT_THAT(ledger(), HasSubstr(R"("after":{"name":"reader","roles":["auditor"]})"));
  ASSERT_EQ(local("DELETE", "/v1/keys/" + made.field("id")).status, 200);
  EXPECT_THAT(ledger(), HasSubstr(R"("before":{"name":"reader","roles":["auditor"]})"));
}

TEST_F(SignIn, that_has_ended_ends_what_it_watches_and_a_revoked_key_too) {
  add_person("ann", "\"nurse\"");
  const Person ann = sign_in("ann");
  const WireReply key = local("POST", "/v1/keys", R"({"name":"board","roles":["nurse"]})");
  RawClient by_session(server_->port()), by_key(server_->port()), by_local(server_->port());
  by_session.send("GET /v1/live HTTP/1.1\r\nHost: x\r\nCookie: " + ann.cookie + "\r\n\r\n");
  by_key.send("GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key.field("key") + "\r\n\r\n");
  by_local.send("GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + local_ + "\r\n\r\n");
  for (RawClient* each : {&by_session, &by_key, &by_local}) each->read_until("retry: 1000\n\n");
  ASSERT_EQ(local("POST", "/v1/users/ann", R"({"disabled":true})").status, 200);
  ASSERT_EQ(local("DELETE", "/v1/keys/" + key.field("id")).status, 200);
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","patient":"MARKER"})").status, 201);
  EXPECT_THAT(by_local.read_until("MARKER"), HasSubstr("MARKER"));
  EXPECT_THAT(by_session.read_until("MARKER"), Not(HasSubstr("MARKER")));
  EXPECT_THAT(by_key.read_until("MARKER"), Not(HasSubstr("MARKER")));
}

TEST_F(SignIn, makes_a_developer_of_whoever_is_on_this_machine_and_of_no_page_of_the_web) {
  close_door();
  open_door("dana");
  EXPECT_EQ(stranger("GET", "/v1/me").field("subject"), "dana");
  EXPECT_EQ(send("GET", "/v1/me", "", {{"Host", "evil.example:7070"}}).field("code"), "BT801")
      << "a name bound to loopback";
  EXPECT_EQ(send("POST", "/v1/sign-out", "{}", {{"Origin", "https://evil.example"}}).field("code"), "BT801");
  EXPECT_EQ(send("GET", "/v1/me", "", {{"Sec-Fetch-Site", "cross-site"}}).field("code"), "BT801");
}

TEST_F(SignIn, is_not_given_back_by_a_change_of_password_that_was_begun_before_a_person_was_disabled) {
  add_person("nurse.ann", "\"nurse\",\"admin\"");
  const Person ann = sign_in("nurse.ann");
  std::promise<void> answered;  // Hers hashes two passwords; the other needs none, and overtakes it.
  client_->send({"POST",
                 "http://" + origin() + "/v1/me/password",
                 {{"Cookie", ann.cookie}, {"X-Baton-Csrf", ann.csrf}, {"Content-Type", "application/json"}},
                 R"({"password":")" + std::string(kPassword) + R"(","new_password":"another good phrase"})"},
                [&answered](const Result<HttpAnswer>&) { answered.set_value(); });
  ASSERT_EQ(local("POST", "/v1/users/nurse.ann", R"({"disabled":true,"roles":["nurse"]})").status, 200);
  answered.get_future().wait();
  const WireReply people = local("GET", "/v1/users");
  EXPECT_THAT(people.text, HasSubstr(R"("disabled":true)"));
  EXPECT_THAT(people.text, Not(HasSubstr(R"("roles":["nurse","admin"])")));
}

}  // namespace
}  // namespace baton
