// client.toml beside the store: how programs on this machine reach the server and sign in. `serve` writes it at every
// start, readable by its owner only; the command line, scripts and tests read it.
//
//   url = "https://127.0.0.1:7070"
//   ca = "/var/lib/baton/tls/server.pem"      # the server's certificate; absent without TLS
//   name = "baton.hospital.example"           # whom it is for, where that is not the host of the url
//   key = "baton_..."                         # an API key with the role `local`
#pragma once

#include <string>

#include "runtime/base/result.hpp"

namespace baton {

struct ClientFile {
  std::string url, ca, key;
  std::string name{};
};

// Errors: not_found when there is no such file, bad_config.
[[nodiscard]] Result<ClientFile> read_client_file(const std::string& path);
// Written beside and renamed. Error: io_failed.
[[nodiscard]] Status write_client_file(const std::string& path, const ClientFile& content);

// `baton dev` keeps its store beside the bundle, while its user asks from the folder where it was started. So it leaves a
// pointer there, as long as it runs, which says where its client file is and holds no key itself:
//
//   client = "/home/ann/my-bundle/.baton-data/client.toml"
inline constexpr const char* kDevPointer = ".baton-dev.toml";
// Error: io_failed.
[[nodiscard]] Status write_dev_pointer(const std::string& client_file);
// The client file that the pointer in this folder names; empty where there is none.
[[nodiscard]] std::string read_dev_pointer();

}  // namespace baton
