// SPDX-License-Identifier: Apache-2.0
// Life of a session: from a turn to start over the browser to its end, and back after a crash.
#include "webjs_engine.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "arguments.hpp"

namespace webjs {
namespace {

constexpr std::uint32_t kTurnMs = 100;      // between two tries to get a turn
constexpr std::uint32_t kLogoutMs = 5'000;  // for WhatsApp to unlink
constexpr std::uint32_t kMaxCrashes = 5;    // in a row
constexpr std::int64_t kCrashMemoryMs = 60'000;

// The last line that says something, without the time and place that Chromium writes before it.
std::string last_words(const std::string& said) {
  std::size_t end = said.find_last_not_of("\n ");
  if (end == std::string::npos) {
    return "";
  }
  const std::size_t start = said.rfind('\n', end);
  std::string line = said.substr(start == std::string::npos ? 0 : start + 1, 300);
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line[0] == '[') {
    const std::size_t bracket = line.find("] ");
    line = bracket == std::string::npos ? line : line.substr(bracket + 2);
  }
  return line;
}

}  // namespace

void WebjsEngine::probe(const wp::Host& host, std::string_view config) {
  (void)find_kit(parse_settings(config, "{}"), host.module_dir());
}

WebjsEngine::WebjsEngine(const wp::Init& init)
    : Engine(init), settings_(parse_settings(init.config, init.session_config)) {}

WebjsEngine::~WebjsEngine() = default;

void WebjsEngine::start(wp::Call&& call) {
  unlinked_ = restarting_ = gave_up_ = reloading_ = qr_shown_ = false;
  crashes_ = qr_rounds_ = 0;
  call.ok();  // the attempt is under way
  begin();
}

void WebjsEngine::begin() {
  phase_ = Phase::Starting;
  restarting_ = false;
  take_turn();
}

// Browsers start a few at a time, and none where there is no room for it.
void WebjsEngine::take_turn() {
  const std::uint64_t free_mb = settings_.memory_mb == 0 ? UINT64_MAX : free_memory_mb();
  if (free_mb < settings_.memory_mb) {
    give_up("no_memory", "a browser needs about " + std::to_string(settings_.memory_mb) +
                             " MB of memory, " + std::to_string(free_mb) + " MB are free");
    return;
  }
  turn_ = StartTurn::take(settings_.starts_at_once);
  if (turn_ == nullptr) {
    retry_ = after(kTurnMs, [this] { take_turn(); });
    return;
  }
  find_proxy();
}

void WebjsEngine::find_proxy() {
  if (host().proxy.resolve == nullptr) {
    prepare();
    return;
  }
  resolve_proxy("websocket", [this](const wp::Outcome& outcome, const wp::ProxyLease& lease) {
    if (!outcome.ok()) {
      give_up("no_proxy", outcome.message);
      return;
    }
    proxy_ = {lease.id, std::string(lease.url), std::string(lease.username),
              std::string(lease.password)};
    if (proxy_.address.rfind("socks", 0) == 0 && !proxy_.username.empty()) {
      give_up("proxy_unsupported",
              "a browser knows no username and password for a SOCKS proxy; use an HTTP proxy");
      return;
    }
    prepare();
  });
}

// Everything that waits for a disk or another program.
void WebjsEngine::prepare() {
  offload([&host = host(), session = session(), settings = settings_,
           profile = profile_] { return look(host, session, settings, profile); },
          [this](std::future<Prepared> result) {
            Prepared found;
            try {
              found = result.get();
            } catch (const std::exception& e) {
              found.reason = "browser_failed";
              found.text = e.what();
            }
            if (!found.reason.empty()) {
              give_up(found.reason, found.text);
              return;
            }
            profile_ = std::move(found.profile);
            kit_ = std::move(found.kit);
            html_ = std::move(found.html);
            launch();
          });
}

