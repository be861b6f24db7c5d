// SPDX-License-Identifier: Apache-2.0
// Opening the page, listening to it, calling it.
#include "page.hpp"

#include <sodium.h>

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "embedded.hpp"
#include "json_parts.hpp"

namespace webjs {
namespace {

constexpr std::uint32_t kConnectMs = 20'000;  // until DevTools answers
constexpr std::uint32_t kStepMs = 10'000;
constexpr std::size_t kMaxToldBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kMaxToldPerS = 2000;
constexpr std::size_t kMaxChallenges = 4;  // the first answer is good for all of the browser
constexpr int kWidth = 1280;
constexpr int kHeight = 720;

std::string as_json(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_base64(std::string_view octets) {
  std::string text(sodium_base64_encoded_len(octets.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(octets.data()),
                    octets.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

std::string from_base64(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(octets.data()), octets.size(), text.data(),
                        text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0) {
    return "";
  }
  octets.resize(size);
  return octets;
}

// The first line of what a script threw.
std::string exception_text(const Json& details) {
  std::string text = text_of(details, "text");
  if (const auto it = details.find("exception"); it != details.end() && it->is_object()) {
    if (std::string what = text_of(*it, "description"); !what.empty()) {
      text = std::move(what);
    } else if (const auto value = it->find("value"); value != it->end() && value->is_string()) {
      text = value->get<std::string>();
    }
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string random_name() {
  std::string name = "_";
  constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz012345";
  unsigned char octets[20];
  randombytes_buf(octets, sizeof octets);
  for (const unsigned char octet : octets) {
    name += kDigits[octet % kDigits.size()];
  }
  return name;
}

std::string_view network_reason(std::string_view error) {
  struct Meaning {
    std::string_view part;
    std::string_view reason;
  };
  constexpr Meaning kMeanings[] = {
      {"INVALID_AUTH_CREDENTIALS", "proxy_authentication"},
      {"PROXY_AUTH", "proxy_authentication"},
      {"PROXY_CONNECTION_FAILED", "proxy_unreachable"},
      {"SOCKS_CONNECTION", "proxy_unreachable"},
      {"TUNNEL_CONNECTION_FAILED", "proxy_refused"},
      {"PROXY_CERTIFICATE", "proxy_protocol"},
      {"MANDATORY_PROXY", "no_proxy"},
      {"NAME_NOT_RESOLVED", "dns_failed"},
      {"NAME_RESOLUTION", "dns_failed"},
      {"CONNECTION_REFUSED", "connect_refused"},
      {"CONNECTION_RESET", "connection_reset"},
      {"EMPTY_RESPONSE", "connection_closed"},
      {"CONNECTION_CLOSED", "connection_closed"},
      {"TIMED_OUT", "timeout"},
      {"CERT_DATE_INVALID", "certificate_expired"},
      {"CERT_COMMON_NAME", "certificate_wrong_host"},
      {"ERR_CERT", "certificate_invalid"},
      {"ERR_SSL", "tls_failed"},
  };
  for (const Meaning& meaning : kMeanings) {
    if (error.find(meaning.part) != std::string_view::npos) {
      return meaning.reason;
    }
  }
  return "target_unreachable";
}

Page::Page(Loop& loop, Browser& browser, PageOptions options, Listener& listener)
    : loop_(loop),
      browser_(browser),
      options_(std::move(options)),
      listener_(listener),
      binding_(random_name()),
      key_(random_name()),
      handle_(random_name()) {
  browser_.call("", "Browser.getVersion", Json::object(), kConnectMs,
                [this](const CdpResult& result) {
                  if (!result.ok) {
                    fail("browser_failed", std::string(result.error));
                    return;
                  }
                  connected_ = true;
                  create_target();
                });
}

void Page::create_target() {
  browser_.tell("", "Browser.setDownloadBehavior", {{"behavior", "deny"}});
  browser_.call("", "Target.createTarget", {{"url", "about:blank"}}, kStepMs,
                [this](const CdpResult& result) {
                  const std::string target = text_of(result.result, "targetId");
                  if (target.empty()) {
                    fail("browser_failed", std::string(result.error));
                  } else {
                    attach(target);
                  }
                });
}

void Page::attach(const std::string& target) {
  target_ = target;
  browser_.call("", "Target.attachToTarget", {{"targetId", target}, {"flatten", true}}, kStepMs,
                [this](const CdpResult& result) {
                  session_ = text_of(result.result, "sessionId");
                  if (session_.empty()) {
                    fail("browser_failed", std::string(result.error));
                  } else {
                    prepare();
                  }
                });
}

// Everything before the page's first script; sent in one go.
void Page::prepare() {
  const auto step = [this](std::string_view method, const Json& params) {
    ++preparing_;
    send(method, params, kStepMs,
         [this](const CdpResult& result) { prepared(result.ok, result.error); });
  };
  step("Page.enable", Json::object());
  step("Runtime.enable", Json::object());
  step("Inspector.enable", Json::object());
  step("Runtime.addBinding", {{"name", binding_}});
  step("Emulation.setDeviceMetricsOverride",
       {{"width", kWidth}, {"height", kHeight}, {"deviceScaleFactor", 1}, {"mobile", false}});
  if (!options_.user_agent.empty()) {
    step("Emulation.setUserAgentOverride", {{"userAgent", options_.user_agent}});
  }
  const bool proxy = !options_.proxy_username.empty();
  if (proxy || options_.all_requests || !options_.html.empty()) {
    Json pattern = {{"urlPattern", "*"}};
    if (!options_.all_requests) {
      pattern["resourceType"] = "Document";
    }
    step("Fetch.enable", {{"handleAuthRequests", proxy}, {"patterns", {pattern}}});
  }
  step("Page.addScriptToEvaluateOnNewDocument", {{"source", preamble()}});
  ++preparing_;
  const std::string library = "{\"source\":" + options_.library_json + "}";
  browser_.call_raw(session_, "Page.addScriptToEvaluateOnNewDocument", library, kConnectMs,
                    [this](const CdpResult& result) { prepared(result.ok, result.error); });
}

void Page::prepared(bool ok, std::string_view error) {
  --preparing_;
  if (!ok) {
    fail("browser_failed", std::string(error));
  } else if (preparing_ == 0 && !failed_) {
    navigate();
  }
}

void Page::navigate() {
  load_deadline_ = loop_.run_after(options_.load_timeout_ms, [this] {
    fail("page_timeout", "WhatsApp Web was not loaded in " +
                             std::to_string(options_.load_timeout_ms / 1000) + " seconds");
  });
  send("Page.navigate", {{"url", std::string(kOrigin) + "/"}}, options_.load_timeout_ms + kStepMs,
       [this](const CdpResult& result) {
         if (!result.ok) {
           fail("page_failed", std::string(result.error));
           return;
         }
         if (const std::string error = text_of(result.result, "errorText"); !error.empty()) {
           fail(std::string(network_reason(error)), "WhatsApp Web cannot be reached: " + error);
         }
       });
}

// First in every document and frame, before anybody can look: takes the binding away from the page,
// silences wa-js's reports to third parties, and starts the driver where it belongs.
std::string Page::preamble() const {
  const Json options = {{"tagsEventsOn", options_.tags_events},
                        {"deviceName", options_.device_name},
                        {"browserName", options_.browser_name}};
  std::string script = "(()=>{const raw=window[" + as_json(binding_) + "];delete window[" +
                       as_json(binding_) + "];const {stringify}=JSON;";
  script += "window.WPPConfig={disableGoogleAnalytics:true,linkPreviewApiServers:[]};";
  script += "if(window.top!==window||location.origin!==" + as_json(kOrigin) + "||!raw)return;";
  script += "const tell=(event,data)=>raw(stringify({key:" + as_json(key_) + ",event,data}));";
  script += "Object.defineProperty(window," + as_json(handle_) + ",{configurable:true,value:(";
  script += embedded::driver();
  script += "\n)(tell," + options.dump(-1, ' ', false, Json::error_handler_t::replace) + ",(";
  script += embedded::messaging();
  script += "\n),(";
  script += embedded::groups();
  script += "\n))})})()";
  return script;
}

void Page::on_event(const std::string& session, const std::string& method, const Json& params) {
  if (session.empty() || session != session_) {
    return;
  }
  if (method == "Runtime.bindingCalled") {
    on_binding(params);
  } else if (method == "Runtime.executionContextCreated") {
    if (const auto it = params.find("context"); it != params.end() && it->is_object()) {
      on_context(*it);
    }
  } else if (method == "Runtime.executionContextsCleared") {
    contexts_.clear();
    driver_.clear();
  } else if (method == "Fetch.requestPaused") {
    on_request(params);
  } else if (method == "Fetch.authRequired") {
    on_auth(params);
  } else if (method == "Page.javascriptDialogOpening") {
    browser_.tell(session_, "Page.handleJavaScriptDialog", {{"accept", true}});
  } else if (method == "Inspector.targetCrashed") {
    if (std::exchange(crashed_, true)) {
      fail("page_crashed", "the page crashed again while it was loaded");
      return;
    }
    contexts_.clear();
    driver_.clear();
    browser_.fail(session_, "the page has crashed");
    listener_.on_page_crashed();
  }
}

void Page::reload() {
  failed_ = false;
  navigate();
}

void Page::on_context(const Json& context) {
  const auto aux = context.find("auxData");
  const auto id = context.find("id");
  const bool main = aux != context.end() && aux->is_object() &&
                    text_of(*aux, "frameId") == target_ && aux->value("isDefault", false) &&
                    text_of(context, "origin") == kOrigin;
  if (main && id != context.end() && id->is_number_integer()) {
    contexts_.insert(id->get<std::int64_t>());
  }
}

void Page::on_binding(const Json& params) {
  const auto context = params.find("executionContextId");
  const auto payload = params.find("payload");
  if (text_of(params, "name") != binding_ || context == params.end() ||
      !context->is_number_integer() || contexts_.count(context->get<std::int64_t>()) == 0 ||
      payload == params.end() || !payload->is_string() ||
      payload->get_ref<const std::string&>().size() > kMaxToldBytes) {
    return;
  }
  const std::int64_t now = loop_.now_ms();
  if (now - told_since_ms_ >= 1000) {
    told_since_ms_ = now;
    told_ = 0;
  }
  if (++told_ > kMaxToldPerS) {
    return;
  }
  const Json told = Json::parse(payload->get_ref<const std::string&>(), nullptr, false);
  if (!told.is_object() || text_of(told, "key") != key_) {
    return;
  }
  const std::string event = text_of(told, "event");
  const auto data = told.find("data");
  if (event == "page.loaded") {
    load_deadline_.cancel();
    crashed_ = false;
    take_driver(context->get<std::int64_t>());
  }
  listener_.on_told(event, data == told.end() ? Json() : *data);
}

// From now on the driver is known by its object, not by a name that the page could find.
void Page::take_driver(std::int64_t context) {
  const std::string handle = as_json(handle_);
  const std::string script =
      "(()=>{const driver=window[" + handle + "];delete window[" + handle + "];return driver})()";
  send("Runtime.evaluate", {{"expression", script}, {"contextId", context}}, kStepMs,
       [this](const CdpResult& result) {
         const auto object = result.result.find("result");
         driver_ = object != result.result.end() ? text_of(*object, "objectId") : "";
         if (driver_.empty()) {
           fail("page_failed", "the driver script is not in the page");
         }
       });
}

void Page::run(std::string_view command, const Json& arguments, std::uint32_t timeout_ms,
               Result result) {
  if (driver_.empty()) {
    result(nullptr, "the page is not loaded");
    return;
  }
  send("Runtime.callFunctionOn",
       {{"objectId", driver_},
        {"functionDeclaration", "function(command,args){return this.run(command,args)}"},
        {"arguments", {{{"value", command}}, {{"value", arguments}}}},
        {"awaitPromise", true},
        {"returnByValue", true}},
       timeout_ms, [result = std::move(result)](const CdpResult& answer) {
         if (!answer.ok) {
           result(nullptr, std::string(answer.error));
         } else if (const auto thrown = answer.result.find("exceptionDetails");
                    thrown != answer.result.end()) {
           result(nullptr, exception_text(*thrown));
         } else {
           const auto object = answer.result.find("result");
           const bool has = object != answer.result.end() && object->contains("value");
           result(has ? (*object)["value"] : Json(), "");
         }
       });
}

void Page::screenshot(std::uint32_t timeout_ms,
                      std::function<void(std::string png, const std::string& error)> done) {
  send("Page.captureScreenshot", {{"format", "png"}}, timeout_ms,
       [done = std::move(done)](const CdpResult& result) {
         const auto data = result.result.find("data");
         std::string png = data != result.result.end() && data->is_string()
                               ? from_base64(data->get_ref<const std::string&>())
                               : "";
         const std::string error =
             result.ok ? "the browser sent no picture" : std::string(result.error);
         done(std::move(png), error);
       });
}

void Page::probe(std::uint32_t timeout_ms, std::function<void(bool)> done) {
  send("Runtime.evaluate", {{"expression", "1"}}, timeout_ms,
       [done = std::move(done)](const CdpResult& result) { done(result.ok); });
}

void Page::read_html(std::function<void(std::string html)> done) {
  send("Page.getResourceContent", {{"frameId", target_}, {"url", std::string(kOrigin) + "/"}},
       kStepMs, [done = std::move(done)](const CdpResult& result) {
         done(text_of(result.result, "content"));
       });
}

void Page::on_request(const Json& params) {
  const std::string id = text_of(params, "requestId");
  const auto request = params.find("request");
  const std::string url =
      request != params.end() && request->is_object() ? text_of(*request, "url") : "";
  const bool ours = url.rfind(std::string(kOrigin) + "/", 0) == 0;
  const bool is_document =
      text_of(params, "frameId") == target_ && text_of(params, "resourceType") == "Document";
  if (!options_.html.empty() && is_document && ours) {
    answer(id, 200, "text/html; charset=utf-8", options_.html);
    return;
  }
  if (options_.all_requests) {
    if (ours) {
      listener_.serve({id, text_of(*request, "method"), url.substr(kOrigin.size()),
                       text_of(*request, "postData")});
    } else {
      refuse(id);
    }
    return;
  }
  browser_.tell(session_, "Fetch.continueRequest", {{"requestId", id}});
}

void Page::answer(const std::string& request_id, int code, std::string_view type,
                  std::string_view body) {
  browser_.tell(session_, "Fetch.fulfillRequest",
                {{"requestId", request_id},
                 {"responseCode", code},
                 {"responseHeaders", {{{"name", "content-type"}, {"value", type}}}},
                 {"body", to_base64(body)}});
}

void Page::refuse(const std::string& request_id) {
  browser_.tell(session_, "Fetch.failRequest",
                {{"requestId", request_id}, {"errorReason", "ConnectionRefused"}});
}

// A proxy that asks a second time did not take what it was given; a server that asks gets nothing.
void Page::on_auth(const Json& params) {
  const std::string id = text_of(params, "requestId");
  const auto challenge = params.find("authChallenge");
  const bool proxy = challenge != params.end() && challenge->is_object() &&
                     text_of(*challenge, "source") == "Proxy";
  const bool first = proxy && challenged_.size() < kMaxChallenges && challenged_.insert(id).second;
  Json response = {{"response", "CancelAuth"}};
  if (first) {
    response = {{"response", "ProvideCredentials"},
                {"username", options_.proxy_username},
                {"password", options_.proxy_password}};
  }
  browser_.tell(session_, "Fetch.continueWithAuth",
                {{"requestId", id}, {"authChallengeResponse", response}});
  if (proxy) {
    listener_.on_proxy_challenge(!first);
  }
}

void Page::send(std::string_view method, const Json& params, std::uint32_t timeout_ms,
                Cdp::Answer answer) {
  browser_.call(session_, method, params, timeout_ms, std::move(answer));
}

void Page::fail(const std::string& reason, const std::string& text) {
  load_deadline_.cancel();
  if (!std::exchange(failed_, true)) {
    listener_.on_page_failed(reason, text);
  }
}

}  // namespace webjs
