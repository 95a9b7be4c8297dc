#include "gateway/smtp/smtp_client.hpp"

#include <array>
#include <charconv>
#include <deque>
#include <memory>

#include "gateway/net/byte_stream.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/limits.hpp"

namespace baton {
namespace {

using Answered = std::function<void(Result<HttpAnswer>)>;

constexpr std::size_t kReplySize = 64u << 10;

enum class Security { none, from_the_start, starttls };
struct Scheme {
  std::string_view prefix;
  Security security;
  std::uint16_t port;
};
constexpr Scheme kSchemes[] = {{"smtp://", Security::none, 25},
                               {"smtps://", Security::from_the_start, 465},
                               {"smtp+starttls://", Security::starttls, 587}};

const Scheme* scheme_of(std::string_view url) {
  for (const Scheme& scheme : kSchemes) {
    if (url.starts_with(scheme.prefix)) return &scheme;
  }
  return nullptr;
}

struct Mail {
  std::string host;
  std::uint16_t port = 0;
  Security security = Security::none;
  std::string from;
  std::vector<std::string> to;
  std::string user, password;
  std::string message;
};

// An address as it may stand in a command: nothing that ends a line or a path.
bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= 254 && text.find_first_of(" <>\r\n\t") == std::string_view::npos &&
         text.find('@') != std::string_view::npos;
}

Result<Mail> read_call(const HttpCall& call) {
  Mail mail;
  const Scheme* const scheme = scheme_of(call.url);
  std::string_view rest = std::string_view(call.url).substr(scheme == nullptr ? 0 : scheme->prefix.size());
  rest = rest.substr(0, rest.find('/'));
  const std::size_t colon = rest.rfind(':');
  mail.host = rest.substr(0, colon);
  if (scheme == nullptr) mail.host.clear();
  mail.security = scheme == nullptr ? Security::none : scheme->security;
  mail.port = scheme == nullptr ? 0 : scheme->port;
  if (colon != std::string_view::npos) {
    const std::string_view digits = rest.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mail.port);
    if (error != std::errc() || end != digits.data() + digits.size()) mail.host.clear();
  }
  if (mail.host.empty())
    return Error{ErrorCode::bad_field, "'" + call.url + "' is no address of a mail server",
                 "smtp://host:port, smtps://host:port or smtp+starttls://host:port"};
  for (const auto& [name, value] : call.headers) {
    if (name == "X-Mail-User") mail.user = value;
    if (name == "X-Mail-Password") mail.password = value;
    if (name != "X-Mail-From" && name != "X-Mail-To") continue;
    if (!is_address(value))
      return Error{ErrorCode::bad_field, "'" + value + "' is no mail address", "give one as name@host"};
    if (name == "X-Mail-From") mail.from = value;
    if (name == "X-Mail-To") mail.to.push_back(value);
  }
  if (mail.from.empty() || mail.to.empty())
    return Error{ErrorCode::bad_field, "a mail needs a sender and a recipient", "give from and to"};
  if (mail.to.size() > limits::kMailRecipients || call.body.size() > limits::kMailSize) {
    return Error{ErrorCode::too_large, "the mail is too large, or has too many recipients", "send several"};
  }
  if (!mail.user.empty() && mail.security == Security::none)
    return Error{ErrorCode::bad_field, "a password goes out over TLS only", "use smtps:// or smtp+starttls://"};
  mail.message = call.body;
  return mail;
}

// Lines end in CR LF, a line of a dot alone would end the mail, and it ends with one (RFC 5321, 4.5.2).
std::string as_data(const std::string& message) {
  std::string out;
  bool begins = true;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\r\n";
      begins = true;
      continue;
    }
    if (begins && c == '.') out.push_back('.');
    begins = false;
    out.push_back(c);
  }
  if (!begins) out += "\r\n";
  return out + ".\r\n";
}

