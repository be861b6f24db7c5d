// SPDX-License-Identifier: Apache-2.0
// Negotiation with a module, and what a set of modules may not contain.
#include "plugin/module.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.hpp"
#include "config/config.hpp"
#include "fixtures/scripted_module.hpp"
#include "plugin/proxy_module.hpp"
#include "plugin/registry.hpp"
#include "plugin/services.hpp"
#include "plugin/storage_module.hpp"
#include "runtime/blocking_pool.hpp"
#include "support/temp_dir.hpp"

namespace waxwing::testing {
namespace {

namespace fs = std::filesystem;
using plugin_host::Module;
using plugin_host::Registry;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ModuleTest : public ::testing::Test {
 protected:
  ModuleTest() : entry_(scripted_module()) {}

  [[nodiscard]] Result<std::shared_ptr<Module>> adopt() {
    return Module::adopt(entry_, "scripted", services_);
  }
  // Empty = accepted.
  [[nodiscard]] std::string refusal() {
    const auto module = adopt();
    return module.has_value() ? "" : module.error().message();
  }

  Metrics metrics_{"test_", {}};
  runtime::BlockingPool pool_{1, 10};
  plugin_host::Services services_{pool_, metrics_};
  wax_module_v1_fn entry_;
};

TEST_F(ModuleTest, TakesAModuleOfThisVersion) {
  const auto module = adopt();
  ASSERT_TRUE(module.has_value()) << module.error().message();
  EXPECT_EQ((*module)->id(), "test.scripted");
  ASSERT_THAT((*module)->engines(), SizeIs(1));
  EXPECT_EQ((*module)->engines()[0].config_section, "scripted") << "the id in lower case";
}

TEST_F(ModuleTest, RefusesAnotherMajor) {
  script().module.abi_major = WAX_ABI_MAJOR + 2;
  EXPECT_THAT(refusal(), HasSubstr("built for plugin ABI 2.1, this server speaks 0.1"));
}

TEST_F(ModuleTest, RefusesAModuleThatNeedsANewerHost) {
  script().module.abi_minor = script().module.abi_minor_required = WAX_ABI_MINOR + 4;
  EXPECT_THAT(refusal(), HasSubstr("needs plugin ABI 0.5 or newer; this server has 0.1"));
}

TEST_F(ModuleTest, TakesAModuleBuiltWithANewerMinorThatCanDoWithThisOne) {
  script().module.abi_minor = WAX_ABI_MINOR + 4;
  script().module.struct_size += 64;
  EXPECT_EQ(refusal(), "");
}

TEST_F(ModuleTest, RefusesAMinorThatIsNoLongerUnderstood) {
  script().module.abi_minor = script().module.abi_minor_required = WAX_ABI_MINOR_OLDEST - 1;
  EXPECT_THAT(refusal(), HasSubstr("the oldest understood is"));
}

TEST_F(ModuleTest, RefusesADescriptorThatIsTooSmall) {
  script().module.struct_size = sizeof(wax_module) - sizeof(void*);
  EXPECT_THAT(refusal(), HasSubstr("smaller than any version"));
}

TEST_F(ModuleTest, RefusesMissingFunctionsAndBadIds) {
  script().module.shutdown = nullptr;
  EXPECT_THAT(refusal(), HasSubstr("lacks init, shutdown or get_factory"));
  scripted_module();
  script().module.id = "Has Spaces";
  EXPECT_THAT(refusal(), HasSubstr("'Has Spaces'"));
  scripted_module();
  script().module.id = nullptr;
  EXPECT_NE(refusal(), "");
}

TEST_F(ModuleTest, PairsInitWithShutdown) {
  int ups = 0;
  int downs = 0;
  script().on_init = [&](const wax_host* host, wax_error*) {
    ++ups;
    EXPECT_EQ(host->abi_minor, WAX_ABI_MINOR);
    EXPECT_EQ(host->get_extension(host, "no.such/1"), nullptr);
    EXPECT_EQ(host->get_extension(host, nullptr), nullptr);
    return WAX_OK;
  };
  script().on_shutdown = [&] { ++downs; };
  {
    const auto module = adopt();
    ASSERT_TRUE(module.has_value());
    (*module)->shutdown();
    (*module)->shutdown();
  }
  EXPECT_EQ(ups, 1);
  EXPECT_EQ(downs, 1);

  script().on_init = [](const wax_host*, wax_error* err) {
    const std::string text = "no licence file";
    text.copy(err->message, sizeof err->message - 1);
    return WAX_E_UNAUTHORIZED;
  };
  EXPECT_EQ(refusal(), "init: no licence file");
  EXPECT_EQ(downs, 1) << "a failed init has no shutdown";

  script().on_init = nullptr;
  script().engines.front().id = "";
  EXPECT_NE(refusal(), "");
  EXPECT_EQ(downs, 2) << "a module refused after init is shut down";
}

TEST_F(ModuleTest, RefusesWhatItsDescriptorsMayNotSay) {
  script().engines.push_back(script().engines.front());
  EXPECT_THAT(refusal(), HasSubstr("the engine SCRIPTED twice"));
  scripted_module();
  script().engines.front().id = "a b";
  EXPECT_THAT(refusal(), HasSubstr("engine id 'a b'"));
  scripted_module();
  script().engines.front().config_section = "Upper";
  EXPECT_THAT(refusal(), HasSubstr("config section"));
  scripted_module();
  wax_storage_desc storage{};
  storage.struct_size = sizeof storage;
  script().storages.push_back(storage);
  EXPECT_THAT(refusal(), HasSubstr("storage id ''"));
  script().storages[0].id = "files";
  script().storages.push_back(script().storages[0]);
  EXPECT_THAT(refusal(), HasSubstr("the storage files twice"));
  scripted_module();
  script().engines.clear();
  EXPECT_THAT(refusal(), HasSubstr("offers no engine, no storage and no proxy"));
}

TEST_F(ModuleTest, LetsMetricsBeDefinedOnlyDuringInit) {
  const wax_host* kept = nullptr;
  std::int32_t during = -1;
  script().on_init = [&](const wax_host* host, wax_error*) {
    kept = host;
    const auto* metrics =
        static_cast<const wax_host_metrics*>(host->get_extension(host, WAX_HOST_METRICS));
    during = metrics->define(host, WAX_METRIC_COUNTER, "texts", "", "Texts.");
    EXPECT_EQ(metrics->define(host, 77, "odd", "", ""), WAX_E_INVALID);
    EXPECT_EQ(metrics->define(host, WAX_METRIC_GAUGE, "", "", ""), WAX_E_INVALID);
    return WAX_OK;
  };
  const auto module = adopt();
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(during, 0);
  const auto* metrics =
      static_cast<const wax_host_metrics*>(kept->get_extension(kept, WAX_HOST_METRICS));
  EXPECT_EQ(metrics->define(kept, WAX_METRIC_COUNTER, "late", "", ""), WAX_E_STATE);
  metrics->record(kept, during, 3);
  metrics->record(kept, 99, 1);
  metrics->record(kept, -1, 1);
  EXPECT_THAT(metrics_.text(), HasSubstr("plugin_test_scripted_texts_total 3"));
}

class RegistryTest : public ModuleTest {
 protected:
  RegistryTest() {
    config_.trust = config::Trust::Any;
    config_.load.clear();
  }
  void copy_plugin(const std::string& as) {
    fs::copy_file(WAX_ECHO_FILE, dir_ / as);
    fs::permissions(dir_ / as, fs::perms::owner_all);
  }
  [[nodiscard]] Result<std::unique_ptr<Registry>> load() {
    return Registry::load(config_, dir_.path(), services_);
  }

