// SPDX-License-Identifier: Apache-2.0
// What tests do with sessions over HTTP: make them, look at them, wait for a status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.hpp"

namespace waxwing::testing {

[[nodiscard]] inline std::string session_path(std::string_view name, std::string_view more = "") {
  return "/api/sessions/" + std::string(name) + std::string(more);
}

// POST /api/sessions with that section for the echo engine; the test fails unless it answers 201.
Reply create_echo(HttpClient& http, std::string_view name, std::string_view echo = "{}",
                  bool start = true);

// What GET says; "(404)" and the like when it is no session.
[[nodiscard]] std::string status_of(HttpClient& http, std::string_view name);

// Asks until the session has that status; the test fails when it does not come to it.
bool wait_for_status(HttpClient& http, std::string_view name, std::string_view status,
                     Millis limit = kPatience);

// Asks until `condition` is true.
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, Millis limit = kPatience);

// A pause between two questions; the only sleep of these tests.
void pause_between_questions();

template <class Condition>
bool wait_until(Condition condition, Millis limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) {
      return false;
    }
    pause_between_questions();
  }
  return true;
}

// Makes sessions in each of the states that the table of operations knows; the name is the state's.
// Prior state "unknown" makes nothing.
void bring_to(HttpClient& http, std::string_view name, std::string_view state);

// The code in a PNG, read by zbarimg; empty when there is none.
[[nodiscard]] std::string decode_qr(const std::string& png);

[[nodiscard]] std::string base64_decoded(std::string_view text);

// zbarimg is there.
[[nodiscard]] bool can_decode_qr();

}  // namespace waxwing::testing
