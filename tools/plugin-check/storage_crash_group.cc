// SPDX-License-Identifier: Apache-2.0
// Group storage, the hard part: killed processes and two processes at once.
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "child.hpp"
#include "storage_scene.hpp"

namespace waxwing::plugin_check {
namespace {

using plugin_host::KeyRef;
using plugin_host::WriteOp;

// Writes batches of three rows for ever and says each number once its batch was answered.
void write_for_ever(const Run& run, std::uint32_t first, int out) {
  try {
    StorageScene scene(run);
    scene.open();
    for (std::uint32_t n = first;; ++n) {
      const std::string number = std::to_string(n);
      scene.apply({WriteOp::put("s", "a" + number, number), WriteOp::put("s", "b" + number, number),
                   WriteOp::put("s", "last", number)});
      if (::write(out, &n, sizeof n) != sizeof n) {
        return;
      }
    }
  } catch (const Stop&) {
    return;  // the reader sees the pipe end before it killed anybody
  }
}

// The last number that comes within `span`; 0 when none does.
std::uint32_t listen(int in, std::chrono::milliseconds span, bool& ended) {
  std::uint32_t last = 0;
  const auto until = std::chrono::steady_clock::now() + span;
  while (std::chrono::steady_clock::now() < until) {
    std::uint32_t n = 0;
    if (::read(in, &n, sizeof n) != sizeof n) {
      ended = true;
      break;
    }
    last = n;
  }
  return last;
}

Verdict killed(const Run& run) {
  constexpr int kRounds = 6;
  std::mt19937_64 random(run.subject.seed);
  std::uint32_t answered = 0;
  for (int round = 0; round < kRounds; ++round) {
    {
      Victim writer([&](int out) { write_for_ever(run, answered + 1, out); });
      bool ended = false;
      const auto span = std::chrono::milliseconds(150 + random() % 200);
      const std::uint32_t last = listen(writer.in(), span, ended);
      expect(!ended, "after a SIGKILL the storage does not open or write");
      writer.kill();
      // What was said but not read yet counts too.
      std::uint32_t n = 0;
      std::uint32_t newest = last;
      while (::read(writer.in(), &n, sizeof n) == sizeof n) {
        newest = n;
      }
      answered = newest != 0 ? newest : answered;
    }
    // In a process of its own, so that the next writer is the only one again.
    const ChildResult look = run_in_child(
        [&]() -> std::string {
          try {
            StorageScene scene(run);
            scene.open();
            for (std::uint32_t n = 1; n <= answered; ++n) {
              const std::string number = std::to_string(n);
              if (scene.value("a" + number) != number || scene.value("b" + number) != number) {
                return "batch " + number + " was answered and is lost";
              }
            }
            // The batch under way may be there or not, but as a whole.
            const std::string next = std::to_string(answered + 1);
            if (scene.value("a" + next) != scene.value("b" + next)) {
              return "the batch under way was stored in part";
            }
            return "";
          } catch (const Stop& stop) {
            return stop.verdict.text;
          }
        },
        30);
    expect(look.answered, "the process that looks ended: " + look.death);
    expect(look.text.empty(), "after a SIGKILL: " + look.text);
  }
  expect(answered > 0, "not one batch was written");
  return pass(std::to_string(answered) + " batches, killed " + std::to_string(kRounds) + " times");
}

Verdict two_processes(const Run& run) {
  Victim owner([&](int out) {
    try {
      StorageScene scene(run);
      scene.open();
      scene.put({"a"});
      const char ready = 'r';
      if (::write(out, &ready, 1) == 1) {
        std::this_thread::sleep_for(std::chrono::hours(1));
      }
    } catch (const Stop&) {
      return;
    }
  });
  char ready = 0;
  expect(::read(owner.in(), &ready, 1) == 1, "the first process cannot open the storage");
  const ChildResult second = run_in_child(
      [&]() -> std::string {
        try {
          StorageScene scene(run);
          auto made = scene.create();
          const Status status = made ? (*made)->open() : made.error();
          if (!status.is_ok()) {
            return status.message().empty() ? "!a refusal without a message"
                                            : "refused: " + status.message();
          }
          const auto rows = (*made)->get("t", std::vector<KeyRef>{{"s", "a"}});
          return rows.has_value() && rows->size() == 1
                     ? "shared"
                     : "!a second process opens the storage and does not see the first one's rows";
        } catch (const Stop& stop) {
          return "!" + stop.verdict.text;
        }
      },
      20);
  expect(second.answered, "the second process ended: " + second.death);
  expect(!second.text.starts_with('!'), second.text.substr(second.text.empty() ? 0 : 1));
  return pass("a second process is " + second.text.substr(0, second.text.find(':')));
}

}  // namespace

std::vector<Test> storage_crash_tests() {
  return {{"storage.survives-sigkill", "B11", Needs::Storage, 60, killed},
          {"storage.two-processes", "B11", Needs::Storage, 40, two_processes}};
}

}  // namespace waxwing::plugin_check
