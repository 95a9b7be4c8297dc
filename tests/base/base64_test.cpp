#include "runtime/base/base64.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

// RFC 4648 section 10.
TEST(Base64, writes_and_reads_the_vectors_of_rfc_4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
  }
}

TEST(Base64, refuses_a_second_spelling_of_the_same_bytes) {
  for (const char* text : {"Zh==", "Zm9=", "Zg", "Zg=", "Zm9v\n", " Zm9v", "Zg==Zg==", "=", "====", "Zm-_"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace baton
