// What `require` finds in a bundle: lib/x.lua as "x". Immutable; any thread.
#pragma once

#include <memory>
#include <span>

#include "runtime/script/program.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {

class ModuleIndex : public ModuleSource {
 public:
  // Borrows the program, which outlives it.
  explicit ModuleIndex(const Program& program) : program_(program) {}
  [[nodiscard]] Result<Module> find(std::string_view name) const override;
  // For a Sandbox that runs code of this bundle. The index and `builtins` outlive it.
  [[nodiscard]] Options sandbox_options(std::span<const BuiltinModule> builtins) const;

 private:
  const Program& program_;
};

// The name by which errors and histories call a file: "discharge.lua" for workflows/discharge.lua, the path otherwise.
[[nodiscard]] std::string chunk_name_of(std::string_view path);

}  // namespace baton::script
