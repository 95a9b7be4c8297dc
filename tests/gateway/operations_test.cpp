// What operations teams ask over the API: why, batches, pauses, incidents and their offers, what-ifs, late entries, promises,
// and the pages for a downtime.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "gateway/downtime/downtime_board.hpp"
#include "persistence/damaged_places.hpp"
#include "tests/gateway/sign_in_world.hpp"
#include "tests/support/comes_true.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Operations : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    BundleFiles files;
    files["workflows/care.lua"] = R"lua(
      local workflow = require "workflow"
      return workflow.define {
        name = "care", title = "Care of a stay", why = "MARKER cases",
        search = { ward = "keyword" }, slo = { seen = { within = "2h", reached = "task:see" } },
        run = function(ctx, input)
          ctx:set("ward", input.ward)
          if input.broken then ctx:activity("work.ask", { drug = input.broken }, { retry = "none", why = "MARKER asks" }) end
          local a = ctx:task("see", { why = "MARKER <why>", candidates = { role = "nurse" }, outcomes = { "yes", "no" }, due = "1h", otherwise = "MARKER then" })
          ctx:decide("seen", { outcome = a.outcome })
          return ctx:wait_signal("go", { why = "MARKER waits", owner = "laboratory" })
        end,
      })lua";
    files["activities/work.lua"] =
        "return { ask = function(input) if input.drug == 'bad' then error('no such drug') end return input end }";
    const auto deployed = node_->submit_and_wait(DeployRequest{"care", std::move(files), Principal{}});
    ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
  }
  void start(const std::string& id, const std::string& input, const std::string& patient = "P1") {
    const auto reply =
        local("POST", "/v1/instances",
              R"({"workflow":"care","id":")" + id + R"(","patient":")" + patient + R"(","input":)" + input + "}");
    ASSERT_EQ(reply.status, 201) << reply.text;
  }
  // Asks until the answer has the text: what runs beside needs a moment.
  std::string eventually(const std::string& path, const std::string& wanted) {
    std::string text;
    EXPECT_TRUE(test::comes_true([&] {
      text = local("GET", path).text;
      return text.find(wanted) != std::string::npos;
    })) << path
        << text;
    return text;
  }
};

TEST_F(Operations, health_is_degraded_and_findings_count_once_a_read_has_met_damage) {
  EXPECT_THAT(local("GET", "/v1/health").text, HasSubstr(R"("status":"ok")"));
  DamagedPlaces& damage = damaged_places(node_->reader().store());
  damage.note("Corruption: block checksum mismatch: stored = 1, computed = 2 in /store/000036.sst offset 0 size 9");
  damage.note("Corruption: block checksum mismatch: stored = 3, computed = 4 in /store/000036.sst offset 0 size 9");
  EXPECT_THAT(local("GET", "/v1/health").text, HasSubstr(R"("status":"degraded")"));
  EXPECT_THAT(local("GET", "/v1/metrics").text, HasSubstr(R"("scrubber_findings":1)"));
}

TEST_F(Operations, say_why_to_a_nurse_and_keep_the_scripts_words_from_operators) {
  start("c1", R"({"ward":"4W"})");
  const std::string nurse = make_key_for("nurse");
  const auto why = with_key(nurse, "GET", "/v1/instances/c1/why");
  EXPECT_EQ(why.status, 200);
  EXPECT_THAT(why.field("sentence"), HasSubstr("This case (Care of a stay) began"));
  EXPECT_EQ(why.field("told"), "MARKER cases");
  EXPECT_THAT(why.text, HasSubstr("MARKER <why>"));
  const auto task = with_key(nurse, "GET", "/v1/tasks/c1.1/why");
  EXPECT_THAT(task.field("with"), HasSubstr("The script names the role nurse."));
  const auto masked = with_key(make_key_for("operator"), "GET", "/v1/instances/c1/why");
  EXPECT_THAT(masked.text, HasSubstr("It waits for the decision"));
  EXPECT_THAT(masked.text, Not(HasSubstr("MARKER")));
  EXPECT_EQ(with_key(nurse, "GET", "/v1/instances/unknown/why").status, 404);
  EXPECT_EQ(with_key(nurse, "GET", "/v1/tasks/c1.77/why").status, 404);
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"why")"));
}

