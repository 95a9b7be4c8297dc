#include "gateway/api/update_wait.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include "gateway/api/api_support.hpp"
#include "runtime/model/entry.hpp"

namespace baton {
namespace {

constexpr std::size_t kRowsAtOnce = 1000;

// Owned by the board and by the read that is under way. At most one read is, so what it reads into needs no lock.
class UpdateWait : public std::enable_shared_from_this<UpdateWait> {
 public:
  UpdateWait(ApiContext& context, std::shared_ptr<Responder> responder, std::string instance, std::string update_id)
      : context_(context),
        responder_(std::move(responder)),
        instance_(std::move(instance)),
        update_id_(std::move(update_id)) {}

  // The board is asked first: what comes while the journal is read is then told.
  void begin(Duration at_most) {
    auto watch = context_.waits.watch(instance_, at_most, [self = shared_from_this()](bool up) { self->changed(up); });
    {
      const std::lock_guard lock(mutex_);
      watch_ = std::move(watch);
    }
    changed(false);
  }

 private:
  void changed(bool time_is_up) {
    {
      const std::lock_guard lock(mutex_);
      news_ = true;
      late_ = late_ || time_is_up;
      if (std::exchange(reading_, true)) return;
    }
    read_later();
  }

  void read_later() {
    context_.reads.run([self = shared_from_this()](bool ok) { self->read(ok); });
  }

  // `ok` is false where too many read already: then the next change, or the end of the time, looks again.
  void read(bool ok) {
    bool late = false;
    {
      const std::lock_guard lock(mutex_);
      news_ = false;
      late = late_;
    }
    if (ok) {
      if (const Status read = read_on(); !read.ok()) {
        send_error(*responder_, read.error());
        return done();
      }
    }
    if (outcome_ || late) {
      send_json(*responder_, outcome_ ? 200 : 202, answer());
      return done();
    }
    {
      const std::lock_guard lock(mutex_);
      if (!news_) reading_ = false;
      if (!reading_) return;
    }
    read_later();
  }

  // `reading_` stays set: nothing more is read.
  void done() {
    std::weak_ptr<WaitBoard::Wait> watch;
    {
      const std::lock_guard lock(mutex_);
      watch = watch_;
    }
    context_.waits.forget(watch);
  }

  // From where the last read ended. An id that a later run of the instance has taken anew is that one's.
  Status read_on() {
    while (true) {
      const auto rows = context_.node.reader().journal(instance_, next_, kRowsAtOnce);
      if (!rows) return rows.error();
      for (const JournalRow& row : *rows) {
        const auto entries = decode_entries(row.row);
        if (!entries) return entries.error();
        for (std::size_t i = 0; i < entries->size(); ++i) {
          const EntryIndex index = row.first + static_cast<EntryIndex>(i);
          if (index < next_) continue;
          next_ = index + 1;
          const EntryBody& body = (*entries)[i].body;
          if (const auto* accepted = std::get_if<UpdateAccepted>(&body); accepted && accepted->update_id == update_id_)
            outcome_.reset();
          if (const auto* came = std::get_if<UpdateCompleted>(&body); came && came->update_id == update_id_)
            outcome_ = came->outcome;
        }
      }
      if (rows->size() < kRowsAtOnce) return success();
    }
  }

  [[nodiscard]] JsonText answer() const {
    JsonWriter writer;
    writer.begin_object().field("update_id", update_id_);
    if (outcome_) {
      writer.key("outcome");
      write_json(writer, *outcome_);
    } else {
      writer.field("state", "accepted");
    }
    writer.end_object();
    return std::move(writer).take();
  }

  ApiContext& context_;
  const std::shared_ptr<Responder> responder_;
  const std::string instance_;
  const std::string update_id_;
  EntryIndex next_ = 0;
  std::optional<Outcome> outcome_;
  std::mutex mutex_;  // Of all below.
  std::weak_ptr<WaitBoard::Wait> watch_;
  bool reading_ = false;
  bool news_ = false;  // Since the read that is under way began.
  bool late_ = false;
};

}  // namespace

void send_outcome_of_update(ApiContext& context, std::shared_ptr<Responder> responder, std::string instance,
                            std::string update_id, Duration at_most) {
  std::make_shared<UpdateWait>(context, std::move(responder), std::move(instance), std::move(update_id))
      ->begin(at_most);
}

}  // namespace baton
