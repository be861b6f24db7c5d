// SPDX-License-Identifier: Apache-2.0
// The rules of a pool: who gets which proxy, and what becomes of proxies that fail.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace proxy_pool {

using Tags = std::map<std::string, std::string>;

struct Proxy {
  std::string url;  // without credentials
  std::string username;
  std::string password;
  Tags tags;

  friend bool operator==(const Proxy&, const Proxy&) = default;
  // What tells it from others: providers give exits by login, so that is part of it.
  [[nodiscard]] std::string key() const { return url + "\n" + username; }
};

struct Rules {
  std::uint32_t failures = 2;  // in a row, until it has to cool down
  std::int64_t cooldown_ms = 60'000;
};

enum class Health { Worked, Failed, Refused };  // Refused: it will not take us, whatever we do

// Times are milliseconds of any clock that does not go back. Not thread-safe.
class Pool {
 public:
  explicit Pool(Rules rules) : rules_(rules) {}

  // Proxies that stay keep their sessions and their health.
  void set_proxies(std::vector<Proxy> proxies);

  struct Choice {
    std::uint64_t lease = 0;
    const Proxy* proxy = nullptr;  // until the next set_proxies()
  };
  // Nothing when no proxy has those tags.
  [[nodiscard]] std::optional<Choice> acquire(const std::string& session, const Tags& wanted,
                                              std::int64_t now_ms);
  void report(std::uint64_t lease, Health health, std::int64_t now_ms);
  void release(std::uint64_t lease);
  // False when there is no other one.
  [[nodiscard]] bool rotate(const std::string& session, std::int64_t now_ms);
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }

 private:
  struct Member {
    Proxy proxy;
    std::uint32_t failures = 0;   // in a row
    std::uint32_t cooldowns = 0;  // since it worked last
    std::int64_t well_at_ms = 0;
  };
  struct Held {
    std::string proxy;  // key
    Tags wanted;
    std::size_t leases = 0;
  };
  struct Lease {
    std::string session;
    std::string proxy;
  };

  [[nodiscard]] Member* choose(const std::string& session, const Tags& wanted,
                               const std::string& not_this, std::int64_t now_ms);

  const Rules rules_;
  std::map<std::string, Member> members_;           // by key
  std::unordered_map<std::string, Held> sessions_;  // those that hold a lease
  std::unordered_map<std::uint64_t, Lease> leases_;
  std::uint64_t last_lease_ = 0;
};

}  // namespace proxy_pool
