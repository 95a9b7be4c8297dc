// Who may do what, on every route and every field.
#include "gateway/auth/attempts.hpp"
#include "gateway/auth/provider.hpp"
#include "gateway/auth/secret.hpp"
#include "tests/gateway/sign_in_world.hpp"
#include "tests/support/comes_true.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

using Rights = SignInWorld;

std::string concrete(std::string path) {
  for (std::size_t from; (from = path.find('{')) != std::string::npos;) {
    path.replace(from, path.find('}', from) - from + 1, "unknown");
  }
  return path;
}

TEST_F(Rights, are_named_by_every_route) {
  std::set<std::string> known{"public", "signed_in"};
  for (const Permission& permission : all_permissions()) known.emplace(permission.name);
  const WireReply document = stranger("GET", "/openapi.json");
  ASSERT_EQ(document.status, 200);
  std::size_t count = 0;
  for (const auto& [path, operations] : document.body.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      const auto* permission = operation.as_object().if_contains("x-permission");
      ASSERT_NE(permission, nullptr) << method << " " << path << ": name one in gateway/auth/route_permissions.cpp";
      EXPECT_TRUE(known.contains(std::string(permission->as_string()))) << method << " " << path;
      ++count;
    }
  }
  EXPECT_GT(count, 50u);
}

TEST_F(Rights, are_nobodys_without_signing_in) {
  const WireReply document = stranger("GET", "/openapi.json");
  for (const auto& [path, operations] : document.body.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      if (operation.at("x-permission").as_string() == "public") continue;
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(c - 32);
      const WireReply reply = stranger(upper, concrete(std::string(path)));
      EXPECT_EQ(reply.status, 401) << upper << " " << path << reply.text;
      EXPECT_EQ(reply.field("code"), "BT801");
    }
  }
}

// Each shipped role against each route: what the policy does not give is refused, what it gives is not.
TEST_F(Rights, of_a_role_are_what_the_policy_says_and_nothing_else) {
  const WireReply document = stranger("GET", "/openapi.json");
  const Policy policy = Policy::shipped();
  for (const char* role : {"nurse", "operator", "auditor", "admin", "interface", "monitor", "front"}) {
    const std::string key = make_key_for(role);
    for (const auto& [path, operations] : document.body.at("paths").as_object()) {
      if (path == "/v1/live") continue;  // Never ends.
      for (const auto& [method, operation] : operations.as_object()) {
        const std::string permission(operation.at("x-permission").as_string());
        if (permission == "public" || permission == "signed_in") continue;
        std::string upper(method);
        for (char& c : upper) c = static_cast<char>(c - 32);
        const WireReply reply = with_key(key, upper, concrete(std::string(path)));
        const bool allowed = policy.rule_for({role}, permission).has_value();
        EXPECT_EQ(reply.field("code") == "BT807", !allowed) << role << " " << upper << " " << path << reply.text;
      }
    }
  }
}

TEST_F(Rights, that_are_missing_are_named_and_the_refusal_is_a_record) {
  const std::string key = make_key_for("monitor");
  const WireReply refused = with_key(key, "POST", "/v1/instances/case-7/cancel", "{}");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.field("detail"), HasSubstr("instance.control"));
  const std::string records = ledger();
  EXPECT_THAT(records, HasSubstr("access.refused"));
  EXPECT_THAT(records, HasSubstr(R"("instance":"case-7")"));
  EXPECT_THAT(records, HasSubstr(R"("object":"cancelInstance")"));
  EXPECT_THAT(records, HasSubstr(R"("subject":"s-monitor")"));
}

TEST_F(Rights, of_strangers_are_recorded_without_letting_them_fill_the_ledger) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stranger("GET", "/v1/me").status, 401);
  const std::string records = ledger();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = records.find("access.refused", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 30u);
}

TEST_F(Rights, go_into_the_record_of_what_they_allowed) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const WireReply decided =
      as(ann, "POST", "/v1/tasks/a1.1/decide", R"({"outcome":"yes"})", {{"X-Baton-Subject", "nurse.ann"}});
  ASSERT_EQ(decided.status, 200) << decided.text;
  const std::string rule = Policy::shipped().hash().substr(0, 16) + "/nurse:task.work";
  EXPECT_THAT(ledger(), HasSubstr(R"("kind":"person","role":"nurse","rule":")" + rule + R"(","subject":"nurse.ann")"));
  EXPECT_THAT(ledger(), HasSubstr("policy.adopted"));
}

