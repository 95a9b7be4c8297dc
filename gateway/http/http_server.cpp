#include "gateway/http/http_server.hpp"

#include <algorithm>
#include <utility>

#include "actors/log.hpp"
#include "gateway/http/http_connection.hpp"
#include "gateway/http/problem.hpp"

namespace baton {
namespace {

constexpr std::size_t kLeastTurningAway = 4;
constexpr std::size_t kMostTurningAway = 256;

}  // namespace

std::size_t turning_away(std::size_t connections) {
  return std::clamp(connections / 8, kLeastTurningAway, kMostTurningAway);
}

// ---- Responder -----------------------------------------------------------------------------------------------------

Responder::Responder(std::shared_ptr<HttpConnection> connection) noexcept : connection_(std::move(connection)) {}

Responder::~Responder() {
  if (!connection_) return;
  connection_->answer(problem_of({ErrorCode::stopping, "the request was dropped before it was answered",
                                  "ask what became of it before you send it again"}));
}

void Responder::send(HttpResponse response) {
  BATON_ASSERT(connection_ != nullptr);
  if (filter_) filter_(response);
  std::exchange(connection_, nullptr)->answer(std::move(response));
}

std::shared_ptr<HttpStream> Responder::stream(HttpResponse response) {
  BATON_ASSERT(connection_ != nullptr);
  return std::exchange(connection_, nullptr)->begin_stream(std::move(response));
}

// ---- the server ----------------------------------------------------------------------------------------------------

void HttpServer::State::accept(std::shared_ptr<ByteStream> stream) {
  connections.fetch_add(1, std::memory_order_relaxed);
  auto connection = std::make_shared<HttpConnection>(shared_from_this(), std::move(stream));
  if (open.size() < options.connections) return connection->start();
  refused.fetch_add(1, std::memory_order_relaxed);
  if (said_full.due()) log::warn("http sends clients away: all {} connections are taken", options.connections);
  if (open.size() >= options.connections + turning_away(options.connections)) return connection->close();
  connection->turn_away({ErrorCode::too_many_connections, "this server has all the connections it takes",
                         "close idle ones, or try again"});
}

void HttpServer::State::sweep() {
  const std::int64_t now = steady_ms();
  open.each([now](HttpConnection& connection) { connection.check_deadline(now); });
  const Duration shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                                      options.write_timeout, options.abandoned_timeout});
  const Duration period{std::clamp<std::int64_t>(shortest.ms / 4, 10, 1000)};
  loop.after(period, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(Duration{0}); }

Result<std::unique_ptr<HttpServer>> HttpServer::open(IoLoop& loop, HttpServerOptions options, HttpHandler handler) {
  auto state = std::make_shared<State>(loop, std::move(options), std::move(handler));
  auto listener = Listener::open(loop, state->options.host, state->options.port, state->options.tls,
                                 [weak = std::weak_ptr(state)](std::shared_ptr<ByteStream> stream) {
                                   if (const auto self = weak.lock()) self->accept(std::move(stream));
                                 });
  if (!listener) return std::move(listener).error();
  state->listener = std::move(*listener);
  loop.post([state] { state->sweep(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const noexcept { return state_->listener->port(); }

HttpServerCounts HttpServer::counts() const noexcept {
  return {state_->requests.load(), state_->connections.load(), state_->refused.load(),
          state_->timeouts.load(), state_->open.count(),       state_->bodies.load()};
}

void HttpServer::stop(Duration patience) {
  if (std::exchange(stopped_, true)) return;
  state_->listener->close();
  state_->open.stop(patience, &HttpConnection::stop_if_idle, &HttpConnection::close);
}

}  // namespace baton
