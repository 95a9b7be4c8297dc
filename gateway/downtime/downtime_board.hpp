// Writes the downtime pages: each minute one page a unit into a configured folder, whole or not at all, so that what was
// open can be read when server and network are gone. Thread-safe.
//
// A page shows personal data to whoever can read the folder: whose data is on it goes into the ledger before the page is
// there, whenever that has changed. Pages of units that have nothing open any more are removed.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "actors/node.hpp"
#include "gateway/api/read_worker.hpp"
#include "gateway/downtime/downtime_page.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

struct DowntimeOptions {
  std::string folder;
  Duration every{60'000};
  std::string time_zone = "UTC";
};

class DowntimeBoard {
 public:
  // Borrows the rest; they must live until stop() has returned. Errors: bad_config for an unknown time zone or a folder
  // that cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<DowntimeBoard>> open(Node& node, IoLoop& loop, DowntimeOptions options);
  // Writes all pages now, on the calling thread. Errors: the reader's, io_failed.
  [[nodiscard]] Status write_all();
  // Writes now and then again and again.
  void begin();
  // Waits for what is being written.
  void stop();
  // When all pages were there last, by the real clock; nothing before the first time.
  [[nodiscard]] std::optional<Instant> written() const;

 private:
  DowntimeBoard(Node& node, IoLoop& loop, DowntimeOptions options, TimeZone zone);

  [[nodiscard]] Result<std::set<std::string>> units() const;
  [[nodiscard]] Result<DowntimeUnit> read_unit(const StoreReader& reader, const std::string& unit,
                                               std::set<std::string>& patients) const;
  [[nodiscard]] Status read_case(const StoreReader& reader, const InstanceRecord& record, DowntimeUnit& into,
                                 std::set<std::string>& patients) const;
  [[nodiscard]] Status record(const std::string& file, const std::string& page, const std::set<std::string>& patients);
  [[nodiscard]] Status write(const std::string& file, const std::string& text) const;
  void remove_others(const std::set<std::string>& files) const;
  void next();

  Node& node_;
  IoLoop& loop_;
  const DowntimeOptions options_;
  const TimeZone zone_;
  std::mutex mutex_;
  std::map<std::string, std::set<std::string>> recorded_;  // Whose data is on which page, as the ledger has it.
  bool stopped_ = false;
  std::uint64_t timer_ = 0;
  std::atomic<std::int64_t> written_ms_{0};
  ReadWorker writer_{
      1};  // Its own: a folder that hangs holds up nobody's listings. The last: its threads use the rest.
};

}  // namespace baton
