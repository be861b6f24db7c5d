// SPDX-License-Identifier: Apache-2.0
// The files of config/: the example shows every option with its default, the others load.
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "config/environment.hpp"
#include "config/loader.hpp"
#include "config/schema.hpp"
#include "config/yaml_tree.hpp"

namespace waxwing::config {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(std::string(WAX_CONFIG_DIR) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

Result<Loaded> load_file(const std::string& name) {
  return load({std::string(WAX_CONFIG_DIR) + "/" + name, std::vector<std::string>{}});
}

TEST(Example, ShowsTheDefaults) {
  const auto example = load_file("waxwing.example.yaml");
  ASSERT_TRUE(example.has_value()) << example.error().message();
  EXPECT_EQ(example->config, Config{});
}

TEST(Example, ShowsEveryOption) {
  Problems problems;
  const YamlTree tree =
      parse_yaml(read("waxwing.example.yaml"), "example", Environment({}), problems);
  ASSERT_TRUE(problems.empty());
  std::size_t options = 0;
  const std::function<void(const Json&, const std::string&)> visit = [&](const Json& node,
                                                                         const std::string& path) {
    const Json* properties = json::find(node, "properties");
    if (properties == nullptr) {
      ++options;
      EXPECT_TRUE(tree.sources.contains(path)) << path;
      return;
    }
    for (const auto& [name, child] : properties->items()) {
      visit(child, schema_walk::join(path, name));
    }
  };
  visit(schema_document(), "");
  EXPECT_GT(options, 100U);
}

TEST(Example, HasACommentAboveEveryOption) {
  std::istringstream lines(read("waxwing.example.yaml"));
  std::string before;
  std::string line;
  bool in_list = false;
  while (std::getline(lines, line)) {
    const std::size_t start = line.find_first_not_of(' ');
    in_list = start != std::string::npos && (line[start] == '-' || (in_list && start > 4));
    if (start != std::string::npos && line[start] != '#' && !in_list) {
      const std::size_t mark = before.find_first_not_of(' ');
      ASSERT_NE(mark, std::string::npos) << line;
      EXPECT_EQ(before[mark], '#') << line;
    }
    before = line;
  }
}

TEST(Example, ExamplesOfTheSchemaAreValid) {
  const std::function<void(const Json&, Json, const std::string&)> visit =
      [&](const Json& node, Json wrapped, const std::string& path) {
        if (const Json* examples = json::find(node, "examples"); examples != nullptr) {
          for (const Json& example : *examples) {
            Json document = example;
            for (auto it = wrapped.rbegin(); it != wrapped.rend(); ++it) {
              document = Json{{it->get<std::string>(), std::move(document)}};
            }
            EXPECT_TRUE(schema().validate(document).empty()) << path;
            EXPECT_TRUE(load_text(json::dump(document), path, {"", std::vector<std::string>{}})
                            .has_value());
          }
        }
        if (const Json* properties = json::find(node, "properties"); properties != nullptr) {
          for (const auto& [name, child] : properties->items()) {
            Json deeper = wrapped;
            deeper.push_back(name);
            visit(child, std::move(deeper), schema_walk::join(path, name));
          }
        }
      };
  visit(schema_document(), Json::array(), "");
}

TEST(Example, EveryOptionHasADescriptionAndADefault) {
  const std::function<void(const Json&, const std::string&)> visit = [&](const Json& node,
                                                                         const std::string& path) {
    EXPECT_TRUE(node.contains("description")) << path;
    EXPECT_TRUE(path.empty() || node.contains("default")) << path;
    if (const Json* properties = json::find(node, "properties"); properties != nullptr) {
      for (const auto& [name, child] : properties->items()) {
        visit(child, schema_walk::join(path, name));
      }
    }
  };
  visit(schema_document(), "");
}

TEST(Example, TheContainerVariantListensEverywhere) {
  const auto container = load_file("waxwing.container.yaml");
  ASSERT_TRUE(container.has_value()) << container.error().message();
  EXPECT_EQ(container->config.http.host, "0.0.0.0");
}

}  // namespace
}  // namespace waxwing::config
