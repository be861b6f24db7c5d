// SPDX-License-Identifier: Apache-2.0
// The proxy module `pool`.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <waxwing/plugin/proxy.hpp>

#include "pool.hpp"
#include "proxy-address/address.hpp"
#include "settings.hpp"

namespace proxy_pool {

namespace wp = waxwing::plugin;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kTagPrefix = "proxy.";

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Tags wanted_tags(const Json& hint) {
  Tags wanted;
  const auto metadata = hint.find("metadata");
  if (metadata != hint.end() && metadata->is_object()) {
    for (const auto& [name, value] : metadata->items()) {
      if (value.is_string() && name.compare(0, kTagPrefix.size(), kTagPrefix) == 0) {
        wanted[name.substr(kTagPrefix.size())] = value.get<std::string>();
      }
    }
  }
  return wanted;
}

std::string text_or(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

// [blocking-pool], any number of calls at once.
class PoolProxy final : public wp::ProxyModule {
 public:
  static constexpr const char* kId = "pool";
  static constexpr const char* kName = "Pool of proxies";
  static constexpr const char* kDescription = "Many proxies, watched for their health.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSchema = proxy_pool::kConfigSchema;

  PoolProxy(const wp::Host& host, std::string_view config_json)
      : host_(host), settings_(parse_settings(config_json)), pool_(settings_.rules) {
    pool_.set_proxies(settings_.proxies);
    if (!settings_.file.empty()) {
      read_file();  // a file that is wrong at the start is an error
    }
  }

  wp::Lease acquire(std::string_view session, std::string_view hint_json) override {
    Json hint = Json::parse(hint_json, nullptr, false);
    hint = hint.is_object() ? std::move(hint) : Json::object();
    const Json own = hint.value("proxy", Json());
    if (own.is_object()) {
      auto server = proxy_address::parse_server(text_or(own, "server"), "proxy.server");
      wp::Lease lease;
      lease.url = std::move(server.url);
      const std::string username = text_or(own, "username");
      lease.username = username.empty() ? server.username : username;
      lease.password = username.empty() ? server.password : text_or(own, "password");
      return lease;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    refresh();
    const auto choice = pool_.acquire(std::string(session), wanted_tags(hint), now_ms());
    if (!choice) {
      throw wp::Error(WAX_E_UNAVAILABLE, "the pool has no proxy with these tags");
    }
    wp::Lease lease;
    lease.id = choice->lease;
    lease.url = choice->proxy->url;
    lease.username = choice->proxy->username;
    lease.password = choice->proxy->password;
    return lease;
  }

  void report(std::uint64_t lease, wax_proxy_outcome outcome, std::uint32_t) noexcept override {
    const Health health = outcome == WAX_PROXY_CONNECTED     ? Health::Worked
                          : outcome == WAX_PROXY_AUTH_FAILED ? Health::Refused
                                                             : Health::Failed;
    const std::lock_guard<std::mutex> lock(mutex_);
    pool_.report(lease, health, now_ms());
  }

  void release(std::uint64_t lease) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    pool_.release(lease);
  }

  void rotate(std::string_view session) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!pool_.rotate(std::string(session), now_ms())) {
      throw wp::Error(WAX_E_UNAVAILABLE, "the pool has no other proxy for this session now");
    }
  }

 private:
  // At most once a second; a file that is wrong or gone leaves the list as it was.
  void refresh() {
    const std::int64_t now = now_ms();
    if (settings_.file.empty() || now < looked_at_ms_ + 1000) {
      return;
    }
    looked_at_ms_ = now;
    std::error_code error;
    const auto written = std::filesystem::last_write_time(settings_.file, error);
    if (error || written == written_) {
      return;
    }
    try {
      read_file();
    } catch (const wp::Error& e) {
      host_.log(nullptr, WAX_LOG_ERROR, "proxy-pool.file", {{"why", e.what()}});
    }
  }

  void read_file() {
    std::error_code error;
    written_ = std::filesystem::last_write_time(settings_.file, error);
    std::ifstream in(settings_.file, std::ios::binary);
    if (error || !in) {
      throw wp::Error(WAX_E_INVALID, "the pool's file cannot be read");
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::vector<Proxy> proxies = settings_.proxies;
    for (Proxy& proxy : parse_list(text)) {
      proxies.push_back(std::move(proxy));
    }
    pool_.set_proxies(std::move(proxies));
    host_.log(nullptr, WAX_LOG_INFO, "proxy-pool.read",
              {{"proxies", std::to_string(pool_.size())}});
  }

  const wp::Host& host_;
  const Settings settings_;
  std::mutex mutex_;  // guards all below
  Pool pool_;
  std::int64_t looked_at_ms_ = 0;
  std::filesystem::file_time_type written_{};
};

}  // namespace proxy_pool

WAX_PROXY_MODULE(proxy_pool::PoolProxy, "waxwing.proxy-pool", "0.1.0");
