// SPDX-License-Identifier: Apache-2.0
// Choosing tests, running them, turning the end of a child into a verdict.
#include "runner.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <regex>

#include "base/json.hpp"
#include "child.hpp"
#include "lab.hpp"

namespace waxwing::plugin_check {
namespace {

constexpr int kLookLimit = 30;

Verdict judge(const Test& test, const Run& run) {
  try {
    return test.body(run);
  } catch (const Stop& stop) {
    return stop.verdict;
  } catch (const std::exception& e) {
    return {Outcome::Fail, std::string("exception: ") + e.what()};
  }
}

const std::vector<std::string>& targets_of(const Subject& subject, Needs needs) {
  static const std::vector<std::string> kOnce = {""};
  switch (needs) {
    case Needs::Engine:
      return subject.engines;
    case Needs::Storage:
      return subject.storages;
    case Needs::Proxy:
      return subject.proxies;
    default:
      return kOnce;
  }
}

Finding run_one(const Test& test, const Subject& subject, const std::string& target) {
  Finding finding{test.name, test.rule, {}, {}, 0};
  if (targets_of(subject, test.needs).size() > 1) {
    finding.name += "[" + target + "]";
  }
  if (test.needs != Needs::File && !subject.loads) {
    finding.verdict = {Outcome::Skip, "the server would not load the file"};
    return finding;
  }
  std::string tmp = (std::filesystem::temp_directory_path() / "plugin-check-XXXXXX").string();
  if (::mkdtemp(tmp.data()) == nullptr) {
    finding.verdict = {Outcome::Fail, "no temporary directory"};
    return finding;
  }
  const Run run{subject, target, tmp};
  const auto began = std::chrono::steady_clock::now();
  if (subject.in_process) {
    finding.verdict = judge(test, run);
  } else {
    const ChildResult child = run_in_child(
        [&] {
          const Verdict verdict = judge(test, run);
          return std::to_string(static_cast<int>(verdict.outcome)) + verdict.text;
        },
        test.limit_s);
    if (child.answered) {
      finding.verdict = {static_cast<Outcome>(child.text.front() - '0'), child.text.substr(1)};
    } else {
      finding.verdict = {Outcome::Fail, "the process ended: " + child.death};
    }
    if (finding.verdict.outcome == Outcome::Fail) {
      finding.output = child.output;
    }
  }
  finding.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::error_code ignored;
  std::filesystem::remove_all(tmp, ignored);
  return finding;
}

Result<std::vector<Test>> selected(const Selection& selection) {
  std::vector<Test> tests;
  try {
    const std::regex only(selection.only.empty() ? ".*" : selection.only);
    const std::regex skip(selection.skip);
    for (Test& test : all_tests()) {
      if (std::regex_search(test.name, only) &&
          (selection.skip.empty() || !std::regex_search(test.name, skip))) {
        tests.push_back(std::move(test));
      }
    }
  } catch (const std::regex_error& e) {
    return Status(Code::Invalid,
                  std::string("--only and --skip take regular expressions: ") + e.what());
  }
  return tests;
}

std::string describe(const Subject& subject) {
  try {
    Lab lab(subject);
    const plugin_host::Module& module = lab.module();
    Json offers = {
        {"engines", Json::array()}, {"storages", Json::array()}, {"proxies", Json::array()}};
    for (const auto& engine : module.engines()) {
      offers["engines"].push_back(engine.id);
    }
    for (const auto& storage : module.storages()) {
      offers["storages"].push_back(storage.id);
    }
    for (const auto& proxy : module.proxies()) {
      offers["proxies"].push_back(proxy.id);
    }
    return json::dump(offers);
  } catch (const Stop& stop) {
    return stop.verdict.text;
  }
}

}  // namespace

void look_at(Subject& subject) {
  const ChildResult child = run_in_child([&] { return describe(subject); }, kLookLimit);
  if (!child.answered) {
    subject.refusal = "the process ended: " + child.death;
    return;
  }
  const auto offers = json::parse(child.text);
  if (!offers.has_value() || !offers->is_object()) {
    subject.refusal = child.text;
    return;
  }
  subject.loads = true;
  subject.engines = (*offers)["engines"].get<std::vector<std::string>>();
  subject.storages = (*offers)["storages"].get<std::vector<std::string>>();
  subject.proxies = (*offers)["proxies"].get<std::vector<std::string>>();
}

Result<std::vector<std::string>> select_names(const Selection& selection) {
  WAX_TRY(const std::vector<Test> tests, selected(selection));
  std::vector<std::string> names;
  for (const Test& test : tests) {
    names.push_back(std::string(test.name) + "  [" + test.rule + "]");
  }
  return names;
}

Result<std::vector<Finding>> run_tests(const Subject& subject, const Selection& selection,
                                       const std::function<void(const Finding&)>& done) {
  WAX_TRY(const std::vector<Test> tests, selected(selection));
  std::vector<Finding> findings;
  for (const Test& test : tests) {
    for (const std::string& target : targets_of(subject, test.needs)) {
      findings.push_back(run_one(test, subject, target));
      done(findings.back());
    }
  }
  return findings;
}

}  // namespace waxwing::plugin_check
