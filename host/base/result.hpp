// SPDX-License-Identifier: Apache-2.0
// Status and Result<T>: how every fallible function of the host says what happened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <waxwing/abi/types.h>

namespace waxwing {

// The ABI's status codes. host/http/errors.cc maps them to HTTP.
enum class Code : std::int32_t {
  Ok = WAX_OK,
  Internal = WAX_E_INTERNAL,
  Invalid = WAX_E_INVALID,
  NotFound = WAX_E_NOT_FOUND,
  Unsupported = WAX_E_UNSUPPORTED,
  State = WAX_E_STATE,
  Unauthorized = WAX_E_UNAUTHORIZED,
  RateLimited = WAX_E_RATE_LIMITED,
  Timeout = WAX_E_TIMEOUT,
  Cancelled = WAX_E_CANCELLED,
  Unavailable = WAX_E_UNAVAILABLE,
  Conflict = WAX_E_CONFLICT,
  NoMemory = WAX_E_NO_MEMORY,
  Abi = WAX_E_ABI,
};

// An unknown code from a plugin counts as Internal.
[[nodiscard]] Code code_from_abi(wax_status status) noexcept;
[[nodiscard]] std::string_view to_string(Code code) noexcept;

// Success, or a code with a message that is safe to show to the caller of the API. Value type,
// no thread rule.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  static Status ok() { return {}; }

  [[nodiscard]] bool is_ok() const noexcept { return code_ == Code::Ok; }
  explicit operator bool() const noexcept { return is_ok(); }
  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  // Milliseconds after which a retry may succeed; 0 = not known.
  [[nodiscard]] std::uint32_t retry_after_ms() const noexcept { return retry_after_ms_; }
  Status& retry_after(std::uint32_t ms) noexcept {
    retry_after_ms_ = ms;
    return *this;
  }

  // The same failure with its context in front: "opening shard 3: disk full".
  [[nodiscard]] Status with(std::string_view context) const {
    if (is_ok()) {
      return *this;
    }
    Status s = *this;
    s.message_.insert(0, ": ").insert(0, context);
    return s;
  }
  // For a failure that has no further consequence here.
  void ignore() const noexcept {}

 private:
  Code code_ = Code::Ok;
  std::uint32_t retry_after_ms_ = 0;
  std::string message_;
};

// A value or the Status that explains its absence. The member names are std::expected's.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  Result(Status error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Status& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Status&& error() && { return std::get<1>(std::move(state_)); }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (has_value()) {
      return std::forward<F>(f)(std::move(*this).value());
    }
    return std::move(*this).error();
  }
  template <class F>
  auto transform(F&& f) && -> Result<std::invoke_result_t<F, T&&>> {
    if (has_value()) {
      return std::forward<F>(f)(std::move(*this).value());
    }
    return std::move(*this).error();
  }

 private:
  std::variant<T, Status> state_;
};

namespace detail {
inline Status to_status(Status s) {
  return s;
}
template <class T>
Status to_status(Result<T>&& r) {
  return std::move(r).error();
}
inline bool succeeded(const Status& s) {
  return s.is_ok();
}
template <class T>
bool succeeded(const Result<T>& r) {
  return r.has_value();
}
}  // namespace detail

}  // namespace waxwing

#define WAX_CONCAT_INNER(a, b) a##b
#define WAX_CONCAT(a, b) WAX_CONCAT_INNER(a, b)

// Leaves the function with the failure of `expr`, a Status or a Result.
#define WAX_TRY_VOID(expr)                                           \
  do {                                                               \
    if (auto wax_r = (expr); !::waxwing::detail::succeeded(wax_r)) { \
      return ::waxwing::detail::to_status(std::move(wax_r));         \
    }                                                                \
  } while (false)

// Declares `decl` with the value of `expr`, a Result, or leaves the function with its failure.
#define WAX_TRY(decl, expr) WAX_TRY_IMPL(decl, expr, WAX_CONCAT(wax_result_, __LINE__))
#define WAX_TRY_IMPL(decl, expr, tmp) \
  auto tmp = (expr);                  \
  if (!tmp.has_value()) {             \
    return std::move(tmp).error();    \
  }                                   \
  decl = std::move(tmp).value()
