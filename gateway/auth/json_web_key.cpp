#include "gateway/auth/json_web_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "gateway/auth/secret.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

constexpr int kLeastRsaBits = 2048;

using Key = std::shared_ptr<void>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Parameters = std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key own(EVP_PKEY* key) {
  return key == nullptr ? Key() : Key(key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); });
}

Key from_parameters(const char* type, OSSL_PARAM* parameters) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return {};
  }
  return own(key);
}

Key rsa_key(const std::string& modulus, const std::string& exponent) {
  const Number n(BN_bin2bn(bytes_of(modulus), static_cast<int>(modulus.size()), nullptr), BN_free);
  const Number e(BN_bin2bn(bytes_of(exponent), static_cast<int>(exponent.size()), nullptr), BN_free);
  if (!n || !e || BN_num_bits(n.get()) < kLeastRsaBits || BN_num_bits(n.get()) > 16'384) return {};
  const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  return parameters ? from_parameters("RSA", parameters.get()) : Key();
}

Key p256_key(const std::string& x, const std::string& y) {
  if (x.size() != 32 || y.size() != 32) return {};
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  return parameters ? from_parameters("EC", parameters.get()) : Key();
}

Key ed25519_key(const std::string& x) {
  if (x.size() != 32) return {};
  return own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
}

// The key, with the one algorithm that its type stands for; without a key where it is none for us.
JsonWebKey read_key(const boost::json::object& object) {
  const auto number = [&object](std::string_view name) {
    return decode_base64url(text_at(object, name)).value_or(std::string());
  };
  JsonWebKey key;
  key.id = text_at(object, "kid");
  const std::string type = text_at(object, "kty");
  const std::string curve = text_at(object, "crv");
  if (type == "RSA") {
    key.algorithm = "RS256";
    key.key = rsa_key(number("n"), number("e"));
  } else if (type == "EC" && curve == "P-256") {
    key.algorithm = "ES256";
    key.key = p256_key(number("x"), number("y"));
  } else if (type == "OKP" && curve == "Ed25519") {
    key.algorithm = "EdDSA";
    key.key = ed25519_key(number("x"));
  }
  const std::string use = text_at(object, "use");
  const std::string algorithm = text_at(object, "alg");
  const bool usable = (use.empty() || use == "sig") && (algorithm.empty() || algorithm == key.algorithm);
  if (!usable) key.key.reset();
  return key;
}

// r and s one after the other, as the DER sequence that OpenSSL takes.
std::string der_of(std::string_view signature) {
  if (signature.size() != 64) return {};
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> made(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(bytes_of(signature), 32, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(signature) + 32, 32, nullptr);
  if (!made || r == nullptr || s == nullptr || ECDSA_SIG_set0(made.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(made.get(), &der);
  std::string text = size > 0 ? std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)) : "";
  OPENSSL_free(der);
  return text;
}

}  // namespace

bool JsonWebKey::verifies(std::string_view text, std::string_view signature) const {
  const std::string der = algorithm == "ES256" ? der_of(signature) : std::string(signature);
  if (!key || der.empty()) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const EVP_MD* digest = algorithm == "EdDSA" ? nullptr : EVP_sha256();
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, static_cast<EVP_PKEY*>(key.get())) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) == 1;
}

Result<KeySet> KeySet::parse(std::string_view text) {
  const Error none{ErrorCode::provider_failed, "the provider's keys are no JWK set", "look at its jwks_uri"};
  const auto document = parse_json_document(text);
  if (!document || !document->is_object()) return none;
  const auto* keys = document->as_object().if_contains("keys");
  if (keys == nullptr || !keys->is_array()) return none;
  KeySet set;
  for (const auto& item : keys->as_array()) {
    if (!item.is_object() || set.keys_.size() >= 100) continue;
    JsonWebKey key = read_key(item.as_object());
    if (key.key) set.keys_.push_back(std::move(key));
  }
  return set;
}

const JsonWebKey* KeySet::find(std::string_view id, std::string_view algorithm) const {
  const JsonWebKey* found = nullptr;
  for (const JsonWebKey& key : keys_) {
    if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
    if (found != nullptr) return nullptr;  // Which of two is not for us to guess.
    found = &key;
  }
  return found;
}

}  // namespace baton
