// Escapes, character sets, timestamps and batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/base/json_text.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_message.hpp"
#include "tests/clinical/corpus.hpp"

namespace baton {
namespace {

using test::adt;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Hl7Escape, replaces_the_sequences_that_stand_for_characters) {
  const Hl7Delimiters usual;
  EXPECT_EQ(unescape_hl7(R"(a\F\b\S\c\T\d\R\e\E\f)", usual), "a|b^c&d~e\\f");
  EXPECT_EQ(unescape_hl7(R"(one\.br\two\X0D0A\three)", usual), "one\ntwo\r\nthree");
  EXPECT_EQ(unescape_hl7(R"(\XC3A9\)", usual), "\xC3\xA9");
}

TEST(Hl7Escape, keeps_what_it_does_not_know) {
  const Hl7Delimiters usual;
  for (const char* text : {R"(\H\bold\N\)", R"(\Z12\)", R"(\.in+4\)", R"(\C2842\)", R"(\X0\)", R"(\XZZ\)", R"(C:\dir)",
                           R"(\)", R"(\\)", R"(\P\)", R"(\\server\share)"}) {
    EXPECT_EQ(unescape_hl7(text, usual), text);
  }
  EXPECT_EQ(unescape_hl7(R"(C:\dir\T\x)", usual), R"(C:\dir&x)");
}

TEST(Hl7Escape, writes_any_text_so_that_it_reads_back) {
  std::mt19937 random(7);
  Hl7Delimiters delimiters;
  const std::string alphabet = "|^~\\&ab\r\n\t\x0b\x1c XTE.br0";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t i = random() % 20; i > 0; --i) text.push_back(alphabet[random() % alphabet.size()]);
    const std::string escaped = escape_hl7(text, delimiters);
    ASSERT_EQ(escaped.find_first_of("|^~&\r\n\x1c"), escaped.npos);
    ASSERT_EQ(unescape_hl7(escaped, delimiters), text);
  }
  delimiters.escape = '\0';
  EXPECT_EQ(escape_hl7("a|b\rc", delimiters), "a b c");
}

std::string name_in(const std::string& declared, const std::string& name, std::string* warning = nullptr) {
  const auto message =
      Hl7Message::parse("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||" + declared + "\rPID|1||||" + name + "\r");
  EXPECT_TRUE(message.ok());
  if (warning != nullptr) *warning = message->warnings().empty() ? "" : message->warnings().front().detail;
  return message->get("PID-5").value();
}

TEST(Hl7Charset, is_what_the_message_declares) {
  std::string warning;
  EXPECT_EQ(name_in("8859/1", "Andr\xE9", &warning), "André");
  EXPECT_EQ(warning, "");
  EXPECT_EQ(name_in("UNICODE UTF-8", "Andr\xC3\xA9", &warning), "André");
  EXPECT_EQ(warning, "");
  EXPECT_EQ(name_in("8859/2", "Kov\xE1\xE8", &warning), "Kováč");
  EXPECT_EQ(name_in("8859/5", "\xBC\xD8\xE0", &warning), "Мир");
  EXPECT_EQ(name_in("8859/7", "\xC1\xE8", &warning), "Αθ");
  EXPECT_EQ(name_in("8859/15", "\xA4", &warning), "€");
  EXPECT_EQ(name_in("8859/1", "Smith\x92s", &warning), "Smith’s");
  EXPECT_EQ(warning, "");
}

TEST(Hl7Charset, is_what_the_bytes_are_where_the_declaration_is_wrong_and_says_so) {
  std::string warning;
  EXPECT_EQ(name_in("8859/1", "Andr\xC3\xA9", &warning), "André");
  EXPECT_THAT(warning, HasSubstr("bytes are UTF-8"));
  EXPECT_EQ(name_in("ASCII", "Andr\xC3\xA9", &warning), "André");
  EXPECT_THAT(warning, HasSubstr("'ASCII'"));
  EXPECT_EQ(name_in("", "Andr\xC3\xA9", &warning), "André");
  EXPECT_THAT(warning, HasSubstr("empty"));
  EXPECT_EQ(name_in("UNICODE UTF-8", "Andr\xE9", &warning), "André");
  EXPECT_THAT(warning, HasSubstr("read as 8859/1"));
  EXPECT_EQ(name_in("", "Andr\xE9", &warning), "André");
  EXPECT_EQ(name_in("ISO IR87", "Andr\xC3\xA9", &warning), "André");
  EXPECT_THAT(warning, HasSubstr("not supported"));
  EXPECT_EQ(name_in("ISO IR87", "Andre", &warning), "Andre");
  EXPECT_THAT(warning, HasSubstr("not supported"));
}

