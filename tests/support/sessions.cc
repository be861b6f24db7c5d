// SPDX-License-Identifier: Apache-2.0
// Sessions over HTTP, and QR codes read back.
#include "support/sessions.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace waxwing::testing {

Reply create_echo(HttpClient& http, std::string_view name, std::string_view echo, bool start) {
  Reply reply = http.post("/api/sessions", "{\"name\":" + json_text(name) +
                                               ",\"start\":" + (start ? "true" : "false") +
                                               ",\"config\":{\"echo\":" + std::string(echo) + "}}");
  EXPECT_EQ(reply.status, 201) << reply;
  return reply;
}

std::string status_of(HttpClient& http, std::string_view name) {
  const Reply reply = http.get(session_path(name));
  return reply.status == 200 ? reply.json()["status"].text()
                             : "(" + std::to_string(reply.status) + ")";
}

void pause_between_questions() {
  std::this_thread::sleep_for(Millis(5));
}

bool wait_for_status(HttpClient& http, std::string_view name, std::string_view status,
                     Millis limit) {
  std::string last;
  const bool reached = wait_until(
      [&] {
        last = status_of(http, name);
        return last == status;
      },
      limit);
  EXPECT_TRUE(reached) << name << " is " << last << " and not " << status << ": "
                       << http.get(session_path(name));
  return reached;
}

void bring_to(HttpClient& http, std::string_view name, std::string_view state) {
  if (state == "unknown") {
    return;
  }
  if (state == "STOPPED") {
    create_echo(http, name, "{}", false);
  } else if (state == "STARTING") {
    create_echo(http, name, R"({"startDelayMs":3600000})");
  } else if (state == "SCAN_QR_CODE") {
    create_echo(http, name, R"({"loginAfterMs":null})");
  } else if (state == "WORKING") {
    create_echo(http, name, R"({"loginAfterMs":0})");
  } else if (state == "FAILED") {
    create_echo(http, name, R"({"failStart":"scripted"})");
  } else {
    ADD_FAILURE() << "no way to " << state;
    return;
  }
  wait_for_status(http, name, state);
}

bool can_decode_qr() {
  return std::system("command -v zbarimg >/dev/null 2>&1") == 0;
}

std::string decode_qr(const std::string& png) {
  const TempDir dir;
  const std::string file = dir / "code.png";
  std::ofstream(file, std::ios::binary) << png;
  const std::string command = "zbarimg --raw -q -Sdisable -Sqrcode.enable " + file + " 2>/dev/null";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4'096> chunk{};
  std::size_t n = 0;
  while (pipe != nullptr && (n = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0) {
    text.append(chunk.data(), n);
  }
  if (pipe != nullptr) {
    ::pclose(pipe);
  }
  if (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  return text;
}

std::string base64_decoded(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto at = kAlphabet.find(c);
    if (at == std::string_view::npos) {
      break;
    }
    bits = (bits << 6 | static_cast<unsigned>(at)) & 0xFFFFFFU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 255U);
    }
  }
  return out;
}

}  // namespace waxwing::testing
