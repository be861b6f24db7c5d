// SPDX-License-Identifier: Apache-2.0
// A raw TCP client that sends exactly what a test wants, whenever it wants, and reads answers.
#include "support/raw_client.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace waxwing::http::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Waits for `events`; false when time ran out.
bool wait_for(int descriptor, short events, SteadyClock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
  pollfd poll_entry{descriptor, events, 0};
  return ::poll(&poll_entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) > 0;
}

}  // namespace

Client::Client() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}

Client::Client(std::uint16_t port, int receive_buffer_bytes) : Client() {
  if (receive_buffer_bytes > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  connect(port);
}

bool Client::connect(std::uint16_t port) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  if (::connect(descriptor_, &generic, sizeof generic) != 0) {
    close();
  }
  return connected();
}

Client::~Client() {
  close();
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

bool Client::send(std::string_view data) {
  const auto deadline = SteadyClock::now() + kPatience;
  while (!data.empty()) {
    const ssize_t sent = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      data.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(descriptor_, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

std::size_t Client::send_some(std::string_view data) {
  const ssize_t sent = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void Client::finish() {
  ::shutdown(descriptor_, SHUT_WR);
}

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Client::close() {
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

bool Client::fill(SteadyClock::time_point deadline) {
  std::array<char, 65536> chunk;
  if (descriptor_ < 0 || !wait_for(descriptor_, POLLIN, deadline)) {
    return false;
  }
  const ssize_t got = ::recv(descriptor_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got <= 0) {
    return got < 0 && errno == EINTR;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<Reply> Client::receive(bool to_head, std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(deadline)) {
      return std::nullopt;
    }
  }
  Reply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (!reply.head.starts_with("HTTP/1.1 ")) {
    return std::nullopt;
  }
  reply.status = std::stoi(reply.head.substr(9, 3));
  std::string_view lines = reply.head;
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers[name] = line.substr(colon + 2);
  }
  const std::string length = reply.header("content-length");
  const std::size_t size = to_head || length.empty() ? 0 : std::stoull(length);
  while (buffer_.size() < size) {
    if (!fill(deadline)) {
      return std::nullopt;
    }
  }
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return reply;
}

std::string Client::receive_octets(std::size_t size, std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  while (buffer_.size() < size && fill(deadline)) {
  }
  const std::size_t taken = std::min(size, buffer_.size());
  std::string out = buffer_.substr(0, taken);
  buffer_.erase(0, taken);
  return out;
}

std::string Client::receive_some(std::chrono::milliseconds patience) {
  if (buffer_.empty()) {
    fill(SteadyClock::now() + patience);
  }
  return std::exchange(buffer_, {});
}

bool Client::ended(std::chrono::milliseconds patience) {
  if (!buffer_.empty()) {
    return false;
  }
  const auto deadline = SteadyClock::now() + patience;
  return wait_for(descriptor_, POLLIN, deadline) && !fill(deadline);
}

bool Client::silent(std::chrono::milliseconds span) {
  return buffer_.empty() && !wait_for(descriptor_, POLLIN, SteadyClock::now() + span);
}

std::string get(std::string_view path, std::string_view extra) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(extra) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view extra) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(extra) + "\r\n" + std::string(body);
}

}  // namespace waxwing::http::test
