// SPDX-License-Identifier: Apache-2.0
// Requests and the connections that they find.
#include "net/http_pool.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <utility>

namespace waxwing::net {
namespace {

constexpr Millis kMaxIdle(60'000);

std::string origin_of(const Target& target) {
  return (target.tls ? "https://" : "http://") + target.authority();
}

// "Name: value", or "Name;" for one without a value.
bool names(std::string_view header, std::string_view name) {
  return equal_ignoring_case(header.substr(0, header.find_first_of(":;")), name);
}

std::string head_of(const HttpRequest& request, const Target& target) {
  const auto given = [&](std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const std::string& header) { return names(header, name); });
  };
  std::string head;
  head.reserve(512 + (request.body ? request.body->size() : 0));
  head.append(request.body ? "POST " : "GET ").append(target.path).append(" HTTP/1.1\r\n");
  if (!given("host")) {
    head.append("Host: ").append(target.host_header()).append("\r\n");
  }
  if (!given("accept")) {
    head.append("Accept: */*\r\n");
  }
  for (const std::string& header : request.headers) {
    if (header.ends_with(';') && header.find(':') == std::string::npos) {
      head.append(header, 0, header.size() - 1).append(":\r\n");
    } else {
      head.append(header).append("\r\n");
    }
  }
  if (request.body) {
    head.append("Content-Length: ").append(std::to_string(request.body->size())).append("\r\n");
  }
  return head.append("\r\n");
}

// RFC 9110, 10.2.3: seconds, or a date.
std::optional<Millis> retry_after(std::string_view value, std::int64_t now_ms) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size()) {
    const std::time_t at = curl_getdate(std::string(value).c_str(), nullptr);
    seconds = at < 0 ? 0 : std::int64_t{at} - now_ms / 1000;
  }
  constexpr std::int64_t kMostSeconds = 366LL * 24 * 3600;
  return seconds > 0 ? std::optional<Millis>(std::chrono::seconds(std::min(seconds, kMostSeconds)))
                     : std::nullopt;
}

std::string location_of(const HttpHead& head) {
  const bool moved = head.code == 301 || head.code == 302 || head.code == 303 || head.code == 307 ||
                     head.code == 308;
  return moved ? std::string(head.find("location")) : std::string();
}

}  // namespace

HttpPool::HttpPool(Network& network, runtime::Loop& loop, std::size_t connections)
    : network_(network), loop_(loop), connections_(connections) {}

HttpPool::~HttpPool() {
  loop_.cancel_timer(timer_);
}

Result<Target> HttpPool::target_of(const HttpRequest& request) {
  WAX_TRY(Target target, parse_url(request.url));
  const bool plain = request.proxy.server.empty() && !request.public_only &&
                     (request.verify_tls || !target.tls) && !request.url.starts_with("ws") &&
                     !request.url.starts_with("WS");
  if (!plain) {
    return Status(Code::Unsupported, "not for a kept connection");
  }
  return target;
}

void HttpPool::send(std::shared_ptr<const HttpRequest> request, Target target, Done done) {
  ConnectionPtr connection = take_idle(origin_of(target));
  if (!connection) {
    connection = open(target);
  }
  send_on(connection, std::move(request), std::move(target), std::move(done));
}

void HttpPool::send_on(const ConnectionPtr& connection, std::shared_ptr<const HttpRequest> request,
                       Target target, Done done) {
  HttpConnection::Request out;
  out.head = head_of(*request, target);
  out.body = request->body;
  out.max_response_bytes = request->max_response_bytes;
  out.connect_timeout = request->connect_timeout;
  out.timeout = request->timeout;
  HttpConnection* const to = connection.get();
  busy_.emplace(to, connection);
  to->send(std::move(out),
           [this, to, request = std::move(request), target = std::move(target),
            done = std::move(done)](End end, HttpConnection::Answer answer) mutable {
             // Whether it is in the list still says whether it can be used again.
             if (const auto it = busy_.find(to); it != busy_.end()) {
               idle_[origin_of(target)].push_back(std::move(it->second));
               ++idle_count_;
               busy_.erase(it);
               if (timer_ == 0) {
                 timer_ = loop_.start_timer(
                     kMaxIdle, [this] { close_idle(); }, kMaxIdle);
               }
             } else if (end.code == Code::Unavailable && to->was_stale()) {
               const ConnectionPtr fresh = open(target);
               send_on(fresh, std::move(request), std::move(target), std::move(done));
               return;
             }
             if (!end.is_ok()) {
               done(end.code == Code::Timeout ? Status(Code::Timeout, "timed out: " + end.text)
                                              : Status(Code::Unavailable, end.text),
                    "");
               return;
             }
             HttpResponse response;
             response.status = answer.head.code;
             response.body = std::move(answer.body);
             if (const auto value = answer.head.find("retry-after"); !value.empty()) {
               response.retry_after = retry_after(value, loop_.clock().unix_ms());
             }
             done(std::move(response), location_of(answer.head));
           });
}

HttpPool::ConnectionPtr HttpPool::take_idle(const std::string& origin) {
  const auto it = idle_.find(origin);
  if (it == idle_.end()) {
    return nullptr;
  }
  // The latest: the others may become old enough to be closed.
  ConnectionPtr connection = std::move(it->second.back());
  it->second.pop_back();
  if (it->second.empty()) {
    idle_.erase(it);
  }
  --idle_count_;
  return connection;
}

HttpPool::ConnectionPtr HttpPool::open(const Target& target) {
  if (idle_count_ > 0 && idle_count_ + busy_.size() >= connections_) {
    idle_.begin()->second.front()->close();
  }
  return std::make_shared<HttpConnection>(
      network_, loop_, target, [this](const HttpConnection& connection) { forget(connection); });
}

void HttpPool::forget(const HttpConnection& connection) {
  if (busy_.erase(&connection) != 0) {
    return;
  }
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    if (std::erase_if(it->second, [&](const auto& one) { return one.get() == &connection; }) != 0) {
      --idle_count_;
      if (it->second.empty()) {
        idle_.erase(it);
      }
      return;
    }
  }
}

void HttpPool::close_idle() {
  timer_ = 0;
  const Millis limit = loop_.clock().monotonic() - kMaxIdle;
  std::vector<ConnectionPtr> old;
  for (const auto& [origin, connections] : idle_) {
    std::copy_if(connections.begin(), connections.end(), std::back_inserter(old),
                 [&](const auto& one) { return one->idle_since() <= limit; });
  }
  for (const ConnectionPtr& connection : old) {
    connection->close();
  }
  if (idle_count_ > 0) {
    timer_ = loop_.start_timer(
        kMaxIdle, [this] { close_idle(); }, kMaxIdle);
  }
}

}  // namespace waxwing::net
