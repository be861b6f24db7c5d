// SPDX-License-Identifier: Apache-2.0
// The echo engine's settings: its JSON Schema and the struct that a valid section becomes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace echo {

// JSON Schema of `config.echo` and of the server's `engines.ECHO.config`. The host validates with
// it, shows it in the API's documentation and fills in the defaults.
extern const char kConfigSchema[];

struct Settings {
  struct Qr {
    std::uint32_t first_ms = 60'000;
    std::uint32_t next_ms = 20'000;
    std::uint32_t count = 6;
  };
  struct Burst {
    std::uint32_t count = 0;
    std::uint32_t size_bytes = 0;
    std::uint32_t every_ms = 0;  // 0 = all at once
  };
  enum class Crash { None, Start, Invoke };

  std::string phone;  // empty = derived from the session's name
  std::string push_name = "Echo";
  std::optional<std::uint32_t> login_after_ms = 2'000;  // nothing = somebody has to scan
  std::uint32_t echo_after_ms = 100;
  Qr qr;
  // Scripted failures, for tests of whatever runs above this engine.
  std::uint32_t start_delay_ms = 0;
  std::string fail_start;
  std::vector<std::string> never_answer;
  Crash crash = Crash::None;
  Burst burst;

  [[nodiscard]] bool never_answers(std::string_view what) const;
};

// Throws waxwing::plugin::Error(WAX_E_INVALID) with the field's name.
[[nodiscard]] Settings parse_settings(std::string_view json);

}  // namespace echo
