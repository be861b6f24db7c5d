// SPDX-License-Identifier: Apache-2.0
// waxwing-plugin-check: command line.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "report.hpp"
#include "runner.hpp"
#include "scaffold.hpp"

namespace {

namespace fs = std::filesystem;
using namespace waxwing;
using namespace waxwing::plugin_check;

constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Arguments {
  std::string file;
  Selection selection;
  bool list = false;
  bool json = false;
  bool strict = false;
  bool in_process = false;
  std::string junit;
  std::string schemas;
  std::string config;
  std::uint64_t seed = 1;
  std::string kind;  // of `new`
  std::string name;
  std::string dir;
};

// What is installed beside this program: <bin>/../share/waxwing/<what>.
std::string shared(const std::string& what) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "share/waxwing" / what).string();
}

int complain(const std::string& text) {
  std::fprintf(stderr, "waxwing-plugin-check: %s\n", text.c_str());
  return kUsage;
}

int check(const Arguments& arguments) {
  Subject subject;
  std::error_code error;
  subject.file = fs::absolute(arguments.file, error).lexically_normal().string();
  if (!fs::is_regular_file(subject.file, error)) {
    return complain("no file " + arguments.file);
  }
  const std::string beside = shared("schema");
  subject.schemas = !arguments.schemas.empty()        ? arguments.schemas
                    : fs::is_directory(beside, error) ? beside
                                                      : "";
  subject.config = arguments.config;
  subject.seed = arguments.seed;
  subject.in_process = arguments.in_process;
  look_at(subject);
  const auto findings = run_tests(subject, arguments.selection, [&](const Finding& finding) {
    if (!arguments.json) {
      std::printf("%s\n", to_line(finding).c_str());
      std::fflush(stdout);
    }
  });
  if (!findings.has_value()) {
    return complain(findings.error().message());
  }
  if (findings->empty()) {
    return complain("no test has such a name; --list shows them");
  }
  if (arguments.json) {
    std::printf("%s\n", to_json(subject.file, *findings).c_str());
  } else {
    std::printf("\n%s\n", summary(*findings).c_str());
  }
  if (!arguments.junit.empty()) {
    std::ofstream out(arguments.junit);
    out << to_junit(subject.file, *findings);
    out.close();
    if (!out) {
      return complain("cannot write " + arguments.junit);
    }
  }
  return failed(*findings, arguments.strict) ? kFailed : kPassed;
}

int list(const Arguments& arguments) {
  const auto names = select_names(arguments.selection);
  if (!names.has_value()) {
    return complain(names.error().message());
  }
  for (const std::string& name : *names) {
    std::printf("%s\n", name.c_str());
  }
  return kPassed;
}

int make_project(const Arguments& arguments) {
  const std::string dir = arguments.dir.empty() ? arguments.name : arguments.dir;
  const Status status = write_engine_project(arguments.name, dir, shared("templates"));
  if (!status.is_ok()) {
    return complain(status.message());
  }
  std::printf(
      "%s: cmake -S %s -B %s/build && cmake --build %s/build && ctest --test-dir %s/build\n",
      dir.c_str(), dir.c_str(), dir.c_str(), dir.c_str(), dir.c_str());
  return kPassed;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App app("Checks a Waxwing plugin against the rules of the plugin ABI.");
  app.set_version_flag("--version", WAXWING_VERSION);
  app.add_option("FILE", a.file, "The plugin, a shared object");
  app.add_option("--only", a.selection.only, "Only tests whose name matches this expression");
  app.add_option("--skip", a.selection.skip, "No tests whose name matches this expression");
  app.add_flag("--list", a.list, "Show the tests and the rules they stand for");
  app.add_flag("--json", a.json, "Print the findings as one JSON document");
  app.add_option("--junit", a.junit, "Write the findings to this file as JUnit XML");
  app.add_flag("--in-process", a.in_process, "No child processes: for a debugger");
  app.add_option("--seed", a.seed, "Of everything random")->capture_default_str();
  app.add_flag("--strict", a.strict, "Warnings count as failures");
  app.add_option("--schemas", a.schemas, "Folder of the standard schemas (ops/, events/)");
  app.add_option("--config", a.config,
                 "JSON configuration of what is checked; {tmp} stands for an empty directory");
  CLI::App* project = app.add_subcommand("new", "Write a starter project");
  project->add_option("KIND", a.kind, "What it is to be")
      ->required()
      ->check(CLI::IsMember({"engine"}));
  project->add_option("NAME", a.name, "Its name, such as my-engine")->required();
  project->add_option("--dir", a.dir, "Where to; a folder of that name here when not given");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kPassed : kUsage;
  }
  if (*project) {
    return make_project(a);
  }
  if (a.list) {
    return list(a);
  }
  if (a.file.empty()) {
    return complain("which FILE? --help explains");
  }
  return check(a);
}
