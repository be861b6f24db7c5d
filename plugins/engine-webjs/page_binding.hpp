// SPDX-License-Identifier: Apache-2.0
// The one way in which the page is heard.
//
// What it says counts only when it comes through the binding of this launch, from WhatsApp's own
// main frame, with the launch's key, as an object of a bounded size, and not too often.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "json_values.hpp"

namespace webjs {

inline constexpr std::string_view kOrigin = "https://web.whatsapp.com";

class PageBinding {
 public:
  // `context` is the one of execution in the page that says it.
  using OnTold =
      std::function<void(std::int64_t context, const std::string& event, const Json& data)>;

  PageBinding();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // A script's text that declares tell(event, data) when it runs where the page is heard, and
  // returns from the function around it elsewhere. It comes first in every document: it takes the
  // binding away before anybody else can look.
  [[nodiscard]] std::string script() const;

  // Runtime.executionContextCreated; `main_frame` is the target's id.
  void add_context(const Json& context, const std::string& main_frame);
  void forget_contexts() { contexts_.clear(); }
  // Runtime.bindingCalled; `told` is called, here and now, when it counts.
  void hear(const Json& call, std::int64_t now_ms, const OnTold& told);

 private:
  const std::string name_;
  const std::string key_;
  std::set<std::int64_t> contexts_;  // of the main frame at WhatsApp's origin
  std::uint32_t told_ = 0;           // since told_since_ms_
  std::int64_t told_since_ms_ = 0;
};

// A name that a page cannot guess.
[[nodiscard]] std::string random_name();

}  // namespace webjs
