#include "gateway/net/io_loop.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "gateway/net/io_loop_core.hpp"
#include "persistence/thread_name.hpp"

namespace baton {

namespace {

constexpr std::int64_t kLongestDelayMs = 100 * 366 * kDay.ms;  // Centuries are more nanoseconds than can be counted.

}  // namespace

std::int64_t steady_ms() noexcept {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

IoLoop::IoLoop() : core_(std::make_unique<Core>()) {
  core_->thread = std::thread([core = core_.get()] {
    name_this_thread("baton-sockets");
    core->context.run();
  });
}

IoLoop::~IoLoop() { stop(); }

void IoLoop::stop() {
  core_->context.stop();
  if (core_->thread.joinable()) core_->thread.join();
}

void IoLoop::post(std::function<void()> work) { boost::asio::post(core_->context, std::move(work)); }

void IoLoop::dispatch(std::function<void()> work) {
  if (on_loop()) {
    work();
  } else {
    post(std::move(work));
  }
}

bool IoLoop::on_loop() const noexcept { return core_->context.get_executor().running_in_this_thread(); }

std::uint64_t IoLoop::after(Duration delay, std::function<void()> work) {
  const std::uint64_t id = core_->next_timer.fetch_add(1, std::memory_order_relaxed);
  dispatch([core = core_.get(), id, delay, work = std::move(work)]() mutable {
    const std::chrono::milliseconds length(std::min(delay.ms, kLongestDelayMs));
    auto timer = std::make_unique<boost::asio::steady_timer>(core->context, length);
    timer->async_wait([core, id, work = std::move(work)](const boost::system::error_code& error) {
      core->timers.erase(id);
      if (!error) work();
    });
    core->timers.emplace(id, std::move(timer));
  });
  return id;
}

void IoLoop::cancel(std::uint64_t timer) {
  dispatch([core = core_.get(), timer] { core->timers.erase(timer); });
}

}  // namespace baton
