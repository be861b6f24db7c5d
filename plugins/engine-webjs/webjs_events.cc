// SPDX-License-Identifier: Apache-2.0
// What the page tells, and what becomes of it. Raw events carry the names of whatsapp-web.js.
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "json_parts.hpp"
#include "webjs_engine.hpp"

namespace webjs {
namespace {

// The page shows the first code for a minute and the others for 20 seconds; the next one comes
// earlier than this.
constexpr std::uint32_t kQrValidMs = 62'000;
constexpr std::uint32_t kServeMs = 40'000;
constexpr std::uint32_t kRetryMs = 3'000;
constexpr std::uint32_t kBadStateMs = 2'000;
constexpr std::size_t kMaxShown = 512;  // of a text that the page gave

std::string shown(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kMaxShown) {
    text.resize(kMaxShown);
  }
  return text;
}

// "1555…@c.us" and "…@lid"; nothing else is an account.
bool is_account(const std::string& id, std::string_view server) {
  return id.size() > server.size() && id.size() < 64 &&
         id.compare(id.size() - server.size(), server.size(), server) == 0 &&
         id.find_first_not_of("0123456789") == id.size() - server.size();
}

bool is_raw(const std::string& event) {
  return event.rfind("page.", 0) != 0 && event.size() < 64;
}

}  // namespace

void WebjsEngine::on_told(const std::string& event, const Json& data) {
  if (phase_ == Phase::Ending || gave_up_ || restarting_) {
    return;
  }
  if (is_raw(event)) {
    raw_event(event, data);
  }
  if (event == "page.loaded") {
    on_loaded(data);
  } else if (event == "qr" && data.is_string()) {
    phase_ = Phase::Open;
    turn_.reset();
    qr_shown_ = true;
    qr(data.get_ref<const std::string&>(), kQrValidMs);
  } else if (event == "page.idle") {
    on_idle();
  } else if (event == "ready") {
    on_ready(data);
  } else if (event == "page.me") {
    show_me(data);
  } else if (event == "change_state" && data.is_string()) {
    on_state(data.get<std::string>());
  } else if (event == "disconnected") {
    on_disconnected(data);
  } else if (is_news(event)) {
    on_news(event, data);
  } else if (event == "page.warning") {
    log(WAX_LOG_WARN, "page.warning", {{"text", shown(data)}});
  } else if (event == "page.broken") {
    give_up("page_changed",
            "the scripts do not run in this version of WhatsApp Web: " + shown(data));
  }
}

void WebjsEngine::on_loaded(const Json& data) {
  reloading_ = false;
  phase_ = Phase::Open;
  web_version_ = text_of(data, "version").substr(0, 64);
  const auto limited = data.is_object() ? data.find("limited") : data.end();
  const bool is_limited =
      data.is_object() && limited != data.end() && limited->is_array() && !limited->empty();
  limited_ = is_limited ? limited->dump(-1, ' ', false, Json::error_handler_t::replace) : "";
  show_info();
  const auto missing = data.is_object() ? data.find("missing") : data.end();
  if (missing != data.end() && missing->is_array() && !missing->empty()) {
    give_up("page_changed", "WhatsApp Web " + web_version_ + " has no " + shown(*missing) +
                                " that wa-js knows; a newer wa-js may (engines.WEBJS.config."
                                "library), or an elder page (webVersion)");
    return;
  }
  if (!limited_.empty()) {
    log(WAX_LOG_WARN, "page.limited", {{"version", web_version_}, {"parts", limited_}});
  }
  if (proxy_.lease != 0) {
    report_proxy(proxy_.lease, WAX_PROXY_CONNECTED);
  }
  if (settings_.keep_versions) {
    keep_version();
  }
  heartbeat();
}

