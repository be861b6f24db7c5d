// SPDX-License-Identifier: Apache-2.0
// Kept connections to the servers that HTTP requests go to: the short way for what needs no more.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "net/http_client.hpp"
#include "net/http_connection.hpp"
#include "net/network.hpp"
#include "net/url.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

// Everything [loop].
class HttpPool {
 public:
  using Done = UniqueFunction<void(Result<HttpResponse> outcome, std::string location)>;

  // At most `connections` are kept beside those in use.
  HttpPool(Network& network, runtime::Loop& loop, std::size_t connections);
  ~HttpPool();  // requests under way are dropped without a word
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  // Where it goes, when nothing is asked for that a pool does not do: proxies, looking at
  // addresses, leaving certificates unchecked.
  [[nodiscard]] static Result<Target> target_of(const HttpRequest& request);
  // `done` is called once, from the loop's queue, with the place where the answer says to ask;
  // empty when it says none. It may be the end of the pool.
  void send(std::shared_ptr<const HttpRequest> request, Target target, Done done);
  [[nodiscard]] std::size_t under_way() const noexcept { return busy_.size(); }

 private:
  using ConnectionPtr = std::shared_ptr<HttpConnection>;

  void send_on(const ConnectionPtr& connection, std::shared_ptr<const HttpRequest> request,
               Target target, Done done);
  [[nodiscard]] ConnectionPtr take_idle(const std::string& origin);
  [[nodiscard]] ConnectionPtr open(const Target& target);
  void forget(const HttpConnection& connection);
  void close_idle();

  Network& network_;
  runtime::Loop& loop_;
  const std::size_t connections_;
  std::unordered_map<const HttpConnection*, ConnectionPtr> busy_;
  std::unordered_map<std::string, std::vector<ConnectionPtr>> idle_;  // by origin
  std::size_t idle_count_ = 0;
  runtime::Loop::TimerId timer_ = 0;  // while there are idle ones
};

}  // namespace waxwing::net
