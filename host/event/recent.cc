// SPDX-License-Identifier: Apache-2.0
// Rows of past events: writing, bounding, reading.
#include "event/recent.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "base/log.hpp"
#include "event/bus.hpp"

namespace waxwing::event {
namespace {

// A row that the store refuses would take the engine's batch with it.
constexpr std::size_t kMostEventBytes = 512 << 10;

void append_big_endian(std::string& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

std::string next_key(std::int64_t now_ms) {
  static std::atomic<std::uint32_t> count{0};
  std::string key;
  append_big_endian(key, static_cast<std::uint64_t>(now_ms), 8);
  append_big_endian(key, count.fetch_add(1, std::memory_order_relaxed), 4);
  return key;
}

// Null when the row is damaged.
EventPtr read_event(const std::string& session, const std::string& value) {
  const auto id_end = value.find('\n');
  const auto type_end = id_end == std::string::npos ? id_end : value.find('\n', id_end + 1);
  if (type_end == std::string::npos) {
    return nullptr;
  }
  auto event = std::make_shared<Event>();
  event->id = value.substr(0, id_end);
  event->type = value.substr(id_end + 1, type_end - id_end - 1);
  event->session = session;
  event->json = value.substr(type_end + 1);
  return event;
}

// Reads many sessions at once and keeps no more of them than the window takes.
class Recalling {
 public:
  using Told = std::function<void(const std::string&, Earlier)>;
  Recalling(const Bus& bus, const Told& told) : bus_(bus), told_(told) {}

  void read(const KeptIn& from, RecentLimits limits) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return under_way_ < kAtOnce; });
      ++under_way_;
    }
    storage::Scan scan;
    scan.space = kRecentSpace;
    scan.reverse = true;  // the newest, should there be more than there may be now
    scan.limit = static_cast<std::uint32_t>(std::max<std::size_t>(limits.events, 1));
    from.store->tenant(from.session, [](Task task) { task(); })
        .scan(std::move(scan), [this, session = from.session](const auto& rows) {
          const std::lock_guard lock(mutex_);
          if (!rows.has_value()) {
            log::warn("events.not_recalled",
                      {{"session", session}, {"why", rows.error().message()}});
          } else if (!rows->empty()) {
            take(session, *rows);
          }
          --under_way_;
          changed_.notify_one();
        });
  }
  void give_to(Bus& bus) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
    std::vector<EventPtr> oldest_first;
    oldest_first.reserve(kept_.size());
    for (auto& [key, event] : kept_) {
      oldest_first.push_back(std::move(event));
    }
    bus.recall(oldest_first, wanted_until_ms_);
  }

 private:
  static constexpr std::size_t kAtOnce = 1'000;

  void take(const std::string& session, const std::vector<storage::Row>& rows) {
    Earlier earlier;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      EventPtr event = read_event(session, row->value);
      earlier.rows.push_back({row->key, row->value.size()});
      earlier.wanted_until_ms = std::max(earlier.wanted_until_ms, row->expires_at_ms);
      if (event) {
        bytes_ += event->size_bytes();
        kept_.emplace(row->key, std::move(event));
      }
    }
    while (kept_.size() > bus_.options().window_events || bytes_ > bus_.options().window_bytes) {
      bytes_ -= kept_.begin()->second->size_bytes();
      kept_.erase(kept_.begin());
    }
    wanted_until_ms_ = std::max(wanted_until_ms_, earlier.wanted_until_ms);
    told_(session, std::move(earlier));
  }

  const Bus& bus_;
  const Told& told_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::size_t under_way_ = 0;
  std::multimap<std::string, EventPtr> kept_;  // by key
  std::size_t bytes_ = 0;
  std::int64_t wanted_until_ms_ = 0;
};

}  // namespace

void Recent::Window::push(Earlier::Row row) {
  bytes += row.bytes;
  rows.push_back(std::move(row));
}

Recent::Window& Recent::window() {
  if (!window_) {
    window_ = std::make_unique<Window>();
  }
  return *window_;
}

void Recent::inherit(Earlier earlier) {
  inherited_until_ms_ = earlier.wanted_until_ms;
  for (Earlier::Row& row : earlier.rows) {
    window().push(std::move(row));
  }
}

void Recent::keep(const Event& event, std::vector<storage::WriteOp>& rows) {
  if (limits_.events == 0 || event.ephemeral ||
      event.json.size() > std::min(limits_.bytes / 4, kMostEventBytes)) {
    return;
  }
  const std::int64_t now_ms = bus_.clock().unix_ms();
  const std::int64_t until_ms = std::max(bus_.wanted_until(event.session), inherited_until_ms_);
  if (until_ms <= now_ms) {
    window_.reset();  // its rows have expired
    return;
  }
  std::string key = next_key(now_ms);
  std::string value;
  value.reserve(event.id.size() + event.type.size() + event.json.size() + 2);
  value.append(event.id).append(1, '\n').append(event.type).append(1, '\n').append(event.json);
  rows.push_back(storage::WriteOp::put(std::string(kRecentSpace), key, std::move(value), until_ms));
  window().push({std::move(key), event.json.size()});
  trim(rows);
}

void Recent::trim(std::vector<storage::WriteOp>& rows) {
  Window& of = *window_;
  while (of.rows.size() > limits_.events || of.bytes > limits_.bytes) {
    of.bytes -= of.rows.front().bytes;
    rows.push_back(
        storage::WriteOp::erase(std::string(kRecentSpace), std::move(of.rows.front().key)));
    of.rows.pop_front();
  }
}

void recall(const std::vector<KeptIn>& sessions, RecentLimits limits, Bus& bus,
            const std::function<void(const std::string&, Earlier)>& told) {
  Recalling recalling(bus, told);
  for (const KeptIn& from : sessions) {
    recalling.read(from, limits);
  }
  recalling.give_to(bus);
}

}  // namespace waxwing::event
