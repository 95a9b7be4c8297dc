// Mail: a conversation with a small mail server over a real socket, and a workflow that sends one through it.
#include "gateway/smtp/smtp_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <mutex>

#include "gateway/http/http_client.hpp"
#include "gateway/net/byte_stream.hpp"
#include "runtime/base/base64.hpp"
#include "tests/gateway/certificates.hpp"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Speaks RFC 5321 as far as a test needs it. What it is to answer to a command instead of "250 ok" is told beforehand.
class MailServer {
 public:
  // `tls`: offers STARTTLS with it.
  explicit MailServer(IoLoop& loop, std::shared_ptr<TlsContext> tls = nullptr) : loop_(loop), tls_(std::move(tls)) {
    auto listener = Listener::open(loop, "127.0.0.1", 0, nullptr,
                                   [this](std::shared_ptr<ByteStream> stream) { serve(std::move(stream)); });
    EXPECT_TRUE(listener.ok());
    listener_ = std::move(*listener);
  }
  ~MailServer() { listener_->close(); }

  [[nodiscard]] std::string url(const std::string& scheme = "smtp", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(listener_->port());
  }
  // The next command that begins so is answered with this line, once.
  void answer(const std::string& command, const std::string& line) {
    const std::lock_guard lock(mutex_);
    answers_.emplace_back(command, line);
  }
  [[nodiscard]] std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }
  [[nodiscard]] std::vector<std::string> mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }

 private:
  struct Session {
    std::shared_ptr<ByteStream> stream;
    std::array<char, 4096> buffer{};
    std::string text;
    std::string out;
    bool data = false;
    bool secure = false;
    bool writing = false;
    std::string mail;
  };

  void serve(std::shared_ptr<ByteStream> stream) {
    auto session = std::make_shared<Session>();
    session->stream = std::move(stream);
    say(session, "220 mail.test ESMTP");
    read(session);
  }

  void say(const std::shared_ptr<Session>& session, const std::string& line) {
    session->out += line + "\r\n";
    flush(session);
  }
  void flush(const std::shared_ptr<Session>& session) {
    if (session->writing || session->out.empty()) return;
    session->writing = true;
    session->stream->write(std::exchange(session->out, {}), "", [this, session](bool ok) {
      session->writing = false;
      if (ok) flush(session);
    });
  }

  void read(const std::shared_ptr<Session>& session) {
    session->stream->read_some(session->buffer.data(), session->buffer.size(), [this, session](std::size_t size) {
      if (size == 0) return;
      session->text.append(session->buffer.data(), size);
      std::size_t end = 0;
      while ((end = session->text.find("\r\n")) != std::string::npos) {
        const std::string line = session->text.substr(0, end);
        session->text.erase(0, end + 2);
        if (tls_ && line == "STARTTLS") return secure(session);
        take(session, line);
      }
      read(session);
    });
  }

  void secure(const std::shared_ptr<Session>& session) {
    std::string reply = "220 go ahead\r\n";
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back("STARTTLS");
      for (const auto& [command, line] : answers_) {
        if (command == "STARTTLS") reply = line + "\r\n";
      }
    }
    session->stream->write(reply, "", [this, session](bool) {
      session->stream = accept_tls(session->stream, tls_);
      session->secure = true;
      session->stream->accept_handshake([this, session](bool ok) {
        if (ok) read(session);
      });
    });
  }

  void take(const std::shared_ptr<Session>& session, const std::string& line) {
    if (session->data && line != ".") {
      session->mail += (line.starts_with("..") ? line.substr(1) : line) + "\n";
      return;
    }
    std::string reply = session->data ? "250 taken" : "250 ok";
    {
      const std::lock_guard lock(mutex_);
      if (!session->data) commands_.push_back(line);
      for (auto it = answers_.begin(); it != answers_.end(); ++it) {
        if (!line.starts_with(it->first)) continue;
        reply = it->second;
        answers_.erase(it);
        break;
      }
      if (session->data && reply.starts_with("2")) mails_.push_back(session->mail);
    }
    if (session->data) session->data = false;
    if (line.starts_with("EHLO") && reply == "250 ok") {
      reply = "250-mail.test\r\n250-8BITMIME\r\n";
      if (tls_ && !session->secure) reply += "250-STARTTLS\r\n";
      reply += "250 SIZE 1000000";
    }
    if (line == "DATA" && reply == "250 ok") {
      reply = "354 go on";
      session->data = true;
      session->mail.clear();
    }
    say(session, reply);
  }

  IoLoop& loop_;
  const std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<Listener> listener_;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> answers_;
  std::vector<std::string> commands_;
  std::vector<std::string> mails_;
};

