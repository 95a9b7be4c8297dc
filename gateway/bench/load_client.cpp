#include "gateway/bench/load_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace baton {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Connection {
  int socket = -1;
  std::uint64_t request = 0;
  SteadyClock::time_point sent_at;
  std::string received;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket >= 0) ::close(socket);
  }
};

Error broken(const std::string& what) {
  return {ErrorCode::unreachable, "the server " + what, "look at the server's log; is it overloaded or stopped?"};
}

bool connect_to(Connection& connection, std::uint16_t port) {
  connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return ::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

struct HttpReply {
  int status = 0;
  std::string body;
};

// Takes one whole answer off the front of what was received; false while more is to come.
bool take_answer(std::string& received, HttpReply& answer) {
  const std::size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  std::size_t length = 0;
  for (std::size_t at = 0; at < head;) {
    std::size_t end = received.find("\r\n", at);
    const std::string_view line(received.data() + at, end - at);
    if (line.size() > 15 && (line[0] == 'C' || line[0] == 'c') &&
        strncasecmp(line.data(), "content-length:", 15) == 0) {
      const char* from = line.data() + 15;
      while (*from == ' ') ++from;
      std::from_chars(from, line.data() + line.size(), length);
    }
    at = end + 2;
  }
  if (received.size() < head + 4 + length) return false;
  std::from_chars(received.data() + 9, received.data() + 12, answer.status);
  answer.body.assign(received, head + 4, length);
  received.erase(0, head + 4 + length);
  return true;
}

}  // namespace

double LoadResult::per_second() const { return seconds > 0 ? static_cast<double>(latencies_ms.size()) / seconds : 0; }

double LoadResult::percentile_ms(double part) const {
  if (latencies_ms.empty()) return 0;
  std::vector<double> sorted = latencies_ms;
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
  return sorted[static_cast<std::size_t>(at)];
}

Result<LoadResult> without_refusals(Result<LoadResult> load) {
  if (!load.ok() || load->refused == 0) return load;
  return Error{ErrorCode::conflict,
               std::to_string(load->refused) + " requests were refused, the first with " + load->first_refusal,
               "a figure with refusals in it means nothing; lower --concurrency"};
}

std::string http_request(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& headers) {
  return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Result<LoadResult> run_load(std::uint16_t port, std::size_t connections, std::uint64_t count,
                            const std::function<std::string(std::uint64_t)>& request,
                            const std::function<void(std::uint64_t, const std::string&)>& on_answer) {
  LoadResult result;
  result.latencies_ms.reserve(count);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> open(std::min<std::uint64_t>(connections, count));
  std::uint64_t next = 0;
  const auto begin = SteadyClock::now();
  const auto send_next = [&](Connection& connection) {
    connection.request = next++;
    connection.sent_at = SteadyClock::now();
    return send_all(connection.socket, request(connection.request));
  };
  for (Connection& connection : open) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (!connect_to(connection, port) || ::epoll_ctl(poll, EPOLL_CTL_ADD, connection.socket, &event) != 0 ||
        !send_next(connection)) {
      ::close(poll);
      return broken("takes no connection");
    }
  }
  std::array<epoll_event, 256> events;
  std::array<char, 65536> buffer;
  HttpReply answer;
  while (result.latencies_ms.size() < count) {
    const int ready = ::epoll_wait(poll, events.data(), events.size(), 60'000);
    if (ready <= 0) {
      ::close(poll);
      return broken("has not answered for a minute");
    }
    for (int i = 0; i < ready; ++i) {
      Connection& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      const ssize_t n = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
      if (n <= 0) {
        ::close(poll);
        return broken("closed a connection");
      }
      connection.received.append(buffer.data(), static_cast<std::size_t>(n));
      if (!take_answer(connection.received, answer)) continue;
      result.latencies_ms.push_back(
          std::chrono::duration<double, std::milli>(SteadyClock::now() - connection.sent_at).count());
      if (answer.status / 100 != 2) {
        if (result.refused++ == 0) result.first_refusal = answer.body;
      } else if (on_answer) {
        on_answer(connection.request, answer.body);
      }
      if (next < count && !send_next(connection)) {
        ::close(poll);
        return broken("closed a connection");
      }
    }
  }
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  ::close(poll);
  return result;
}

}  // namespace baton