  TempDir dir_;
  config::Plugins config_;
};

TEST_F(RegistryTest, LoadsWhatIsNamedAndGoesOnWithoutWhatIsOptional) {
  copy_plugin("one.so");
  config_.load = {{"one", "", "", true}, {"missing", "", "", true}};
  const auto registry = load();
  ASSERT_TRUE(registry.has_value()) << registry.error().message();
  EXPECT_TRUE((*registry)->find_engine("ECHO").has_value());
  EXPECT_FALSE((*registry)->find_engine("NONE").has_value());
  ASSERT_THAT((*registry)->outcomes(), SizeIs(2));
  EXPECT_EQ((*registry)->outcomes()[1].module, nullptr);
  EXPECT_THAT((*registry)->outcomes()[1].refusal, HasSubstr("cannot open the file"));
  (*registry)->shutdown();
}

TEST_F(RegistryTest, FailsWithoutWhatIsNotOptional) {
  config_.load = {{"missing", "", "", false}};
  const auto registry = load();
  ASSERT_FALSE(registry.has_value());
  EXPECT_THAT(registry.error().message(), HasSubstr(dir_ / "missing.so"));
}

TEST_F(RegistryTest, RefusesASecondModuleOfTheSameId) {
  copy_plugin("one.so");
  copy_plugin("two.so");
  config_.load = {{"one", "", "", false}, {"two", "", "", true}};
  const auto registry = load();
  ASSERT_TRUE(registry.has_value()) << registry.error().message();
  EXPECT_NE((*registry)->outcomes()[0].module, nullptr);
  EXPECT_EQ((*registry)->outcomes()[1].module, nullptr);
  EXPECT_THAT((*registry)->outcomes()[1].refusal, HasSubstr("exists already"));
  EXPECT_THAT((*registry)->engines(), SizeIs(1));

  config_.load[1].optional = false;
  EXPECT_FALSE(load().has_value());
}

TEST_F(RegistryTest, LoadsOnlyWhatTheAllowListNames) {
  copy_plugin("one.so");
  copy_plugin("two.so");
  config_.trust = config::Trust::Allowlist;
  config_.load = {{"one", "", "", true}};
  const auto unlisted = load();
  ASSERT_TRUE(unlisted.has_value());
  EXPECT_THAT((*unlisted)->outcomes()[0].refusal, HasSubstr("no SHA-256"));
  std::ofstream(dir_ / "plugins.sha256") << std::string(64, '0') << "  one.so\n";
  const auto changed = load();
  ASSERT_TRUE(changed.has_value());
  EXPECT_THAT((*changed)->outcomes()[0].refusal, HasSubstr("the file has changed"));
  std::ofstream(dir_ / "plugins.sha256") << "nonsense\n";
  const auto nonsense = load();
  ASSERT_FALSE(nonsense.has_value());
  EXPECT_THAT(nonsense.error().message(), HasSubstr("plugins.sha256:1"));
}

TEST_F(RegistryTest, ScansTheFolderForDevelopment) {
  copy_plugin("b.so");
  std::ofstream(dir_ / "a.so") << "not a plugin";
  config_.dir_scan = true;
  const auto registry = load();
  ASSERT_TRUE(registry.has_value()) << registry.error().message();
  ASSERT_THAT((*registry)->outcomes(), SizeIs(2));
  EXPECT_EQ((*registry)->outcomes()[0].id, "a");
  EXPECT_THAT((*registry)->outcomes()[0].refusal, HasSubstr("not an ELF file"));
  EXPECT_TRUE((*registry)->find_engine("ECHO").has_value());
  const auto storage = (*registry)->create_storage("local", "{}");
  ASSERT_FALSE(storage.has_value());
  EXPECT_EQ(storage.error().message(), "no storage 'local' is loaded; there are: none");
}

}  // namespace
}  // namespace waxwing::testing
