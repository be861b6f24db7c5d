// SPDX-License-Identifier: Apache-2.0
// Messages and presence: callers' requests to messaging.js, and its news to whoever listens.
#include <array>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "json_values.hpp"
#include "requests.hpp"
#include "webjs_engine.hpp"

namespace webjs {
namespace {

constexpr std::uint32_t kOperationMs = 25'000;
constexpr std::size_t kMaxUntold = 10'000;
constexpr std::uint32_t kRetryAfterMs = 5'000;
constexpr std::size_t kMaxShown = 300;

struct Refusal {
  std::string_view name;
  wax_status status;
};
// As messaging.js calls them.
constexpr std::array kRefusals = {
    Refusal{"invalid", WAX_E_INVALID}, Refusal{"not_found", WAX_E_NOT_FOUND},
    Refusal{"state", WAX_E_STATE},     Refusal{"conflict", WAX_E_CONFLICT},
    Refusal{"failed", WAX_E_INTERNAL}, Refusal{"unavailable", WAX_E_UNAVAILABLE},
};

void refuse(wp::Call& call, const Json& refused) {
  std::string name = "failed";
  std::string text;
  if (refused.is_object()) {
    name =
        refused.value("status", Json()).is_string() ? refused["status"].get<std::string>() : name;
    text = refused.value("text", Json()).is_string() ? refused["text"].get<std::string>() : text;
  }
  wax_status status = WAX_E_INTERNAL;
  for (const Refusal& known : kRefusals) {
    status = known.name == name ? known.status : status;
  }
  call.fail(status, text.empty() ? "WhatsApp Web gave no answer" : text.substr(0, kMaxShown),
            status == WAX_E_UNAVAILABLE ? kRetryAfterMs : 0);
}

}  // namespace

void WebjsEngine::run_operation(const wp::Request& request, wp::Call&& call) {
  const std::string name(request.op);
  Json arguments = arguments_of(name, Json::parse(request.json, nullptr, false));
  if (phase_ != Phase::Working || page_ == nullptr || reloading_) {
    throw wp::Error(WAX_E_STATE, "the session is not WORKING");
  }
  auto shared = std::make_shared<wp::Call>(std::move(call));
  page_->run("operation", {{"name", name}, {"args", std::move(arguments)}}, kOperationMs,
             [shared, name](const Json& result, const std::string& error) {
               if (!error.empty()) {
                 shared->fail(WAX_E_UNAVAILABLE, "WhatsApp Web does not answer: " + error,
                              kRetryAfterMs);
                 return;
               }
               if (!result.is_object() || !result.contains("value")) {
                 refuse(*shared, result.is_object() ? result.value("refused", Json()) : Json());
                 return;
               }
               const Json answer = answer_of(name, result["value"]);
               if (answer.is_null()) {
                 refuse(*shared, Json());
                 return;
               }
               shared->ok(dump(answer));
             });
}

void WebjsEngine::on_news(const std::string& event, const Json& data) {
  std::vector<News> all = news_of(event, data);
  if (all.empty()) {
    log(WAX_LOG_DEBUG, "page.malformed", {{"event", event}});
    record(kDropped);
  }
  for (News& news : all) {
    tell(std::move(news));
  }
}

// In order, whatever there is room for.
void WebjsEngine::tell(News news) {
  untold_.push_back(std::move(news));
  resume();
  if (untold_.size() > kMaxUntold) {
    untold_.pop_front();
    record(kDropped);
  }
}

void WebjsEngine::resume() {
  while (!untold_.empty()) {
    const News& news = untold_.front();
    wp::Event event;
    event.type = news.type;
    event.json = news.json;
    event.order_key = news.order_key;
    if (!emit(event)) {
      return;
    }
    untold_.pop_front();
  }
}

}  // namespace webjs
