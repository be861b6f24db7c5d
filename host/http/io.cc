// SPDX-License-Identifier: Apache-2.0
// The two places where octets enter and leave a socket.
#include "http/io.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace waxwing::http {
namespace {

IoResult failure() noexcept {
  const bool later = errno == EAGAIN;
  return {later ? IoResult::Kind::WouldBlock : IoResult::Kind::Broken, 0};
}

}  // namespace

IoResult receive(int descriptor, std::span<char> into) noexcept {
  for (;;) {
    const ssize_t got = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) {
      return {IoResult::Kind::Some, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
      return {IoResult::Kind::End, 0};
    }
    if (errno != EINTR) {
      return failure();
    }
  }
}

IoResult transmit(int descriptor, std::span<iovec> pieces) noexcept {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  for (;;) {
    const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      return {IoResult::Kind::Some, static_cast<std::size_t>(sent)};
    }
    if (errno != EINTR) {
      return failure();
    }
  }
}

void shut_down(int descriptor) noexcept {
  ::shutdown(descriptor, SHUT_WR);
}

}  // namespace waxwing::http
