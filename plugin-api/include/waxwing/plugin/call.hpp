// SPDX-License-Identifier: Apache-2.0
// Request and Call: what an engine is asked, and the one answer it owes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "blob.hpp"
#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {

// One operation as it arrives. Everything is borrowed until invoke() returns: copy what a later
// answer needs.
struct Request {
  std::string_view op;
  std::string_view json;        // a UTF-8 JSON object
  std::string_view request_id;  // for logs
  std::uint32_t deadline_ms;    // from now; 0 = none
  detail::Strided<wax_part> parts;

  explicit Request(const wax_request& raw) noexcept
      : op(view(raw.op)),
        json(view(raw.json)),
        request_id(view(raw.request_id)),
        deadline_ms(raw.deadline_ms),
        parts(raw.parts, raw.parts_count) {}

  // The part of that name; its blob is empty when there is none.
  Part part(const Host& host, std::string_view name) const {
    for (std::uint32_t i = 0; i < parts.size(); ++i) {
      const wax_part p = parts[i];
      if (view(p.name) == name) {
        return {std::string(name), std::string(view(p.mimetype)), std::string(view(p.filename)),
                Blob::share(host, p.blob)};
      }
    }
    return {};
  }
};

// One pending answer. Move-only; if it is dropped unanswered the caller gets WAX_E_INTERNAL, so no
// request can hang because a plugin forgot a branch. Answering twice is harmless: the second one
// is not sent. [any-thread], one thread at a time.
class Call {
 public:
  Call(const wax_host* host, wax_call* raw) noexcept : host_(host), raw_(raw) {}
  Call(Call&& o) noexcept : host_(o.host_), raw_(std::exchange(o.raw_, nullptr)) {}
  Call& operator=(Call&& o) noexcept {
    if (this != &o) {
      abandon();
      host_ = o.host_;
      raw_ = std::exchange(o.raw_, nullptr);
    }
    return *this;
  }
  ~Call() { abandon(); }

  void ok(std::string_view json = "{}") noexcept {
    wax_response r = response(WAX_OK);
    r.json = str(json);
    finish(r);
  }
  // With binary parts. Throws std::bad_alloc, then the call is still pending.
  void ok(std::string_view json, const std::vector<Part>& parts) {
    const std::vector<wax_part> raw = detail::raw_parts(parts);
    wax_response r = response(WAX_OK);
    r.json = str(json);
    r.parts = raw.data();
    r.parts_count = static_cast<std::uint32_t>(raw.size());
    finish(r);
  }
  // `message` is for people, `details_json` (an object or empty) for programs.
  void fail(wax_status status, std::string_view message, std::uint32_t retry_after_ms = 0,
            std::string_view details_json = {}) noexcept {
    wax_response r = response(status == WAX_OK ? WAX_E_INTERNAL : status);
    r.message = str(message);
    r.retry_after_ms = retry_after_ms;
    r.json = str(details_json);
    finish(r);
  }

  // True once nobody waits for the answer any more; it may still be given.
  bool cancelled() const noexcept {
    return raw_ != nullptr && host_->call_cancelled(host_, raw_) != 0;
  }
  bool pending() const noexcept { return raw_ != nullptr; }

 private:
  static wax_response response(wax_status status) noexcept {
    wax_response r{};
    r.struct_size = sizeof r;
    r.status = status;
    return r;
  }
  void finish(const wax_response& r) noexcept {
    if (wax_call* raw = std::exchange(raw_, nullptr)) {
      host_->call_finish(host_, raw, &r);
    }
  }
  void abandon() noexcept {
    if (!cancelled()) {
      fail(WAX_E_INTERNAL, "the engine dropped the call");
    }
  }

  const wax_host* host_;
  wax_call* raw_;
};

namespace detail {

// Runs fn(Call&&); whatever it throws before giving the call away becomes the answer.
template <class Fn>
void guard_call(const wax_host* host, wax_call* raw, Fn&& fn) noexcept {
  Call call(host, raw);
  try {
    fn(std::move(call));
  } catch (...) {
    with_current_exception([&](wax_status code, std::string_view what, std::uint32_t retry) {
      call.fail(code, what, retry);
    });
  }
}

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin
