// SPDX-License-Identifier: Apache-2.0
// Looking for what is needed, and counting who starts.
#include "machine.hpp"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <sys/statvfs.h>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>

#include "browser_process.hpp"

namespace webjs {
namespace {

namespace wp = waxwing::plugin;

constexpr std::array kBrowsers = {
    "/usr/lib/chromium/chromium",  // Debian; /usr/bin/chromium is a script around it
    "/opt/google/chrome/chrome",
    "/usr/lib/chromium-browser/chromium-browser",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/usr/lib/chromium/chromium-headless-shell",
};
constexpr const char* kLibraryFile = "/webjs/wppconnect-wa.js";

std::string find_browser(const std::string& configured) {
  if (!configured.empty()) {
    if (::access(configured.c_str(), X_OK) != 0) {
      throw wp::Error(WAX_E_UNAVAILABLE, "webjs.browser: " + configured + " is no program");
    }
    return configured;
  }
  for (const char* path : kBrowsers) {
    if (::access(path, X_OK) == 0) {
      return path;
    }
  }
  throw wp::Error(WAX_E_UNAVAILABLE,
                  "there is no Chromium on this machine. On Debian: apt-get install chromium. "
                  "Elsewhere set engines.WEBJS.config.browser to its path");
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? text.str() : std::string();
}

std::string sha256_hex(const std::string& text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

// The script as a JSON text, as it travels to the browser.
std::string find_library(const Settings& settings, const std::string& module_dir) {
  const bool own = !settings.library.empty();
  const std::string path = own ? settings.library : module_dir + kLibraryFile;
  const std::string script = read_file(path);
  if (script.empty()) {
    throw wp::Error(WAX_E_UNAVAILABLE,
                    path + " is missing: the script @wppconnect/wa-js " WAX_WAJS_VERSION
                           ". Install npm and build the target webjs-library, or set "
                           "engines.WEBJS.config.library to the package's dist/wppconnect-wa.js");
  }
  if (!own && sha256_hex(script) != WAX_WAJS_SHA256) {
    throw wp::Error(WAX_E_UNAVAILABLE,
                    path + " is not the wa-js " WAX_WAJS_VERSION " that this plugin was made for");
  }
  return nlohmann::json(script).dump();
}

std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : UINT64_MAX;
}

std::atomic<std::size_t> starting{0};

}  // namespace

std::shared_ptr<const Kit> find_kit(const Settings& settings, const std::string& module_dir) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, std::weak_ptr<const Kit>> known;
  const std::lock_guard lock(mutex);
  auto& slot = known[{settings.browser, settings.library}];
  if (auto kit = slot.lock()) {
    return kit;
  }
  Kit found;
  found.browser = find_browser(settings.browser);
  found.library = find_library(settings, module_dir);
  found.own_library = !settings.library.empty();
  found.version = browser_version(found.browser);
  auto kit = std::make_shared<const Kit>(std::move(found));
  slot = kit;
  return kit;
}

std::uint64_t free_memory_mb() {
  std::uint64_t free_kb = UINT64_MAX;
  std::ifstream info("/proc/meminfo");
  for (std::string name; info >> name;) {
    std::uint64_t value = 0;
    info >> value;
    if (name == "MemAvailable:") {
      free_kb = value;
      break;
    }
    info.ignore(64, '\n');
  }
  const std::uint64_t most = number_in("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  if (most != UINT64_MAX && used != UINT64_MAX) {
    free_kb = std::min(free_kb, (most - std::min(most, used)) / 1024);
  }
  return free_kb / 1024;
}

bool has_small_shm() {
  constexpr std::uint64_t kEnough = std::uint64_t{1} << 30U;
  struct statvfs info {};
  return ::statvfs("/dev/shm", &info) != 0 ||
         std::uint64_t{info.f_blocks} * info.f_frsize < kEnough;
}

std::unique_ptr<StartTurn> StartTurn::take(std::size_t most) {
  if (most == 0) {
    most = std::max(1U, std::thread::hardware_concurrency());
  }
  std::size_t now = starting.load();
  do {
    if (now >= most) {
      return nullptr;
    }
  } while (!starting.compare_exchange_weak(now, now + 1));
  return std::unique_ptr<StartTurn>(new StartTurn);
}

StartTurn::~StartTurn() {
  --starting;
}

}  // namespace webjs
