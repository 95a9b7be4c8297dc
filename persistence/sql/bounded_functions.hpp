// SQLite's functions that look for one text in another, and that take as long as the product of both, in forms that end. Nothing
// stops a function in the middle of its work, and between the functions of one expression nothing asks either: so each asks before
// it begins whether the query must end, and its own work grows with the length of its texts alone, or with a short pattern.
#pragma once

#include <sqlite3.h>

#include <functional>

namespace baton::sql {

// Puts like, glob, instr, replace, and trim, ltrim and rtrim of given characters in the place of SQLite's. `must_end` is called by
// whoever runs a statement on this connection, as long as it is open.
void add_bounded_functions(sqlite3* database, const std::function<bool()>& must_end);

// Whether a function may be called at all: not one that takes for ever on texts as long as they may be.
[[nodiscard]] bool may_call(const char* function);

}  // namespace baton::sql
