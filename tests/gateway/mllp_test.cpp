#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "gateway/mllp/hl7_receiver.hpp"
#include "gateway/mllp/mllp_client.hpp"
#include "gateway/mllp/mllp_server.hpp"
#include "tests/gateway/log_lines.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/support/comes_true.hpp"

namespace baton {
namespace {

// Of the connections at a port of this machine, as the kernel lists them, how many are watched for a peer that is gone.
int watched_connections(std::uint16_t port) {
  char local[32];
  std::snprintf(local, sizeof local, "0100007F:%04X", port);
  std::ifstream table("/proc/net/tcp");
  int watched = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, from, to, state, queues, timer;
    words >> number >> from >> to >> state >> queues >> timer;
    watched += from == local && state == "01" && timer.starts_with("02:") ? 1 : 0;
  }
  return watched;
}

// A receiver whose messages a test takes and answers one by one.
class MllpTest : public ::testing::Test {
 protected:
  struct Taken {
    std::string message;
    MllpAnswer answer;
  };

  void TearDown() override {
    server_.reset();
    loop_.stop();  // Nothing is handed to a test that is over.
  }
  void serve(MllpServerOptions options = {}) {
    auto server = MllpServer::open(
        loop_, std::move(options),
        [this](std::string message, const MllpSender&, MllpAnswer answer) {
          // Without the lock: when the next message has come already, it is handed over inside this call.
          if (at_once_) answer("ACK " + message);
          const std::lock_guard lock(mutex_);
          taken_.push_back({std::move(message), std::move(answer)});
          changed_.notify_all();
        },
        [](std::string_view bytes, const Error& why) {
          return "AR " + std::string(code_of(why.code)) + std::string(bytes.empty() ? "" : " ") + std::string(bytes);
        });
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
  }
  Taken& taken(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_.size() > index; });
    return taken_[index];
  }
  std::size_t taken_count() {
    const std::lock_guard lock(mutex_);
    return taken_.size();
  }
  RawClient client() { return RawClient(server_->port()); }

  IoLoop loop_;
  std::unique_ptr<MllpServer> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Taken> taken_;
  bool at_once_ = false;
};

TEST_F(MllpTest, answers_in_the_order_of_the_messages_whoever_is_ready_first) {
  serve();
  auto wire = client();
  wire.send("\x0bone\x1c\r\x0btwo\x1c\r");
  taken(1).answer("second");
  taken(0).answer("first");
  EXPECT_EQ(wire.read_until("second\x1c\r"),
            "\x0b"
            "first\x1c\r\x0bsecond\x1c\r");
}

TEST_F(MllpTest, a_sender_that_is_gone_without_a_word_does_not_keep_its_place_for_ever) {
  at_once_ = true;
  serve();
  auto wire = client();
  wire.send("\x0bone\x1c\r");
  wire.read_until("\x1c\r");
  // Until the sender's kernel has acknowledged the answer, another timer than that of the watch is listed.
  EXPECT_TRUE(test::comes_true([this] { return watched_connections(server_->port()) == 1; }));
}

TEST_F(MllpTest, says_once_that_senders_are_sent_away_for_want_of_room) {
  const LogLines lines;
  MllpServerOptions options;
  options.connections = 1;
  at_once_ = true;
  serve(options);
  auto first = client();
  first.send("\x0bone\x1c\r");
  first.read_until("\x1c\r");
  EXPECT_EQ(client().read_to_end(), "");
  EXPECT_EQ(client().read_to_end(), "");
  EXPECT_EQ(server_->counts().refused, 2u);
  EXPECT_THAT(lines.text(),
              testing::ContainsRegex("^mllp peer 127.0.0.1:[0-9]+ is sent away: all 1 connections are taken\n$"));
  server_.reset();
  loop_.stop();
}

