#include "persistence/high_water_mark.hpp"

#include <rocksdb/env.h>

#include <cstring>

#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kSlotVersion = 1;
constexpr std::uint64_t kSlotDistance = 4096;
constexpr std::size_t kCheckSize = 8;
constexpr std::size_t kSlotRead = 256;  // No slot is longer.

struct Slot {
  std::uint64_t generation = 0;
  MarkPosition position;
};

std::string encode(const Slot& slot) {
  Writer writer;
  writer.u8(kSlotVersion).u64be(slot.generation).bytes(slot.position.store);
  writer.u64be(slot.position.lsn).raw(as_bytes(slot.position.hash));
  const Hash256 check = sha256(writer.view());
  writer.raw(as_bytes(check).substr(0, kCheckSize));
  return std::move(writer).take();
}

std::optional<Slot> decode_slot(std::string_view bytes) {
  Reader reader(bytes);
  Slot slot;
  const std::uint8_t version = reader.u8();
  slot.generation = reader.u64be();
  slot.position.store = reader.text();
  slot.position.lsn = reader.u64be();
  const std::string_view hash = reader.raw(slot.position.hash.size());
  const std::size_t checked = bytes.size() - reader.rest().size();
  const std::string_view check = reader.raw(kCheckSize);
  if (!reader.ok() || version != kSlotVersion) return std::nullopt;
  const Hash256 computed = sha256(bytes.substr(0, checked));
  if (as_bytes(computed).substr(0, kCheckSize) != check) return std::nullopt;
  std::memcpy(slot.position.hash.data(), hash.data(), hash.size());
  return slot;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string shown(std::uint64_t lsn, const Hash256& hash) {
  return "round " + std::to_string(lsn) + " (" + to_hex(hash).substr(0, 16) + ")";
}

}  // namespace

HighWaterMark::~HighWaterMark() = default;

Result<std::unique_ptr<HighWaterMark>> HighWaterMark::open(rocksdb::Env* env, const std::string& path) {
  if (env == nullptr) env = rocksdb::Env::Default();
  // RandomRWFile opens what is there: make it first.
  if (env->FileExists(path).IsNotFound()) {
    std::unique_ptr<rocksdb::WritableFile> created;
    rocksdb::Status made = env->NewWritableFile(path, &created, rocksdb::EnvOptions());
    if (made.ok()) made = created->Append(std::string(2 * kSlotDistance, '\0'));
    if (made.ok()) made = created->Sync();
    if (made.ok()) made = created->Close();
    std::unique_ptr<rocksdb::Directory> directory;
    if (made.ok()) made = env->NewDirectory(directory_of(path), &directory);
    if (made.ok()) made = directory->Fsync();
    if (!made.ok()) return error_of(made, "the high-water mark cannot be created");
  }
  std::unique_ptr<HighWaterMark> mark(new HighWaterMark());
  const rocksdb::Status opened = env->NewRandomRWFile(path, &mark->file_, rocksdb::EnvOptions());
  if (!opened.ok()) return error_of(opened, "the high-water mark cannot be opened");
  if (const Status read = mark->read_slots(); !read.ok()) return read.error();
  return mark;
}

Status HighWaterMark::read_slots() {
  for (const std::uint64_t at : {std::uint64_t{0}, kSlotDistance}) {
    char scratch[kSlotRead];
    rocksdb::Slice bytes;
    const rocksdb::Status read = file_->Read(at, sizeof scratch, &bytes, scratch);
    if (!read.ok()) return error_of(read, "the high-water mark cannot be read");
    auto slot = decode_slot(view(bytes));
    const bool unwritten = bytes.size() == kSlotRead && view(bytes).find_first_not_of('\0') == std::string_view::npos;
    has_unreadable_place_ = has_unreadable_place_ || (!slot && !unwritten);
    if (!slot || slot->generation < generation_) continue;
    generation_ = slot->generation;
    position_ = std::move(slot->position);
  }
  return success();
}

Status HighWaterMark::check(const std::string& identity, const RoundHead& head) const {
  if (!position_) {
    if (head.lsn <= 1) return success();
    return Error{
        ErrorCode::store_rolled_back,
        "nobody can tell whether the store is whole: it ends at " + shown(head.lsn, head.hash) +
            ", and its high-water mark is missing or cannot be read",
        "bring back the mark from beside the store; without one, run 'baton store accept-loss' to go on with what is "
        "there"};
  }
  const bool same_store = position_->store == identity;
  const bool behind = head.lsn < position_->lsn;
  const bool other_history = head.lsn == position_->lsn && head.hash != position_->hash;
  if (same_store && !behind && !other_history) return success();
  const std::string what = !same_store ? "the store is another one than the mark was written for"
                           : behind    ? "the store is older than what was acknowledged"
                                       : "the store has another history than was acknowledged";
  return Error{ErrorCode::store_rolled_back,
               what + ": it ends at " + shown(head.lsn, head.hash) + ", acknowledged was " +
                   shown(position_->lsn, position_->hash),
               "bring back the newest store, or run 'baton store accept-loss' to go on without the lost rounds"};
}

Status HighWaterMark::write(const MarkPosition& position) {
  const std::string slot = encode(Slot{generation_ + 1, position});
  BATON_ASSERT(slot.size() <= kSlotRead);
  const rocksdb::Status written = file_->Write((generation_ + 1) % 2 * kSlotDistance, slot);
  if (!written.ok()) return error_of(written, "the high-water mark cannot be written");
  ++generation_;
  position_ = position;
  return success();
}

Status HighWaterMark::sync() {
  const rocksdb::Status synced = file_->Sync();
  if (!synced.ok()) return error_of(synced, "the high-water mark cannot be synced");
  return success();
}

}  // namespace baton
