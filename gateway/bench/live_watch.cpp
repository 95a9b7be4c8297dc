#include "gateway/bench/live_watch.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

#include "gateway/bench/load_client.hpp"

namespace baton {
namespace {

Error view_broken(const std::string& what) {
  return {ErrorCode::unreachable, "the live view " + what, "look at the server's log"};
}

}  // namespace

Result<std::unique_ptr<LiveWatch>> LiveWatch::open(std::uint16_t port, const std::string& authorization) {
  std::unique_ptr<LiveWatch> watch(new LiveWatch(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{30, 0};
  ::setsockopt(watch->socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request = http_request("GET", "/v1/live?topic=task", "", authorization);
  if (::connect(watch->socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(watch->socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return view_broken("takes no connection");
  }
  // It watches once it is told how to come back; what changes from here on is heard.
  while (watch->received_.find("retry:") == std::string::npos) {
    std::array<char, 4096> buffer;
    const ssize_t size = ::recv(watch->socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return view_broken("does not begin");
    watch->received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (watch->received_.find(" 200 ") > 16) return view_broken("is refused: " + watch->received_.substr(0, 200));
  return watch;
}

LiveWatch::~LiveWatch() { ::close(socket_); }

void LiveWatch::begin(std::string task) {
  received_.clear();
  task_ = "\"id\":\"" + std::move(task) + "\"";
  begun_ = std::chrono::steady_clock::now();
}

Result<double> LiveWatch::heard_after_ms() {
  while (received_.find(task_) == std::string::npos) {
    std::array<char, 65536> buffer;
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return view_broken("says nothing of a change");
    received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun_).count();
}

}  // namespace baton
