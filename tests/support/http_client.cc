// SPDX-License-Identifier: Apache-2.0
// Requests and answers over a plain socket.
#include "support/http_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace waxwing::testing {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool has(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return lower(header.first) == name; });
}

// Status line and headers, without the empty line.
bool parse_head(std::string_view head, Reply& reply) {
  const auto space = head.find(' ');
  if (!head.starts_with("HTTP/1.") || space == std::string_view::npos) {
    return false;
  }
  reply.status = std::atoi(std::string(head.substr(space + 1, 3)).c_str());
  auto at = head.find("\r\n");
  while (at != std::string_view::npos) {
    head.remove_prefix(at + 2);
    at = head.find("\r\n");
    const std::string_view line = head.substr(0, at);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) {
      reply.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
  }
  return true;
}

}  // namespace

std::string Reply::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

std::ostream& operator<<(std::ostream& out, const Reply& reply) {
  return out << reply.status << " " << reply.body.substr(0, 600)
             << (reply.trouble.empty() ? "" : " [" + reply.trouble + "]");
}

HttpClient::HttpClient(std::uint16_t port, std::string api_key)
    : port_(port), api_key_(std::move(api_key)) {}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : port_(other.port_),
      api_key_(std::move(other.api_key_)),
      limit_(other.limit_),
      fd_(std::exchange(other.fd_, -1)) {}

HttpClient::~HttpClient() {
  close();
}

void HttpClient::close() {
  if (fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
  }
}

bool HttpClient::connect() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    return false;
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  return true;
}

bool HttpClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    pollfd poll{fd_, POLLOUT, 0};
    const auto left = std::chrono::duration_cast<Millis>(until_ - std::chrono::steady_clock::now());
    if (errno != EAGAIN || left.count() <= 0 ||
        ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) {
      return false;
    }
  }
  return true;
}

bool HttpClient::read_more(std::string& into, std::string& trouble) {
  while (true) {
    std::array<char, 16'384> chunk{};
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n > 0) {
      into.append(chunk.data(), static_cast<std::size_t>(n));
      return true;
    }
    if (n == 0 || errno != EAGAIN) {
      trouble = n == 0 ? "closed by the server" : std::strerror(errno);
      return false;
    }
    pollfd poll{fd_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<Millis>(until_ - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) {
      trouble = "no answer in time";
      return false;
    }
  }
}

Reply HttpClient::read_reply(bool head) {
  Reply reply;
  std::string bytes;
  std::string::size_type end = std::string::npos;
  do {
    end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (!read_more(bytes, reply.trouble)) {
        return reply;
      }
    } else if (bytes.starts_with("HTTP/1.1 100")) {
      bytes.erase(0, end + 4);
      end = std::string::npos;
    }
  } while (end == std::string::npos);
  if (!parse_head(std::string_view(bytes).substr(0, end), reply)) {
    reply.trouble = "not HTTP: " + bytes.substr(0, 60);
    return reply;
  }
  reply.body = bytes.substr(end + 4);
  const bool bodiless = head || reply.status == 204 || reply.status == 304;
  const std::string length = reply.header("content-length");
  if (bodiless || !length.empty()) {
    const std::size_t wanted = bodiless ? 0 : std::stoul(length);
    while (reply.body.size() < wanted) {
      if (!read_more(reply.body, reply.trouble)) {
        reply.status = 0;
        return reply;
      }
    }
    if (reply.body.size() > wanted) {
      reply.trouble = "more octets than Content-Length says";
      reply.status = 0;
    }
  } else {
    std::string at_end;
    while (read_more(reply.body, at_end)) {
    }
    close();
  }
  return reply;
}

Reply HttpClient::request(std::string_view method, std::string_view target, std::string_view body,
                          const Headers& headers) {
  until_ = std::chrono::steady_clock::now() + limit_;
  if (fd_ >= 0) {
    // A connection that the server has closed meanwhile is readable.
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, 0) > 0) {
      close();
    }
  }
  Reply failed;
  if (fd_ < 0 && !connect()) {
    failed.trouble = std::string("no connection: ") + std::strerror(errno);
    return failed;
  }
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  if (!api_key_.empty() && !has(headers, "x-api-key")) {
    text.append("X-Api-Key: ").append(api_key_).append("\r\n");
  }
  if (!body.empty() && !has(headers, "content-type")) {
    text += "Content-Type: application/json\r\n";
  }
  if (!body.empty() || method == "POST" || method == "PUT") {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text.append("\r\n").append(body);
  // A server may answer, and close, before it has read all: then the answer is what counts.
  const bool sent = send_all(text);
  Reply reply = read_reply(method == "HEAD");
  if (!sent || reply.status == 0 || lower(reply.header("connection")) == "close") {
    close();
  }
  return reply;
}

}  // namespace waxwing::testing