TEST_F(Rights, of_a_person_with_several_roles_are_used_in_the_role_that_the_task_names) {
  add_person("ann", "\"pharmacist\",\"nurse\"");
  const Person ann = sign_in("ann");
  local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  EXPECT_EQ(as(ann, "POST", "/v1/tasks/a1.1/claim", "{}", {{"X-Baton-Role", "pharmacist"}}).field("code"), "BT118");
  EXPECT_EQ(as(ann, "POST", "/v1/tasks/a1.1/decide", R"({"outcome":"yes"})").status, 200);
  EXPECT_THAT(ledger(), HasSubstr("/nurse:task.work"));
}

TEST_F(Rights, cannot_be_borrowed_by_naming_a_role_or_a_person) {
  add_person("nurse.ann", "\"nurse\"");
  const Person ann = sign_in("nurse.ann");
  EXPECT_EQ(as(ann, "GET", "/v1/users", "", {{"X-Baton-Role", "admin"}}).field("code"), "BT808");
  EXPECT_EQ(as(ann, "GET", "/v1/tasks", "", {{"X-Baton-Subject", "dr.cho"}}).field("code"), "BT808");
  const std::string service = make_key_for("service");
  EXPECT_EQ(with_key(service, "GET", "/v1/instances", "", {{"X-Baton-Role", "local"}}).field("code"), "BT808");
}

TEST_F(Rights, of_a_person_for_whom_a_front_speaks_are_that_persons_and_the_record_says_who_vouched) {
  const std::string front = make_key_for("front");
  local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const HttpHeaders ann{{"X-Baton-Subject", "nurse.ann"}, {"X-Baton-Role", "nurse"}};
  EXPECT_EQ(with_key(front, "GET", "/v1/tasks").field("code"), "BT807") << "a front by itself may nothing";
  EXPECT_EQ(with_key(front, "GET", "/v1/users", "", ann).field("code"), "BT807") << "a nurse manages nobody";
  EXPECT_EQ(with_key(front, "POST", "/v1/tasks/a1.1/decide", R"({"outcome":"yes"})", ann).status, 200);
  EXPECT_THAT(ledger(), HasSubstr(R"("authentication":"vouched:s-front")"));
  EXPECT_EQ(with_key(front, "GET", "/v1/tasks", "", {{"X-Baton-Subject", "x"}, {"X-Baton-Role", "king"}}).field("code"),
            "BT807");
}

TEST_F(Rights, to_personal_data_are_held_on_every_answer) {
  const WireReply started =
      local("POST", "/v1/instances",
            R"({"workflow":"ask","id":"a1","patient":"MARKER-1","key":"MARKER-2","input":{"name":"MARKER-3"}})");
  ASSERT_EQ(started.status, 201) << started.text;
  const std::string key = make_key_for("operator");
  const WireReply document = stranger("GET", "/openapi.json");
  for (const auto& [path, operations] : document.body.at("paths").as_object()) {
    if (!operations.as_object().contains("get") || path == "/v1/live") continue;
    std::string real(path);
    for (const auto& [name, value] : {std::pair{"{id}", "a1"}, {"{name}", "x"}}) {
      for (std::size_t at; (at = real.find(name)) != std::string::npos;)
        real.replace(at, std::string(name).size(), value);
    }
    if (real == "/v1/tasks/a1") real = "/v1/tasks/a1.1";
    const WireReply reply = with_key(key, "GET", concrete(real));
    EXPECT_THAT(reply.text, Not(HasSubstr("MARKER"))) << real;
  }
  const WireReply shown = with_key(key, "GET", "/v1/instances/a1");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.header("X-Baton-Masked"), "true");
  EXPECT_EQ(shown.field("patient"), "***");
  EXPECT_EQ(shown.field("status"), "running");
  const WireReply seen = with_key(make_key_for("nurse"), "GET", "/v1/instances/a1");
  EXPECT_EQ(seen.field("patient"), "MARKER-1");
  EXPECT_THAT(seen.text, HasSubstr("MARKER-3"));
}

