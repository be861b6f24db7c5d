// SPDX-License-Identifier: Apache-2.0
// Addresses of hosts, and finding them without holding up a loop.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::runtime {
class Loop;
}

namespace waxwing::net {

// An IPv4 or IPv6 address with its port. A value.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
  void set_port(std::uint16_t port) noexcept;
};
using Addresses = std::vector<Address>;

// Of a literal such as "127.0.0.1" or "::1"; empty for a name.
[[nodiscard]] Addresses literal_addresses(const std::string& host);
// Alternating between the families, beginning with that of the first (RFC 8305, 4).
[[nodiscard]] Addresses interleaved(const Addresses& addresses);

// Asks the system, on threads of its own: a name server that does not answer must not hold up what
// else may block. Sessions that ask for the same name together share one question, and its answer
// serves for some seconds more. [any-thread]
class Resolver {
 public:
  using Answer = UniqueFunction<void(Result<Addresses>)>;
  // The addresses of a name, in the order of preference, or a failure; blocking.
  using Lookup = Result<Addresses> (*)(const std::string& host);

  explicit Resolver(Lookup lookup = &ask_system, const Clock& clock = Clock::system());

  // Answers once, from the loop's queue; never after the loop has stopped.
  void resolve(const std::string& host, runtime::Loop& loop, Answer answer);
  // Waits for questions under way. [main-thread]
  void stop() { pool_.stop(); }

  [[nodiscard]] static Result<Addresses> ask_system(const std::string& host);

 private:
  struct Waiting {
    runtime::Loop* loop;
    Answer answer;
  };
  struct Known {
    Addresses addresses;
    Millis until{0};
    std::vector<Waiting> waiting;  // not empty: the question is under way
  };

  void look_up(const std::string& host);
  void forget_old(Millis now);

  const Lookup lookup_;
  const Clock& clock_;
  std::mutex mutex_;  // guards known_
  std::map<std::string, Known> known_;
  runtime::BlockingPool pool_;  // last: its threads use the rest
};

}  // namespace waxwing::net
