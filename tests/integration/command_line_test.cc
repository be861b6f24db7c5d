// SPDX-License-Identifier: Apache-2.0
// The program's arguments and exit codes, and what it says of a bad configuration.
#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

// Runs the program with that file to its end.
struct ProgramRun {
  ProgramRun(std::vector<std::string> arguments, std::string yaml,
             std::map<std::string, std::string> env = {}) {
    ServerProcess program(
        {.yaml = std::move(yaml), .env = std::move(env), .arguments = std::move(arguments)});
    ending = program.run();
    output = program.log();
  }
  [[nodiscard]] bool says(const std::string& text) const {
    return output.find(text) != std::string::npos;
  }

  Ending ending;
  std::string output;
};

constexpr Ending kGood{0, 0};
constexpr Ending kBad{2, 0};

TEST(CommandLine, CheckConfigOfAGoodFile) {
  const ProgramRun run({"--check-config"}, "log: {level: debug}\n");
  EXPECT_EQ(run.ending, kGood) << run.output;
  EXPECT_TRUE(run.says("The configuration is good.")) << run.output;
}

TEST(CommandLine, BadFilesAreRefusedWithTheirLine) {
  struct Case {
    const char* yaml;
    const char* says;
  };
  for (const Case& c :
       {Case{"log:\n  levle: info\n", "waxwing.yaml:2"},
        Case{"http:\n  limits:\n    connections: many\n", "waxwing.yaml:3"},
        Case{"http:\n\n  port: 70000\n", "waxwing.yaml:3"},
        Case{"log: {level: [\n", "waxwing.yaml:"}, Case{"nonsense\n", "waxwing.yaml"},
        Case{"log:\n  level: loud\n", "log.level"}}) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{}, std::vector<std::string>{"--check-config"}}) {
      const ProgramRun run(arguments, c.yaml, {{"PORT", ""}});
      EXPECT_EQ(run.ending, kBad) << c.yaml << run.output;
      EXPECT_TRUE(run.says(c.says)) << c.yaml << run.output;
    }
  }
}

TEST(CommandLine, BadEnvironmentIsRefusedByName) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"WAHA_WORKER_RESTART_SESSIONS", "perhaps"},
                                          {"PORT", "http"},
                                          {"WHATSAPP_START_SESSION", "a b c"}}) {
    const ProgramRun run({"--check-config"}, "", {{name, value}});
    EXPECT_EQ(run.ending, kBad) << name << run.output;
    EXPECT_TRUE(run.says(name)) << run.output;
  }
}

TEST(CommandLine, AMissingFileIsSaid) {
  ServerProcess program({.yaml = "",
                         .env = {},
                         .arguments = {"--config", "/nowhere/waxwing.yaml"},
                         .with_file = false});
  EXPECT_EQ(program.run(), kBad) << program.log();
  EXPECT_NE(program.log().find("/nowhere/waxwing.yaml"), std::string::npos) << program.log();
}

TEST(CommandLine, AFileIsNotNeeded) {
  ServerProcess program(
      {.yaml = "", .env = {}, .arguments = {"--check-config"}, .with_file = false});
  EXPECT_EQ(program.run(), kGood) << program.log();
}

TEST(CommandLine, SettingsOfEnginesAreCheckedByTheirSchemas) {
  for (const char* yaml : {"engines:\n  ECHO: {config: {startDelayMs: soon}}\n",
                           "engines:\n  ECHO: {config: {noSuch: 1}}\n",
                           "sessions:\n  a: {config: {echo: {startDelayMs: soon}}}\n"}) {
    const ProgramRun run({"--check-config"}, yaml);
    EXPECT_EQ(run.ending, kBad) << yaml << run.output;
    EXPECT_TRUE(run.says("startDelayMs") || run.says("noSuch")) << run.output;
  }
}

TEST(CommandLine, PrintConfigShowsValuesWithTheirSourceAndNoSecret) {
  const ProgramRun run(
      {"--print-config"},
      "log:\n  level: warn\n"
      "security:\n  keys:\n    - {id: k, key: the-keys-secret, session: a}\n"
      "proxy:\n  static:\n    config: {server: \"p:1\", password: the-proxys-secret}\n",
      {{"WAHA_WORKER_ID", "worker-7"}, {"WHATSAPP_HOOK_HMAC_KEY", "the-hooks-secret"}});
  EXPECT_EQ(run.ending, kGood) << run.output;
  for (const char* part :
       {"warn", "waxwing.yaml", "worker-7", "WAHA_WORKER_ID", "start_timeout_s"}) {
    EXPECT_TRUE(run.says(part)) << part << "\n" << run.output;
  }
  for (const char* secret : {"the-keys-secret", "the-proxys-secret", "the-hooks-secret",
                             kTestApiKey, "password-of-the-tests"}) {
    EXPECT_FALSE(run.says(secret)) << secret << "\n" << run.output;
  }
}

TEST(CommandLine, VersionHelpAndNonsense) {
  const ProgramRun version({"--version"}, "");
  EXPECT_EQ(version.ending, kGood);
  EXPECT_EQ(version.output.substr(0, 8), "waxwing ") << version.output;
  const ProgramRun help({"--help"}, "");
  EXPECT_EQ(help.ending, kGood);
  EXPECT_TRUE(help.says("--check-config")) << help.output;
  const ProgramRun nonsense({"--no-such-option"}, "");
  EXPECT_EQ(nonsense.ending, kBad) << nonsense.output;
}

TEST(CommandLine, ATakenPortIsSaid) {
  ServerProcess first;
  ASSERT_TRUE(first.start());
  const ProgramRun run({}, "", {{"PORT", std::to_string(first.port())}});
  EXPECT_EQ(run.ending, (Ending{1, 0})) << run.output;
  EXPECT_TRUE(run.says(std::to_string(first.port()))) << run.output;
}

}  // namespace
}  // namespace waxwing::testing