// One conversation: a command at a time, each with the code that it must be answered with.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(IoLoop& loop, Mail mail, std::shared_ptr<TlsContext> tls, Answered done)
      : loop_(loop), mail_(std::move(mail)), tls_(std::move(tls)), done_(std::move(done)) {
    expect("", 2);  // The greeting.
    expect("EHLO baton\r\n", 2);
    if (mail_.security == Security::starttls) {
      expect(std::string(kStartTls), 2);
      expect("EHLO baton\r\n", 2);  // What the server said before is forgotten: anybody could have said it.
    }
    if (!mail_.user.empty()) {
      const std::string plain = std::string(1, '\0') + mail_.user + std::string(1, '\0') + mail_.password;
      expect("AUTH PLAIN " + encode_base64(plain) + "\r\n", 2);
    }
    expect("MAIL FROM:<" + mail_.from + ">\r\n", 2);
    for (const std::string& to : mail_.to) expect("RCPT TO:<" + to + ">\r\n", 2);
    expect("DATA\r\n", 3);
    expect(as_data(mail_.message), 2);
  }

  void begin(Duration timeout) {
    timer_ = loop_.after(timeout, [self = shared_from_this()] {
      self->finish(Error{ErrorCode::unreachable, "the mail server did not answer in time", "see why it is slow"});
    });
    connect_stream(loop_, mail_.host, mail_.port, mail_.security == Security::from_the_start ? tls_ : nullptr, timeout,
                   [self = shared_from_this()](Result<std::shared_ptr<ByteStream>> stream) {
                     if (!stream) return self->finish(stream.error());
                     self->stream_ = std::move(*stream);
                     if (self->done_) return self->read();
                     self->stream_->close();
                   });
  }

 private:
  static constexpr std::string_view kStartTls = "STARTTLS\r\n";

  struct Exchange {
    std::string command;
    char code;  // The first digit that lets it go on.
  };

  void expect(std::string command, int code) { steps_.push_back({std::move(command), static_cast<char>('0' + code)}); }

  void read() {
    stream_->read_some(buffer_.data(), buffer_.size(), [self = shared_from_this()](std::size_t size) {
      if (!self->done_) return;
      if (size == 0)
        return self->finish(Error{ErrorCode::unreachable, "the mail server ended the connection", "try again"});
      self->text_.append(self->buffer_.data(), size);
      if (self->text_.size() > kReplySize)
        return self->finish(Error{ErrorCode::unreachable, "the mail server says too much", "see what it is"});
      self->take_replies();
      if (self->done_ && !self->agreeing_ && !self->held_) self->read();
    });
  }

  // What the server says meanwhile is taken when all is written, but for a refusal of it.
  void say(std::string command) {
    writing_ = true;
    stream_->write(std::move(command), "", [self = shared_from_this()](bool) {
      self->writing_ = false;
      if (!std::exchange(self->held_, false) || !self->done_) return;
      self->take_replies();
      if (self->done_ && !self->agreeing_ && !self->held_) self->read();
    });
  }

  // A reply is lines "250-more" and a last line "250 text".
  void take_replies() {
    std::size_t end = 0;
    while (done_ && !agreeing_ && (end = text_.find('\n')) != std::string::npos) {
      held_ = writing_ && !steps_.empty() && text_[0] == steps_.front().code;
      if (held_) return;
      std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      while (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.size() >= 12 && line.substr(4) == "STARTTLS") offers_tls_ = true;
      if (line.size() > 3 && line[3] == '-') continue;
      take_reply(line);
    }
  }

  void take_reply(const std::string& line) {
    int code = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + std::min<std::size_t>(3, line.size()), code);
    if (error != std::errc() || end != line.data() + 3 || steps_.empty()) {
      return finish(Error{ErrorCode::unreachable, "this does not speak SMTP", "see the address of the mail server"});
    }
    if (line[0] != steps_.front().code) return finish(HttpAnswer{code < 400 ? 554 : code, {}, line});
    const bool agreed = steps_.front().command == kStartTls;
    steps_.pop_front();
    if (steps_.empty()) return finish(HttpAnswer{code, {}, line});
    if (agreed) return agree();
    if (steps_.front().command == kStartTls && !offers_tls_) {
      return finish(Error{ErrorCode::unreachable, "the mail server does not offer STARTTLS",
                          "use smtps://, or have its administrator turn it on; nothing was sent in the clear"});
    }
    say(steps_.front().command);
  }

  // What came in the clear behind the agreement is not the server's: whoever sits between may have put it there.
  void agree() {
    agreeing_ = true;
    if (!text_.empty()) {
      return finish(
          Error{ErrorCode::unreachable, "the mail server went on in the clear after STARTTLS", "see what it is"});
    }
    connect_tls(stream_, tls_, mail_.host, [self = shared_from_this()](Result<std::shared_ptr<ByteStream>> stream) {
      if (!self->done_) {
        if (stream) (*stream)->close();
        return;
      }
      if (!stream) {
        self->stream_.reset();
        return self->finish(Error{ErrorCode::unreachable, "the mail server: " + stream.error().detail,
                                  "is its certificate valid for this name?"});
      }
      self->stream_ = std::move(*stream);
      self->agreeing_ = false;
      self->say(self->steps_.front().command);
      self->read();
    });
  }

  // Taken or refused: the connection is not needed any more, and its end is no error.
  void finish(Result<HttpAnswer> answer) {
    if (!done_) return;
    loop_.cancel(timer_);
    const Answered done = std::exchange(done_, nullptr);
    if (stream_ && (agreeing_ || writing_)) {
      stream_->close();
    } else if (stream_) {
      stream_->write("QUIT\r\n", "", [stream = stream_](bool) { stream->close(); });
    }
    done(std::move(answer));
  }

  IoLoop& loop_;
  const Mail mail_;
  const std::shared_ptr<TlsContext> tls_;
  Answered done_;
  std::shared_ptr<ByteStream> stream_;
  std::array<char, 4096> buffer_{};
  std::string text_;
  std::deque<Exchange> steps_;
  std::uint64_t timer_ = 0;
  bool offers_tls_ = false;
  bool agreeing_ = false;  // On TLS: nothing is read meanwhile.
  bool writing_ = false;
  bool held_ = false;  // text_ begins with what is taken once all is written: nothing is read meanwhile.
};

}  // namespace

bool is_mail_url(const std::string& url) { return scheme_of(url) != nullptr; }

void SmtpClient::send(HttpCall call, Answered done) {
  const auto refuse = [&](const Error& error) { loop_.post([done = std::move(done), error] { done(error); }); };
  auto mail = read_call(call);
  if (!mail) return refuse(mail.error());
  std::shared_ptr<TlsContext> tls;
  if (mail->security != Security::none) {
    auto made = make_client_tls(authority_file_);
    if (!made) return refuse(made.error());
    tls = std::move(*made);
  }
  auto conversation = std::make_shared<Conversation>(loop_, std::move(*mail), std::move(tls), std::move(done));
  loop_.post([conversation, timeout = call.timeout] { conversation->begin(timeout); });
}

}  // namespace baton
