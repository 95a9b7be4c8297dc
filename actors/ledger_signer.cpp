#include "actors/ledger_signer.hpp"

#include <filesystem>
#include <utility>

#include "actors/log.hpp"
#include "persistence/ledger/checkpoint_copy.hpp"
#include "persistence/ledger/export_files.hpp"

namespace baton {
namespace {

constexpr Duration kBetweenCheckpoints{1'000};

Status check_copy(const std::string& path, const LedgerReader& reader, const NoteVerifier& key) {
  if (path.empty()) return success();
  const auto note = read_checkpoint_copy(path);
  if (!note.ok()) return note.error();
  if (!*note) return success();
  const auto opened = open_checkpoint(**note, {&key, {}, 0});
  if (!opened.ok()) {
    return Error{
        opened.error().code,
        path + ", the copy of the last checkpoint, is not what this ledger's key signed: " + opened.error().detail,
        "where it is damaged, move it away and start: the next one is written within a second. Until then nobody "
        "would see by it that the store is one from yesterday"};
  }
  return check_extends(reader, opened->checkpoint);
}

// What another key has signed cannot be gone on with: the file that has it is named.
Error of_another_key(Error error, const std::string& copy) {
  if (error.code != ErrorCode::bad_checkpoint || copy.empty()) return error;
  const std::string file = (std::filesystem::path(copy).parent_path() / "ledger.key").string();
  error.detail = "the last checkpoint of this store was not signed by the key in " + file + ": " + error.detail;
  error.cure = "put back the ledger.key of this store from its backup";
  return error;
}

}  // namespace

LedgerSigner::LedgerSigner(Parts parts, const NoteSigningKey& key)
    : parts_(std::move(parts)), source_(parts_.store), verifier_key_(key.verifier_key()) {}

Result<std::unique_ptr<LedgerSigner>> LedgerSigner::open(Parts parts, const NoteSigningKey& key) {
  const auto verifier = parse_verifier_key(key.verifier_key());
  BATON_ASSERT(verifier.ok());
  std::unique_ptr<LedgerSigner> signer(new LedgerSigner(std::move(parts), key));
  auto maker = CheckpointMaker::open(signer->source_, **verifier, {key.signer()});
  if (!maker.ok()) return of_another_key(maker.error(), signer->parts_.copy);
  signer->maker_ = *std::move(maker);
  const Status copied = check_copy(signer->parts_.copy, LedgerReader(signer->source_), **verifier);
  if (!copied.ok()) return copied.error();
  Parts& own = signer->parts_;
  if (own.witnesses.empty() || own.http == nullptr) return signer;
  auto client = WitnessClient::make({own.http, own.alarms, LedgerReader(signer->source_), *verifier, own.integrity_stop,
                                     [raw = signer.get()](std::uint64_t size, const std::string& note) {
                                       raw->parts_.committer.submit_checkpoint(
                                           size, note, [raw, size, note] { raw->keep_copy(size, note); });
                                     }},
                                    own.witnesses);
  if (!client.ok()) return client.error();
  signer->witnesses_ = *std::move(client);
  return signer;
}

void LedgerSigner::begin() {
  parts_.lanes.post("checkpoint", [this] { sign(); });
}

void LedgerSigner::sign_later() {
  parts_.alarms.after(kBetweenCheckpoints, [this] { begin(); });
}

void LedgerSigner::grown() {
  if (!awake_.load(std::memory_order_relaxed) && !awake_.exchange(true)) sign_later();
}

// Looks once more after it has lain down: what was committed in between saw it awake and said nothing.
void LedgerSigner::rest() {
  awake_.store(false);
  const auto behind = maker_->is_behind();
  if (!behind.ok()) return parts_.integrity_stop(behind.error());
  if (*behind) grown();
}

void LedgerSigner::sign() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  auto made = maker_->make();
  if (!made.ok()) return parts_.integrity_stop(made.error());
  if (!*made) return rest();
  const MadeCheckpoint& checkpoint = **made;
  uncopied_ = checkpoint;
  parts_.committer.submit_checkpoint(checkpoint.checkpoint.size, checkpoint.note, [this, checkpoint] {
    parts_.lanes.post("checkpoint", [this, checkpoint] {
      {
        const std::lock_guard inner(mutex_);
        keep_copy(checkpoint.checkpoint.size, checkpoint.note);
        uncopied_.reset();
      }
      if (witnesses_) witnesses_->offer(checkpoint.checkpoint, checkpoint.note);
      sign_later();
    });
  });
}

// Not synced: after a power cut the copy may be older than the store, never newer than what it has committed. A witness may
// cosign one checkpoint when the next has its copy already.
void LedgerSigner::keep_copy(std::uint64_t size, const std::string& note) {
  const std::lock_guard lock(copying_);
  if (parts_.copy.empty() || size < copied_) return;
  copied_ = size;
  // A folder that was moved away is not made anew: whoever looked there would find a store that is none.
  const Status kept = write_file_where_folder_is(parts_.copy, note);
  if (kept.ok()) return;
  if (kept.error().code == ErrorCode::not_found) {
    return log::error(
        "node finds its folder {} no more: it was moved or deleted while it serves; stop it, and put it back",
        std::filesystem::path(parts_.copy).parent_path().string());
  }
  log::error("node cannot keep the copy of its last checkpoint: {}", to_string(kept.error()));
}

void LedgerSigner::finish() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  if (witnesses_) witnesses_->stop();
  const auto made = maker_->make();
  if (!made.ok()) return;
  // What was signed just now has no copy yet where the lanes have ended before it.
  const std::optional<MadeCheckpoint> last = *made ? *made : uncopied_;
  if (!last) return;
  const std::uint64_t size = last->checkpoint.size;
  parts_.committer.submit_checkpoint(size, last->note, [this, size, note = last->note] { keep_copy(size, note); });
}

}  // namespace baton