WebjsEngine::Prepared WebjsEngine::look(const wp::Host& host, wax_session* session,
                                        const Settings& settings,
                                        std::shared_ptr<Profile> profile) {
  Prepared out;
  try {
    out.reason = "browser_missing";
    out.kit = find_kit(settings, host.module_dir());
    out.reason = "web_version_missing";
    if (!settings.web_version.empty()) {
      const std::string path = settings.version_directory + "/" + settings.web_version + ".html";
      std::ifstream file(path, std::ios::binary);
      out.html.assign(std::istreambuf_iterator<char>(file), {});
      if (out.html.empty()) {
        throw wp::Error(WAX_E_NOT_FOUND, path + " is not there");
      }
    }
    out.reason = "profile_unavailable";
    if (profile == nullptr) {
      const std::string directory = host.session_dir(session);
      out.reason = is_disk_full(directory) ? "disk_full" : "profile_unavailable";
      profile = std::make_shared<Profile>(directory);
    }
    out.profile = std::move(profile);
    out.reason.clear();
  } catch (const wp::Error& e) {
    out.reason = e.code() == WAX_E_CONFLICT ? "profile_locked" : out.reason;
    out.text = e.what();
  }
  return out;
}

void WebjsEngine::launch() {
  const bool root = ::geteuid() == 0;
  BrowserOptions options;
  options.profile = profile_->path();
  options.user_agent = user_agent(kit_->version);
  options.proxy = proxy_.address;
  options.no_sandbox = root || settings_.no_sandbox;
  options.small_shm = has_small_shm();
  if (options.no_sandbox) {
    log(WAX_LOG_WARN, "browser.without_sandbox",
        {{"why", root ? "the server runs as root" : "webjs.noSandbox is set"}});
  }
  PageOptions page;
  page.library_json = kit_->library;
  page.user_agent = options.user_agent;
  page.tags_events = settings_.tags_events;
  page.device_name = settings_.device_name;
  page.browser_name = settings_.browser_name;
  page.proxy_username = proxy_.username;
  page.proxy_password = proxy_.password;
  page.html = html_;
  page.all_requests = !settings_.endpoint.empty();
  page.load_timeout_ms = settings_.load_timeout_s * 1000;
  web_version_.clear();
  web_state_.clear();
  phase_ = Phase::Loading;
  Browser::Events events;
  events.event = [this](const std::string& session, const std::string& method, const Json& params) {
    page_->on_event(session, method, params);
  };
  events.ended = [this](const Ending& ending, const std::string& said) { on_ended(ending, said); };
  try {
    browser_ = std::make_unique<Browser>(static_cast<Loop&>(*this), kit_->browser,
                                         command_line(options, settings_.arguments),
                                         profile_->home(), std::move(events));
  } catch (const wp::Error& e) {
    give_up("browser_failed", e.what());
    return;
  }
  record(kStarts);
  page_ = std::make_unique<Page>(static_cast<Loop&>(*this), *browser_, std::move(page),
                                 static_cast<Page::Listener&>(*this));
  log(WAX_LOG_DEBUG, "browser.started", {{"browser", kit_->version}});
}

