#include "gateway/auth/provider.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/auth/acting.hpp"
#include "gateway/auth/secret.hpp"
#include "gateway/http/url_text.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/cut_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

constexpr Duration kKept{3'600'000};
constexpr Duration kBetweenFetches{30'000};
constexpr int kFetchesAtOnce = 3;
constexpr Duration kSignInTime{600'000};
constexpr Duration kCallTime{10'000};

Error provider_failed(const std::string& what) {
  return {ErrorCode::provider_failed, "the sign-in provider " + what, "look at the provider, and at auth.issuer"};
}
Error sign_in_failed(const std::string& what) {
  return {ErrorCode::sign_in_failed, "the provider's sign-in " + what, "begin again"};
}

Result<boost::json::object> object_of(const Result<HttpAnswer>& answer, const char* what) {
  if (!answer) return provider_failed("does not answer: " + answer.error().detail);
  auto document = parse_json_document(answer->body);
  if (answer->status != 200 || !document || !document->is_object()) {
    return provider_failed(std::string("answered ") + std::to_string(answer->status) + " when asked for " + what);
  }
  return std::move(document->as_object());
}

std::string query_of(const std::vector<std::pair<const char*, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) text += (text.empty() ? "" : "&") + std::string(name) + "=" + percent_encode(value);
  }
  return text;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_role_map(std::string_view text) {
  std::map<std::string, std::string> map;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t equals = one.rfind('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == one.size()) {
      return Error{ErrorCode::bad_config, "'" + std::string(one) + "' maps nothing to a role",
                   "write group=role,group=role"};
    }
    if (one.substr(equals + 1) == kLocalRole) {
      return Error{ErrorCode::bad_config, "'" + std::string(one) + "' gives the role of this machine's own key",
                   "map to another role: nobody is given 'local'"};
    }
    map.emplace(one.substr(0, equals), one.substr(equals + 1));
  }
  return map;
}

Provider::Provider(std::shared_ptr<HttpPort> http, std::shared_ptr<Clock> clock, ProviderOptions options)
    : http_(std::move(http)), clock_(std::move(clock)), options_(std::move(options)), sign_in_key_(random_token()) {}

// ---- what the provider publishes ---------------------------------------------------------------------------------------

void Provider::with_metadata(WithMetadata then) {
  {
    std::unique_lock lock(mutex_);
    if (metadata_ && clock_->now() < metadata_at_ + kKept) {
      const Metadata metadata = *metadata_;
      lock.unlock();
      return then(metadata);
    }
  }
  std::string address = options_.issuer;
  while (!address.empty() && address.back() == '/') address.pop_back();
  http_->send({"GET", address + "/.well-known/openid-configuration", {{"Accept", "application/json"}}, "", kCallTime},
              [self = shared_from_this(), then = std::move(then)](Result<HttpAnswer> answer) {
                const auto found = object_of(answer, "its configuration");
                if (!found) return then(found.error());
                // Another issuer's configuration would let it sign in people of this one (OpenID Connect Discovery 4.3).
                if (text_at(*found, "issuer") != self->options_.issuer) {
                  return then(provider_failed("says that it is another issuer than auth.issuer"));
                }
                Metadata metadata{text_at(*found, "authorization_endpoint"), text_at(*found, "token_endpoint"),
                                  text_at(*found, "jwks_uri")};
                const auto* names = found->if_contains("authorization_response_iss_parameter_supported");
                metadata.names_itself = names != nullptr && names->is_bool() && names->as_bool();
                if (metadata.keys.empty()) return then(provider_failed("publishes no keys"));
                {
                  const std::lock_guard lock(self->mutex_);
                  self->metadata_ = metadata;
                  self->metadata_at_ = self->clock_->now();
                }
                then(metadata);
              });
}

Result<JsonWebKey> Provider::key_of(const std::string& id, const std::string& algorithm) const {
  const JsonWebKey* key = keys_.find(id, algorithm);
  if (key != nullptr) return *key;
  return Error{ErrorCode::bad_credential, "the token is signed with a key that the provider does not publish",
               "get a new one from the provider"};
}

bool Provider::may_ask_again() {
  const Instant now = clock_->now();
  const std::int64_t more = (now - refilled_at_).ms / kBetweenFetches.ms;
  if (more > 0) {
    fetches_left_ = static_cast<int>(std::min<std::int64_t>(kFetchesAtOnce, fetches_left_ + more));
    refilled_at_ = now;
  }
  if (fetches_left_ == 0) return false;
  --fetches_left_;
  return true;
}

void Provider::with_key(const std::string& id, const std::string& algorithm, WithKey then) {
  std::unique_lock lock(mutex_);
  const Duration age = clock_->now() - keys_at_;
  const bool known = have_keys_ && keys_.find(id, algorithm) != nullptr;
  // A key that is not there may be new. One fetch answers all who wait for it.
  const bool fetch = !have_keys_ || age > kKept || (!known && (!waiting_.empty() || may_ask_again()));
  if (!fetch) {
    auto key = key_of(id, algorithm);
    lock.unlock();
    return then(std::move(key));
  }
  waiting_.push_back({id, algorithm, std::move(then)});
  if (waiting_.size() > 1) return;
  lock.unlock();
  with_metadata([self = shared_from_this()](Result<Metadata> metadata) {
    if (!metadata) return self->took_keys(std::move(metadata).error());
    self->http_->send({"GET", metadata->keys, {{"Accept", "application/json"}}, "", kCallTime},
                      [self](Result<HttpAnswer> answer) { self->took_keys(std::move(answer)); });
  });
}

void Provider::took_keys(Result<HttpAnswer> answer) {
  Result<KeySet> set = provider_failed("");
  if (!answer) {
    set = answer.error().code == ErrorCode::provider_failed ? answer.error() : provider_failed("does not answer");
  } else {
    set = answer->status == 200 ? KeySet::parse(answer->body) : Result<KeySet>(provider_failed("gives no keys"));
  }
  std::vector<std::pair<WithKey, Result<JsonWebKey>>> answers;
  {
    const std::lock_guard lock(mutex_);
    if (set) {
      keys_ = std::move(*set);
      keys_at_ = clock_->now();
      have_keys_ = true;
    }
    for (Waiting& waiting : waiting_) {
      // While the provider is away the keys that are known go on.
      const bool known = have_keys_ && keys_.find(waiting.id, waiting.algorithm) != nullptr;
      answers.emplace_back(std::move(waiting.then),
                           set.ok() || known ? key_of(waiting.id, waiting.algorithm) : Result<JsonWebKey>(set.error()));
    }
    waiting_.clear();
  }
  for (auto& [then, key] : answers) then(std::move(key));
}

// ---- tokens ------------------------------------------------------------------------------------------------------------

void Provider::check(const JsonWebToken& token, const std::string& audience, std::function<void(Status)> done) {
  const Status claims = check_claims(token, {options_.issuer, audience, clock_->now()});
  if (!claims) return done(claims.error());
  with_key(token.key_id, token.algorithm, [token, done = std::move(done)](Result<JsonWebKey> key) {
    if (!key) return done(key.error());
    if (key->verifies(token.text, token.signature)) return done(success());
    done(Error{ErrorCode::bad_credential, "the token's signature is wrong", "get a new one from the provider"});
  });
}

TokenHolder Provider::holder_of(const boost::json::object& claims) const {
  TokenHolder holder;
  holder.subject = cut_text(text_at(claims, options_.subject_claim), limits::kNameSize);
  holder.name = cut_text(text_at(claims, "name"), limits::kNameSize);
  if (holder.name.empty()) holder.name = holder.subject;
  for (std::string& value : texts_claim(claims, options_.role_claim)) {
    if (options_.roles.empty()) {
      holder.roles.push_back(std::move(value));
    } else if (const auto role = options_.roles.find(value); role != options_.roles.end()) {
      holder.roles.push_back(role->second);
    }
  }
  std::erase(holder.roles, kLocalRole);
  holder.units = texts_claim(claims, options_.unit_claim);
  // A token may be new and the sign-in behind it old: `iat` says nothing of the person.
  holder.authenticated_at = time_claim(claims, "auth_time").value_or(Instant{});
  holder.expires_at = time_claim(claims, "exp").value_or(Instant{});
  // A token that a program got for itself names the program as its subject (RFC 9068 section 2.2).
  const std::string client = text_at(claims, "client_id");
  holder.person = client.empty() || client != text_at(claims, "sub");
  return holder;
}

void Provider::verify(const std::string& text, TokenVerified done) {
  auto token = JsonWebToken::parse(text);
  if (!token) return done(std::move(token).error());
  if (token->claims.contains("nonce")) {
    return done(Error{ErrorCode::bad_credential, "this is an ID token, which says who signed in and allows nothing",
                      "send the access token"});
  }
  const std::string& audience = options_.audience.empty() ? options_.client_id : options_.audience;
  auto shared = std::make_shared<const JsonWebToken>(std::move(*token));
  check(*shared, audience, [self = shared_from_this(), shared, done = std::move(done)](const Status& status) {
    if (!status) return done(status.error());
    TokenHolder holder = self->holder_of(shared->claims);
    if (holder.subject.empty()) {
      return done(Error{ErrorCode::bad_credential, "the token has no subject", "look at auth.subject_claim"});
    }
    done(std::move(holder));
  });
}

// ---- signing people in ---------------------------------------------------------------------------------------------------

// state = ms of the begin, "a" for again or "f", "." and a hash of both and the secret
Provider::Pending Provider::pending_of(const std::string& secret, Instant begun_at, bool again,
                                       std::string redirect) const {
  const std::string head = std::to_string(begun_at.ms) + (again ? "a" : "f");
  return {head + "." + keyed_hash(sign_in_key_, "state " + head + " " + secret),
          keyed_hash(sign_in_key_, "nonce " + secret),
          keyed_hash(sign_in_key_, "verifier " + secret),
          std::move(redirect),
          begun_at,
          again};
}

void Provider::begin(const std::string& redirect, bool again, std::function<void(Result<Begun>)> done) {
  with_metadata([self = shared_from_this(), redirect, again, done = std::move(done)](Result<Metadata> metadata) {
    if (!metadata) return done(metadata.error());
    if (metadata->authorization.empty() || metadata->token.empty()) {
      return done(provider_failed("does not say where people sign in"));
    }
    const std::string secret = random_token();
    const Pending pending = self->pending_of(secret, self->clock_->now(), again, redirect);
    const std::string challenge = encode_base64url(as_bytes(sha256(pending.verifier)));
    const std::string query = query_of({{"response_type", "code"},
                                        {"client_id", self->options_.client_id},
                                        {"redirect_uri", redirect},
                                        {"scope", self->options_.scope},
                                        {"state", pending.state},
                                        {"nonce", pending.nonce},
                                        {"code_challenge", challenge},
                                        {"code_challenge_method", "S256"},
                                        {"prompt", again ? "login" : ""},
                                        {"max_age", again ? "0" : ""}});
    const char joint = metadata->authorization.find('?') == std::string::npos ? '?' : '&';
    done(Begun{metadata->authorization + joint + query, secret});
  });
}

void Provider::finish(const Answer& answer, std::function<void(Result<Finished>)> done) {
  Instant begun_at;
  const char* const end = answer.state.data() + answer.state.size();
  const auto [mark, error] = std::from_chars(answer.state.data(), end, begun_at.ms);
  const bool again = mark != end && *mark == 'a';
  const Pending pending = pending_of(answer.secret, begun_at, again, answer.redirect);
  if (error != std::errc() || !same_secret(answer.state, pending.state)) {
    return done(sign_in_failed("was not begun in this browser"));
  }
  if (clock_->now() >= begun_at + kSignInTime) return done(sign_in_failed("was begun too long ago"));
  if (!answer.error.empty() || answer.code.empty()) return done(sign_in_failed("was given up"));
  with_metadata([self = shared_from_this(), pending, answer, done = std::move(done)](Result<Metadata> metadata) {
    if (!metadata) return done(metadata.error());
    const bool named = !answer.issuer.empty() || metadata->names_itself;
    if (named && answer.issuer != self->options_.issuer) return done(sign_in_failed("came back from another issuer"));
    self->exchange(*metadata, pending, answer.code, done);
  });
}

void Provider::exchange(const Metadata& metadata, const Pending& pending, const std::string& code,
                        std::function<void(Result<Finished>)> done) {
  HttpCall call{"POST",
                metadata.token,
                {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
                "",
                kCallTime};
  call.body = query_of({{"grant_type", "authorization_code"},
                        {"code", code},
                        {"redirect_uri", pending.redirect},
                        {"code_verifier", pending.verifier},
                        {"client_id", options_.client_secret.empty() ? options_.client_id : ""}});
  if (!options_.client_secret.empty()) {
    call.headers.emplace_back("Authorization", "Basic " + encode_base64(percent_encode(options_.client_id) + ":" +
                                                                        percent_encode(options_.client_secret)));
  }
  http_->send(std::move(call), [self = shared_from_this(), pending, done = std::move(done)](Result<HttpAnswer> answer) {
    self->took_tokens(pending, std::move(answer), done);
  });
}

void Provider::took_tokens(const Pending& pending, Result<HttpAnswer> answer,
                           std::function<void(Result<Finished>)> done) {
  if (answer.ok() && answer->status == 400) return done(sign_in_failed("was refused by the provider"));
  const auto tokens = object_of(answer, "tokens");
  if (!tokens) return done(tokens.error());
  auto token = JsonWebToken::parse(text_at(*tokens, "id_token"));
  if (!token) return done(sign_in_failed("has no good ID token: " + token.error().detail));
  auto shared = std::make_shared<const JsonWebToken>(std::move(*token));
  check(*shared, options_.client_id,
        [self = shared_from_this(), shared, pending, done = std::move(done)](const Status& status) {
          if (!status) {
            if (status.error().code == ErrorCode::provider_failed) return done(status.error());
            return done(sign_in_failed("has no good ID token: " + status.error().detail));
          }
          const auto& claims = shared->claims;
          if (!same_secret(text_at(claims, "nonce"), pending.nonce))
            return done(sign_in_failed("has another's ID token"));
          if (const std::string party = text_at(claims, "azp"); !party.empty() && party != self->options_.client_id) {
            return done(sign_in_failed("has an ID token for another client"));
          }
          Finished finished{self->holder_of(claims), pending.again};
          if (finished.holder.subject.empty()) return done(sign_in_failed("names nobody"));
          const auto proved = time_claim(claims, "auth_time");
          if (pending.again && (!proved || *proved + kMinute < pending.begun_at)) {
            return done(sign_in_failed("did not ask for the password again"));
          }
          done(std::move(finished));
        });
}

}  // namespace baton
