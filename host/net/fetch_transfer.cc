// SPDX-License-Identifier: Apache-2.0
// One request of a Fetcher: what libcurl is told, and bodies in pieces.
#include "net/fetch_transfer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <utility>

#include "base/check.hpp"
#include "net/curl_end.hpp"

namespace waxwing::net {
namespace {

constexpr Millis kConnectTimeout(20'000);

std::string text_of(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family() == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]";
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
  ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return text.data();
}

bool is_of_curl(std::string_view name) {
  for (const std::string_view own :
       {"host", "content-length", "transfer-encoding", "connection", "expect"}) {
    if (equal_ignoring_case(name, own)) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Fetcher::Transfer::begin(Multi& multi, const Target& target, const Addresses& addresses) {
  multi_ = multi.weak_from_this();
  easy_ = curl_easy_init();
  WAX_CHECK(easy_ != nullptr);
  const auto set = [this](CURLoption option, auto value) {
    WAX_CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  };
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::min(request_.deadline, kConnectTimeout).count()));
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (!request_.ca_pem.empty()) {
    const curl_blob pem{request_.ca_pem.data(), request_.ca_pem.size(), CURL_BLOB_COPY};
    set(CURLOPT_CAINFO_BLOB, &pem);
  }
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  }
  for (const auto& [name, value] : request_.headers) {
    if (!is_of_curl(name)) {
      const std::string line = value.empty() ? name + ";" : name + ": " + value;
      headers_ = curl_slist_append(headers_, line.c_str());
    }
  }
  headers_ = curl_slist_append(headers_, "Expect:");
  const bool typed = std::any_of(
      request_.headers.begin(), request_.headers.end(),
      [](const auto& header) { return equal_ignoring_case(header.first, "content-type"); });
  if (!request_.pull && !typed) {
    headers_ = curl_slist_append(headers_, "Content-Type:");  // libcurl would make one up
  }
  set(CURLOPT_HTTPHEADER, headers_);
  // The name was resolved off the loop; libcurl shall not start a thread for it.
  if (literal_addresses(first_hop(target)).empty()) {
    std::string known = "+" + first_hop(target) + ":" +
                        std::to_string(is_proxied() ? request_.route.port : target.port) + ":";
    for (const Address& address : addresses) {
      known += text_of(address) + ",";
    }
    known.pop_back();
    addresses_ = curl_slist_append(nullptr, known.c_str());
    set(CURLOPT_RESOLVE, addresses_);
  }
  set_route();
  set_body();
  multi.get().add(easy_);
}

void Fetcher::Transfer::set_route() {
  const Route& route = request_.route;
  if (route.kind == Route::Kind::Direct) {
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");  // nor that of the environment
    return;
  }
  const bool v6 = route.host.find(':') != std::string::npos;
  const std::string url = (route.kind == Route::Kind::Http ? "http://" : "socks5h://") +
                          (v6 ? "[" + route.host + "]" : route.host) + ":" +
                          std::to_string(route.port);
  curl_easy_setopt(easy_, CURLOPT_PROXY, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy_, CURLOPT_HTTPPROXYTUNNEL, 1L);
  if (!route.username.empty()) {
    curl_easy_setopt(easy_, CURLOPT_PROXYUSERNAME, route.username.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXYPASSWORD, route.password.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC | CURLAUTH_DIGEST));
  }
}

void Fetcher::Transfer::set_body() {
  if (!request_.pull) {
    if (request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH") {
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");  // says that the length is 0
    }
    return;
  }
  curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body_bytes));
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Transfer::on_read);
  curl_easy_setopt(easy_, CURLOPT_READDATA, static_cast<void*>(this));
  // Sent again only on a kept connection that turns out to be dead, before any of it was read.
  curl_easy_setopt(
      easy_, CURLOPT_SEEKFUNCTION, +[](void* self, curl_off_t offset, int origin) {
        auto& transfer = *static_cast<Transfer*>(self);
        if (offset != 0 || origin != SEEK_SET || transfer.pulling_) {
          return CURL_SEEKFUNC_CANTSEEK;
        }
        transfer.pulled_ = 0;
        transfer.outgoing_.clear();
        transfer.outgoing_at_ = 0;
        return CURL_SEEKFUNC_OK;
      });
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, static_cast<void*>(this));
}

std::size_t Fetcher::Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.starts_with("HTTP/")) {
    transfer.head_ = {};
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    transfer.head_.headers.emplace_back(
        lower_case(line.substr(0, colon)),
        begin == std::string_view::npos ? std::string_view() : line.substr(begin));
  }
  return size;
}

std::size_t Fetcher::Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.in_curl_ = true;
  const std::size_t taken = transfer.take({data, size});
  transfer.in_curl_ = false;
  return taken;
}

std::size_t Fetcher::Transfer::on_read(char* to, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.in_curl_ = true;
  const std::size_t given = transfer.give(to, size);
  transfer.in_curl_ = false;
  return given;
}