TEST(Hl7Charset, is_not_guessed_where_a_set_is_declared_that_is_not_known_here) {
  const std::string escaped = "\x1b$B;3ED\x1b(B";
  for (const auto& [declared, name] :
       std::vector<std::pair<std::string, std::string>>{{"GB 18030-2000", "\xCD\xF5\xD0\xA1"},
                                                        {"GB 18030-2000", "\xC1\xAA\xCD\xA8"},  // Good UTF-8 by chance.
                                                        {"BIG-5", "\xA4\xFD"},
                                                        {"KS X 1001", "\xB1\xE8"},
                                                        {"ISO IR87", "\x93\xFA"},
                                                        {"ISO IR87", escaped},
                                                        {"~ISO IR87", escaped},
                                                        {"ISO IR14~ISO IR87", escaped},
                                                        {"KOI8-R", "\xC9\xD7\xC1\xCE"}}) {
    const auto message =
        Hl7Message::parse("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||" + declared + "\rPID|1||||" + name + "\r");
    ASSERT_TRUE(message.ok()) << to_string(message.error());
    ASSERT_EQ(message->warnings().size(), 1u) << declared;
    EXPECT_EQ(message->warnings().front().code, "unreadable_charset") << declared;
    EXPECT_THAT(message->warnings().front().detail, HasSubstr("'" + declared + "'")) << declared;
  }
  std::string warning;
  EXPECT_EQ(name_in("GB 18030-2000", "Wang", &warning), "Wang") << "ASCII is the same in all of them";
}

TEST(Hl7Charset, is_utf8_without_a_warning_where_a_byte_order_mark_says_so) {
  const auto message =
      Hl7Message::parse("\xEF\xBB\xBFMSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||||Andr\xC3\xA9\r");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->get("PID-5").value(), "André");
  EXPECT_THAT(message->warnings(), testing::IsEmpty());
}

