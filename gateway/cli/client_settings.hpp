// Which server the command line talks to, whom it trusts there, and with which key. One thread.
#pragma once

#include "gateway/auth/client_file.hpp"
#include "gateway/cli/cli_support.hpp"

namespace baton {

// Each of url, ca and key comes from, first found: its option, its variable (BATON_URL, BATON_AUTHORITY, BATON_KEY), the client
// file. That file is --client, BATON_CLIENT, client.toml in BATON_DATA, or the newer of the one in ./baton-data and that of a
// `baton dev` that was started in this folder (kDevPointer); what it says counts only for its own server, so that a key is
// never sent to another. Errors: bad_config, not_found for a file that was named.
[[nodiscard]] Result<ClientFile> client_settings(const Cli& cli);

// What the option says, else the variable of that name; empty when neither says anything.
[[nodiscard]] std::string first_of(const std::string& option, const char* name);

}  // namespace baton
