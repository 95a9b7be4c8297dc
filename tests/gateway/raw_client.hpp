// A blocking socket that sends exactly the bytes a test says, and reads what comes. For what no honest client sends.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace baton {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
  }
  ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), text_(std::move(other.text_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False once the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Sends `bytes` again and again, without reading, until the peer takes no more for a second; at most `limit` bytes. How many it took.
  std::size_t send_until_blocked(std::string_view bytes, std::size_t limit) {
    std::size_t taken = 0;
    while (taken < limit) {
      pollfd wait{fd_, POLLOUT, 0};
      if (::poll(&wait, 1, 1'000) <= 0) break;
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      taken += static_cast<std::size_t>(sent);
    }
    return taken;
  }
  void finish_writing() { ::shutdown(fd_, SHUT_WR); }

  // Everything up to and with `end`; what came when the peer closed first or a minute has passed.
  std::string read_until(std::string_view end) {
    while (text_.find(end) == std::string::npos) {
      if (!read_some()) return std::exchange(text_, {});
    }
    const std::size_t size = text_.find(end) + end.size();
    std::string taken = text_.substr(0, size);
    text_.erase(0, size);
    return taken;
  }
  std::string read_exactly(std::size_t size) {
    while (text_.size() < size && read_some()) {
    }
    std::string taken = text_.substr(0, size);
    text_.erase(0, taken.size());
    return taken;
  }
  std::string read_to_end() {
    while (read_some()) {
    }
    return std::exchange(text_, {});
  }
  // One HTTP answer with a Content-Length, head and body.
  std::string read_answer() {
    std::string head = read_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + read_exactly(std::stoul(head.substr(at + 16)));
  }

 private:
  bool read_some() {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 60'000) <= 0) return false;
    char buffer[16384];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    text_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  std::string text_;
};

}  // namespace baton