// The page has shown all its codes.
void WebjsEngine::on_idle() {
  if (++qr_rounds_ >= settings_.qr_rounds) {
    give_up("qr_expired", "nobody scanned one of the page's codes");
    return;
  }
  page_->run("refreshQr", Json::object(), 10'000, [](const Json&, const std::string&) {});
}

void WebjsEngine::on_ready(const Json& data) {
  phase_ = Phase::Working;
  turn_.reset();
  bad_state_.cancel();
  show_me(data);
  state(WAX_SESSION_WORKING);
  show_info();
}

void WebjsEngine::on_state(const std::string& web_state) {
  web_state_ = web_state.substr(0, 64);
  show_info();
  bad_state_.cancel();
  if (web_state == "PROXYBLOCK" || web_state == "TOS_BLOCK" || web_state == "SMB_TOS_BLOCK" ||
      web_state == "DEPRECATED_VERSION") {
    give_up(web_state == "DEPRECATED_VERSION" ? "client_outdated"
            : web_state == "PROXYBLOCK"       ? "proxy_blocked"
                                              : "terms_of_service",
            "WhatsApp Web says " + web_state);
    return;
  }
  if (web_state == "CONFLICT" || web_state == "UNLAUNCHED") {
    give_up("replaced", "WhatsApp Web of this account was opened elsewhere");
    return;
  }
  // A page that has lost its connection comes back by itself, or not at all.
  if (phase_ == Phase::Working && (web_state == "OPENING" || web_state == "TIMEOUT")) {
    bad_state_ = after(kBadStateMs, [this] {
      state(WAX_SESSION_STARTING, "connection_lost", "WhatsApp Web is " + web_state_);
      bad_state_ = after(15 * kBadStateMs, [this] {
        restart("connection_lost", "WhatsApp Web stays " + web_state_);
      });
    });
  } else if (phase_ == Phase::Working && web_state == "CONNECTED") {
    state(WAX_SESSION_WORKING);
  }
}

// Unlinked on the phone. What is left in the profile is of no use and is erased at the end.
void WebjsEngine::on_disconnected(const Json& data) {
  unlinked_ = true;
  forget_me();
  give_up("logged_out", "the account was unlinked: " + shown(data));
}

void WebjsEngine::show_me(const Json& data) {
  const std::string id = text_of(data, "id");
  const std::string lid = text_of(data, "lid");
  if (!is_account(id, "@c.us")) {
    return;
  }
  me({id, text_of(data, "pushName"), is_account(lid, "@lid") ? lid : "", ""});
}

void WebjsEngine::show_info() {
  Json info = {{"WWebVersion", web_version_}, {"state", web_state_}};
  if (!limited_.empty()) {
    info["missing"] = Json::parse(limited_, nullptr, false);
  }
  engine_info(info.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void WebjsEngine::raw_event(std::string_view name, const Json& data) {
  const Json payload = {{"event", name}, {"data", data}};
  const std::string json = payload.dump(-1, ' ', false, Json::error_handler_t::replace);
  wp::Event event;
  event.type = "engine.event";
  event.json = json;
  event.flags = WAX_EVENT_EPHEMERAL;
  if (!emit(event)) {
    record(kDropped);
  }
}

void WebjsEngine::on_page_failed(const std::string& reason, const std::string& text) {
  if (phase_ == Phase::Ending || gave_up_ || restarting_ || browser_ == nullptr) {
    return;
  }
  const bool proxy = reason.rfind("proxy_", 0) == 0;
  if (proxy && proxy_.lease != 0) {
    report_proxy(proxy_.lease, reason == "proxy_authentication" ? WAX_PROXY_AUTH_FAILED
                                                                : WAX_PROXY_CONNECT_FAILED);
  }
  if (reason == "browser_failed") {
    browser_->kill();  // if it is not gone already; its end knows more, in on_ended()
    return;
  }
  if (proxy || reason == "page_timeout" || reason == "certificate_invalid") {
    give_up(reason, text);
  } else if (reason == "page_failed" || reason == "page_crashed") {
    restart(reason, text);
  } else {  // the network: the browser is well, and the page may come
    state(WAX_SESSION_STARTING, reason, text);
    retry_ = after(kRetryMs, [this] { page_->reload(); });
  }
}

void WebjsEngine::on_proxy_challenge(bool refused) {
  if (refused) {
    report_proxy(proxy_.lease, WAX_PROXY_AUTH_FAILED);
    give_up("proxy_authentication", "the proxy does not take this username and password");
  }
}

void WebjsEngine::on_page_crashed() {
  const std::int64_t now = now_ms();
  const bool again = now - crashed_ms_ < 60'000 && crashes_ > 0;
  if (again) {
    restart("page_crashed", "the page crashed again");
    return;
  }
  crashes_ = 1;
  crashed_ms_ = now;
  record(kCrashes);
  heartbeat_.cancel();
  reloading_ = true;
  phase_ = Phase::Loading;
  log(WAX_LOG_WARN, "page.crashed");
  state(WAX_SESSION_STARTING, "page_crashed", "the page crashed and is loaded again");
  page_->reload();
}

// Keeps the page of a version that was not seen before.
void WebjsEngine::keep_version() {
  const std::string path = settings_.version_directory + "/" + web_version_ + ".html";
  if (web_version_.find_first_not_of("0123456789.") != std::string::npos || web_version_.empty()) {
    return;
  }
  page_->read_html([this, path](std::string html) {
    if (html.empty()) {
      return;
    }
    offload(
        [path, html = std::move(html)] {
          if (std::ifstream(path)) {
            return true;
          }
          std::ofstream file(path, std::ios::binary | std::ios::trunc);
          file << html;
          return file.flush().good();
        },
        [this, path](std::future<bool> kept) {
          if (!kept.get()) {
            log(WAX_LOG_WARN, "web_version.not_kept", {{"file", path}});
          }
        });
  });
}

// For tests: a local WhatsApp Web answers everything below the real origin.
void WebjsEngine::serve(const Page::PageRequest& request) {
  const std::string url = settings_.endpoint + request.path;
  wp::HttpRequest http_request;
  http_request.method = request.method;
  http_request.url = url;
  http_request.no_proxy = true;
  http_request.deadline_ms = kServeMs;
  if (!request.body.empty()) {
    http_request.body = blob(request.body);
  }
  http(http_request, [this, id = request.id](const wp::NetEnd& end, wp::HttpResponse response) {
    if (page_ == nullptr) {
      return;
    }
    if (!end.ok()) {
      page_->refuse(id);
      return;
    }
    std::string type = "application/json";
    for (const auto& header : response.headers) {
      if (header.name == "content-type") {
        type = header.value;
      }
    }
    page_->answer(id, response.code, type, response.body ? response.body.read() : "");
  });
}

}  // namespace webjs
