// SPDX-License-Identifier: Apache-2.0
// Which arguments a browser gets.
#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <waxwing/plugin.hpp>

namespace webjs {
namespace {

namespace wp = waxwing::plugin;

// Names, or beginnings of names that end with '*'.
constexpr std::array kRefused = {
    // Protection of the page and its account.
    "--disable-web-security", "--ignore-certificate-errors*", "--allow-running-insecure-content",
    "--single-process", "--in-process-gpu", "--no-zygote-sandbox", "--disable-setuid-sandbox-*",
    "--disable-site-isolation*", "--disable-seccomp*", "--unsafely-*", "--allow-file-access*",
    "--disable-popup-blocking-*", "--ssl-key-log-file*", "--test-type", "--no-sandbox",
    // Code of others in the browser or in its place.
    "--load-extension", "--disable-extensions-except", "--*-cmd-prefix", "--*-launcher",
    "--register-pepper-plugins", "--js-flags", "--load-component-extension*",
    // The engine's hold.
    "--remote-debugging-*", "--remote-allow-origins", "--user-data-dir", "--profile-directory",
    "--headless", "--proxy-*", "--no-proxy-server", "--host-resolver-rules", "--host-rules",
    "--user-agent", "--app", "--incognito", "--enable-automation", "--crash-dumps-dir",
    "--log-file", "--enable-logging", "--net-log*", "--log-net-log", "--disk-cache-dir",
    "--enable-blink-features", "--version", "--help"};

bool fits(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == name;
  }
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return name.size() >= before.size() + after.size() && name.substr(0, before.size()) == before &&
         name.substr(name.size() - after.size()) == after;
}

void check(const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  const bool shaped = name.size() > 2 && name.substr(0, 2) == "--" &&
                      std::all_of(name.begin() + 2, name.end(), [](unsigned char c) {
                        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
                      });
  if (!shaped) {
    throw wp::Error(WAX_E_INVALID, "webjs.args: " + argument + " is no argument of a browser");
  }
  if (std::any_of(kRefused.begin(), kRefused.end(),
                  [&](std::string_view pattern) { return fits(pattern, name); })) {
    throw wp::Error(WAX_E_INVALID, "webjs.args: " + name + " is not allowed" +
                                       (name == "--no-sandbox" ? "; use webjs.noSandbox" : ""));
  }
}

// "--name=a,b" of `extra` joins "--name=ours".
std::string joined(const std::string& name, std::string ours,
                   const std::vector<std::string>& extra) {
  for (const std::string& argument : extra) {
    if (argument.rfind(name + "=", 0) == 0 && argument.size() > name.size() + 1) {
      ours += (ours.empty() ? "" : ",") + argument.substr(name.size() + 1);
    }
  }
  return ours.empty() ? "" : name + "=" + ours;
}

// Services of the browser's maker; nothing listens there.
constexpr const char* kNowhere = "http://127.0.0.1:9";

}  // namespace

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> all;
  std::string argument;
  const auto finish = [&] {
    if (!argument.empty()) {
      check(argument);
      all.push_back(std::exchange(argument, {}));
    }
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    // A comma is one of a value unless the next argument follows it.
    const bool between = text[i] == ',' && text.substr(i + 1, 2) == "--";
    if (between || std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      finish();
    } else {
      argument += text[i];
    }
  }
  finish();
  return all;
}

std::vector<std::string> command_line(const BrowserOptions& options,
                                      const std::vector<std::string>& extra) {
  std::vector<std::string> all = {
      "--headless=new",
      "--remote-debugging-pipe",
      "--user-data-dir=" + options.profile,
      "--no-startup-window",
      "--no-first-run",
      "--no-default-browser-check",
      "--disable-gpu",
      "--disable-quic",
      "--disable-extensions",
      "--disable-sync",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-breakpad",
      "--disable-crash-reporter",
      "--password-store=basic",
      "--window-size=1280,720",
      "--mute-audio",
      "--hide-scrollbars",
      "--disable-blink-features=AutomationControlled",
      "--disable-background-timer-throttling",
      "--disable-backgrounding-occluded-windows",
      "--disable-renderer-backgrounding",
      "--disable-field-trial-config",
      std::string("--gaia-url=") + kNowhere,
      std::string("--google-base-url=") + kNowhere,
      std::string("--component-updater=url-source=") + kNowhere + "/",
      std::string("--variations-server-url=") + kNowhere,
      std::string("--apps-gallery-update-url=") + kNowhere,
  };
  all.push_back(joined("--disable-features",
                       "Translate,MediaRouter,OptimizationHints,SpareRendererForSitePerProcess,"
                       "WebUIOmniboxPopup,OmniboxPopup",
                       extra));
  if (std::string features = joined("--enable-features", "", extra); !features.empty()) {
    all.push_back(std::move(features));
  }
  if (!options.user_agent.empty()) {
    all.push_back("--user-agent=" + options.user_agent);
  }
  if (options.proxy.empty()) {
    all.emplace_back("--no-proxy-server");  // the system's settings are not the session's
  } else {
    all.push_back("--proxy-server=" + options.proxy);
  }
  if (options.no_sandbox) {
    all.emplace_back("--no-sandbox");
  }
  if (options.small_shm) {
    all.emplace_back("--disable-dev-shm-usage");
  }
  for (const std::string& argument : extra) {
    if (argument.rfind("--disable-features=", 0) != 0 &&
        argument.rfind("--enable-features=", 0) != 0) {
      all.push_back(argument);
    }
  }
  return all;
}

std::string user_agent(std::string_view version) {
  const std::size_t digit = version.find_first_of("0123456789");
  if (digit == std::string_view::npos) {
    return "";
  }
  const std::string_view major = version.substr(digit, version.find('.', digit) - digit);
  // Minor numbers are 0 in every Chrome's, whatever its version.
  return "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" +
         std::string(major) + ".0.0.0 Safari/537.36";
}

}  // namespace webjs