TEST_F(MllpTest, reads_a_message_however_the_wire_cuts_it) {
  at_once_ = true;
  serve();
  auto wire = client();
  for (const char c : std::string("\x0bMSH|chunked\x1c\r\x0bnext\x1c")) ASSERT_TRUE(wire.send(std::string(1, c)));
  EXPECT_EQ(wire.read_until("next\x1c\r"),
            "\x0b"
            "ACK MSH|chunked\x1c\r\x0b"
            "ACK next\x1c\r");
}

TEST_F(MllpTest, a_message_that_came_with_the_one_before_is_taken_while_that_is_answered) {
  at_once_ = true;
  serve();
  auto wire = client();
  wire.send("\x0bone\x1c\r\x0btwo\x1c\r\x0bthree\x1c\r");
  EXPECT_EQ(wire.read_until("three\x1c\r"),
            "\x0b"
            "ACK one\x1c\r\x0b"
            "ACK two\x1c\r\x0b"
            "ACK three\x1c\r");
}

TEST_F(MllpTest, reads_no_further_while_too_many_messages_wait_for_their_answer) {
  MllpServerOptions options;
  options.unanswered = 2;
  serve(options);
  auto wire = client();
  wire.send(
      "\x0b"
      "1\x1c\r\x0b"
      "2\x1c\r\x0b"
      "3\x1c\r");
  taken(1);
  std::promise<void> read;  // All that came is read by then.
  loop_.post([&read] { read.set_value(); });
  read.get_future().wait();
  EXPECT_EQ(taken_count(), 2u);
  taken(0).answer("a");
  EXPECT_EQ(taken(2).message, "3");
  taken(1).answer("b");
  taken(2).answer("c");
  EXPECT_EQ(wire.read_until("c\x1c\r"),
            "\x0b"
            "a\x1c\r\x0b"
            "b\x1c\r\x0b"
            "c\x1c\r");
}

TEST_F(MllpTest, a_peer_that_is_not_read_from_is_not_blamed_for_a_frame_without_an_end) {
  MllpServerOptions options;
  options.unanswered = 1;
  options.frame_timeout = Duration{400};
  serve(options);
  auto wire = client();
  wire.send("\x0bone\x1c\r\x0btw");
  Taken& first = taken(0);
  std::promise<void> later;
  loop_.after(Duration{1000}, [&] { later.set_value(); });
  later.get_future().wait();
  wire.send("o\x1c\r");
  first.answer("a");
  ASSERT_EQ(wire.read_until("a\x1c\r"),
            "\x0b"
            "a\x1c\r");
  EXPECT_EQ(taken(1).message, "two");
}

TEST_F(MllpTest, rejects_a_message_beyond_the_limit_and_closes) {
  MllpServerOptions options;
  options.message_size = 1000;
  at_once_ = true;
  serve(options);
  auto wire = client();
  wire.send(
      "\x0b"
      "small\x1c\r\x0b" +
      std::string(5000, 'x') +
      "\x1c\r\x0b"
      "after\x1c\r");
  EXPECT_EQ(wire.read_to_end(),
            "\x0b"
            "ACK small\x1c\r\x0b"
            "AR BT103\x1c\r");
}

