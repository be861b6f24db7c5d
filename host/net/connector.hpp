// SPDX-License-Identifier: Apache-2.0
// The first TCP connection that comes about out of several addresses (RFC 8305, "Happy Eyeballs").
#pragma once

#include <memory>
#include <vector>

#include "base/unique_function.hpp"
#include "net/resolver.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

// Tries the addresses one after the other, the next whenever one fails or takes longer than 250 ms,
// and keeps what is first. It goes on until cancelled: the patience is the caller's. [loop]
class Connector final : public std::enable_shared_from_this<Connector> {
 public:
  // A connected, non-blocking descriptor for the callee to own, or -1 and the last errno.
  using Done = UniqueFunction<void(int descriptor, int error)>;

  // `done` is called once, from the loop's queue, never after cancel().
  static std::shared_ptr<Connector> start(runtime::Loop& loop, const Addresses& addresses,
                                          Done done);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  void cancel();

 private:
  struct Attempt {
    int descriptor;
    runtime::Loop::WatchId watch;
  };

  Connector(runtime::Loop& loop, Addresses addresses, Done done);
  void try_next();
  [[nodiscard]] bool attempt(const Address& address);
  void on_ready(int descriptor);
  void finish(int descriptor, int error);

  runtime::Loop& loop_;
  Addresses addresses_;
  Done done_;
  std::size_t next_ = 0;
  std::vector<Attempt> attempts_;
  runtime::Loop::TimerId timer_ = 0;
  int last_error_ = 0;
};

}  // namespace waxwing::net
