// SPDX-License-Identifier: Apache-2.0
// Rows and Changes: what an engine reads from and writes to the session's store.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blob.hpp"
#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {

// A row that was read. Borrowed for the callback.
struct StoredRow {
  std::string_view space;
  std::string_view key;
  std::string_view value;
  std::uint64_t version = 0;
  std::int64_t expires_at_ms = 0;  // unix time; 0 = never
};

class Rows {
 public:
  Rows(const wax_kv* first, std::uint32_t count) noexcept : rows_(first, count) {}
  std::uint32_t size() const noexcept { return rows_.size(); }
  bool empty() const noexcept { return rows_.size() == 0; }
  StoredRow operator[](std::uint32_t i) const noexcept {
    const wax_kv kv = rows_[i];
    return {view(kv.space), view(kv.key), view(kv.value), kv.version, kv.expires_at_ms};
  }

 private:
  detail::Strided<wax_kv> rows_;
};

struct Key {
  std::string_view space = {};
  std::string_view key = {};
};

struct Query {
  std::string_view space = {};
  std::string_view prefix = {};
  std::string_view after = {};  // exclusive start key; empty = from the first
  std::uint32_t limit = 1000;
  std::uint32_t flags = 0;  // WAX_SCAN_*
};

// What happened, as webhooks will tell it. Borrowed for the call it is passed to.
struct Event {
  std::string_view type = {};       // "message"
  std::string_view json = {};       // the webhook payload, a JSON object
  std::string_view order_key = {};  // events of one key keep their order: the chat id
  std::uint32_t flags = 0;          // WAX_EVENT_*
  std::int64_t timestamp_ms = 0;    // unix time; 0 = now
  const std::vector<Part>* parts = nullptr;
};

// Rows and events that become durable together, or not at all. Owns copies of all it is given.
class Changes {
 public:
  Changes& put(std::string space, std::string key, std::string value,
               std::int64_t expires_at_ms = 0) {
    return add({WAX_KV_PUT, std::move(space), std::move(key), std::move(value), 0, expires_at_ms});
  }
  // The whole batch fails with WAX_E_CONFLICT if the key exists.
  Changes& put_new(std::string space, std::string key, std::string value) {
    return add(
        {WAX_KV_PUT | WAX_KV_IF_ABSENT, std::move(space), std::move(key), std::move(value), 0, 0});
  }
  // The whole batch fails with WAX_E_CONFLICT if the row's version is another.
  Changes& put_if(std::uint64_t version, std::string space, std::string key, std::string value) {
    return add({WAX_KV_PUT | WAX_KV_IF_VERSION, std::move(space), std::move(key), std::move(value),
                version, 0});
  }
  Changes& erase(std::string space, std::string key) {
    return add({WAX_KV_DELETE, std::move(space), std::move(key), {}, 0, 0});
  }
  // An empty prefix erases the space.
  Changes& erase_prefix(std::string space, std::string prefix) {
    return add({WAX_KV_DELETE_PREFIX, std::move(space), std::move(prefix), {}, 0, 0});
  }
  Changes& event(std::string type, std::string json, std::string order_key = {},
                 std::uint32_t flags = 0) {
    events_.push_back({std::move(type), std::move(json), std::move(order_key), flags});
    return *this;
  }
  bool empty() const noexcept { return ops_.empty() && events_.empty(); }

  // Borrows from this batch.
  std::vector<wax_kv> raw_ops() const {
    std::vector<wax_kv> raw;
    raw.reserve(ops_.size());
    for (const Op& o : ops_) {
      raw.push_back({sizeof(wax_kv), o.flags, str(o.space), bytes(o.key), bytes(o.value), o.version,
                     o.expires_at_ms});
    }
    return raw;
  }
  std::vector<wax_event> raw_events() const {
    std::vector<wax_event> raw;
    raw.reserve(events_.size());
    for (const OwnedEvent& e : events_) {
      wax_event out{};
      out.struct_size = sizeof out;
      out.flags = e.flags;
      out.type = str(e.type);
      out.json = str(e.json);
      out.order_key = str(e.order_key);
      raw.push_back(out);
    }
    return raw;
  }

 private:
  struct Op {
    std::uint32_t flags;
    std::string space;
    std::string key;
    std::string value;
    std::uint64_t version;
    std::int64_t expires_at_ms;
  };
  struct OwnedEvent {
    std::string type;
    std::string json;
    std::string order_key;
    std::uint32_t flags;
  };
  Changes& add(Op op) {
    ops_.push_back(std::move(op));
    return *this;
  }

  std::vector<Op> ops_;
  std::vector<OwnedEvent> events_;
};

}  // namespace v1
}  // namespace waxwing::plugin
