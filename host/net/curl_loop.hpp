// SPDX-License-Identifier: Apache-2.0
// libcurl's multi interface on one of our loops; inside of host/net only.
#pragma once

#include <curl/curl.h>
#include <functional>
#include <memory>
#include <unordered_map>

#include "runtime/loop.hpp"

namespace waxwing::net {

// Moves transfers along, many at once. [loop] for everything.
class CurlLoop {
 public:
  // A transfer is over and no longer here. Called from the loop's queue, never inside a call of
  // libcurl; may add and remove transfers, and may destroy the CurlLoop.
  using Done = std::function<void(CURL* easy, CURLcode code)>;

  struct Connections {
    long kept = 0;     // for the next request
    long at_once = 0;  // kept ones too; 0 = not limited
  };

  CurlLoop(runtime::Loop& loop, Connections connections, Done done);
  // The owner has removed its transfers.
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  // Begins a transfer; the handle stays the caller's. Takes the handle's socket-closing callback.
  CURLMcode add(CURL* easy);
  // Ends it early, without Done.
  void remove(CURL* easy);
  // Moves on what was paused.
  void act() { act(CURL_SOCKET_TIMEOUT, 0); }

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_close_socket(void* self, curl_socket_t socket);
  static int on_timer(CURLM*, long delay_ms, void* self);
  [[nodiscard]] bool watch(curl_socket_t socket, std::uint32_t interest);
  void forget(curl_socket_t socket);
  void act_soon();
  void act(curl_socket_t socket, int events);

  runtime::Loop& loop_;
  CURLM* const multi_;
  const std::shared_ptr<const Done> done_;  // also says that this is alive
  // A socket stays watched while its connection is idle, until it is closed.
  std::unordered_map<curl_socket_t, runtime::Loop::WatchId> watches_;
  runtime::Loop::TimerId timer_ = 0;
  bool acting_soon_ = false;
};

}  // namespace waxwing::net