TEST_F(Operations, count_a_batch_first_and_then_do_it_and_take_it_back) {
  for (const char* id : {"c1", "c2", "c3"}) start(id, R"({"ward":"4W"})");
  start("c4", R"({"ward":"5E"})");
  const std::string key = make_key_for("operator");
  const auto preview = with_key(key, "POST", "/v1/batches/preview",
                                R"({"action":"pause","query":{"unit":"4W"},"with":{"timers":"freeze"}})");
  EXPECT_EQ(preview.field("count"), "3") << preview.text;
  const auto batch = with_key(key, "POST", "/v1/batches",
                              R"({"token":")" + preview.field("token") + R"(","reason":"the ward moves"})");
  EXPECT_EQ(batch.status, 201) << batch.text;
  const std::string path = "/v1/batches/" + batch.field("id");
  EXPECT_THAT(eventually(path, R"("state":"done")"), HasSubstr(R"("done":3)"));
  EXPECT_THAT(local("GET", path + "/items").text, HasSubstr(R"({"id":"c1","state":"done"})"));
  EXPECT_EQ(local("GET", "/v1/instances?paused=true").body.at("items").as_array().size(), 3u);
  const auto undo = with_key(key, "POST", path + "/undo", R"({"reason":"not yet"})");
  EXPECT_EQ(undo.status, 201) << undo.text;
  eventually("/v1/batches/" + undo.field("id"), R"("state":"done")");
  EXPECT_EQ(local("GET", "/v1/instances?paused=true").body.at("items").as_array().size(), 0u);
  EXPECT_THAT(local("GET", "/v1/batches").text, HasSubstr(R"("undone_by")"));
  EXPECT_THAT(ledger(), HasSubstr(R"("parent":"batch/)"));
}

TEST_F(Operations, give_nobody_a_batch_of_what_they_may_not_do_to_one) {
  start("c1", R"({"ward":"4W"})");
  EXPECT_EQ(with_key(make_key_for("nurse"), "POST", "/v1/batches/preview", "{}").status, 403);
  EXPECT_EQ(local("POST", "/v1/batches", R"({"token":"x","reason":"r"})").field("code"), "BT126");
  EXPECT_EQ(local("POST", "/v1/batches/preview", R"({"action":"pause","query":{}})").status, 400);
}

TEST_F(Operations, hold_back_a_ward_until_further_notice) {
  start("c1", R"({"ward":"4W"})");
  const auto pause = local("POST", "/v1/pauses", R"({"unit":"4W","timers":"freeze","reason":"the ward moves"})");
  ASSERT_EQ(pause.status, 201) << pause.text;
  const std::string path = "/v1/pauses/" + pause.field("id");
  EXPECT_THAT(eventually(path, R"("state":"quiet")"), HasSubstr(R"("state":"quiet")"));
  start("c2", R"({"ward":"4W"})");
  EXPECT_THAT(local("GET", "/v1/instances/c2").text, HasSubstr(R"("paused":true)"));
  EXPECT_THAT(local("GET", "/v1/tasks/c1.1/why").text, HasSubstr("on hold"));
  EXPECT_EQ(local("POST", path + "/end", "{}").status, 200);
  EXPECT_THAT(eventually(path, R"("state":"ended")"), HasSubstr(R"("state":"ended")"));
  EXPECT_THAT(local("GET", "/v1/instances/c2").text, HasSubstr(R"("paused":false)"));
}

TEST_F(Operations, list_what_can_be_done_about_an_incident_and_edit_its_input) {
  start("c1", R"({"ward":"4W","broken":"bad"})");
  eventually("/v1/instances/c1/incidents/1", "BT308");
  const auto incident = local("GET", "/v1/instances/c1/incidents/1");
  EXPECT_THAT(incident.text, HasSubstr(R"("action":"edit")"));
  EXPECT_EQ(incident.field("input"), R"({"drug":"bad"})");
  EXPECT_THAT(incident.text, HasSubstr(R"("step":"activity:work.ask")"));
  EXPECT_EQ(local("POST", "/v1/instances/c1/incidents/1/edit", "{}").status, 400);
  EXPECT_EQ(
      local("POST", "/v1/instances/c1/incidents/1/edit", R"({"input":{"drug":"good"},"reason":"a misspelt name"})")
          .status,
      200);
  EXPECT_THAT(eventually("/v1/instances/c1", R"("name":"see")"), HasSubstr(R"("incidents":[])"));
  const std::string records = ledger();
  EXPECT_THAT(records, HasSubstr(R"("action":"incident.input_edited","after":{"drug":"good"})"));
  EXPECT_THAT(records, HasSubstr(R"("before":{"drug":"bad"})"));
}

TEST_F(Operations, go_back_to_a_step_by_its_name) {
  start("c1", R"({"ward":"4W","broken":"bad"})");
  eventually("/v1/instances/c1/incidents/1", "BT308");
  EXPECT_EQ(local("POST", "/v1/instances/c1/incidents/1/rewind", R"({"step":"nothing"})").status, 404);
  EXPECT_EQ(local("POST", "/v1/instances/c1/incidents/1/rewind", R"({"step":"work.ask","reason":"again"})").status,
            200);
  EXPECT_THAT(eventually("/v1/instances/c1/incidents", R"("number":2)"), HasSubstr(R"("resolution":"rewind")"));
}

TEST_F(Operations, ask_what_if_and_leave_no_trace_but_the_reading) {
  start("c1", R"({"ward":"4W"})");
  const auto begun = local("POST", "/v1/instances/c1/what-if", "{}");
  ASSERT_EQ(begun.status, 200) << begun.text;
  const std::string path = "/v1/what-if/" + begun.field("id");
  const auto stepped = local("POST", path + "/steps", R"({"do":"decide","seq":1,"outcome":"no","reason":"try"})");
  EXPECT_THAT(stepped.text, HasSubstr(R"("name":"go")")) << stepped.text;
  EXPECT_THAT(local("GET", path + "/difference").text, HasSubstr(R"("verdict":"only_sandbox")"));
  EXPECT_THAT(local("GET", "/v1/instances/c1").text, HasSubstr(R"("status":"open")"));
  EXPECT_EQ(with_key(make_key_for("operator"), "GET", path).field("code"), "BT128");
  EXPECT_EQ(local("DELETE", path).status, 200);
  EXPECT_EQ(local("GET", path).status, 404);
  EXPECT_EQ(local("POST", "/v1/instances/c1/what-if", R"({"at":99})").status, 400);
}

TEST_F(Operations, step_on_in_one_what_if_one_after_the_other_however_many_ask_at_once) {
  start("c1", R"({"ward":"4W"})");
  const auto begun = local("POST", "/v1/instances/c1/what-if", "{}");
  ASSERT_EQ(begun.status, 200) << begun.text;
  const std::string path = "/v1/what-if/" + begun.field("id");
  const auto now = [&] { return *parse_instant(local("GET", path + "/difference").field("now")); };
  const Instant before = now();
  std::vector<std::thread> people;
  for (int i = 0; i < 4; ++i) {
    people.emplace_back([&] {
      for (int step = 0; step < 50; ++step) {
        EXPECT_EQ(local("POST", path + "/steps", R"({"do":"pass","for":"1h"})").status, 200);
        EXPECT_EQ(local("GET", path).status, 200);
      }
    });
  }
  for (std::thread& each : people) each.join();
  EXPECT_EQ(now() - before, Duration{200 * kHour.ms});
}

TEST_F(Operations, enter_late_what_was_done_meanwhile) {
  start("c1", R"({"ward":"4W"})");
  const std::string nurse = make_key_for("nurse");
  const std::string then = format_instant(Instant{node_->now().ms});
  EXPECT_EQ(
      with_key(nurse, "POST", "/v1/tasks/c1.1/decide", R"({"outcome":"yes","occurred_at":"2999-01-01T00:00:00Z"})")
          .status,
      400);
  EXPECT_EQ(
      with_key(nurse, "POST", "/v1/tasks/c1.1/decide", R"({"outcome":"yes","occurred_at":"1999-01-01T00:00:00Z"})")
          .status,
      400);
  EXPECT_EQ(
      with_key(nurse, "POST", "/v1/tasks/c1.1/decide", R"({"outcome":"yes","occurred_at":")" + then + R"("})").status,
      200);
  EXPECT_THAT(local("GET", "/v1/instances/c1/history").text, HasSubstr(R"("type":"RecordedLate")"));
  EXPECT_THAT(ledger(), HasSubstr(R"("occurred_at":")" + then));
}

TEST_F(Operations, see_which_promises_are_open) {
  start("c1", R"({"ward":"4W"})");
  EXPECT_THAT(local("GET", "/v1/slo").text,
              HasSubstr(R"("promise":"seen","within":"2h","reached":"task:see","open":1)"));
  EXPECT_THAT(local("GET", "/v1/slo/care/seen").text, HasSubstr(R"("instance":"c1")"));
}

TEST_F(Operations, find_whole_pages_of_what_is_open_when_the_server_is_gone) {
  start("c1", R"({"ward":"4 West / A"})");
  const fs::path folder = fs::path(testing::TempDir()) / ("baton_downtime_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  auto board = DowntimeBoard::open(*node_, loop_, {folder.string(), Duration{60'000}, "Europe/Berlin"});
  ASSERT_TRUE(board.ok()) << to_string(board.error());
  ASSERT_TRUE((*board)->write_all().ok());
  const auto text_of = [](const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  const fs::path file = folder / downtime_file("4 West / A");
  const std::string page = text_of(file);
  EXPECT_THAT(page, HasSubstr("MARKER &lt;why&gt;"));
  EXPECT_THAT(page, HasSubstr("Owed by the role nurse"));
  EXPECT_THAT(page, HasSubstr("yes or no"));
  EXPECT_THAT(page, HasSubstr("Europe/Berlin"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(text_of(folder / "index.html"), HasSubstr(file.filename().string()));
  const std::string records = ledger();
  EXPECT_THAT(records, HasSubstr(R"("object":"downtime board: )"));
  // Again, with nobody new on it: one record is enough.
  ASSERT_TRUE((*board)->write_all().ok());
  const std::string again = ledger();
  const auto count = [](const std::string& in) {
    std::size_t found = 0;
    for (std::size_t at = in.find("downtime board: "); at != in.npos; at = in.find("downtime board: ", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count(again), count(records));
  EXPECT_EQ(local("POST", "/v1/instances/c1/cancel", "{}").status, 200);
  ASSERT_TRUE((*board)->write_all().ok());
  EXPECT_FALSE(fs::exists(file));
  fs::remove_all(folder);
}

// A pipe that nobody reads takes no page, as a share whose server is gone.
TEST_F(Operations, are_not_held_up_by_a_folder_for_the_downtime_that_hangs) {
  start("c1", R"({"ward":"4-west"})");
  const fs::path folder = fs::path(testing::TempDir()) / ("baton_downtime_hangs_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  auto board = DowntimeBoard::open(*node_, loop_, {folder.string(), Duration{600'000}, "UTC"});
  ASSERT_TRUE(board.ok()) << to_string(board.error());
  const fs::path file = folder / downtime_file("4-west");
  const fs::path pipe = file.string() + ".new";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  (*board)->begin();
  while (ledger().find("downtime board: ") == std::string::npos) std::this_thread::yield();  // It begins to write.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(local("GET", "/v1/instances?status=running").status, 200);
  EXPECT_FALSE((*board)->written());
  const int reader = ::open(pipe.c_str(), O_RDONLY);  // Returns when the board has opened it, too.
  (*board)->stop();
  ::close(reader);
  ASSERT_TRUE((*board)->write_all().ok());
  EXPECT_TRUE((*board)->written());
  EXPECT_TRUE(fs::is_regular_file(file));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace baton
