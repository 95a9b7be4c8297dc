// The composition root: makes the parts of a server from a configuration, joins them, and takes them apart in the right
// order. Nothing is decided here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/node.hpp"
#include "gateway/config/config.hpp"

namespace baton {

class Server {
 public:
  // Opens the store, recovers, deploys what the configuration says, and listens. Errors: bad_config, store_..., io_failed,
  // and those of a bundle. `say` gets a line now and then for whoever watches.
  static Result<std::unique_ptr<Server>> start(const Config& config, std::function<void(const std::string&)> say);
  // Stops listening, lets answers under way go out, and closes the store.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "http" and "mllp", as far as they listen.
  [[nodiscard]] std::map<std::string, std::uint16_t> ports() const;
  // Address at which the first administrator is created, once; empty when there is one.
  [[nodiscard]] const std::string& first_link() const;
  [[nodiscard]] Node& node();
  // Makes a folder's bundle live. Errors: of reading and of the node.
  [[nodiscard]] Result<JsonText> deploy_folder(const std::string& folder);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace baton
