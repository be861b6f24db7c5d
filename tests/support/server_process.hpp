// SPDX-License-Identifier: Apache-2.0
// The built server as a process of its own, with a directory of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "support/http_client.hpp"
#include "support/patience.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::testing {

inline constexpr const char* kTestApiKey = "key-of-the-tests-3f6a";

// How a process ended: by exit(code), or by a signal.
struct Ending {
  int code = -1;
  int signal = 0;

  friend bool operator==(const Ending&, const Ending&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Ending& ending) {
    return ending.signal != 0 ? out << "signal " << ending.signal : out << "exit " << ending.code;
  }
};

struct ServerOptions {
  std::string yaml;
  // Over a clean environment that has the port 0, the data directory, the key and passwords. An
  // empty value takes a name out.
  std::map<std::string, std::string> env;
  std::vector<std::string> arguments;
  // Of the engines only this one is loaded, unless `yaml` has plugins of its own: hashing all of
  // them takes most of a start. Empty: all of them.
  std::string engine_plugin = "example-echo";
  bool with_file = true;             // --config with `yaml` in it
  std::size_t small_disk_bytes = 0;  // > 0: the data lies on a file system of that size
};

// Not thread-safe but for client(), port() and log(). Starts on the thread that makes it, which
// must live as long: the system ends the server when that thread ends.
//
// The destructor fails the test when a sanitizer complained, or when a server that still ran then
// does not end well on SIGTERM.
class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Begins the process and waits until it serves. False, and the test fails, when it does not.
  bool start();
  // Begins the process only.
  void spawn();
  // Waits until it ended by itself.
  std::optional<Ending> wait_end(Millis limit = kPatience);
  // Runs it to its end.
  Ending run();

  void send_signal(int number) const;
  // SIGKILL; the data stays for the next start().
  void kill9();
  // SIGTERM and the wait for a good end, which comes long before any deadline of the server's.
  void terminate();
  // For servers whose engines or requests make the end wait.
  void set_stop_limit(Millis limit) { stop_limit_ = limit; }

  [[nodiscard]] bool running() const noexcept { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // With the administrator's key.
  [[nodiscard]] HttpClient client() const { return HttpClient(port_, kTestApiKey); }
  [[nodiscard]] HttpClient client_with(std::string api_key) const {
    return HttpClient(port_, std::move(api_key));
  }

  // All it wrote, of all its lives.
  [[nodiscard]] std::string log() const;
  // Waits for a piece of text behind the first `from` octets of the log.
  bool wait_for_log(std::string_view text, std::size_t from = 0, Millis limit = kPatience) const;

  [[nodiscard]] ServerOptions& options() noexcept { return options_; }
  [[nodiscard]] const TempDir& dir() const noexcept { return dir_; }
  [[nodiscard]] std::string data_dir() const { return dir_ / "data"; }

 private:
  void read_output(int fd);
  void reap(int status);
  void check_sanitizers();

  ServerOptions options_;
  TempDir dir_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  Millis stop_limit_ = std::chrono::seconds(8) * kTimeScale;  // less than http.drain_s
  Ending ending_;
  std::thread reader_;
  mutable std::mutex mutex_;
  mutable std::condition_variable grown_;
  std::string log_;
  bool ended_ = false;  // of the output
};

// Where the build put the plugins that come with the server.
[[nodiscard]] std::string built_plugins();

}  // namespace waxwing::testing
