#include "persistence/round.hpp"

#include <cstring>

#include "persistence/key_space.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kHeadVersion = 1;
constexpr char kPutInFirstFamily = 0x1;  // RocksDB's kTypeValue.

Error corrupt(const char* what) {
  return Error{ErrorCode::store_corrupt, what, "restore the store from a backup or from another node"};
}

Hash256 take_hash(Reader& reader) {
  Hash256 hash{};
  const std::string_view bytes = reader.raw(hash.size());
  if (bytes.size() == hash.size()) std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

}  // namespace

std::string encode(const RoundHead& head) {
  Writer writer;
  writer.reserve(round_format::kHeadSize);
  writer.u8(kHeadVersion).u64be(head.lsn).u64be(head.epoch).raw(as_bytes(head.previous)).raw(as_bytes(head.hash));
  return std::move(writer).take();
}

Result<RoundHead> decode_round_head(std::string_view bytes) {
  Reader reader(bytes);
  const std::uint8_t version = reader.u8();
  RoundHead head;
  head.lsn = reader.u64be();
  head.epoch = reader.u64be();
  head.previous = take_hash(reader);
  head.hash = take_hash(reader);
  if (version > kHeadVersion) {
    return Error{ErrorCode::store_version, "the head row has version " + std::to_string(version),
                 "run the Baton that wrote it, or a newer one"};
  }
  if (!reader.ok() || !reader.at_end() || version != kHeadVersion) return corrupt("a head row cannot be decoded");
  return head;
}

RoundHead next_head(Sha256& sha256, const RoundHead& before, std::uint64_t epoch, std::string_view body) {
  RoundHead head{before.lsn + 1, epoch, before.hash, {}};
  Writer position;
  position.u64be(head.lsn).u64be(head.epoch);
  head.hash = sha256.digest({position.view(), as_bytes(head.previous), body});
  return head;
}

Result<std::optional<RoundHead>> head_of_round(std::string_view bytes) {
  using namespace round_format;
  if (bytes.size() < kFrameSize + kHeadRecordSize) return std::optional<RoundHead>();
  const std::string_view record = bytes.substr(bytes.size() - kHeadRecordSize);
  std::string expected(1, kPutInFirstFamily);
  expected.push_back(static_cast<char>(keys::kHead.size()));
  expected.append(keys::kHead).push_back(static_cast<char>(kHeadSize));
  if (!record.starts_with(expected)) return std::optional<RoundHead>();
  const auto head = decode_round_head(record.substr(expected.size()));
  if (!head.ok()) return head.error();
  return std::optional(*head);
}

Result<RoundHead> verify_round(std::string_view bytes) {
  using namespace round_format;
  if (bytes.size() < kFrameSize + kHeadRecordSize) return corrupt("a round is cut short");
  const auto head = head_of_round(bytes);
  if (!head.ok()) return head.error();
  if (!*head) return corrupt("a round does not end with its head row");
  const std::string_view body = bytes.substr(kFrameSize, bytes.size() - kFrameSize - kHeadRecordSize);
  Sha256 hasher;
  const RoundHead before{(*head)->lsn - 1, 0, {}, (*head)->previous};
  if (next_head(hasher, before, (*head)->epoch, body) != **head) return corrupt("a round does not have its hash");
  return **head;
}

}  // namespace baton
