// An OpenID Connect provider: signs people in (authorization code with PKCE, RFC 7636) and vouches for bearer tokens by
// its published keys. What it publishes is fetched when it is needed, kept for an hour, and fetched again for a key that
// is unknown: three times at once, and then once every half minute. Thread-safe; callbacks come on any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "gateway/auth/access.hpp"
#include "gateway/auth/json_web_token.hpp"

namespace baton {

struct ProviderOptions {
  std::string issuer;  // Exactly as its tokens say it.
  std::string client_id;
  std::string client_secret;  // Empty: a public client.
  std::string audience;       // Of bearer tokens; empty: client_id.
  std::string scope = "openid profile";
  std::string subject_claim = "sub";
  std::string role_claim = "roles";
  std::string unit_claim = "units";
  std::map<std::string, std::string> roles;  // From the claim's values to roles; empty: they are roles as they are.
};

class Provider : public std::enable_shared_from_this<Provider> {
 public:
  Provider(std::shared_ptr<HttpPort> http, std::shared_ptr<Clock> clock, ProviderOptions options);

  // A bearer token. Errors: bad_credential, provider_failed.
  void verify(const std::string& token, TokenVerified done);

  struct Begun {
    std::string location;  // Where the browser goes.
    std::string secret;    // For a cookie of this browser, so that nobody else finishes this sign-in.
  };
  // Nothing is remembered of it, so that nobody fills a memory by beginning: what finish() needs follows from the secret and a
  // key of this process. `again`: the provider has to ask for the password anew. Error: provider_failed.
  void begin(const std::string& redirect, bool again, std::function<void(Result<Begun>)> done);

  struct Answer {  // The parameters that the browser comes back with, and its cookie.
    std::string code, state, issuer, error, secret;
    std::string redirect;  // As at the begin.
  };
  struct Finished {
    TokenHolder holder;
    bool again = false;
  };
  // Errors: sign_in_failed, provider_failed.
  void finish(const Answer& answer, std::function<void(Result<Finished>)> done);

 private:
  struct Metadata {
    std::string authorization, token, keys;
    bool names_itself = false;  // authorization_response_iss_parameter_supported (RFC 9207).
  };
  // A sign-in that was begun.
  struct Pending {
    std::string state, nonce, verifier, redirect;
    Instant begun_at;
    bool again = false;
  };
  [[nodiscard]] Pending pending_of(const std::string& secret, Instant begun_at, bool again, std::string redirect) const;
  using WithMetadata = std::function<void(Result<Metadata>)>;
  using WithKey = std::function<void(Result<JsonWebKey>)>;

  void with_metadata(WithMetadata then);
  // Whoever makes up keys must not make us ask the provider all the time. Caller holds mutex_.
  [[nodiscard]] bool may_ask_again();
  // The key that a token names; fetches the set when it is old, or does not have it.
  void with_key(const std::string& id, const std::string& algorithm, WithKey then);
  void took_keys(Result<HttpAnswer> answer);
  [[nodiscard]] Result<JsonWebKey> key_of(const std::string& id, const std::string& algorithm) const;
  // Signature and claims.
  void check(const JsonWebToken& token, const std::string& audience, std::function<void(Status)> done);
  void exchange(const Metadata& metadata, const Pending& pending, const std::string& code,
                std::function<void(Result<Finished>)> done);
  void took_tokens(const Pending& pending, Result<HttpAnswer> answer, std::function<void(Result<Finished>)> done);
  [[nodiscard]] TokenHolder holder_of(const boost::json::object& claims) const;

  const std::shared_ptr<HttpPort> http_;
  const std::shared_ptr<Clock> clock_;
  const ProviderOptions options_;
  const std::string sign_in_key_;
  mutable std::mutex mutex_;
  std::optional<Metadata> metadata_;
  Instant metadata_at_;
  KeySet keys_;
  Instant keys_at_;
  bool have_keys_ = false;
  int fetches_left_ = 3;  // For unknown keys.
  Instant refilled_at_;
  struct Waiting {
    std::string id, algorithm;
    WithKey then;
  };
  std::vector<Waiting> waiting_;  // For a fetch of keys that is under way; not empty means that one is.
};

// "baton-nurses=nurse,baton-admins=admin". Error: bad_config.
[[nodiscard]] Result<std::map<std::string, std::string>> parse_role_map(std::string_view text);

}  // namespace baton