TEST_F(Rights, to_personal_data_are_held_where_a_schedule_and_an_incident_carry_it) {
  const WireReply made = local("POST", "/v1/schedules/daily",
                               R"({"workflow":"ask","every":"24h","patient":"MARKER-1","input":{"name":"MARKER-2"}})");
  ASSERT_EQ(made.status, 201) << made.text;
  BundleFiles files;
  files["workflows/fails.lua"] =
      "local workflow = require 'workflow'\nreturn workflow.define { name = 'fails', run = function(ctx, input)\n"
      "  error('boom MARKER-3') end }\n";
  ASSERT_TRUE(node_->submit_and_wait(DeployRequest{"failing", std::move(files), Principal{}}).ok());
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"fails","id":"f1","patient":"MARKER-1"})").status, 201);
  const std::string masked = make_key_for("operator");
  for (const char* path : {"/v1/schedules", "/v1/schedules/daily", "/v1/incidents", "/v1/instances/f1/incidents",
                           "/v1/instances/f1/incidents/1", "/v1/instances/f1", "/v1/instances/f1/why"}) {
    EXPECT_THAT(with_key(masked, "GET", path).text, Not(HasSubstr("MARKER"))) << path;
    EXPECT_THAT(local("GET", path).text, HasSubstr("MARKER")) << path;
  }
  const WireReply one = with_key(masked, "GET", "/v1/schedules/daily");
  EXPECT_EQ(one.field("name"), "daily");
  EXPECT_EQ(one.field("paused"), "false");
  EXPECT_THAT(one.field("spec"), HasSubstr("24h"));
}

TEST_F(Rights, to_personal_data_are_held_where_a_filter_would_tell_who_has_a_case) {
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","patient":"p1"})").status, 201);
  const std::string masked = make_key_for("operator");
  for (const char* path :
       {"/v1/instances?patient=p1", "/v1/tasks?patient=p1", "/v1/live?patient=p1", "/v1/instances?patient=nobody"}) {
    EXPECT_EQ(with_key(masked, "GET", path).field("code"), "BT807") << path;
  }
  EXPECT_EQ(
      with_key(masked, "POST", "/v1/batches/preview", R"({"action":"pause","query":{"patient":"p1"}})").field("code"),
      "BT807");
  EXPECT_EQ(with_key(masked, "POST", "/v1/batches/preview", R"({"action":"pause","query":{"workflow":"ask"}})").status,
            200);
  EXPECT_EQ(with_key(make_key_for("nurse"), "GET", "/v1/instances?patient=p1").status, 200);
  ASSERT_EQ(with_key(masked, "POST", "/v1/patients/p1/break-glass", R"({"reason":"unconscious"})").status, 201);
  EXPECT_EQ(with_key(masked, "GET", "/v1/instances?patient=p1").body.at("items").as_array().size(), 1u);
  EXPECT_EQ(with_key(masked, "GET", "/v1/tasks?patient=p2").field("code"), "BT807");
}

TEST_F(Rights, to_personal_data_are_held_where_a_script_words_an_error) {
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","patient":"p1"})").status, 201);
  const std::string masked = make_key_for("operator");
  for (const auto& [path, code] :
       {std::pair{"/v1/instances/a1/queries/who", "BT303"}, {"/v1/instances/a1/updates/move", "BT311"}}) {
    const WireReply refused = with_key(masked, "POST", path, "{}");
    EXPECT_EQ(refused.field("code"), code);
    EXPECT_EQ(refused.field("detail"), "***");
    EXPECT_EQ(refused.header("X-Baton-Masked"), "true");
    EXPECT_THAT(local("POST", path, "{}").text, HasSubstr("MARKER"));
  }
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"query/who","outcome":"BT303","patient":"p1")")) << "words are a read";
}

TEST_F(Rights, that_are_missing_for_somebodys_data_are_recorded_with_whose_they_were) {
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","patient":"p1"})").status, 201);
  // The person's record begins some milliseconds after the case.
  EXPECT_TRUE(test::comes_true([this] { return local("GET", "/v1/patients/p1").status == 200; }));
  const std::string masked = make_key_for("operator");
  for (const char* path : {"/v1/instances?patient=p1", "/v1/instances/a1/journal"}) {
    ASSERT_EQ(with_key(masked, "GET", path).field("code"), "BT807") << path;
  }
  ASSERT_EQ(local("POST", "/v1/tasks/a1.1/claim", "{}", {{"X-Baton-Role", "pharmacist"}}).field("code"), "BT118");
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"listInstances","outcome":"BT807","patient":"p1")"));
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"getJournal","outcome":"BT807","patient":"p1")"));
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"a1.1","outcome":"BT118","patient":"p1")"));
}

