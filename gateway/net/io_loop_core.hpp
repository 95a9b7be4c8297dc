// The Asio side of IoLoop. Included by the .cpp files of gateway/net/ only.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <thread>

#include "gateway/net/io_loop.hpp"

namespace baton {

struct IoLoop::Core {
  // The hint of one thread lets Asio leave out its locks' waiting parts; posting from other threads stays safe.
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{context.get_executor()};
  std::atomic<std::uint64_t> next_timer{1};
  std::map<std::uint64_t, std::unique_ptr<boost::asio::steady_timer>> timers;  // On the loop's thread.
  std::thread thread;
};

}  // namespace baton
