#include "gateway/http/http_client.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <map>
#include <set>

#include "gateway/http/http_types.hpp"
#include "gateway/http/url_text.hpp"

namespace baton {

namespace http = boost::beast::http;

namespace {

using Answered = std::function<void(Result<HttpAnswer>)>;

// One call on its way.
struct Exchange {
  HttpCall call;
  Url url;
  Answered done;
  std::uint64_t timer = 0;
  bool sent_before = false;  // On a kept connection that turned out to be closed.

  [[nodiscard]] std::string host_key() const {
    return (url.tls ? "https://" : "http://") + url.host + ":" + std::to_string(url.port);
  }
  [[nodiscard]] bool repeatable() const {
    static constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::find(kMethods.begin(), kMethods.end(), call.method) != kMethods.end() ||
           !find_header(call.headers, "Idempotency-Key").empty();
  }
};

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

Status check_call(const HttpCall& call) {
  if (!is_token(call.method))
    return Error{ErrorCode::bad_field, "'" + call.method + "' is no HTTP method",
                 "write GET, POST, PUT, PATCH or DELETE"};
  for (const auto& [name, value] : call.headers) {
    const bool clean = value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
    if (is_token(name) && clean) continue;
    return Error{ErrorCode::bad_field, "the header '" + name + "' cannot be sent", "header values have no line ends"};
  }
  return success();
}

std::string head_of(const Exchange& exchange) {
  const HttpCall& call = exchange.call;
  std::string head = call.method + " " + exchange.url.target + " HTTP/1.1\r\n";
  if (find_header(call.headers, "Host").empty()) {
    head += "Host: " + host_before_port(exchange.url.host) + ":" + std::to_string(exchange.url.port) + "\r\n";
  }
  if (find_header(call.headers, "User-Agent").empty()) head += "User-Agent: baton\r\n";
  for (const auto& [name, value] : call.headers) {
    if (find_header({{name, "x"}}, "Content-Length").empty()) head += name + ": " + value + "\r\n";
  }
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
    head += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace

// A connection always has a read under way, so that one that the server closes while idle is known at once.
struct HttpClient::State : std::enable_shared_from_this<HttpClient::State> {
  using Parser = http::response_parser<http::string_body>;

  struct Connection {
    std::shared_ptr<ByteStream> stream;
    std::string key;
    std::array<char, 16u << 10> buffer;
    std::string text;  // Read and not yet parsed.
    std::unique_ptr<Parser> parser;
    std::shared_ptr<Exchange> exchange;  // Null while idle.
    bool fresh = true;                   // Has carried no call yet.
    bool writing = false;                // Of the call that was sent last.
    bool answered = false;               // A byte of the answer has come.
    bool closed = false;
    std::uint64_t idle_timer = 0;
  };
  struct Host {
    std::deque<std::shared_ptr<Connection>> idle;
    std::deque<std::shared_ptr<Exchange>> waiting;
    std::size_t open = 0;  // Connections, those being made included.
  };

  State(IoLoop& io_loop, HttpClientOptions given) : loop(io_loop), options(std::move(given)) {}

  void begin(std::shared_ptr<Exchange> exchange) {
    if (stopped) return exchange->done(Error{ErrorCode::unreachable, "Baton is stopping", ""});
    if (exchange->url.tls && !tls) {  // Reading the system's authorities takes 50 ms: only who needs them pays.
      auto made = make_client_tls();
      if (!made) return exchange->done(std::move(made).error());
      tls = std::move(*made);
    }
    active.insert(exchange);
    exchange->timer = loop.after(exchange->call.timeout, [self = shared_from_this(), exchange] {
      self->finish(exchange,
                   Error{ErrorCode::unreachable,
                         exchange->host_key() + ": no answer within " + format_duration(exchange->call.timeout),
                         "raise the time-out, or see why it is slow"});
    });
    place(std::move(exchange));
  }

  // Gives the call a connection: a kept one, a new one, or the next that comes free.
  void place(std::shared_ptr<Exchange> exchange) {
    Host& host = hosts[exchange->host_key()];
    if (!host.idle.empty()) {
      auto connection = std::move(host.idle.back());
      host.idle.pop_back();
      loop.cancel(connection->idle_timer);
      return carry(std::move(connection), std::move(exchange));
    }
    if (host.open >= options.connections_per_host) return host.waiting.push_back(std::move(exchange));
    ++host.open;
    connect_stream(loop, exchange->url.host, exchange->url.port, exchange->url.tls ? tls : nullptr,
                   exchange->call.timeout,
                   [self = shared_from_this(), exchange](Result<std::shared_ptr<ByteStream>> stream) {
                     self->connected(exchange, std::move(stream));
                   });
  }

  void connected(const std::shared_ptr<Exchange>& exchange, Result<std::shared_ptr<ByteStream>> stream) {
    const std::string key = exchange->host_key();
    if (!stream) {
      --hosts[key].open;
      finish(exchange, std::move(stream).error());
      return serve_waiting(key);
    }
    auto connection = std::make_shared<Connection>();
    connection->stream = std::move(*stream);
    connection->key = key;
    if (stopped) return connection->stream->close();
    connections.insert(connection);
    read(connection);
    if (exchange->done) return carry(std::move(connection), exchange);
    put_back(connection);
  }

  void carry(std::shared_ptr<Connection> connection, std::shared_ptr<Exchange> exchange) {
    renew_parser(*connection, *exchange);
    connection->exchange = exchange;
    connection->answered = false;
    connection->writing = true;
    std::string body = exchange->call.body;
    connection->stream->write(head_of(*exchange), std::move(body),
                              [connection](bool) { connection->writing = false; });  // A failure shows in the read.
  }

  void renew_parser(Connection& connection, const Exchange& exchange) const {
    connection.parser = std::make_unique<Parser>();
    connection.parser->eager(true);
    connection.parser->body_limit(options.response_size);
    connection.parser->header_limit(64u << 10);
    if (exchange.call.method == "HEAD") connection.parser->skip(true);
  }

  void read(const std::shared_ptr<Connection>& connection) {
    connection->stream->read_some(connection->buffer.data(), connection->buffer.size(),
                                  [self = shared_from_this(), connection](std::size_t size) {
                                    if (connection->closed) return;
                                    self->take(connection, size);
                                  });
  }

  void take(const std::shared_ptr<Connection>& connection, std::size_t size) {
    if (!connection->exchange) return drop(connection);  // Closed, or speaking out of turn.
    if (size == 0) return ended(connection);
    connection->answered = true;
    std::string& text = connection->text;
    text.append(connection->buffer.data(), size);
    boost::beast::error_code error;
    while (!text.empty()) {
      const std::size_t used = connection->parser->put(boost::asio::buffer(text), error);
      text.erase(0, used);
      if (error && error != http::error::need_more) return broken(connection, error);
      if (connection->parser->is_done()) {
        if (connection->parser->get().result_int() >= 200) return answered(connection);
        renew_parser(*connection, *connection->exchange);  // 100 Continue and its like: the answer follows.
      } else if (used == 0) {
        break;
      }
    }
    read(connection);
  }

  void ended(const std::shared_ptr<Connection>& connection) {
    boost::beast::error_code error;
    if (connection->answered) {
      connection->parser->put_eof(error);
      if (!error && connection->parser->is_done()) return answered(connection);
    }
    const auto exchange = std::exchange(connection->exchange, nullptr);
    const bool again = !connection->fresh && !connection->answered && !exchange->sent_before && exchange->repeatable();
    drop(connection);
    if (again && exchange->done) {
      exchange->sent_before = true;
      return place(exchange);
    }
    finish(exchange, Error{ErrorCode::unreachable, exchange->host_key() + ": closed the connection before it answered",
                           "whether it did the work is not known"});
  }

  void broken(const std::shared_ptr<Connection>& connection, const boost::beast::error_code& error) {
    const auto exchange = std::exchange(connection->exchange, nullptr);
    drop(connection);
    if (error == http::error::body_limit) {
      return finish(exchange, Error{ErrorCode::too_large, exchange->host_key() + ": the answer is too large",
                                    "ask for less of it"});
    }
    finish(exchange, Error{ErrorCode::unreachable, exchange->host_key() + ": this is not HTTP: " + error.message(),
                           "is the address that of an HTTP server?"});
  }

  void answered(const std::shared_ptr<Connection>& connection) {
    auto& message = connection->parser->get();
    HttpAnswer answer;
    answer.status = static_cast<int>(message.result_int());
    for (const auto& field : message) answer.headers.emplace_back(field.name_string(), field.value());
    answer.body = std::move(message.body());
    // One that was answered before all of the call was written is in the middle of it.
    const bool keep = connection->parser->keep_alive() && connection->text.empty() && !connection->writing;
    const auto exchange = std::exchange(connection->exchange, nullptr);
    connection->fresh = false;
    if (keep) {
      read(connection);
      put_back(connection);
    } else {
      drop(connection);
    }
    finish(exchange, std::move(answer));
  }

  void put_back(const std::shared_ptr<Connection>& connection) {
    Host& host = hosts[connection->key];
    if (!host.waiting.empty()) {
      auto next = std::move(host.waiting.front());
      host.waiting.pop_front();
      return carry(connection, std::move(next));
    }
    host.idle.push_back(connection);
    connection->idle_timer = loop.after(options.idle_timeout, [self = shared_from_this(), connection] {
      if (!connection->exchange) self->drop(connection);
    });
  }

  void drop(const std::shared_ptr<Connection>& connection) {
    if (connection->closed) return;
    connection->closed = true;
    connection->stream->close();
    loop.cancel(connection->idle_timer);
    connections.erase(connection);
    Host& host = hosts[connection->key];
    std::erase(host.idle, connection);
    --host.open;
    serve_waiting(connection->key);
  }

  void serve_waiting(const std::string& key) {
    Host& host = hosts[key];
    if (host.waiting.empty()) {
      if (host.open == 0) hosts.erase(key);
      return;
    }
    auto next = std::move(host.waiting.front());
    host.waiting.pop_front();
    place(std::move(next));
  }

  // Answers a call, once. A connection that still carries it is of no more use.
  void finish(const std::shared_ptr<Exchange>& exchange, Result<HttpAnswer> result) {
    if (!exchange->done) return;
    Answered done = std::exchange(exchange->done, nullptr);
    loop.cancel(exchange->timer);
    active.erase(exchange);
    const auto host = hosts.find(exchange->host_key());
    if (host != hosts.end()) std::erase(host->second.waiting, exchange);
    const auto carrier = std::find_if(connections.begin(), connections.end(),
                                      [&](const auto& connection) { return connection->exchange == exchange; });
    if (carrier != connections.end()) {
      const auto connection = *carrier;
      connection->exchange = nullptr;
      drop(connection);
    }
    done(std::move(result));
  }

  void stop() {
    stopped = true;
    const auto calls = active;
    for (const auto& exchange : calls) finish(exchange, Error{ErrorCode::unreachable, "Baton is stopping", ""});
    const auto all = connections;
    for (const auto& connection : all) drop(connection);
  }

  IoLoop& loop;
  HttpClientOptions options;
  std::shared_ptr<TlsContext> tls;
  std::map<std::string, Host> hosts;
  std::set<std::shared_ptr<Exchange>> active;
  std::set<std::shared_ptr<Connection>> connections;
  bool stopped = false;
};

HttpClient::HttpClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpClient::~HttpClient() {
  state_->loop.dispatch([state = state_] { state->stop(); });
}

Result<std::shared_ptr<HttpClient>> HttpClient::make(IoLoop& loop, HttpClientOptions options) {
  auto state = std::make_shared<State>(loop, std::move(options));
  if (!state->options.authority_file.empty()) {
    auto tls =
        make_client_tls(state->options.authority_file, state->options.only_this_authority, state->options.peer_name);
    if (!tls) return std::move(tls).error();
    state->tls = std::move(*tls);
  }
  return std::shared_ptr<HttpClient>(new HttpClient(std::move(state)));
}

void HttpClient::send(HttpCall call, Answered done) {
  const auto refuse = [&](Error error) {
    state_->loop.post([done = std::move(done), error = std::move(error)] { done(error); });
  };
  auto url = parse_url(call.url);
  if (!url) return refuse(std::move(url).error());
  if (Status checked = check_call(call); !checked) return refuse(checked.error());
  auto exchange = std::make_shared<Exchange>();
  exchange->call = std::move(call);
  exchange->url = std::move(*url);
  exchange->done = std::move(done);
  state_->loop.post([state = state_, exchange = std::move(exchange)]() mutable { state->begin(std::move(exchange)); });
}

}  // namespace baton