TEST(PersonalFields, hides_what_is_marked_and_what_is_not_described) {
  const PersonalFields fields(
      R"({"A":{"type":"object","properties":{"open":{"type":"string"},"list":{"type":"array","items":{"$ref":"#/c/B"}},
    "free":{"type":"object","x-personal":false},"secret":{"type":"string","x-personal":true},"any":{"$ref":"#/c/Any"}}},
    "B":{"type":"object","properties":{"x":{"type":"integer"}}},"Any":{"x-personal":true}})");
  EXPECT_EQ(
      fields.mask("A",
                  R"({"open":"o","secret":"s","list":[{"x":1,"y":2}],"free":{"z":3},"any":[1],"new":{"n":1},"n":5})"),
      R"({"open":"o","secret":"***","list":[{"x":1,"y":null}],"free":{"z":3},"any":[],"new":{},"n":null})");
  EXPECT_EQ(fields.mask("Nobody", R"({"a":1})"), "{}");
  EXPECT_EQ(fields.mask("A", "not json"), "null");
}

TEST(Policy, allows_what_it_names_and_nothing_else) {
  const auto policy = Policy::parse("version = 1\n[roles.a]\ntitle = \"A\"\npermissions = [\"task.read\"]\n", "p.toml");
  ASSERT_TRUE(policy.ok()) << to_string(policy.error());
  EXPECT_EQ(policy->rule_for({"b", "a"}, "task.read"), policy->hash().substr(0, 16) + "/a:task.read");
  EXPECT_EQ(policy->rule_for({"a"}, "task.work"), std::nullopt);
  EXPECT_EQ(policy->rule_for({}, "task.read"), std::nullopt);
}

TEST(Policy, is_refused_with_the_line_and_the_nearest_permission) {
  const auto wrong = Policy::parse("version = 1\n[roles.a]\npermissions = [\"task.raed\"]\n", "p.toml");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().detail, HasSubstr("p.toml:3"));
  EXPECT_THAT(wrong.error().cure, HasSubstr("task.read"));
  for (const char* text : {"", "version = 1\n", "[roles]\n", "version = 2\n", "rules = 1\n", "[roles.a]\nallow = []\n",
                           "[roles]\na = 1\n", "[[["}) {
    EXPECT_FALSE(Policy::parse(text, "p.toml").ok()) << text;
  }
}

TEST(Policy, several_roles_may_what_each_of_them_may) {
  const auto policy = Policy::parse(
      "version = 1\n[roles.a]\npermissions = [\"task.work\", \"task.read\"]\n[roles.b]\npermissions = [\"act.as\"]\n",
      "p.toml");
  ASSERT_TRUE(policy.ok()) << to_string(policy.error());
  EXPECT_EQ(policy->permissions_of({"b", "nobody", "a"}).names(),
            (std::vector<std::string>{"act.as", "task.read", "task.work"}));
  EXPECT_FALSE(policy->permissions_of({"b"}).contains("task.read"));
  EXPECT_TRUE(policy->permissions_of({}).names().empty());
}