TEST_F(MllpTest, passes_over_noise_between_frames_and_cuts_off_who_sends_nothing_else) {
  at_once_ = true;
  serve();
  auto wire = client();
  wire.send("noise\x0bone\x1c\r");
  EXPECT_EQ(wire.read_until("\x1c\r"),
            "\x0b"
            "ACK one\x1c\r");
  auto hostile = client();
  hostile.send(std::string(200'000, 'x'));
  EXPECT_EQ(hostile.read_to_end(), "");
}

TEST_F(MllpTest, refuses_a_message_whose_frame_never_ended_and_takes_the_next) {
  at_once_ = true;
  serve();
  auto wire = client();
  wire.send("\x0bMSH|lost\r\x0bMSH|next\r\x1c\r");
  EXPECT_EQ(wire.read_until("ACK MSH|next\r\x1c\r"),
            "\x0b"
            "AR BT404 MSH|lost\r\x1c\r\x0b"
            "ACK MSH|next\r\x1c\r");
  wire.send("\x0bMSH|cut off");
  wire.finish_writing();
  EXPECT_EQ(wire.read_to_end(),
            "\x0b"
            "AR BT404 MSH|cut off\x1c\r");
}

TEST_F(MllpTest, says_in_the_log_who_sent_a_message_that_is_lost) {
  MllpServerOptions options;
  options.frame_timeout = Duration{60};
  at_once_ = true;
  const LogLines lines;
  serve(options);
  auto wire = client();
  wire.send("\x0bMSH|lost\r\x0bMSH|next\r\x1c\r");
  wire.read_until("ACK MSH|next\r\x1c\r");
  EXPECT_THAT(lines.text(), testing::HasSubstr("a frame of 9 bytes has no end"));
  wire.send("\x0bMSH|never");
  wire.read_to_end();
  EXPECT_THAT(lines.text(), testing::ContainsRegex("mllp peer 127.0.0.1:[0-9]+ did not end its frame.*9 bytes"));
  server_.reset();
}

TEST_F(MllpTest, answers_each_of_a_flood_of_lost_messages) {
  at_once_ = true;
  serve();
  auto wire = client();
  std::string flood;
  for (int i = 0; i < 200'000; ++i) flood += "\x0bMSH";
  wire.send(flood + "|last\x1c\r");
  const std::string answers = wire.read_until("ACK MSH|last\x1c\r");
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '\x0b'), 200'000);
}

TEST_F(MllpTest, takes_no_more_from_a_peer_that_does_not_read_its_answers) {
  at_once_ = true;
  serve();
  auto wire = client();
  std::string messages;
  for (int i = 0; i < 10'000; ++i) messages += "\x0bMSH\x1c\r";
  constexpr std::size_t kFlood = 32u << 20;  // More than sockets keep for either side.
  EXPECT_LT(wire.send_until_blocked(messages, kFlood), kFlood);
}

TEST_F(MllpTest, cuts_off_a_frame_that_does_not_end_in_time) {
  MllpServerOptions options;
  options.frame_timeout = Duration{60};
  serve(options);
  auto wire = client();
  wire.send("\x0bMSH|never");
  EXPECT_EQ(wire.read_to_end(), "");
}

TEST_F(MllpTest, answers_what_it_took_after_the_peer_stopped_writing) {
  serve();
  auto wire = client();
  wire.send("\x0bone\x1c\r");
  wire.finish_writing();
  taken(0).answer("done");
  EXPECT_EQ(wire.read_to_end(),
            "\x0b"
            "done\x1c\r");
}

TEST_F(MllpTest, a_client_of_ours_matches_answers_to_messages) {
  at_once_ = true;
  serve();
  auto sender = MllpClient::connect(loop_, "127.0.0.1", server_->port());
  ASSERT_TRUE(sender.ok());
  for (const std::string text : {"a", "b"}) {
    const auto ack = (*sender)->send_and_wait(text);
    ASSERT_TRUE(ack.ok());
    EXPECT_EQ(*ack, "ACK " + text);
  }
}

TEST_F(MllpTest, a_client_of_ours_says_when_the_connection_ends_before_the_answer) {
  serve();
  auto sender = MllpClient::connect(loop_, "127.0.0.1", server_->port());
  ASSERT_TRUE(sender.ok());
  std::promise<Result<std::string>> answered;
  (*sender)->send("x", [&](Result<std::string> ack) { answered.set_value(std::move(ack)); });
  taken(0);
  server_->stop(Duration{0});
  EXPECT_EQ(answered.get_future().get().error().code, ErrorCode::unreachable);
}

// A house that is full now and then: takes a message only while it has room.
TEST(Hl7Receiver, messages_of_a_connection_are_taken_in_their_order_while_the_house_is_full_now_and_then) {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::vector<std::string>> taken;  // By client.
  std::size_t count = 0;
  int offers = 0;
  IoLoop loop;
  Hl7Receiver receiver(
      [&](AcceptRequest request, Answer answer) {
        {
          const std::lock_guard lock(mutex);
          if (++offers % 3 != 0) return answer(Error{ErrorCode::overloaded, "full", "later"});
          taken[request.by.client].push_back(request.raw);
          ++count;
          changed.notify_all();
        }
        answer(JsonText(R"({"ack":"AA"})"));
      },
      [] { return Instant{0}; }, loop);
  const MllpHandler handler = receiver.handler();
  std::atomic<int> acknowledged{0};
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) sent.push_back("message " + std::to_string(i));
  for (const std::string& message : sent) {
    for (const char* client : {"1.1.1.1:1", "2.2.2.2:2"}) {
      loop.post([&, message, client] { handler(message, {client, ""}, [&](const std::string&) { ++acknowledged; }); });
    }
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count == 40; });
    EXPECT_EQ(taken["1.1.1.1:1"], sent);
    EXPECT_EQ(taken["2.2.2.2:2"], sent);
  }
  loop.stop();
  EXPECT_EQ(acknowledged, 40);
}

