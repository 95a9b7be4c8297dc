#include "gateway/net/file_budget.hpp"

#include <gtest/gtest.h>

#include "gateway/http/http_server.hpp"

namespace baton {
namespace {

TEST(FileBudget, gives_clients_what_they_may_have_where_there_are_files_for_it) {
  const auto budget = share_files(65'536, 12'000, 256);
  ASSERT_TRUE(budget.ok());
  EXPECT_EQ(budget->http, 12'000u);
  EXPECT_EQ(budget->mllp, 256u);
  EXPECT_EQ(budget->said, "");
}

TEST(FileBudget, leaves_the_store_its_files_whatever_the_limit_is_and_says_so) {
  for (std::size_t files = 56; files < 20'000; files += 7) {
    const auto budget = share_files(files, 12'000, 256);
    ASSERT_TRUE(budget.ok()) << files;
    EXPECT_GE(budget->http, 1u);
    EXPECT_GE(budget->mllp, 1u);
    if (budget->http == 12'000) continue;
    EXPECT_LE(budget->http + turning_away(budget->http) + budget->mllp + 48, files + turning_away(1)) << files;
    EXPECT_NE(budget->said.find(std::to_string(files) + " files"), std::string::npos);
  }
}

TEST(FileBudget, refuses_to_serve_where_nobody_could_be_served) {
  const auto budget = share_files(40, 12'000, 256);
  ASSERT_FALSE(budget.ok());
  EXPECT_EQ(budget.error().code, ErrorCode::bad_config);
  EXPECT_NE(budget.error().cure.find("LimitNOFILE"), std::string::npos);
}

}  // namespace
}  // namespace baton
