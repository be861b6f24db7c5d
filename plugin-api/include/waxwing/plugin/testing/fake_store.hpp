// SPDX-License-Identifier: Apache-2.0
// FakeStore: the data model of wax_host_store in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../blob.hpp"
#include "../core.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace testing {

// Atomic batches, conditions, versions that only grow. One thread.
class FakeStore {
 public:
  struct Value {
    std::string value;
    std::uint64_t version = 0;
    std::int64_t expires_at_ms = 0;
  };
  using Key = std::pair<std::string, std::string>;  // space, key
  using Tenant = std::map<Key, Value>;
  struct Found {
    Key key;
    Value value;
  };

  // What a test looks at or prepares.
  Tenant& tenant(const std::string& name) { return tenants_[name]; }
  void erase_tenant(const std::string& name) { tenants_.erase(name); }

  std::vector<Found> get(const std::string& tenant, const wax_kv* keys, std::uint32_t count) {
    std::vector<Found> found;
    const detail::Strided<wax_kv> list(keys, count);
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      const Key key{view(list[i].space), view(list[i].key)};
      const auto it = tenants_[tenant].find(key);
      if (it != tenants_[tenant].end() && alive(it->second)) {
        found.push_back({key, it->second});
      }
    }
    return found;
  }

  std::vector<Found> scan(const std::string& tenant, const wax_scan& query) {
    std::vector<Found> all;
    const std::string_view prefix = view(query.prefix);
    const std::string_view after = view(query.after);
    const bool reverse = (query.flags & WAX_SCAN_REVERSE) != 0;
    for (const auto& [key, value] : tenants_[tenant]) {
      const bool wanted = key.first == view(query.space) &&
                          std::string_view(key.second).substr(0, prefix.size()) == prefix &&
                          (after.empty() || (reverse ? key.second < after : key.second > after));
      if (wanted && alive(value)) {
        all.push_back({key, value});
        if ((query.flags & WAX_SCAN_KEYS_ONLY) != 0) {
          all.back().value.value.clear();
        }
      }
    }
    if (reverse) {
      all = std::vector<Found>(std::make_move_iterator(all.rbegin()),
                               std::make_move_iterator(all.rend()));
    }
    if (query.limit != 0 && all.size() > query.limit) {
      all.resize(query.limit);
    }
    return all;
  }

  wax_status apply(const std::string& tenant, const wax_kv* ops, std::uint32_t count) {
    Tenant changed = tenants_[tenant];
    const std::uint64_t version = ++last_version_;
    const detail::Strided<wax_kv> list(ops, count);
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      const wax_kv op = list[i];
      const Key key{view(op.space), view(op.key)};
      const auto it = changed.find(key);
      const std::uint64_t present =
          it != changed.end() && alive(it->second) ? it->second.version : 0;
      if (((op.flags & WAX_KV_IF_ABSENT) != 0 && present != 0) ||
          ((op.flags & WAX_KV_IF_VERSION) != 0 && present != op.version)) {
        return WAX_E_CONFLICT;
      }
      if ((op.flags & WAX_KV_DELETE_PREFIX) != 0) {
        for (auto at = changed.lower_bound(key);
             at != changed.end() && at->first.first == key.first &&
             std::string_view(at->first.second).substr(0, key.second.size()) == key.second;) {
          at = changed.erase(at);
        }
      } else if ((op.flags & WAX_KV_DELETE) != 0) {
        changed.erase(key);
      } else {
        changed[key] = {std::string(view(op.value)), version, op.expires_at_ms};
      }
    }
    tenants_[tenant] = std::move(changed);
    return WAX_OK;
  }

 private:
  static bool alive(const Value& value) {
    using namespace std::chrono;
    return value.expires_at_ms == 0 ||
           value.expires_at_ms >
               duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  std::map<std::string, Tenant> tenants_;
  std::uint64_t last_version_ = 0;
};

}  // namespace testing
}  // namespace v1
}  // namespace waxwing::plugin
