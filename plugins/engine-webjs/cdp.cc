// SPDX-License-Identifier: Apache-2.0
// Splitting, numbering, matching.
#include "cdp.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace webjs {
namespace {

const Json kNothing = Json::object();

}  // namespace

void Cdp::call(const std::string& session, std::string_view method, const Json& params,
               std::int64_t deadline_ms, Answer answer) {
  call_raw(session, method, dump(params), deadline_ms, std::move(answer));
}

void Cdp::call_raw(const std::string& session, std::string_view method, std::string_view params,
                   std::int64_t deadline_ms, Answer answer) {
  const std::uint64_t id = ++last_id_;
  output_.reserve(output_.size() + params.size() + 128);
  output_.append("{\"id\":").append(std::to_string(id));
  output_.append(",\"method\":\"").append(method).append("\",\"params\":").append(params);
  if (!session.empty()) {
    output_.append(",\"sessionId\":\"").append(session).append("\"");
  }
  output_.append("}").push_back('\0');
  pending_.emplace(id, Pending{session, std::string(method), deadline_ms, std::move(answer)});
}

bool Cdp::take(std::string_view octets) {
  input_.append(octets);
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = input_.find('\0', std::max(start, scanned_));
    if (end == std::string::npos) {
      break;
    }
    const std::string message = input_.substr(start, end - start);
    start = end + 1;
    scanned_ = start;
    if (!dispatch(message)) {
      return false;
    }
  }
  input_.erase(0, start);
  scanned_ = input_.size();
  if (input_.capacity() > (1U << 16U) && input_.size() < (1U << 12U)) {
    input_.shrink_to_fit();
  }
  return input_.size() <= kMaxMessageBytes;
}

bool Cdp::dispatch(std::string_view text) {
  const Json message = Json::parse(text, nullptr, false);
  if (!message.is_object()) {
    return false;
  }
  const auto id = message.find("id");
  if (id == message.end()) {
    const auto method = message.find("method");
    if (method == message.end() || !method->is_string()) {
      return false;
    }
    const auto session = message.find("sessionId");
    const auto params = message.find("params");
    on_event_(session != message.end() && session->is_string() ? session->get<std::string>() : "",
              method->get<std::string>(),
              params != message.end() && params->is_object() ? *params : kNothing);
    return true;
  }
  if (!id->is_number_unsigned()) {
    return false;
  }
  const auto found = pending_.find(id->get<std::uint64_t>());
  if (found == pending_.end()) {
    return true;  // the answer to a call that was given up
  }
  const Pending call = std::move(found->second);
  pending_.erase(found);
  if (const auto error = message.find("error"); error != message.end()) {
    const auto text_of = error->is_object() ? error->find("message") : error->end();
    const bool named = error->is_object() && text_of != error->end() && text_of->is_string();
    const std::string why = call.method + ": " + (named ? text_of->get<std::string>() : "refused");
    call.answer({false, kNothing, why});
    return true;
  }
  const auto result = message.find("result");
  call.answer({true, result != message.end() && result->is_object() ? *result : kNothing, ""});
  return true;
}

template <class Which>
void Cdp::end(Which which, std::string_view why) {
  std::vector<Pending> over;
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (which(it->second)) {
      over.push_back(std::move(it->second));
      it = pending_.erase(it);
    } else {
      ++it;
    }
  }
  for (const Pending& call : over) {
    const std::string text = call.method + ": " + std::string(why);
    call.answer({false, kNothing, text});
  }
}

void Cdp::fail(const std::string& session, std::string_view why) {
  end([&](const Pending& call) { return session.empty() || call.session == session; }, why);
}

void Cdp::expire(std::int64_t now_ms) {
  end([&](const Pending& call) { return call.deadline_ms <= now_ms; }, "no answer in time");
}

std::int64_t Cdp::next_deadline() const noexcept {
  std::int64_t next = 0;
  for (const auto& [id, call] : pending_) {
    next = next == 0 ? call.deadline_ms : std::min(next, call.deadline_ms);
  }
  return next;
}

}  // namespace webjs