std::size_t Fetcher::Transfer::take(std::string_view octets) {
  if (!done_ || trouble_) {
    return 0;  // ends the transfer
  }
  if (received_ + octets.size() > request_.max_response_bytes) {
    trouble_ = End::failed("message_too_long", "the answer is longer than allowed");
    return 0;
  }
  if (!request_.push) {
    received_ += octets.size();
    return octets.size();
  }
  if (incoming_.size() >= kPieceBytes) {
    push_piece();
    if (pushing_ || trouble_) {
      waiting_ = waiting_ || !trouble_;
      return trouble_ ? 0 : CURL_WRITEFUNC_PAUSE;
    }
  }
  received_ += octets.size();
  incoming_.append(octets);
  return octets.size();
}

void Fetcher::Transfer::push_piece() {
  if (pushing_) {
    return;
  }
  pushing_ = true;
  request_.push(std::exchange(incoming_, {}), [weak = weak_from_this()](Status status) {
    const auto self = weak.lock();
    if (!self) {
      return;
    }
    self->pushing_ = false;
    if (!status.is_ok()) {
      self->trouble_ = End::failed("no_room", status.message());
    }
    self->go_on();
  });
}

std::size_t Fetcher::Transfer::give(char* to, std::size_t size) {
  if (!done_ || trouble_) {
    return CURL_READFUNC_ABORT;
  }
  if (outgoing_at_ == outgoing_.size()) {
    if (pulled_ == request_.body_bytes) {
      return 0;
    }
    pull_piece();
    if (trouble_) {
      return CURL_READFUNC_ABORT;
    }
    if (pulling_) {
      waiting_ = true;
      return CURL_READFUNC_PAUSE;
    }
  }
  const std::size_t given = std::min(size, outgoing_.size() - outgoing_at_);
  std::memcpy(to, outgoing_.data() + outgoing_at_, given);
  outgoing_at_ += given;
  return given;
}

void Fetcher::Transfer::pull_piece() {
  if (pulling_) {
    return;
  }
  pulling_ = true;
  const auto most =
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, request_.body_bytes - pulled_));
  request_.pull(pulled_, most, [weak = weak_from_this()](Result<std::string> octets) {
    const auto self = weak.lock();
    if (!self) {
      return;
    }
    self->pulling_ = false;
    if (!octets.has_value() || octets->empty()) {
      self->trouble_ = End::failed("connection_closed", "the request's body cannot be read");
    } else {
      self->pulled_ += octets->size();
      self->outgoing_ = std::move(*octets);
      self->outgoing_at_ = 0;
    }
    self->go_on();
  });
}

// What libcurl was paused for is there; from inside of its own call it sees so by itself.
void Fetcher::Transfer::go_on() {
  if (in_curl_ || !done_) {
    return;
  }
  const auto multi = multi_.lock();
  if (!multi) {
    return;
  }
  if (completed_) {
    complete(*multi, *completed_);
  } else if (std::exchange(waiting_, false)) {
    curl_easy_pause(easy_, CURLPAUSE_CONT);
    multi->get().act();
  }
}

void Fetcher::Transfer::complete(Multi& multi, CURLcode code) {
  completed_ = code;
  if (code == CURLE_OK && !trouble_ && request_.push && (pushing_ || !incoming_.empty())) {
    const auto self = shared_from_this();
    in_curl_ = true;  // an answer at once goes on here
    push_piece();
    in_curl_ = false;
    if (pushing_) {
      return;
    }
    complete(multi, code);
    return;
  }
  End end = trouble_ ? *trouble_ : end_of_transfer(easy_, code, is_proxied());
  long answered = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &answered);
  head_.code = static_cast<int>(answered);
  finish(multi, std::move(end));
}

void Fetcher::Transfer::start_clock(Multi& multi) {
  timer_ = multi.loop.start_timer(
      request_.deadline, [weak = weak_from_this(), weak_multi = multi.weak_from_this()] {
        const auto self = weak.lock();
        const auto alive = weak_multi.lock();
        if (self && alive && self->running()) {
          self->timer_ = 0;
          if (self->easy_ != nullptr) {
            alive->get().remove(self->easy_);
          }
          self->finish(*alive, {Code::Timeout, "timeout", "the answer was not complete in time"});
        }
      });
}

void Fetcher::Transfer::drop(Multi& multi) {
  done_ = nullptr;
  multi.loop.cancel_timer(std::exchange(timer_, 0));
  if (easy_ != nullptr && multi.curl) {
    multi.curl->remove(easy_);
  }
}

void Fetcher::Transfer::finish(Multi& multi, End end) {
  const auto self = shared_from_this();
  multi.loop.cancel_timer(std::exchange(timer_, 0));
  const auto keep = multi.shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  multi.transfers.erase(id_);
  multi.idle();
  if (done) {
    done(std::move(end), std::move(head_));
  }
}

}  // namespace waxwing::net