TEST(Hl7Charset, gives_valid_utf8_for_every_byte_in_every_set) {
  std::string bytes;
  for (int byte = 1; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  for (const char* declared :
       {"8859/1", "8859/2", "8859/3", "8859/4", "8859/5", "8859/6", "8859/7", "8859/8", "8859/9", "8859/15"}) {
    const CharsetChoice choice = choose_charset(declared, bytes);
    EXPECT_EQ(to_text(choice.charset), declared);
    EXPECT_TRUE(is_valid_utf8(decode_to_utf8(bytes, choice.charset))) << declared;
  }
}

TEST(Hl7Charset, applies_to_hexadecimal_escapes_and_keeps_those_that_spell_no_text) {
  EXPECT_EQ(name_in("8859/1", R"(Andr\XE9\)"), "André");
  EXPECT_EQ(name_in("UNICODE UTF-8", R"(Andr\XC3A9\)"), "André");
  EXPECT_EQ(name_in("UNICODE UTF-8", R"(Andr\XE9\)"), R"(Andr\XE9\)");
}

TEST(Hl7Time, reads_every_precision) {
  const std::vector<std::tuple<std::string, std::string, Hl7Precision>> cases = {
      {"1920", "1920-01-01T00:00:00.000Z", Hl7Precision::year},
      {"192004", "1920-04-01T00:00:00.000Z", Hl7Precision::month},
      {"19200423", "1920-04-23T00:00:00.000Z", Hl7Precision::day},
      {"2026112018", "2026-11-20T18:00:00.000Z", Hl7Precision::hour},
      {"202611201853", "2026-11-20T18:53:00.000Z", Hl7Precision::minute},
      {"20261120185329", "2026-11-20T18:53:29.000Z", Hl7Precision::second},
      {"20261120185329.5", "2026-11-20T18:53:29.500Z", Hl7Precision::fraction},
      {"20261120185329.1239", "2026-11-20T18:53:29.123Z", Hl7Precision::fraction}};
  for (const auto& [text, instant, precision] : cases) {
    const auto time = parse_hl7_time(text, 0);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(format_instant(time->instant), instant);
    EXPECT_EQ(time->precision, precision) << text;
    EXPECT_FALSE(time->utc_offset_minutes.has_value());
  }
}

TEST(Hl7Time, prefers_its_own_offset_to_the_given_one) {
  EXPECT_EQ(format_instant(parse_hl7_time("20261120185329-0500", 60).value().instant), "2026-11-20T23:53:29.000Z");
  EXPECT_EQ(format_instant(parse_hl7_time("20261120185329", 60).value().instant), "2026-11-20T17:53:29.000Z");
  EXPECT_EQ(parse_hl7_time("2026+0530", 0).value().utc_offset_minutes, 330);
}

TEST(Hl7Time, refuses_what_is_no_time) {
  for (const char* text :
       {"", "\"\"", "20", "20261", "20261301", "20260230", "2026112024", "202611201860", "20261120185360", "2026-11-20",
        "20261120.5", "20261120185329.", "20261120+1", "20261120+1500", "20261120Z", "-2026"}) {
    EXPECT_EQ(parse_hl7_time(text, 0).ok(), false) << text;
  }
}

TEST(Hl7Time, is_written_in_utc_to_the_second) {
  EXPECT_EQ(format_hl7_time(parse_instant("2026-11-20T18:53:29.999+01:00").value()), "20261120175329+0000");
}

TEST(Hl7Batch, gives_a_lone_message_back_as_it_is) {
  const std::string bytes = "\xEF\xBB\xBF" + adt("PID|1\r") + "\r\n";
  const auto batch = split_hl7_batch(bytes);
  ASSERT_TRUE(batch.ok());
  EXPECT_THAT(batch->messages, ElementsAre(bytes));
}

TEST(Hl7Batch, finds_the_messages_in_wrappers_and_end_to_end) {
  const std::string one = adt("PID|1\r");
  const std::string two = adt("PID|2\r");
  const std::string file = "FHS|^~\\&|A\rBHS|^~\\&|A\r" + one + two + "BTS|2\rFTS|1\r";
  const auto wrapped = split_hl7_batch(file);
  ASSERT_TRUE(wrapped.ok());
  EXPECT_THAT(wrapped->messages, ElementsAre(one, two));
  EXPECT_THAT(wrapped->wrappers, ElementsAre("FHS|^~\\&|A", "BHS|^~\\&|A", "BTS|2", "FTS|1"));
  EXPECT_THAT(wrapped->warnings, testing::IsEmpty());
  const std::string bare = one + two;
  EXPECT_THAT(split_hl7_batch(bare)->messages, ElementsAre(one, two));
}

TEST(Hl7Batch, lets_one_broken_message_not_hide_the_others) {
  const std::string broken = "MSH|^^^^|broken\r";
  const std::string file = "BHS|^~\\&\r" + broken + adt() + "BTS|2";
  const auto batch = split_hl7_batch(file);
  ASSERT_TRUE(batch.ok());
  EXPECT_THAT(batch->messages, ElementsAre(broken, adt()));
}

TEST(Hl7Batch, reports_a_trailer_that_counts_differently) {
  EXPECT_THAT(split_hl7_batch("BHS|^~\\&\r" + adt() + "BTS|7\r")->warnings, ElementsAre(HasSubstr("7 messages")));
}

TEST(Hl7Batch, refuses_lines_outside_of_messages_and_input_without_any) {
  EXPECT_THAT(to_string(split_hl7_batch("PID|1\r" + adt()).error()), HasSubstr("segment PID"));
  EXPECT_THAT(to_string(split_hl7_batch("BHS|^~\\&\rPID|1\rBTS|1").error()), HasSubstr("batch"));
  EXPECT_THAT(to_string(split_hl7_batch("BHS|^~\\&\rBTS|0").error()), HasSubstr("no message"));
  EXPECT_FALSE(split_hl7_batch("").ok());
  EXPECT_FALSE(split_hl7_batch("MSH").ok());
}

}  // namespace
}  // namespace baton