// The browser's end, wanted or not. Everything of it is gone.
void WebjsEngine::on_ended(const Ending& ending, const std::string& said) {
  retry_.cancel();
  heartbeat_.cancel();
  bad_state_.cancel();
  turn_.reset();
  const bool was_connected = page_->is_connected();
  page_.reset();
  browser_.reset();
  if (phase_ == Phase::Ending) {
    finish_end();
    return;
  }
  if (gave_up_) {
    return;
  }
  if (restarting_) {
    const std::uint32_t pause = crashes_ <= 1 ? 100 : std::min(30'000U, 500U << crashes_);
    retry_ = after(pause, [this] { begin(); });
    return;
  }
  const std::string words = was_connected ? "" : last_words(said);
  const std::string text =
      "the browser is gone: " + ending.text() + (words.empty() ? "" : "; it said: " + words);
  if (!was_connected) {
    give_up("browser_failed", text);
    return;
  }
  restart(is_disk_full(profile_->home()) ? "disk_full" : "browser_crashed", text);
}

// Another browser in place of this one, with the same profile.
void WebjsEngine::restart(std::string_view reason, std::string_view text) {
  if (gave_up_ || restarting_ || phase_ == Phase::Ending) {
    return;
  }
  const std::int64_t now = now_ms();
  crashes_ = now - crashed_ms_ > kCrashMemoryMs ? 1 : crashes_ + 1;
  crashed_ms_ = now;
  record(kCrashes);
  log(WAX_LOG_WARN, "browser.restart", {{"reason", reason}, {"text", text}});
  if (crashes_ > kMaxCrashes) {
    give_up(reason, text);
    return;
  }
  restarting_ = true;
  phase_ = Phase::Starting;
  state(WAX_SESSION_STARTING, reason, text);
  if (browser_ != nullptr) {
    browser_->kill();
  } else {
    retry_ = after(crashes_ <= 1 ? 100 : std::min(30'000U, 500U << crashes_), [this] { begin(); });
  }
}

// FAILED; the host ends the engine then.
void WebjsEngine::give_up(std::string_view reason, std::string_view text) {
  if (std::exchange(gave_up_, true)) {
    return;
  }
  turn_.reset();
  failed(reason, text);
}

// A browser that is stopped or a page that spins does not end by itself.
void WebjsEngine::heartbeat() {
  heartbeat_ = after(settings_.heartbeat_s * 1000, [this] {
    page_->probe(settings_.probe_timeout_s * 1000, [this](bool alive) {
      if (alive) {
        heartbeat();
      } else if (page_ != nullptr && !reloading_) {
        restart("browser_hung", "the page does not answer any more");
      }
    });
  });
}

void WebjsEngine::stop(wp::Call&& call) {
  end_with(std::move(call));
}

// Unlinks as long as there is a page that can; the profile goes in any case.
void WebjsEngine::logout(wp::Call&& call) {
  const bool linked = phase_ == Phase::Working;
  unlinked_ = true;
  if (!linked) {
    end_with(std::move(call));
    return;
  }
  phase_ = Phase::Ending;
  auto shared = std::make_shared<wp::Call>(std::move(call));
  page_->run("logout", Json::object(), kLogoutMs,
             [this, shared](const Json&, const std::string& error) {
               if (!error.empty()) {
                 log(WAX_LOG_WARN, "logout.not_confirmed", {{"why", error}});
               }
               end_with(std::move(*shared));
             });
}

void WebjsEngine::end_with(wp::Call&& call) {
  phase_ = Phase::Ending;
  retry_.cancel();
  heartbeat_.cancel();
  bad_state_.cancel();
  turn_.reset();
  ending_.emplace(std::move(call));
  if (browser_ == nullptr) {
    finish_end();
  } else if (gave_up_ || unlinked_) {
    browser_->kill();  // there is nothing in it to be kept
  } else {
    browser_->close();
  }
}

void WebjsEngine::finish_end() {
  if (!ending_) {
    return;  // the browser was quicker than the answer to logout
  }
  const auto finish = [this] {
    profile_.reset();
    phase_ = Phase::Stopped;
    wp::Call call = std::move(*ending_);
    ending_.reset();
    quiesce();
    call.ok();
  };
  if (!unlinked_ || profile_ == nullptr) {
    finish();
    return;
  }
  offload(
      [profile = profile_] {
        profile->wipe();
        return 0;
      },
      [finish](const std::future<int>&) { finish(); });
}

wp::ScopedWatch WebjsEngine::watch_fd(int fd, std::uint32_t interest,
                                      std::function<void(std::uint32_t)> fn) {
  return watch(fd, interest, std::move(fn));
}

wp::Timer WebjsEngine::run_after(std::uint32_t delay_ms, std::function<void()> fn) {
  return after(delay_ms, std::move(fn));
}

std::int64_t WebjsEngine::now_ms() {
  return host().executor.now_ms(host().raw());
}

}  // namespace webjs

WAX_ENGINE_MODULE(webjs::WebjsEngine, "waxwing.engine-webjs", "0.1.0");
