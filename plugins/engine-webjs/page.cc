// SPDX-License-Identifier: Apache-2.0
// Opening the page, listening to it, calling it.
#include "page.hpp"

#include <sodium.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "embedded.hpp"
#include "json_values.hpp"
#include "network_reason.hpp"

namespace webjs {
namespace {

constexpr std::uint32_t kConnectMs = 20'000;  // until DevTools answers
constexpr std::uint32_t kStepMs = 10'000;
constexpr std::size_t kMaxChallenges = 4;  // the first answer is good for all of the browser
constexpr int kWidth = 1280;
constexpr int kHeight = 720;

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

Page::Page(Loop& loop, Browser& browser, PageOptions options, Listener& listener)
    : loop_(loop),
      browser_(browser),
      options_(std::move(options)),
      listener_(listener),
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
  step("Runtime.addBinding", {{"name", binding_.name()}});
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

// First in every document and frame: silences wa-js's reports to third parties, and starts the
// driver where the page is heard.
std::string Page::preamble() const {
  const Json options = {{"tagsEventsOn", options_.tags_events},
                        {"deviceName", options_.device_name},
                        {"browserName", options_.browser_name}};
  std::string script =
      "(()=>{window.WPPConfig={disableGoogleAnalytics:true,linkPreviewApiServers:[]};";
  script += binding_.script();
  script += "Object.defineProperty(window," + dump(handle_) + ",{configurable:true,value:(";
  script += embedded::driver();
  script += "\n)(tell," + dump(options) + ",(";
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
    binding_.hear(params, loop_.now_ms(),
                  [this](std::int64_t context, const std::string& event, const Json& data) {
                    on_told(context, event, data);
                  });
  } else if (method == "Runtime.executionContextCreated") {
    if (const auto it = params.find("context"); it != params.end() && it->is_object()) {
      binding_.add_context(*it, target_);
    }
  } else if (method == "Runtime.executionContextsCleared") {
    binding_.forget_contexts();
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
    binding_.forget_contexts();
    driver_.clear();
    browser_.fail(session_, "the page has crashed");
    listener_.on_page_crashed();
  }
}

void Page::reload() {
  failed_ = false;
  navigate();
}

void Page::on_told(std::int64_t context, const std::string& event, const Json& data) {
  if (event == "page.loaded") {
    load_deadline_.cancel();
    crashed_ = false;
    take_driver(context);
  }
  listener_.on_told(event, data);
}

// From now on the driver is known by its object, not by a name that the page could find.
void Page::take_driver(std::int64_t context) {
  const std::string handle = dump(handle_);
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
