// Sends one mail over SMTP (RFC 5321), for activities: a connection each, with TLS from its first byte (smtps://) or from
// STARTTLS on (smtp+starttls://, RFC 3207). Any thread; calls back once, on the loop.
//
// A server that is to speak TLS and does not is an error, and nothing goes out in the clear.
//
// A call's method is MAIL, its url smtp://host:port or one of those above, its body the whole message (RFC 5322), and its
// headers the envelope: one X-Mail-From, an X-Mail-To for each recipient, and for a server that asks who we are
// X-Mail-User and X-Mail-Password, which go out over TLS only. The answer's status is the server's last code: 250 when it has
// taken the mail, and then nobody else will send it; 4xx and 5xx as it refused it. Nothing is taken for some of the
// recipients only: the first that is refused ends it.
#pragma once

#include "actors/node.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

class SmtpClient {
 public:
  // Borrows the loop. `authority_file`: one more authority that is trusted with smtps.
  SmtpClient(IoLoop& loop, std::string authority_file) : loop_(loop), authority_file_(std::move(authority_file)) {}
  // Errors: unreachable, bad_field.
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done);

 private:
  IoLoop& loop_;
  const std::string authority_file_;
};

// True for the address of a mail server.
[[nodiscard]] bool is_mail_url(const std::string& url);

// What activities reach outside: mail by the addresses above, all else over HTTP.
class OutboundPort : public HttpPort {
 public:
  OutboundPort(std::shared_ptr<HttpPort> http, IoLoop& loop, std::string authority_file)
      : http_(std::move(http)), mail_(loop, std::move(authority_file)) {}
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override {
    if (is_mail_url(call.url)) {
      return mail_.send(std::move(call), std::move(done));
    }
    http_->send(std::move(call), std::move(done));
  }

 private:
  const std::shared_ptr<HttpPort> http_;
  SmtpClient mail_;
};

}  // namespace baton
