#include "gateway/net/file_budget.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "gateway/http/http_server.hpp"

namespace baton {
namespace {

// The store: tables (rocks.cpp opens no more of them than a quarter of the limit), logs, the key store, the mark; and what
// goes out: activities, mails, witnesses.
constexpr std::size_t kLeastForStore = 48;
constexpr std::size_t kMostForStore = 1024;
constexpr std::size_t kLeastConnections = 8;

}  // namespace

std::size_t raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return kLeastForStore + kLeastConnections;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<std::size_t>(files.rlim_cur);
}

Result<FileBudget> share_files(std::size_t files, std::size_t http, std::size_t mllp) {
  const std::size_t store = std::clamp(files / 3, kLeastForStore, kMostForStore);
  if (files < store + kLeastConnections) {
    return Error{ErrorCode::bad_config,
                 "this process may open " + std::to_string(files) + " files, which is too few for a store and clients",
                 "raise its limit: LimitNOFILE=65536 in the service, or ulimit -n 65536"};
  }
  const std::size_t room = files - store;
  if (http + turning_away(http) + mllp <= room) return FileBudget{http, mllp, {}};
  FileBudget budget;
  budget.mllp = std::min(mllp, std::max<std::size_t>(1, room / 4));
  budget.http = std::min(http, room - budget.mllp);
  while (budget.http > 1 && budget.http + turning_away(budget.http) + budget.mllp > room) --budget.http;
  budget.said = "this process may open " + std::to_string(files) + " files: " + std::to_string(budget.http) + " of " +
                std::to_string(http) + " HTTP connections and " + std::to_string(budget.mllp) + " of " +
                std::to_string(mllp) + " MLLP connections are taken, the store needs the rest; raise LimitNOFILE";
  return budget;
}

}  // namespace baton