class Smtp : public ::testing::Test {
 protected:
  void TearDown() override { loop_.stop(); }  // Before the mail server that runs on it is gone.
  Result<HttpAnswer> send(HttpCall call) {
    std::promise<Result<HttpAnswer>> answered;
    SmtpClient client(loop_, trusted_);
    client.send(std::move(call), [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  HttpCall mail(const std::string& body = "Subject: x\r\n\r\nhello\r\n") {
    return {"MAIL",
            server_.url(),
            {{"X-Mail-From", "baton@h.test"}, {"X-Mail-To", "ann@h.test"}, {"X-Mail-To", "bob@h.test"}},
            body,
            Duration{60'000}};
  }

  std::string trusted_;  // An authority's file.
  IoLoop loop_;
  MailServer server_{loop_};
};

TEST_F(Smtp, a_mail_is_handed_over_in_one_conversation) {
  const auto answer = send(mail("Subject: x\r\n\r\n.hidden\nlast"));
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_EQ(answer->status, 250);
  EXPECT_THAT(server_.mails(), ElementsAre("Subject: x\n\n.hidden\nlast\n"));
  EXPECT_THAT(server_.commands().at(1), "MAIL FROM:<baton@h.test>");
  EXPECT_THAT(server_.commands().at(3), "RCPT TO:<bob@h.test>");
}

TEST_F(Smtp, what_the_server_refuses_comes_back_with_its_code_and_words) {
  server_.answer("RCPT TO:<bob", "550 no such mailbox");
  const auto refused = send(mail());
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, 550);
  EXPECT_EQ(refused->body, "550 no such mailbox");
  EXPECT_TRUE(server_.mails().empty()) << "not for some of the recipients only";
  server_.answer(".", "451 try later");
  EXPECT_EQ(send(mail())->status, 451);
  server_.answer("EHLO", "421 too busy");
  EXPECT_EQ(send(mail())->status, 421);
}

TEST_F(Smtp, an_address_cannot_smuggle_a_command) {
  HttpCall call = mail();
  call.headers[1].second = "ann@h.test>\r\nRCPT TO:<eve@evil.test";
  EXPECT_EQ(send(call).error().code, ErrorCode::bad_field);
  call = mail();
  call.headers.emplace_back("X-Mail-User", "u");
  EXPECT_THAT(send(call).error().detail, HasSubstr("over TLS only"));
  call = mail();
  call.url = "smtp://127.0.0.1:port";
  EXPECT_EQ(send(call).error().code, ErrorCode::bad_field);
}

TEST_F(Smtp, a_server_that_is_none_is_an_error_and_no_hang) {
  server_.answer("EHLO", "hello?");
  EXPECT_EQ(send(mail()).error().code, ErrorCode::unreachable);
}

// Says all that a server says up to the mail's end at once, and then takes nothing.
class DeafMailServer {
 public:
  explicit DeafMailServer(IoLoop& loop, std::string last) : last_(std::move(last)) {
    listener_ = *Listener::open(loop, "127.0.0.1", 0, nullptr, [this](std::shared_ptr<ByteStream> stream) {
      stream_ = std::move(stream);
      stream_->write("220 a\r\n250 b\r\n250 c\r\n250 d\r\n250 e\r\n354 f\r\n" + last_, "", [](bool) {});
    });
  }
  ~DeafMailServer() { listener_->close(); }
  [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(listener_->port()); }

 private:
  const std::string last_;
  std::shared_ptr<ByteStream> stream_;  // On the loop.
  std::unique_ptr<Listener> listener_;
};

TEST_F(Smtp, says_nothing_more_to_a_server_that_has_not_taken_the_mail) {
  const std::string large = "Subject: x\r\n\r\n" + std::string(200'000, '\n');  // Twice that on its way.
  for (const std::string last : {"", "552 too much\r\n"}) {
    DeafMailServer deaf(loop_, last);
    HttpCall call = mail(large);
    call.url = deaf.url();
    call.timeout = Duration{last.empty() ? 300 : 60'000};
    const auto answer = send(call);
    EXPECT_EQ(answer.ok(), !last.empty());
    if (answer.ok()) {
      EXPECT_EQ(answer->status, 552);
    }
  }
}

class SmtpWithTls : public Smtp {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/baton_smtp_" + std::to_string(::getpid());
    ::mkdir(folder_.c_str(), 0700);
    Authority authority(folder_, "authority");
    const Issued issued = authority.issue("mail", "DNS:localhost,IP:127.0.0.1");
    auto tls = make_server_tls(issued.certificate, issued.key);
    ASSERT_TRUE(tls.ok()) << to_string(tls.error());
    trusted_ = authority.file();
    secure_ = std::make_unique<MailServer>(loop_, *tls);
  }
  void TearDown() override {
    Smtp::TearDown();
    std::filesystem::remove_all(folder_);
  }
  HttpCall secured(const std::string& url) {
    HttpCall call = mail();
    call.url = url;
    call.headers.emplace_back("X-Mail-User", "baton");
    call.headers.emplace_back("X-Mail-Password", "secret");
    return call;
  }

  std::string folder_;
  std::unique_ptr<MailServer> secure_;
};

TEST_F(SmtpWithTls, says_nothing_of_the_mail_before_starttls_and_forgets_what_it_heard) {
  const auto answer = send(secured(secure_->url("smtp+starttls")));
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_EQ(answer->status, 250);
  const auto commands = secure_->commands();
  ASSERT_GE(commands.size(), 5u);
  EXPECT_EQ(commands[0], "EHLO baton");
  EXPECT_EQ(commands[1], "STARTTLS");
  EXPECT_EQ(commands[2], "EHLO baton");
  EXPECT_THAT(commands[3], HasSubstr("AUTH PLAIN"));
  EXPECT_EQ(secure_->mails().size(), 1u);
}

TEST_F(SmtpWithTls, goes_not_on_in_the_clear_where_starttls_is_not_offered_or_not_honest) {
  const auto plain = send(secured(server_.url("smtp+starttls")));
  ASSERT_FALSE(plain.ok());
  EXPECT_THAT(plain.error().detail, HasSubstr("does not offer STARTTLS"));
  EXPECT_THAT(server_.commands(), testing::Each(testing::AnyOf("EHLO baton", "QUIT")));  // No word of the mail.
  // Words in the clear behind the agreement are not the server's.
  secure_->answer("STARTTLS", "220 go ahead\r\n250 ok");
  const auto injected = send(secured(secure_->url("smtp+starttls")));
  ASSERT_FALSE(injected.ok());
  EXPECT_THAT(injected.error().detail, HasSubstr("in the clear after STARTTLS"));
  EXPECT_TRUE(secure_->mails().empty());
}

TEST_F(SmtpWithTls, trusts_no_certificate_of_anybody_else) {
  trusted_.clear();
  const auto stranger = send(secured(secure_->url("smtp+starttls")));
  ASSERT_FALSE(stranger.ok());
  EXPECT_THAT(stranger.error().detail, HasSubstr("TLS handshake"));
  EXPECT_THAT(secure_->commands(), ElementsAre("EHLO baton", "STARTTLS"));
}

// Runs a workflow that sends mail to the end, on a node of its own, and gives its record. Deferred answers are tried again at once.
class SmtpWorkflow : public Smtp {
 protected:
  InstanceRecord run(const std::string& body) {
    NodeOptions options;
    options.in_memory = true;
    options.http = std::make_shared<OutboundPort>(*HttpClient::make(loop_), loop_, "");
    options.settings = R"({"notify":{"smtp":")" + server_.url() + R"(","from":"baton@h.test"}})";
    auto opened = Node::open(std::move(options));
    EXPECT_TRUE(opened.ok());
    const std::unique_ptr<Node> node = std::move(*opened);
    BundleFiles files;
    files["workflows/tell.lua"] =
        "local workflow = require 'workflow'\nlocal notify = require 'notify'\n"
        "return workflow.define { name = 'tell', run = function(ctx)\n" +
        body + "\nend }\n";
    EXPECT_TRUE(node->submit_and_wait(DeployRequest{"tell", files, Principal{}}).ok());
    StartRequest start;
    start.workflow = "tell";
    start.id = "t1";
    EXPECT_TRUE(node->submit_and_wait(start).ok());
    while (node->reader().instance("t1")->value().open()) {
      std::promise<void> turn;
      loop_.after(Duration{5}, [&turn] { turn.set_value(); });
      turn.get_future().wait();
    }
    return node->reader().instance("t1")->value();
  }
};

// A workflow tells somebody by mail: deferred once, then taken; journaled once, and with the same Message-ID.
TEST_F(SmtpWorkflow, notifies_by_mail_as_an_effect_like_any_other) {
  server_.answer("MAIL", "451 try later");
  const InstanceRecord record = run(
      "  return notify.mail(ctx, { to = { 'ann@h.test' }, subject = 'Käthe: overdue', text = 'Please look at it.' },\n"
      "    { retry = { initial = '1ms', attempts = 5, jitter = 0 } })");
  EXPECT_EQ(record.status, InstanceStatus::completed);
  EXPECT_THAT(record.outcome.value, HasSubstr(R"("taken":true)"));
  ASSERT_EQ(server_.mails().size(), 1u);
  const std::string mail = server_.mails().front();
  EXPECT_THAT(mail, HasSubstr("To: ann@h.test\n"));
  EXPECT_THAT(mail, HasSubstr("Subject: =?UTF-8?B?" + encode_base64("Käthe: overdue") + "?=\n"));
  EXPECT_THAT(mail, HasSubstr("Message-ID: <"));
  EXPECT_THAT(mail, HasSubstr("\n\n" + encode_base64("Please look at it.")));
}

TEST_F(SmtpWorkflow, does_not_try_again_what_a_server_refuses_for_good) {
  server_.answer("RCPT", "550 no such mailbox");
  const InstanceRecord record =
      run("  local ok, err = pcall(notify.mail, ctx, { to = 'nobody@h.test', subject = 'x', text = 'y' })\n"
          "  return err.code");
  EXPECT_EQ(record.outcome.value, "\"mail_refused\"");
}

}  // namespace
}  // namespace baton
