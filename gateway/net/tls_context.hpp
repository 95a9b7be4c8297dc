// What a TlsContext is. Included by the .cpp files of gateway/net/ only.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "gateway/net/tls.hpp"

namespace baton {

struct TlsContext {
  boost::asio::ssl::context context;
  std::string peer_name;  // Whom the certificate of a server has to be for; empty: the host that is connected to.
};

}  // namespace baton
