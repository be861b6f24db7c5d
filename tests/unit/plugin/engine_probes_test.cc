// SPDX-License-Identifier: Apache-2.0
// What engines say of the machine, whether they answer, fail, hang or cannot be asked.
#include "plugin/engine_probes.hpp"

#include <cstdio>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/metrics.hpp"
#include "config/session_config.hpp"
#include "fixtures/scripted_module.hpp"
#include "plugin/services.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::testing {
namespace {

using plugin_host::EngineProbes;
using ::testing::HasSubstr;
using ::testing::Optional;

class EngineProbesTest : public ::testing::Test {
 protected:
  EngineProbesTest() : entry_(scripted_module()) {}

  EngineProbes ask() {
    auto module = plugin_host::Module::adopt(entry_, "scripted", services_);
    EXPECT_TRUE(module.has_value());
    Json schema =
        json::parse(R"({"type":"object","properties":{"path":{"type":"string","default":"/usr"}}})")
            .value();
    config_.emplace(config::SessionConfigSchema::make({{"scripted", std::move(schema)}}).value());
    return EngineProbes({{*module, &(*module)->engines()[0]}}, *config_, pool_, clock_);
  }

  ManualClock clock_;
  Metrics metrics_{"test_", {}};
  runtime::BlockingPool pool_{1, 10};
  plugin_host::Services services_{pool_, metrics_};
  wax_module_v1_fn entry_;
  std::optional<config::SessionConfigSchema> config_;
};

TEST_F(EngineProbesTest, TellsWhatAnEngineLacks) {
  std::string given;
  script().on_probe = [&](const std::string& config, wax_error* err) {
    given = config;
    std::snprintf(err->message, sizeof err->message, "there is no browser");
    return WAX_E_UNAVAILABLE;
  };
  const EngineProbes probes = ask();
  pool_.stop();
  EXPECT_THAT(probes.lack_of("SCRIPTED"), Optional(HasSubstr("there is no browser")));
  EXPECT_EQ(given, R"({"path":"/usr"})") << "the server's settings with their defaults";
}

TEST_F(EngineProbesTest, KnowsAnEngineThatHasAll) {
  script().on_probe = [](const std::string&, wax_error*) { return WAX_OK; };
  const EngineProbes probes = ask();
  pool_.stop();
  EXPECT_THAT(probes.lack_of("SCRIPTED"), Optional(std::string()));
}

TEST_F(EngineProbesTest, SaysNothingOfAnEngineThatCannotBeAsked) {
  const EngineProbes probes = ask();  // its factory has no such slot
  pool_.stop();
  clock_.advance(Millis(60'000));
  EXPECT_FALSE(probes.lack_of("SCRIPTED").has_value());
  EXPECT_FALSE(probes.lack_of("OTHER").has_value());
}

TEST_F(EngineProbesTest, LosesPatienceWithOneThatHangs) {
  std::promise<void> release;
  script().on_probe = [&](const std::string&, wax_error*) {
    release.get_future().wait();
    return WAX_OK;
  };
  const EngineProbes probes = ask();
  EXPECT_FALSE(probes.lack_of("SCRIPTED").has_value());
  clock_.advance(Millis(10'000));
  EXPECT_THAT(probes.lack_of("SCRIPTED"), Optional(HasSubstr("10 seconds")));
  release.set_value();
  pool_.stop();
  EXPECT_THAT(probes.lack_of("SCRIPTED"), Optional(std::string()));
}

}  // namespace
}  // namespace waxwing::testing
