// SPDX-License-Identifier: Apache-2.0
// HTTP requests on a loop, over libcurl; bodies come and go in pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "net/end.hpp"
#include "net/http_head.hpp"
#include "net/url.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {

class Network;

struct FetchRequest {
  // Gives the octets from `offset` on, at most `most` and at least one, now or later, on the loop.
  using Pull = UniqueFunction<void(std::uint64_t offset, std::size_t most,
                                   UniqueFunction<void(Result<std::string>)> give)>;
  // Takes the next octets of the answer; `taken` is called now or later, on the loop.
  using Push = UniqueFunction<void(std::string octets, UniqueFunction<void(Status)> taken)>;

  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  // are_sendable_headers()
  Route route;
  std::string ca_pem;  // trusted beside the system's authorities
  Millis deadline{60'000};
  std::uint64_t max_response_bytes = 100 << 20;
  std::uint64_t body_bytes = 0;
  Pull pull;  // empty = no body
  Push push;  // empty = the answer's body is thrown away
};

// The requests of one owner. Connections are kept for its next ones and never shared with others: a
// proxy may tell owners apart by their login alone. Costs nothing while it is idle for long. [loop]
class Fetcher {
 public:
  using Id = std::uint64_t;
  // Ok and the head of a whole answer of whatever code, or why there is none.
  using Done = UniqueFunction<void(End end, HttpHead head)>;
  // What moves between the wire and Pull or Push at once.
  static constexpr std::size_t kPieceBytes = 256 * 1024;

  Fetcher(Network& network, runtime::Loop& loop);
  ~Fetcher();  // drops what is under way without a word
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // `done` is called once, from the loop's queue, unless it is cancelled.
  Id start(FetchRequest request, Done done);
  void cancel(Id id);
  [[nodiscard]] std::size_t running() const noexcept;

 private:
  class Transfer;
  struct Multi;

  std::shared_ptr<Multi> multi_;
};

}  // namespace waxwing::net
