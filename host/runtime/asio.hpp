// SPDX-License-Identifier: Apache-2.0
// The only include of Boost.Asio: its 1.74 needs <utility> before it in C++20.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
