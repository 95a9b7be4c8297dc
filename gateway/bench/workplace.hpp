// The folder that one bench works in: a bundle with the workflows it needs, the store, and the disk's bare figures of the
// same minute. Removed at the end where we made it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "persistence/disk_probe.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class Workplace {
 public:
  // `data`: the store's folder, kept at the end; empty for one of our own. Probes the disk that the store lies on, which takes 2.5
  // seconds. Errors: io_failed.
  [[nodiscard]] static Result<std::unique_ptr<Workplace>> make(const std::string& data);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] std::string bundle() const { return root_ + "/bench"; }
  [[nodiscard]] const FdatasyncProbe& sync() const { return sync_; }
  // Rows a second.
  [[nodiscard]] double group_commit() const { return group_commit_; }

 private:
  Workplace(std::string root, const std::string& data);

  std::string root_, data_;
  FdatasyncProbe sync_;
  double group_commit_ = 0;
};

// What the files below `folder` take on the disk now.
[[nodiscard]] std::uint64_t disk_bytes(const std::string& folder);

}  // namespace baton
