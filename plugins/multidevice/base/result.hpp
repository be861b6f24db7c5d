// SPDX-License-Identifier: Apache-2.0
// Status and Result<T>: how the protocol's rooms say what went wrong, without exceptions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace waxwing::multidevice {

// Who is to blame decides what a session does about it.
enum class Fault {
  None,
  Malformed,  // octets of the other side that cannot be read
  Untrusted,  // a certificate, signature, MAC or tag of the other side that does not hold
  Protocol,   // well-formed, but not what may come at this point
  Limit,      // larger or more than we allow
  Argument,   // our caller asks for what cannot be done
  Internal,   // the machine: no entropy, no memory, a broken library
};
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

// Success, or a fault with a text that is safe to log and to show: no key, no name, no number.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Fault fault, std::string message) : fault_(fault), message_(std::move(message)) {}
  static Status ok() { return {}; }

  [[nodiscard]] bool is_ok() const noexcept { return fault_ == Fault::None; }
  explicit operator bool() const noexcept { return is_ok(); }
  [[nodiscard]] Fault fault() const noexcept { return fault_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  // The same failure with its context in front: "pair-success: the HMAC does not hold".
  [[nodiscard]] Status with(std::string_view context) const;

 private:
  Fault fault_ = Fault::None;
  std::string message_;
};

[[nodiscard]] inline Status malformed(std::string message) {
  return {Fault::Malformed, std::move(message)};
}
[[nodiscard]] inline Status untrusted(std::string message) {
  return {Fault::Untrusted, std::move(message)};
}

// A value, or the Status that explains its absence. The member names are std::expected's.
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

 private:
  std::variant<T, Status> state_;
};

namespace detail {
inline Status to_status(Status status) {
  return status;
}
template <class T>
Status to_status(Result<T>&& result) {
  return std::move(result).error();
}
inline bool succeeded(const Status& status) {
  return status.is_ok();
}
template <class T>
bool succeeded(const Result<T>& result) {
  return result.has_value();
}
}  // namespace detail

}  // namespace waxwing::multidevice

#define WAX_MD_CONCAT_INNER(a, b) a##b
#define WAX_MD_CONCAT(a, b) WAX_MD_CONCAT_INNER(a, b)

// Leaves the function with the failure of `expr`, a Status or a Result.
#define WAX_MD_TRY_VOID(expr)                                                   \
  do {                                                                          \
    if (auto md_r = (expr); !::waxwing::multidevice::detail::succeeded(md_r)) { \
      return ::waxwing::multidevice::detail::to_status(std::move(md_r));        \
    }                                                                           \
  } while (false)

// Declares `decl` with the value of `expr`, a Result, or leaves the function with its failure.
#define WAX_MD_TRY(decl, expr) WAX_MD_TRY_IMPL(decl, expr, WAX_MD_CONCAT(md_result_, __LINE__))
#define WAX_MD_TRY_IMPL(decl, expr, tmp) \
  auto tmp = (expr);                     \
  if (!tmp.has_value()) {                \
    return std::move(tmp).error();       \
  }                                      \
  decl = std::move(tmp).value()