// What a sender gets for a message whose answer is `answer`.
std::string acknowledged_with(const JsonText& answer, const std::string& message) {
  IoLoop loop;
  Hl7Receiver receiver([&](const AcceptRequest&, const Answer& give) { give(answer); }, [] { return Instant{0}; },
                       loop);
  std::promise<std::string> ack;
  loop.post([&] { receiver.handler()(message, {"1.1.1.1:1", ""}, [&](std::string given) { ack.set_value(given); }); });
  std::string got = ack.get_future().get();
  loop.stop();
  return got;
}

TEST(Hl7Receiver, an_acknowledgement_that_is_no_utf8_goes_out_with_the_senders_bytes) {
  const std::string message = "MSH|^~\\&|REG|K\xf6ln|B|H|20260302090000||ADT^A08|M1|P|2.5\r";
  EXPECT_EQ(acknowledged_with(R"({"ack_base64":"TVNBfEFBfEv2bG4="})", message), "MSA|AA|K\xf6ln");
}

TEST(Hl7Receiver, an_answer_without_an_acknowledgement_becomes_an_error_and_never_silence) {
  const std::string message = "MSH|^~\\&|REG|HOSP|B|H|20260302090000||ADT^A08|M1|P|2.5\r";
  for (const char* answer : {"{}", R"({"ack":""})", R"({"ack_base64":"?"})", "[]"}) {
    EXPECT_THAT(acknowledged_with(answer, message), testing::HasSubstr("MSA|AE|M1")) << answer;
  }
}

TEST(Hl7Receiver, who_has_shown_a_certificate_is_recorded_by_it) {
  std::vector<Principal> senders;
  IoLoop loop;
  Hl7Receiver receiver(
      [&](const AcceptRequest& request, const Answer& answer) {
        senders.push_back(request.by);
        answer(JsonText(R"({"ack":"AA"})"));
      },
      [] { return Instant{0}; }, loop);
  std::promise<void> done;
  loop.post([&] {
    receiver.handler()("m1", {"1.1.1.1:1", "CN=lab,O=House"}, [](const std::string&) {});
    receiver.handler()("m2", {"1.1.1.1:2", ""}, [](const std::string&) {});
    done.set_value();
  });
  done.get_future().wait();
  loop.stop();
  ASSERT_EQ(senders.size(), 2u);
  EXPECT_EQ(senders[0].subject + " " + senders[0].authentication, "CN=lab,O=House mtls");
  EXPECT_EQ(senders[1].subject + " " + senders[1].authentication, "mllp mllp");
}

}  // namespace
}  // namespace baton
