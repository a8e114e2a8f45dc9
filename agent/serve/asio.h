// serve/asio.h - Boost.Asio as the serve layer uses it: one thread, readiness and timers only.
//
// The reads and writes themselves are our own system calls: a frame is header plus payload from a
// shared buffer, which asio's stream operations would need another copy or allocation for.
#pragma once

#define BOOST_ASIO_DISABLE_THREADS 1

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace limpet::serve {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <typename T = void>
using Task = asio::awaitable<T, Executor>;
// Completion token: an error is part of the value, never an exception.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_value{};

}  // namespace limpet::serve
