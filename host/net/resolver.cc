// SPDX-License-Identifier: Apache-2.0
// Literals, the system's resolver, and who waits for it.
#include "net/resolver.hpp"

#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <utility>

#include "runtime/loop.hpp"

namespace waxwing::net {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMostQueued = 1000;
// The system tells no time to live. Long enough for a storm of sessions, short enough for a move.
constexpr Millis kKept(15'000);
constexpr std::size_t kMostKept = 1000;
// Instead of 5 s, twice, for each name server: a caller's patience is 20 s.
constexpr int kQuestionSeconds = 3;
constexpr int kQuestionTries = 2;

}  // namespace

void Address::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  }
}

Addresses literal_addresses(const std::string& host) {
  Address address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    address.size = sizeof v4;
    return {address};
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    address.size = sizeof v6;
    return {address};
  }
  return {};
}

Addresses interleaved(const Addresses& addresses) {
  Addresses first;
  Addresses second;
  for (const Address& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  Addresses out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) {
      out.push_back(first[i]);
    }
    if (i < second.size()) {
      out.push_back(second[i]);
    }
  }
  return out;
}

Result<Addresses> Resolver::ask_system(const std::string& host) {
  thread_local const bool configured = [] {
    if (::res_init() == 0) {
      _res.retrans = std::min(_res.retrans, kQuestionSeconds);
      _res.retry = std::min(_res.retry, kQuestionTries);
    }
    return true;
  }();
  static_cast<void>(configured);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return Status(Code::Unavailable, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, &::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (at->ai_family == AF_INET || at->ai_family == AF_INET6) {
      Address address;
      std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
      address.size = at->ai_addrlen;
      addresses.push_back(address);
    }
  }
  if (addresses.empty()) {
    return Status(Code::Unavailable, "the name has no address");
  }
  return addresses;
}

Resolver::Resolver(Lookup lookup, const Clock& clock)
    : lookup_(lookup), clock_(clock), pool_(kThreads, kMostQueued) {}

void Resolver::resolve(const std::string& host, runtime::Loop& loop, Answer answer) {
  Addresses literal = literal_addresses(host);
  bool ask = false;
  {
    const std::lock_guard lock(mutex_);
    if (literal.empty()) {
      const Millis now = clock_.monotonic();
      forget_old(now);
      Known& known = known_[host];
      if (known.until > now) {
        literal = known.addresses;
      } else {
        ask = known.waiting.empty();
        known.waiting.push_back({&loop, std::move(answer)});
      }
    }
  }
  if (!literal.empty()) {
    loop.post([answer = std::move(answer), literal = std::move(literal)]() mutable {
      answer(std::move(literal));
    });
  } else if (ask && !pool_.submit([this, host] { look_up(host); }).is_ok()) {
    std::vector<Waiting> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(known_[host].waiting);
    }
    for (Waiting& one : waiting) {
      one.loop->post([answer = std::move(one.answer)] {
        answer(Status(Code::Unavailable, "too many names are being resolved"));
      });
    }
  }
}

void Resolver::look_up(const std::string& host) {
  const Result<Addresses> result = lookup_(host);
  std::vector<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    Known& known = known_[host];
    waiting.swap(known.waiting);
    if (result.has_value()) {
      known.addresses = *result;
      known.until = clock_.monotonic() + kKept;
    }
  }
  for (Waiting& one : waiting) {
    one.loop->post([answer = std::move(one.answer), result] { answer(result); });
  }
}

// Names come from URLs that others may choose: what is kept has a bound.
void Resolver::forget_old(Millis now) {
  if (known_.size() >= kMostKept) {
    std::erase_if(known_, [now](const auto& entry) {
      return entry.second.waiting.empty() && entry.second.until <= now;
    });
  }
  if (known_.size() >= kMostKept) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.waiting.empty(); });
  }
}

}  // namespace waxwing::net
