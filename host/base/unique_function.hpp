// SPDX-License-Identifier: Apache-2.0
// A move-only std::function, until std::move_only_function of C++23 is at hand.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace waxwing {

template <class Signature>
class UniqueFunction;

// Holds any callable, also one that owns move-only state. Calling an empty one is undefined.
template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}  // NOLINT(*-explicit-*)
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      UniqueFunction(F&& f)  // NOLINT(*-explicit-*)
      : callable_(std::make_unique<Model<std::decay_t<F>>>(std::forward<F>(f))) {}

  R operator()(Args... args) const { return callable_->call(std::forward<Args>(args)...); }
  explicit operator bool() const noexcept { return callable_ != nullptr; }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Model final : Callable {
    explicit Model(F&& f) : function(std::move(f)) {}
    explicit Model(const F& f) : function(f) {}
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };

  std::unique_ptr<Callable> callable_;
};

using Task = UniqueFunction<void()>;

}  // namespace waxwing
