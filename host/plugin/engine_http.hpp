// SPDX-License-Identifier: Apache-2.0
// An engine's HTTP requests: from blob to blob, through the session's proxy.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include <waxwing/abi/ext/net.h>

#include "net/fetcher.hpp"
#include "plugin/engine_session.hpp"

namespace waxwing::plugin_host {

class EngineNet;

// As EngineNet, whose part it is. Reading and writing of large blobs is left to the pool. [loop]
class EngineHttp {
 public:
  EngineHttp(EngineNet& net, EngineSession& session, net::Network& network);
  ~EngineHttp();
  EngineHttp(const EngineHttp&) = delete;
  EngineHttp& operator=(const EngineHttp&) = delete;

  // `request` is a normalised copy; what it points to is copied, its blob is kept.
  [[nodiscard]] std::uint64_t start(const wax_http_request& request, wax_http_fn answer,
                                    void* user);
  void cancel(std::uint64_t id);
  void end();

 private:
  class Call;

  EngineNet& net_;
  EngineSession& session_;
  runtime::Loop& loop_;
  net::Fetcher client_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Call>> calls_;
};

}  // namespace waxwing::plugin_host
