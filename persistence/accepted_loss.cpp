#include "persistence/accepted_loss.hpp"

#include "persistence/committer.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {
namespace {

// What was acknowledged, as far as it is known.
JsonText before(const HighWaterMark& mark, const std::optional<Checkpoint>& signed_last) {
  JsonWriter writer;
  writer.begin_object();
  if (mark.position()) {
    writer.field("hash", to_hex(mark.position()->hash));
    writer.field("lsn", static_cast<std::int64_t>(mark.position()->lsn));
  }
  if (signed_last) {
    writer.field("signed_root", to_hex(signed_last->root));
    writer.field("signed_size", static_cast<std::int64_t>(signed_last->size));
  }
  if (mark.position()) writer.field("store", mark.position()->store);
  writer.end_object();
  return std::move(writer).take();
}

JsonText after(const Store& store, const RoundHead& head) {
  JsonWriter writer;
  writer.begin_object().field("hash", to_hex(head.hash)).field("lsn", static_cast<std::int64_t>(head.lsn));
  writer.field("store", store.identity()).end_object();
  return std::move(writer).take();
}

// Error store_rolled_back when something is lost, or may be.
Status look(const Store& store, const RoundHead& head, const HighWaterMark& mark,
            const std::optional<Checkpoint>& signed_last) {
  const Status marked = mark.check(store.identity(), head);
  if (!marked.ok() || !signed_last) return marked;
  const StoreLedgerSource source(store);
  return check_extends(LedgerReader(source), *signed_last);
}

}  // namespace

Status accept_loss(Store& store, CommitLog& log, HighWaterMark& mark, const AcceptedLoss& loss) {
  const auto head = store.head();
  if (!head.ok()) return head.error();
  const Status found = look(store, *head, mark, loss.signed_last);
  if (found.ok()) {
    return Error{ErrorCode::conflict, "the store has everything that was acknowledged", "there is nothing to accept"};
  }
  if (found.error().code != ErrorCode::store_rolled_back) return found;
  AuditRecord record;
  record.action = action::kLossAccepted;
  record.at = loss.now;
  record.by = loss.by;
  record.reason = loss.reason;
  record.before = before(mark, loss.signed_last);
  record.after = after(store, *head);

  // Without a mark, so that the record is committed first; only then does the mark forget what was lost.
  Status failure = success();
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  options.on_fatal = [&failure](const Error& error) { failure = error; };
  auto committer = Committer::start(store, log, nullptr, options);
  if (!committer.ok()) return committer.error();
  (*committer)->submit(Turn({}, {record}, {}, {}), {});
  (*committer)->stop();
  if (!failure.ok()) return failure;
  const auto now = store.head();
  if (!now.ok()) return now.error();
  if (const Status written = mark.write({store.identity(), now->lsn, now->hash}); !written.ok()) return written;
  return mark.sync();
}

}  // namespace baton