TEST(PermissionSet, has_each_permission_by_itself_and_none_that_there_is_not) {
  for (const Permission& one : all_permissions()) {
    PermissionSet set;
    EXPECT_TRUE(set.insert(one.name));
    EXPECT_EQ(set.names(), std::vector<std::string>{std::string(one.name)});
  }
  PermissionSet none;
  EXPECT_FALSE(none.insert("task.raed"));
  EXPECT_FALSE(none.contains("task.raed"));
  EXPECT_TRUE(none.names().empty());
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST_F(Rights, to_what_was_shown_already_cost_no_second_record_and_nobody_elses_tag_opens_it) {
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","patient":"p1","input":{}})").status, 201);
  const std::string nurse = make_key_for("nurse");
  const auto reads = [this] { return count_of(ledger(), R"("object":"a1.1")"); };
  const WireReply seen = with_key(nurse, "GET", "/v1/tasks/a1.1");
  ASSERT_EQ(seen.status, 200) << seen.text;
  const std::string tag = seen.header("ETag");
  ASSERT_FALSE(tag.empty());
  const std::size_t before = reads();
  const WireReply again = with_key(nurse, "GET", "/v1/tasks/a1.1", "", {{"If-None-Match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.text.empty());
  EXPECT_EQ(reads(), before) << "nothing new was shown";
  EXPECT_EQ(with_key(make_key_for("pharmacist"), "GET", "/v1/tasks/a1.1", "", {{"If-None-Match", tag}}).status, 200);
  EXPECT_EQ(with_key(nurse, "GET", "/v1/tasks/a1.1", "", {{"If-None-Match", tag}, {"X-Baton-Purpose", "BTG"}}).status,
            200)
      << "a read for another purpose is another read";
  ASSERT_EQ(with_key(nurse, "POST", "/v1/tasks/a1.1/claim", "{}").status, 200);
  EXPECT_EQ(with_key(nurse, "GET", "/v1/tasks/a1.1", "", {{"If-None-Match", tag}}).status, 200) << "it has changed";
}

TEST(Policy, that_is_shipped_gives_personal_data_to_no_operator_developer_or_administrator) {
  const Policy policy = Policy::shipped();
  for (const char* role : {"operator", "developer", "admin", "interface", "service", "monitor", "front"}) {
    EXPECT_EQ(policy.rule_for({role}, "patient.read"), std::nullopt) << role;
  }
}

TEST(Password, matches_only_itself) {
  const std::string hash = hash_password("correct horse battery");
  EXPECT_TRUE(password_matches("correct horse battery", hash));
  EXPECT_FALSE(password_matches("correct horse batterz", hash));
  EXPECT_FALSE(password_matches("", hash));
  EXPECT_NE(hash, hash_password("correct horse battery")) << "the salt is the same";
  for (const char* broken :
       {"", "scrypt$15$8$1$$", "scrypt$31$8$1$AA$AA", "plain$correct horse battery", "scrypt$15$8$1$AA$"}) {
    EXPECT_FALSE(password_matches("correct horse battery", broken)) << broken;
  }
}

TEST(Password, has_to_be_long_and_is_free_otherwise) {
  EXPECT_FALSE(check_new_password("elevenchars", "ann").ok());
  EXPECT_TRUE(check_new_password("twelve chars", "ann").ok());
  EXPECT_FALSE(check_new_password("nurse.ann123", "nurse.ann").ok());
  EXPECT_FALSE(check_new_password(std::string(201, 'x'), "ann").ok());
  EXPECT_FALSE(check_new_password("twelve\xff\xff chars", "ann").ok());
}

TEST(Attempts, cost_twice_as_long_each_time_and_are_forgotten) {
  Attempts attempts;
  Instant now{1'000'000};
  for (int i = 0; i < 4; ++i) attempts.failed("ann", "10.0.0.1", now);
  EXPECT_EQ(attempts.wait_for("ann", "10.0.0.1", now), Duration{0});
  attempts.failed("ann", "10.0.0.1", now);
  EXPECT_EQ(attempts.wait_for("ann", "10.0.0.1", now), Duration{1000});
  attempts.failed("ann", "10.0.0.1", now);
  EXPECT_EQ(attempts.wait_for("ann", "10.0.0.1", now), Duration{2000});
  EXPECT_LE(attempts.wait_for("ann", "10.0.0.2", now), Duration{0}) << "the owner, from elsewhere, goes on";
  for (int i = 0; i < 40; ++i) attempts.failed("ann", "10.0.0.1", now);
  EXPECT_EQ(attempts.wait_for("ann", "10.0.0.1", now), Duration{300'000});
  EXPECT_GT(attempts.wait_for("bob", "10.0.0.1", now), Duration{0}) << "another name, from the same address";
  now = now + Duration{16 * 60'000};
  attempts.failed("ann", "10.0.0.1", now);
  EXPECT_LE(attempts.wait_for("ann", "10.0.0.1", now), Duration{0});
}

TEST(Attempts, that_succeeded_leave_an_address_as_it_was) {
  Attempts attempts;
  const Instant now{1'000'000};
  for (int i = 0; i < 100; ++i) {  // A ward at the change of shift.
    const std::string user = "nurse." + std::to_string(i);
    ASSERT_EQ(attempts.wait_for(user, "10.0.0.1", now), Duration{0}) << i;
    attempts.failed(user, "10.0.0.1", now);
    attempts.succeeded(user, "10.0.0.1");
  }
  for (int i = 0; i < 21; ++i) attempts.failed("x" + std::to_string(i), "10.0.0.1", now);
  EXPECT_EQ(attempts.wait_for("y", "10.0.0.1", now), Duration{1000});
  attempts.succeeded("x0", "10.0.0.1");
  EXPECT_LE(attempts.wait_for("y", "10.0.0.1", now), Duration{0}) << "it was one of those under way";
}

TEST(Secret, has_one_text_for_each_value) {
  EXPECT_EQ(decode_base64url(encode_base64url("\xff\xfe\xfd")), "\xff\xfe\xfd");
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
  for (const char* wrong : {"-_9", "+/8", "-_8=", "a"}) EXPECT_EQ(decode_base64url(wrong), std::nullopt) << wrong;
  EXPECT_NE(random_token(), random_token());
  EXPECT_EQ(random_token().size(), 43u);
}

TEST_F(Rights, to_personal_data_are_held_where_somebody_brings_a_script_of_their_own) {
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"ask","id":"a1","input":{"name":"MARKER-1"}})").status, 201);
  const std::string files = R"("files":{"workflows/ask.lua":"return require('workflow').define { name = 'ask', )"
                            R"(run = function(ctx, input) error(input.name) end }"})";
  for (const char* role : {"admin", "operator"}) {
    const std::string key = make_key_for(role);
    EXPECT_EQ(with_key(key, "POST", "/v1/bundles/check", R"({"name":"asks",)" + files + "}").field("code"), "BT807");
    EXPECT_EQ(with_key(key, "POST", "/v1/instances/a1/what-if", "{" + files + "}").field("code"), "BT807");
  }
  const WireReply checked =
      with_key(make_key_for("developer"), "POST", "/v1/bundles/check", R"({"name":"asks",)" + files + "}");
  EXPECT_EQ(checked.status, 200) << checked.text;
  EXPECT_THAT(checked.text, Not(HasSubstr("MARKER-1")));
  EXPECT_THAT(local("POST", "/v1/bundles/check", R"({"name":"asks",)" + files + "}").text, HasSubstr("MARKER-1"));
}

TEST_F(Rights, to_personal_data_are_held_where_a_script_refuses_one_of_many) {
  BundleFiles files;
  files["workflows/kept.lua"] =
      "return require('workflow').define { name = 'kept',\n"
      "  hooks = { assign = function() return false, 'MARKER hook' end },\n"
      "  run = function(ctx) return ctx:task('see', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'yes' } "
      "})"
      " end }\n";
  files["mappings/m.lua"] =
      "return require('mapping').define { name = 'm', format = 'hl7v2', types = { 'ADT' },\n"
      "  map = function(m) error('MARKER mapping') end }\n";
  const auto deployed = node_->submit_and_wait(DeployRequest{"kept", std::move(files), Principal{}});
  ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
  ASSERT_EQ(local("POST", "/v1/instances", R"({"workflow":"kept","id":"k1"})").status, 201);
  const std::string message = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|m1|P|2.5\rPID|1||77||ROE\r";
  local("POST", "/v1/messages", message, {{"Content-Type", "x-application/hl7-v2+er7"}});
  const std::string masked = make_key_for("operator");
  const std::string many = R"({"filter":{"workflow":"kept"},"to":"bo","reason":"r"})";
  for (const std::string& text :
       {with_key(masked, "POST", "/v1/tasks/reassign", many).text, with_key(masked, "GET", "/v1/messages").text,
        with_key(masked, "POST", "/v1/messages/A%7CB/m1/replay", R"({"reason":"r"})").text}) {
    EXPECT_THAT(text, Not(HasSubstr("MARKER")));
  }
  EXPECT_THAT(local("POST", "/v1/tasks/reassign", many).text, HasSubstr("MARKER hook"));
  const std::string least_busy = R"({"filter":{"workflow":"kept"},"reason":"r"})";
  EXPECT_THAT(with_key(masked, "POST", "/v1/tasks/reassign", least_busy).text, HasSubstr("is on shift"))
      << "no script's";
  EXPECT_THAT(local("GET", "/v1/messages").text, HasSubstr("MARKER mapping"));
}

TEST_F(Rights, of_strangers_on_a_providers_way_back_do_not_fill_the_ledger_either) {
  ProviderOptions options;
  options.issuer = "https://login.example";
  options.client_id = "baton";
  door_->trust(std::make_shared<Provider>(client_, clock_, options));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stranger("GET", "/v1/sign-in/callback?code=c&state=s").status, 401);
  const std::string records = ledger();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = records.find("access.sign_in_failed", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 30u);
}

}  // namespace
}  // namespace baton
