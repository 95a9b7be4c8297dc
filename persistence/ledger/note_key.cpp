#include "persistence/ledger/note_key.hpp"

#include <utility>

#include "runtime/base/base64.hpp"
#include "runtime/base/codec.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";

std::string cosigned_text(std::int64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

// What every key has: a name and the id that follows from it.
class KeyIdentity {
 public:
  KeyIdentity(std::string name, std::string_view material)
      : name_(std::move(name)), id_(note_key_id(name_, material)) {}
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint32_t id() const { return id_; }

 private:
  std::string name_;
  std::uint32_t id_;
};

class Ed25519Verifier final : public NoteVerifier {
 public:
  Ed25519Verifier(KeyIdentity identity, Ed25519PublicKey key) : identity_(std::move(identity)), key_(std::move(key)) {}
  const std::string& name() const override { return identity_.name(); }
  std::uint32_t key_id() const override { return identity_.id(); }
  bool verify(std::string_view text, std::string_view signature) const override { return key_.verify(text, signature); }

 private:
  KeyIdentity identity_;
  Ed25519PublicKey key_;
};

class CosignatureVerifier final : public NoteVerifier {
 public:
  CosignatureVerifier(KeyIdentity identity, Ed25519PublicKey key)
      : identity_(std::move(identity)), key_(std::move(key)) {}
  const std::string& name() const override { return identity_.name(); }
  std::uint32_t key_id() const override { return identity_.id(); }
  bool verify(std::string_view text, std::string_view signature) const override {
    const auto seconds = cosignature_time(signature);
    return seconds.ok() && key_.verify(cosigned_text(*seconds, text), signature.substr(8));
  }

 private:
  KeyIdentity identity_;
  Ed25519PublicKey key_;
};

class Ed25519Signer final : public NoteSigner {
 public:
  Ed25519Signer(KeyIdentity identity, Ed25519PrivateKey key) : identity_(std::move(identity)), key_(std::move(key)) {}
  const std::string& name() const override { return identity_.name(); }
  std::uint32_t key_id() const override { return identity_.id(); }
  std::string sign(std::string_view text) const override { return key_.sign(text); }

 private:
  KeyIdentity identity_;
  Ed25519PrivateKey key_;
};

class CosignatureSigner final : public NoteSigner {
 public:
  CosignatureSigner(KeyIdentity identity, Ed25519PrivateKey key, std::function<std::int64_t()> now_seconds)
      : identity_(std::move(identity)), key_(std::move(key)), now_seconds_(std::move(now_seconds)) {}
  const std::string& name() const override { return identity_.name(); }
  std::uint32_t key_id() const override { return identity_.id(); }
  std::string sign(std::string_view text) const override {
    const std::int64_t seconds = now_seconds_();
    BATON_ASSERT(seconds > 0);
    Writer signature;
    signature.u64be(static_cast<std::uint64_t>(seconds)).raw(key_.sign(cosigned_text(seconds, text)));
    return std::move(signature).take();
  }

 private:
  KeyIdentity identity_;
  Ed25519PrivateKey key_;
  std::function<std::int64_t()> now_seconds_;
};

struct KeyText {
  std::string name;
  std::string key_id;
  NoteKeyType type;
  std::string key;  // 32 bytes.
};

Error bad_key(const char* why) { return Error{ErrorCode::bad_field, std::string("this is no note key: ") + why, {}}; }

std::string hex_id(std::uint32_t id) {
  Writer bytes;
  bytes.u32be(id);
  return to_hex(bytes.view());
}

// "name+id+base64", common to both kinds. The id is still to be compared.
Result<KeyText> split_key(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad_key("its three parts are not there");
  const auto bytes = decode_base64(text.substr(second + 1));
  if (!bytes || bytes->size() != 1 + kEd25519KeySize) return bad_key("the key is not 33 bytes in base 64");
  const auto type = static_cast<NoteKeyType>(bytes->front());
  if (type != NoteKeyType::ed25519 && type != NoteKeyType::cosignature_v1) return bad_key("its type is not known here");
  KeyText key{std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)), type,
              bytes->substr(1)};
  if (!is_valid_key_name(key.name)) return bad_key("the name is not valid");
  return key;
}

