#include "persistence/ledger/checkpoint_maker.hpp"

namespace baton {
namespace {

Result<merkle::RightEdge> edge_at(const LedgerReader& reader, std::uint64_t size) {
  std::vector<Hash256> hashes;
  for (const merkle::Node part : merkle::perfect_subtrees(0, size)) {
    const auto hash = reader.node(part);
    if (!hash.ok()) return hash.error();
    hashes.push_back(*hash);
  }
  return merkle::RightEdge(size, std::move(hashes));
}

}  // namespace

Status check_extends(const LedgerReader& reader, const Checkpoint& checkpoint) {
  const auto head = reader.head();
  if (!head.ok()) return head.error();
  if (head->size < checkpoint.size) {
    return Error{ErrorCode::store_rolled_back,
                 "the ledger ends at " + std::to_string(head->size) + "; a checkpoint at " +
                     std::to_string(checkpoint.size) + " was signed",
                 "bring back the newest store, or run 'baton store accept-loss' to go on without the lost records"};
  }
  const auto root = reader.root(checkpoint.size);
  if (!root.ok()) return root.error();
  if (*root != checkpoint.root) {
    return Error{ErrorCode::ledger_mismatch,
                 "the first " + std::to_string(checkpoint.size) + " entries are not those that were signed",
                 {}};
  }
  return success();
}

void put_checkpoint(LedgerSink& sink, std::uint64_t size, std::string_view note) {
  sink.put(ledger_rows::checkpoint_key(size), ledger_rows::write_checkpoint(note));
}

Result<CheckpointMaker> CheckpointMaker::open(const LedgerSource& source, const NoteVerifier& key,
                                              std::vector<std::shared_ptr<const NoteSigner>> signers) {
  BATON_ASSERT(!signers.empty());
  CheckpointMaker maker(source, std::move(signers));
  const LedgerReader reader(source);
  const auto last = reader.last_checkpoint();
  if (!last.ok() && last.error().code == ErrorCode::not_found) return maker;
  if (!last.ok()) return last.error();
  const auto opened = open_checkpoint(*last, {&key, {}, 0});
  if (!opened.ok()) return opened.error();
  if (const Status status = check_extends(reader, opened->checkpoint); !status.ok()) return status.error();
  auto edge = edge_at(reader, opened->checkpoint.size);
  if (!edge.ok()) return edge.error();
  maker.signed_edge_ = *std::move(edge);
  maker.has_signed_ = true;
  return maker;
}

Result<bool> CheckpointMaker::is_behind() const {
  const auto head = LedgerReader(*source_).head();
  if (!head.ok()) return head.error();
  return !has_signed_ || head->size != signed_edge_.size();
}

Result<std::optional<MadeCheckpoint>> CheckpointMaker::make() {
  const auto head = LedgerReader(*source_).head();
  if (!head.ok()) return head.error();
  if (has_signed_ && head->size == signed_edge_.size()) return std::optional<MadeCheckpoint>();

  merkle::RightEdge edge = signed_edge_;
  LedgerCursor cursor(*source_, edge.size());
  while (edge.size() < head->size) {
    const auto leaf = cursor.next();
    if (!leaf.ok()) return leaf.error();
    edge.append(hasher_, hasher_.leaf(*leaf));
  }
  if (edge.size() != head->size || edge.root(hasher_) != head->root) {
    return Error{ErrorCode::ledger_mismatch,
                 "the entries from " + std::to_string(signed_edge_.size()) + ", read back, do not make the head's root",
                 {}};
  }
  const Checkpoint checkpoint{signers_.front()->name(), head->size, head->root, {}};
  std::vector<const NoteSigner*> signers;
  for (const auto& signer : signers_) signers.push_back(signer.get());
  signed_edge_ = std::move(edge);
  has_signed_ = true;
  return std::optional(MadeCheckpoint{checkpoint, sign_note(format_checkpoint(checkpoint), signers)});
}

}  // namespace baton
