// SPDX-License-Identifier: Apache-2.0
// What waits for a session's webhooks, and what could not be delivered.
#include <charconv>

#include "api/body.hpp"
#include "api/errors.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "webhook/service.hpp"

namespace waxwing::api {
namespace {

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kLargestPage = 1000;

// Sends what the service answers.
webhook::Service::TextFn answer_with(Call&& call, int success) {
  return [responder = std::move(call.responder), success](Result<std::string> text) mutable {
    if (text.has_value()) {
      responder.send_json(success, std::move(text).value());
    } else {
      responder.send(from_status(text.error()));
    }
  };
}

void report(const Context& context, Call&& call) {
  const std::string session(call.request.param("session"));
  context.webhooks.report(session, answer_with(std::move(call), 200));
}

void dead_letters(const Context& context, Call&& call) {
  std::uint32_t limit = kDefaultPage;
  if (const auto text = call.request.query("limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc() || end != text->data() + text->size() || limit < 1 ||
        limit > kLargestPage) {
      call.send(http::error_response(400, "limit must be a whole number from 1 to 1000"));
      return;
    }
  }
  const std::string session(call.request.param("session"));
  const std::string after(call.request.query("after").value_or(""));
  context.webhooks.dead_letters(session, after, limit, answer_with(std::move(call), 200));
}

void replay(const Context& context, Call&& call) {
  const auto body = body_object(call);
  if (!body.has_value()) {
    return;
  }
  std::vector<std::string> ids;
  if (const Json* given = json::find(*body, "ids"); given != nullptr && !given->is_null()) {
    if (!given->is_array() || given->empty()) {
      call.send(http::error_response(400, "ids must be an array of event ids, or absent for all"));
      return;
    }
    for (const Json& id : *given) {
      if (!id.is_string()) {
        call.send(http::error_response(400, "each value in ids must be a string"));
        return;
      }
      ids.push_back(id.get<std::string>());
    }
  }
  const std::string session(call.request.param("session"));
  context.webhooks.replay(session, std::move(ids), answer_with(std::move(call), 201));
}

}  // namespace

void add_webhook_rows(std::vector<Row>& rows) {
  add_row(rows, kEventsTag, "GET", "/api/{session}/webhooks", Access::Read, report,
          "What waits for each webhook of the session, and how deliveries fare")
      .answers(200, "WebhookReport");
  add_row(rows, kEventsTag, "GET", "/api/{session}/webhooks/dead", Access::Read, dead_letters,
          "Events that a webhook did not take after all tries")
      .asks("limit", "Most items of an answer, 1 to 1000; 100 when not given.")
      .asks("after", "`next` of the answer before.")
      .answers(200, "DeadLetterList");
  add_row(rows, kEventsTag, "POST", "/api/{session}/webhooks/replay", Access::Control, replay,
          "Deliver dead letters again")
      .takes("ReplayRequest")
      .answers(201, "ReplayResult");
}

}  // namespace waxwing::api
