// SPDX-License-Identifier: Apache-2.0
// ScopedWatch: a descriptor of the plugin's own that the session's loop looks at.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core.hpp"
#include "task.hpp"

namespace waxwing::plugin {
inline namespace v1 {
namespace detail {

// Freed by the last callback, the one with ready == 0.
struct WatchBox {
  const Host* host;
  wax_session* session;
  std::weak_ptr<Life> life;
  std::function<void(std::uint32_t)> fn;

  static void ready(void* user, std::int32_t, std::uint32_t ready) noexcept {
    auto* self = static_cast<WatchBox*>(user);
    if (ready == 0) {
      delete self;
    } else if (const std::shared_ptr<Life> alive = self->life.lock()) {
      guard_log(*self->host, self->session, [&] { self->fn(ready); });
    }
  }
};

}  // namespace detail

// Watches until it goes. Let it go before the descriptor is closed and before quiesce().
// [session-loop]
class ScopedWatch {
 public:
  ScopedWatch() = default;
  ScopedWatch(const Host* host, wax_watch* raw) noexcept : host_(host), raw_(raw) {}
  ScopedWatch(ScopedWatch&& o) noexcept : host_(o.host_), raw_(std::exchange(o.raw_, nullptr)) {}
  ScopedWatch& operator=(ScopedWatch&& o) noexcept {
    if (this != &o) {
      reset();
      host_ = o.host_;
      raw_ = std::exchange(o.raw_, nullptr);
    }
    return *this;
  }
  ~ScopedWatch() { reset(); }

  void reset() noexcept {
    if (wax_watch* raw = std::exchange(raw_, nullptr)) {
      host_->executor.fd_unwatch(host_->raw(), raw);
    }
  }
  explicit operator bool() const noexcept { return raw_ != nullptr; }

 private:
  const Host* host_ = nullptr;
  wax_watch* raw_ = nullptr;
};

}  // namespace v1
}  // namespace waxwing::plugin
