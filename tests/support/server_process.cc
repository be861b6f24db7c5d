// SPDX-License-Identifier: Apache-2.0
// Starting, watching and ending the server.
#include "support/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "support/child.hpp"

namespace waxwing::testing {
namespace {

constexpr int kNoDisk = 77;  // the system does not let us mount

// What the loader and the sanitizers of this very run need.
constexpr std::array kInherited = {
    "PATH",         "HOME",          "LD_LIBRARY_PATH", "ASAN_OPTIONS",
    "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",    "LLVM_PROFILE_FILE"};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

std::string config_of(const ServerOptions& options) {
  if (options.engine_plugin.empty() || options.yaml.find("plugins:") != std::string::npos) {
    return options.yaml;
  }
  return options.yaml + "\nplugins: {load: [{id: " + options.engine_plugin +
         "}, {id: storage-local}, {id: proxy-static}]}\n";
}

}  // namespace

std::string built_plugins() {
  return WAX_BUILT_PLUGINS;
}

ServerProcess::ServerProcess(ServerOptions options) : options_(std::move(options)) {
  std::filesystem::create_directory(dir_ / "data");
  std::filesystem::create_directory(dir_ / "tmp");
}

ServerProcess::~ServerProcess() {
  if (running()) {
    terminate();
  }
  check_sanitizers();
}

void ServerProcess::spawn() {
  std::map<std::string, std::string> env = {
      {"PORT", "0"},
      {"WAHA_API_KEY", kTestApiKey},
      {"WAHA_DASHBOARD_PASSWORD", "password-of-the-tests"},
      {"WAHA_LOG_FORMAT", "JSON"},
      {"WAHA_PRINT_QR", "false"},
      {"WAHA_LOCAL_STORE_BASE_DIR", data_dir()},
      {"TMPDIR", dir_ / "tmp"},
  };
  if (options_.yaml.find("defaults:") == std::string::npos) {
    env["WHATSAPP_DEFAULT_ENGINE"] = "ECHO";  // needs no network
  }
  for (const char* name : kInherited) {
    if (const char* value = std::getenv(name)) {
      env[name] = value;
    }
  }
  for (const auto& [name, value] : options_.env) {
    env[name] = value;
  }
  std::vector<std::string> env_texts;
  for (const auto& [name, value] : env) {
    if (!value.empty()) {
      env_texts.push_back(name + "=" + value);
    }
  }
  const std::string yaml = dir_ / "waxwing.yaml";
  std::ofstream(yaml) << config_of(options_);
  std::vector<std::string> arguments = {WAX_SERVER_BINARY};
  if (options_.with_file) {
    arguments.insert(arguments.end(), {"--config", yaml});
  }
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(env_texts);

  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  ASSERT_GE(pid_, 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || ::chdir(dir_.path().c_str()) != 0) {
      ::_exit(1);
    }
    if (options_.small_disk_bytes > 0 && !mount_small_disk(data_dir(), options_.small_disk_bytes)) {
      ::_exit(kNoDisk);
    }
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write(), not the end
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  {
    const std::lock_guard lock(mutex_);
    ended_ = false;
  }
  reader_ = std::thread([this, in = ends[0]] { read_output(in); });
}

bool ServerProcess::start() {
  const std::size_t from = log().size();
  spawn();
  const bool serves = wait_for_log("\"event\":\"server.started\"", from);
  if (!serves) {
    ADD_FAILURE() << "the server does not start:\n" << log().substr(from);
    if (running()) {
      kill9();
    }
    return false;
  }
  const std::string text = log();
  const auto line = text.find("\"event\":\"server.started\"", from);
  const auto port = text.find("\"port\":", line);
  port_ = static_cast<std::uint16_t>(std::atoi(text.c_str() + port + 7));
  return true;
}

void ServerProcess::read_output(int fd) {
  std::array<char, 16'384> chunk{};
  while (true) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    const std::lock_guard lock(mutex_);
    if (n <= 0) {
      ended_ = true;
      grown_.notify_all();
      break;
    }
    log_.append(chunk.data(), static_cast<std::size_t>(n));
    grown_.notify_all();
  }
  ::close(fd);
}

std::string ServerProcess::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

bool ServerProcess::wait_for_log(std::string_view text, std::size_t from, Millis limit) const {
  std::unique_lock lock(mutex_);
  // The whole line, so that what follows `text` can be read.
  const auto found = [&] {
    const auto at = log_.find(text, from);
    return at != std::string::npos && log_.find('\n', at) != std::string::npos;
  };
  grown_.wait_for(lock, limit, [&] { return found() || ended_; });
  return found();
}

std::optional<Ending> ServerProcess::wait_end(Millis limit) {
  if (!running()) {
    return ending_;
  }
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd poll{watch, POLLIN, 0};
  const bool ended = ::poll(&poll, 1, static_cast<int>(limit.count())) > 0;
  ::close(watch);
  if (!ended) {
    return std::nullopt;
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reap(status);
  return ending_;
}

void ServerProcess::reap(int status) {
  pid_ = -1;
  ending_ = WIFSIGNALED(status) ? Ending{-1, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
  reader_.join();
}

Ending ServerProcess::run() {
  spawn();
  const auto ending = wait_end();
  if (!ending.has_value()) {
    ADD_FAILURE() << "the program does not end:\n" << log();
    kill9();
  }
  return ending.value_or(Ending{});
}

void ServerProcess::send_signal(int number) const {
  ::kill(pid_, number);
}

void ServerProcess::kill9() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reap(status);
}

void ServerProcess::terminate() {
  const auto from = std::chrono::steady_clock::now();
  send_signal(SIGTERM);
  const auto ending = wait_end(kPatience * 2);
  EXPECT_LT(std::chrono::steady_clock::now() - from, stop_limit_) << log();
  if (!ending.has_value()) {
    ADD_FAILURE() << "the server does not end on SIGTERM:\n" << log();
    kill9();
    return;
  }
  EXPECT_EQ(*ending, (Ending{0, 0})) << log();
}

void ServerProcess::check_sanitizers() {
  const std::string text = log();
  for (const char* sign : {"ERROR: AddressSanitizer", "WARNING: ThreadSanitizer",
                           "ERROR: LeakSanitizer", "runtime error:", "FATAL: ThreadSanitizer"}) {
    const auto at = text.find(sign);
    if (at != std::string::npos) {
      ADD_FAILURE() << text.substr(at, 8'000);
      return;
    }
  }
}

}  // namespace waxwing::testing
