// SPDX-License-Identifier: Apache-2.0
// Inside of a Fetcher: libcurl on the loop, and one request. For fetcher.cc and
// fetch_transfer.cc only.
#pragma once

#include <cstdint>
#include <curl/curl.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/curl_loop.hpp"
#include "net/fetcher.hpp"
#include "net/network.hpp"
#include "net/resolver.hpp"

namespace waxwing::net {

using runtime::Loop;

struct Fetcher::Multi : std::enable_shared_from_this<Fetcher::Multi> {
  Multi(Network& the_network, Loop& the_loop) : network(the_network), loop(the_loop) {}

  [[nodiscard]] CurlLoop& get();
  void finish_done(CURL* easy, CURLcode code);
  void idle();
  void end();

  Network& network;
  Loop& loop;
  std::unique_ptr<CurlLoop> curl;  // made when first used, gone after a time without requests
  Loop::TimerId idle_timer = 0;
  Id last_id = 0;
  std::map<Id, std::shared_ptr<Transfer>> transfers;
};

class Fetcher::Transfer : public std::enable_shared_from_this<Fetcher::Transfer> {
 public:
  Transfer(Id id, FetchRequest request, Done done)
      : id_(id), request_(std::move(request)), done_(std::move(done)) {}
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
    curl_slist_free_all(addresses_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* easy() const noexcept { return easy_; }
  [[nodiscard]] bool running() const noexcept { return static_cast<bool>(done_); }
  [[nodiscard]] bool is_proxied() const noexcept {
    return request_.route.kind != Route::Kind::Direct;
  }
  [[nodiscard]] const std::string& first_hop(const Target& target) const noexcept {
    return is_proxied() ? request_.route.host : target.host;
  }
  void start_clock(Multi& multi);
  // The name of the first hop is known now.
  void begin(Multi& multi, const Target& target, const Addresses& addresses);
  // libcurl is through with it; what is left goes to Push, then it is over.
  void complete(Multi& multi, CURLcode code);
  void finish(Multi& multi, End end);
  void drop(Multi& multi);

 private:
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_read(char* to, std::size_t, std::size_t size, void* self);

  [[nodiscard]] std::size_t take(std::string_view octets);
  [[nodiscard]] std::size_t give(char* to, std::size_t size);
  void set_route();
  void set_body();
  void push_piece();
  void pull_piece();
  void go_on();

  const Id id_;
  FetchRequest request_;
  Done done_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* addresses_ = nullptr;
  HttpHead head_;
  std::weak_ptr<Multi> multi_;
  std::string incoming_;  // not pushed yet
  std::uint64_t received_ = 0;
  std::string outgoing_;  // pulled and not sent yet
  std::size_t outgoing_at_ = 0;
  std::uint64_t pulled_ = 0;
  std::optional<CURLcode> completed_;
  Loop::TimerId timer_ = 0;
  bool pushing_ = false;
  bool pulling_ = false;
  bool waiting_ = false;  // libcurl was told to pause
  bool in_curl_ = false;
  std::optional<End> trouble_;  // of ours, in place of libcurl's
};

}  // namespace waxwing::net