std::string material_of(NoteKeyType type, std::string_view key) {
  return std::string(1, static_cast<char>(type)).append(key);
}

}  // namespace

Result<std::shared_ptr<const NoteVerifier>> parse_verifier_key(std::string_view text) {
  auto parts = split_key(text);
  if (!parts.ok()) return parts.error();
  KeyIdentity identity(parts->name, material_of(parts->type, parts->key));
  if (parts->key_id != hex_id(identity.id())) return bad_key("the key id does not fit the name and key");
  auto key = Ed25519PublicKey::from_bytes(parts->key);
  if (!key.ok()) return key.error();
  if (parts->type == NoteKeyType::cosignature_v1) {
    return std::shared_ptr<const NoteVerifier>(
        std::make_shared<CosignatureVerifier>(std::move(identity), *std::move(key)));
  }
  return std::shared_ptr<const NoteVerifier>(std::make_shared<Ed25519Verifier>(std::move(identity), *std::move(key)));
}

Result<NoteSigningKey> NoteSigningKey::generate(std::string name, NoteKeyType type) {
  if (!is_valid_key_name(name)) return bad_key("the name is not valid");
  return NoteSigningKey(std::move(name), type, Ed25519PrivateKey::generate());
}

NoteSigningKey NoteSigningKey::from_seed(std::string name, std::string_view seed) {
  BATON_ASSERT(is_valid_key_name(name) && seed.size() == kEd25519KeySize);
  return NoteSigningKey(std::move(name), NoteKeyType::ed25519, Ed25519PrivateKey::from_seed(seed));
}

Result<NoteSigningKey> NoteSigningKey::parse(std::string_view text) {
  if (!text.starts_with(kPrivatePrefix)) return bad_key("it does not begin with PRIVATE+KEY+");
  auto parts = split_key(text.substr(kPrivatePrefix.size()));
  if (!parts.ok()) return parts.error();
  NoteSigningKey key(parts->name, parts->type, Ed25519PrivateKey::from_seed(parts->key));
  if (parts->key_id != hex_id(note_key_id(key.name_, key.material()))) {
    return bad_key("the key id does not fit the name and key");
  }
  return key;
}

std::string NoteSigningKey::material() const { return material_of(type_, key_.public_key()); }

std::string NoteSigningKey::format() const {
  return std::string(kPrivatePrefix) + name_ + "+" + hex_id(note_key_id(name_, material())) + "+" +
         encode_base64(material_of(type_, key_.seed()));
}

std::string NoteSigningKey::verifier_key() const {
  return name_ + "+" + hex_id(note_key_id(name_, material())) + "+" + encode_base64(material());
}

std::shared_ptr<const NoteSigner> NoteSigningKey::signer(std::function<std::int64_t()> now_seconds) const {
  KeyIdentity identity(name_, material());
  if (type_ == NoteKeyType::ed25519) return std::make_shared<Ed25519Signer>(std::move(identity), key_);
  BATON_ASSERT(now_seconds != nullptr);
  return std::make_shared<CosignatureSigner>(std::move(identity), key_, std::move(now_seconds));
}

Result<std::int64_t> cosignature_time(std::string_view signature) {
  if (signature.size() != 8 + kEd25519SignatureSize) {
    return Error{ErrorCode::bad_checkpoint, "this is no cosignature", {}};
  }
  const std::uint64_t seconds = Reader(signature).u64be();
  if (seconds >> 63 != 0) return Error{ErrorCode::bad_checkpoint, "the cosignature's time is out of range", {}};
  return static_cast<std::int64_t>(seconds);
}

}  // namespace baton
