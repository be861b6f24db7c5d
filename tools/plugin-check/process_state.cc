// SPDX-License-Identifier: Apache-2.0
// Looks into /proc/self and at the process's settings.
#include "process_state.hpp"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <sys/stat.h>
#include <thread>

extern "C" char** environ;  // NOLINT: POSIX declares it nowhere else without extensions

namespace waxwing::plugin_check {

namespace fs = std::filesystem;

std::size_t thread_count() {
  std::error_code ignored;
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& task : fs::directory_iterator("/proc/self/task", ignored)) {
    ++count;
  }
  return count;
}

bool threads_fall_to(std::size_t count) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (thread_count() > count) {
    if (std::chrono::steady_clock::now() > until) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::map<int, std::string> open_files() {
  std::map<int, std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", ignored)) {
    const std::string target = fs::read_symlink(entry.path(), ignored).string();
    // The descriptor of this very listing.
    if (target.find("/proc/") != 0 || target.find("/fd") == std::string::npos) {
      files[std::stoi(entry.path().filename().string())] = target;
    }
  }
  return files;
}

std::uint64_t heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

bool is_mapped(const std::string& file) {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    if (line.size() >= file.size() &&
        line.compare(line.size() - file.size(), file.size(), file) == 0) {
      return true;
    }
  }
  return false;
}

ProcessState ProcessState::now() {
  ProcessState state;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    std::string text;
    if (::sigaction(number, nullptr, &action) == 0) {
      text = std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler)) + "/" +
             std::to_string(action.sa_flags);
    }
    state.signals_.push_back(std::move(text));
  }
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    state.environment_.append(*at).append("\n");
  }
  std::error_code ignored;
  state.directory_ = fs::current_path(ignored).string();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  state.umask_ = std::to_string(mask);
  const char* locale = std::setlocale(LC_ALL, nullptr);
  state.locale_ = locale != nullptr ? locale : "";
  return state;
}

std::string ProcessState::difference(const ProcessState& later) const {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (signals_[i] != later.signals_[i]) {
      return "the handler of signal " + std::to_string(i + 1);
    }
  }
  if (environment_ != later.environment_) {
    return "the environment";
  }
  if (directory_ != later.directory_) {
    return "the working directory";
  }
  if (umask_ != later.umask_) {
    return "the umask";
  }
  return locale_ != later.locale_ ? "the locale" : "";
}

}  // namespace waxwing::plugin_check
