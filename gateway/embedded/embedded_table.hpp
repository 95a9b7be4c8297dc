// The table that the build generates (cmake/EmbedFiles.cmake). For embedded_files.cpp only.
#pragma once

namespace baton {

struct EmbeddedRow {
  const char* path;
  const char* begin;
  const char* end;
};
extern const EmbeddedRow kEmbeddedRows[];
extern const unsigned kEmbeddedRowCount;

}  // namespace baton
