// Lua's C++ library throws for every error and for every wait of a script, and the catch-all of its protected call takes it,
// a few frames up. To throw in C++ is to walk these frames twice: to find who catches, and to get there. Who catches a
// throw of Lua's is known, so that the first walk is for nothing: it took a sixth of an instance's turn. The linker puts
// this in the place of Lua's call (--wrap, see runtime/CMakeLists.txt); all else is thrown as ever.
//
// On the one walk clean-ups run and a catch-all catches, as for a thread that is cancelled (Itanium C++ ABI, level 1,
// _Unwind_ForcedUnwind). What is thrown is nobody's exception: catch-alls get it without a value, and no other catch does.
// Such a one cannot be caught by who is just handling another: there Lua's is thrown as it is.
#include <cxxabi.h>
#include <unwind.h>

#include <cstring>
#include <exception>
#include <typeinfo>

extern "C" [[noreturn]] void __real___cxa_throw(void* thrown, std::type_info* type, void (*destroy)(void*));

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // They watch what the standard library throws.

namespace {

constexpr const char* kLuaThrows = "P11lua_longjmp";  // Its pointer to the protected call, which knows the status.
constexpr _Unwind_Exception_Class kClass = 0x4241544f'4c554100;  // "BATO" "LUA\0": vendor and language.

// The header lies in front of what is thrown (Itanium C++ ABI, level 2, 2.2.1), in memory that was taken for both.
_Unwind_Exception* header_of(void* thrown) { return static_cast<_Unwind_Exception*>(thrown) - 1; }

void give_back(_Unwind_Reason_Code, _Unwind_Exception* header) { abi::__cxa_free_exception(header + 1); }

// Asked at each frame. Past the last one nobody has caught: Lua threw outside of any protected call.
_Unwind_Reason_Code go_on(int, _Unwind_Action actions, _Unwind_Exception_Class, _Unwind_Exception*, _Unwind_Context*,
                          void*) {
  if ((actions & _UA_END_OF_STACK) != 0) std::terminate();
  return _URC_NO_REASON;
}

}  // namespace

extern "C" [[noreturn]] void __wrap___cxa_throw(void* thrown, std::type_info* type, void (*destroy)(void*)) {
  const bool is_luas = std::strcmp(type->name(), kLuaThrows) == 0;
  if (!is_luas || std::current_exception() != nullptr) __real___cxa_throw(thrown, type, destroy);
  _Unwind_Exception* const header = header_of(thrown);
  header->exception_class = kClass;
  header->exception_cleanup = give_back;
  _Unwind_ForcedUnwind(header, go_on, nullptr);
  std::terminate();
}

#else

extern "C" [[noreturn]] void __wrap___cxa_throw(void* thrown, std::type_info* type, void (*destroy)(void*)) {
  __real___cxa_throw(thrown, type, destroy);
}

#endif
