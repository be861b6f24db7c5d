// SPDX-License-Identifier: Apache-2.0
// WhatsApp Web in a browser: opens it, puts our scripts into it, hears it, and asks it.
//
// Everything the page says is taken for hostile (page_binding.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "browser.hpp"
#include "page_binding.hpp"

namespace webjs {

struct PageOptions {
  std::string library_json;  // wa-js, as a JSON text
  std::string user_agent;    // for a browser that gives itself away in its client hints
  bool tags_events = false;
  std::string device_name;
  std::string browser_name;
  std::string proxy_username;  // credentials of the proxy; never on a command line
  std::string proxy_password;
  std::string html;           // in place of the page that WhatsApp serves; empty: that one
  bool all_requests = false;  // Listener::serve() answers every request
  std::uint32_t load_timeout_ms = 45'000;
};

// [session-loop]
class Page {
 public:
  // A request that somebody else answers.
  struct PageRequest {
    std::string id;
    std::string method;
    std::string path;  // and query
    std::string body;
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    // What the driver script tells; `data` is whatever the page sent.
    virtual void on_told(const std::string& event, const Json& data) = 0;
    // It did not come about, or is of no use any more; `reason` as in docs/reasons.md.
    virtual void on_page_failed(const std::string& reason, const std::string& text) = 0;
    // The renderer is gone; the page is being loaded again.
    virtual void on_page_crashed() = 0;
    virtual void serve(const PageRequest& request) = 0;
    virtual void on_proxy_challenge(bool refused) = 0;
  };
  // `result` is null unless error is empty.
  using Result = std::function<void(const Json& result, const std::string& error)>;

  // Begins at once.
  Page(Loop& loop, Browser& browser, PageOptions options, Listener& listener);

  // From the browser's connection.
  void on_event(const std::string& session, const std::string& method, const Json& params);

  // Runs a command of the driver script.
  void run(std::string_view command, const Json& arguments, std::uint32_t timeout_ms,
           Result result);
  // A PNG file, or why there is none.
  void screenshot(std::uint32_t timeout_ms,
                  std::function<void(std::string png, const std::string& error)> done);
  // Does it still answer?
  void probe(std::uint32_t timeout_ms, std::function<void(bool)> done);
  // The document as it came, for keeping.
  void read_html(std::function<void(std::string html)> done);
  void answer(const std::string& request_id, int code, std::string_view type,
              std::string_view body);
  void refuse(const std::string& request_id);
  void reload();

  [[nodiscard]] bool is_open() const noexcept { return !session_.empty(); }
  // DevTools has answered at least once.
  [[nodiscard]] bool is_connected() const noexcept { return connected_; }

 private:
  void create_target();
  void attach(const std::string& target);
  void prepare();
  void prepared(bool ok, std::string_view error);
  void navigate();
  void take_driver(std::int64_t context);
  void on_told(std::int64_t context, const std::string& event, const Json& data);
  void on_request(const Json& params);
  void on_auth(const Json& params);
  void fail(const std::string& reason, const std::string& text);
  void send(std::string_view method, const Json& params, std::uint32_t timeout_ms,
            Cdp::Answer answer);
  [[nodiscard]] std::string preamble() const;

  Loop& loop_;
  Browser& browser_;
  PageOptions options_;
  Listener& listener_;
  PageBinding binding_;
  const std::string handle_;  // the driver's name, until take_driver()
  bool connected_ = false;
  bool failed_ = false;
  bool crashed_ = false;
  std::string target_;
  std::string session_;
  std::string driver_;                // objectId of the driver; empty until the page is loaded
  std::set<std::string> challenged_;  // requests whose proxy challenge was answered
  std::size_t preparing_ = 0;
  wp::ScopedTimer load_deadline_;
};

}  // namespace webjs
