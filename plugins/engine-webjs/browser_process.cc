// SPDX-License-Identifier: Apache-2.0
// Starting and reaping. posix_spawn does without fork(), which a process of threads must not use.
#include "browser_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <waxwing/plugin.hpp>

#include "embedded.hpp"

extern char** environ;

namespace webjs {
namespace {

namespace wp = waxwing::plugin;

constexpr int kFirstFree = 20;  // above all descriptors that the child is given

[[noreturn]] void fail(const char* what) {
  throw wp::Error(WAX_E_UNAVAILABLE, std::string(what) + ": " + std::strerror(errno));
}

struct Pipe {
  Fd read;
  Fd write;
};

// Both ends far above the child's numbers, so that no dup2 there hits one that is still needed.
Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    fail("no pipe for the browser");
  }
  const Fd low_read(ends[0]);
  const Fd low_write(ends[1]);
  Pipe pipe{Fd(::fcntl(ends[0], F_DUPFD_CLOEXEC, kFirstFree)),
            Fd(::fcntl(ends[1], F_DUPFD_CLOEXEC, kFirstFree))};
  if (pipe.read.get() < 0 || pipe.write.get() < 0) {
    fail("no pipe for the browser");
  }
  return pipe;
}

void do_not_block(const Fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// The keeper as a file in memory; one for the life of the process.
int keeper_file() {
  static const int file = [] {
    const int fd = ::memfd_create("webjs-keeper", MFD_CLOEXEC);
    if (fd < 0) {
      fail("no memory file for the browser's keeper");
    }
    std::string_view rest = embedded::keeper();
    while (!rest.empty()) {
      const ssize_t written = ::write(fd, rest.data(), rest.size());
      if (written <= 0) {
        fail("the browser's keeper cannot be written");
      }
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFree);
  }();
  return file;
}

// What a browser needs of the server's environment. Keys and passwords stay here.
std::vector<std::string> environment(const std::string& home) {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (name == "PATH" || name == "LANG" || name == "TZ" || name == "LD_LIBRARY_PATH" ||
        name == "TMPDIR" || name.substr(0, 3) == "LC_" || name.substr(0, 4) == "FONT") {
      kept.emplace_back(variable);
    }
  }
  kept.push_back("HOME=" + home);
  return kept;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) {
    all.push_back(text.data());
  }
  all.push_back(nullptr);
  return all;
}

// posix_spawn's two objects, with the signals as a program expects them.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void give_nothing(int as, int flags) {
    ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", flags, 0);
  }
  void close_from(int fd) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, fd); }
  pid_t run(const char* path, std::vector<std::string> arguments,
            std::vector<std::string> variables) {
    pid_t pid = -1;
    const int failure = ::posix_spawn(&pid, path, &actions_, &attributes_,
                                      pointers(arguments).data(), pointers(variables).data());
    if (failure != 0) {
      errno = failure;
      fail("no process for the browser");
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// Keepers whose owner did not wait for their end; each ends by itself, soon.
std::mutex orphans_mutex;
std::vector<pid_t> orphans;

void reap_orphans(pid_t more = -1) {
  const std::lock_guard lock(orphans_mutex);
  if (more > 0) {
    orphans.push_back(more);
  }
  for (std::size_t i = orphans.size(); i-- > 0;) {
    if (::waitpid(orphans[i], nullptr, WNOHANG) != 0) {
      orphans.erase(orphans.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace

void Fd::reset() noexcept {
  if (fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
  }
}

std::string Ending::text() const {
  if (signal != 0) {
    return "it was ended by signal " + std::to_string(signal);
  }
  return code == 127 ? "it could not be run" : "it ended with code " + std::to_string(code);
}

BrowserProcess::BrowserProcess(const std::string& binary, const std::vector<std::string>& arguments,
                               const std::string& home) {
  reap_orphans();
  Pipe to = make_pipe();
  Pipe from = make_pipe();
  Pipe errors = make_pipe();
  Pipe orders = make_pipe();
  SpawnPlan plan;
  plan.give_nothing(STDIN_FILENO, O_RDONLY);
  plan.give_nothing(STDOUT_FILENO, O_WRONLY);
  plan.give(errors.write.get(), STDERR_FILENO);
  plan.give(to.read.get(), 3);
  plan.give(from.write.get(), 4);
  plan.give(orders.read.get(), 5);
  plan.give(keeper_file(), 6);
  plan.close_from(7);
  std::vector<std::string> all = {"webjs-keeper", binary};
  all.insert(all.end(), arguments.begin(), arguments.end());
  keeper_ = plan.run("/proc/self/fd/6", std::move(all), environment(home));
  end_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, keeper_, 0)));
  to_ = std::move(to.write);
  from_ = std::move(from.read);
  errors_ = std::move(errors.read);
  orders_ = std::move(orders.write);
  do_not_block(to_);
  do_not_block(from_);
  do_not_block(errors_);
  if (end_.get() < 0) {
    const int failure = errno;
    orders_.reset();
    reap_orphans(keeper_);
    errno = failure;
    fail("the browser cannot be watched");
  }
}

BrowserProcess::~BrowserProcess() {
  orders_.reset();
  if (keeper_ > 0) {
    reap_orphans(keeper_);
  }
}

std::optional<Ending> BrowserProcess::reap() {
  int status = 0;
  if (keeper_ <= 0 || ::waitpid(keeper_, &status, WNOHANG) != keeper_) {
    return std::nullopt;
  }
  keeper_ = -1;
  if (!WIFEXITED(status)) {
    return Ending{0, WTERMSIG(status)};
  }
  const int code = WEXITSTATUS(status);
  return code > 128 ? Ending{0, code - 128} : Ending{code, 0};
}

void BrowserProcess::terminate() noexcept {
  if (orders_.get() >= 0) {
    [[maybe_unused]] const ssize_t written = ::write(orders_.get(), "T", 1);
  }
}

void BrowserProcess::kill() noexcept {
  orders_.reset();
}

std::string browser_version(const std::string& binary) {
  constexpr int kPatienceMs = 10'000;
  Pipe said = make_pipe();
  SpawnPlan plan;
  plan.give_nothing(STDIN_FILENO, O_RDONLY);
  plan.give(said.write.get(), STDOUT_FILENO);
  plan.give_nothing(STDERR_FILENO, O_WRONLY);
  plan.close_from(3);
  const pid_t pid = plan.run(binary.c_str(), {binary, "--version"}, environment("/nonexistent"));
  said.write.reset();
  std::string text;
  pollfd ready{said.read.get(), POLLIN, 0};
  char buffer[256];
  while (::poll(&ready, 1, kPatienceMs) > 0 && text.size() < 4096) {
    const ssize_t got = ::read(said.read.get(), buffer, sizeof buffer);
    if (got <= 0) {
      break;
    }
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  text.resize(std::min(text.size(), text.find('\n')));
  while (!text.empty() && text.back() == ' ') {
    text.pop_back();
  }
  if (text.empty()) {
    throw wp::Error(WAX_E_UNAVAILABLE, binary + " --version says nothing: it does not run here");
  }
  return text;
}

}  // namespace webjs
